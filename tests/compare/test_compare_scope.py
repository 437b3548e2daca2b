"""What the numbers speak of: the noise that they hold, and the size of the test set."""

from typing import Any

import pytest
from comparing import compared, noisy, variants
from fake_results import Row, results, run

from relu_bench.compare import answer, in_words
from relu_bench.compare.measures import is_known, rule_of_three


def scope_of(rows: list[Row], *by: str, **options: Any) -> str:
    """The sentence on what the numbers speak of, with plain spaces."""
    words = in_words(compared(rows, *by, **options))
    (found,) = [each for each in words if each.startswith("The numbers speak")]
    return found.replace("\u00a0", " ")


@pytest.mark.parametrize("scores", [[0.97], [0.9784, 0.9716], [0.5, 0.75, 0.25]])
def test_the_size_of_a_known_test_set_does_not_depend_on_the_runs(scores: list[float]) -> None:
    assert compared(variants({"relu": scores, "elu": scores})).test_samples == 10_000


def test_the_size_of_a_folders_test_set_is_the_least_that_its_runs_tell() -> None:
    rows = variants({"relu": [0.5, 0.75], "elu": [0.25, 0.6]}, dataset="./leaves")

    assert not is_known("./leaves")
    assert compared(rows).test_samples == 20
    assert scope_of(rows).endswith(
        "over 2 seeds, on this fixed test set of at least 20 samples, whose own sampling error is "
        "at most about ±21 points."
    )
    whole = variants({"relu": [1.0], "elu": [1.0]}, dataset="./leaves")
    assert scope_of(whole).endswith("on this fixed test set.")


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (1.0, "without one error: by its size alone the true error rate is at most about 0.83 %"),
        (0.0, "without one right answer: by its size alone the true accuracy is at most about"),
    ],
)
def test_a_test_set_without_an_error_is_no_test_set_without_uncertainty(
    score: float, said: str
) -> None:
    text = scope_of(variants({"relu": [score] * 3, "elu": [score] * 3}, dataset="digits"))

    assert f"test set of 360 images, {said}" in text
    assert text.endswith("0.83 % (rule of three).")
    assert "±" not in text


def test_the_rule_of_three_is_the_limit_of_what_was_not_seen() -> None:
    for samples in (100, 10_000):
        assert (1 - rule_of_three(samples)) ** samples == pytest.approx(0.05, abs=0.003)
    assert rule_of_three(2) == 1.0


def test_the_sampling_error_is_that_of_the_best_and_not_of_a_lucky_seed() -> None:
    rows = [*noisy(["relu", "elu"], 10), run(activation="tanh", seed=0, test=0.99)]

    assert "sampling error is about ±0.33 points" in scope_of(rows)


def test_splits_of_the_data_are_named_as_they_were() -> None:
    names = ["relu", "elu"]
    fixed = noisy(names, 3)
    drawn = noisy(names, 3, split_seed="seed")
    several = [row for seed in "012" for row in noisy(names, 3, split_seed=seed)]
    none = noisy(names, 3, split_seed="seed", validation_split=0.0)
    capped = noisy(names, 3, validation_split=0.0, train_samples=1000)
    drawn_caps = [{**row, "split_seed": "seed"} for row in capped]

    assert "noise of training, with one split of the data, over 3 seeds" in scope_of(fixed)
    assert "noise of training and of the split, over 3 seeds" in scope_of(drawn)
    assert "noise of training, with 3 splits of the data, over" in scope_of(several, "activation")
    assert "noise of training, over 3 seeds" in scope_of(none)
    assert "noise of training, with one choice of training samples, over" in scope_of(capped)
    assert "noise of training and of the choice of training samples, over" in scope_of(drawn_caps)
    both = scope_of([*fixed, *drawn], "split_seed")
    assert "of training and of the split, where split_seed is seed, over" in both


def test_a_data_set_is_known_by_the_name_that_the_store_has() -> None:
    rows = noisy(["relu", "elu"], 3, dataset="imdb")
    shown = results(rows, names={"imdb": "Film reviews"}).displayed()

    (found,) = answer(shown).comparisons

    assert (found.question.dataset, found.test_samples) == ("Film reviews", 25_000)
    assert any("test set of 25,000 texts" in sentence for sentence in in_words(found))
