"""The answer in words and the legend, where seeds are few, unequal or not common."""

from typing import Any

import pytest
from comparing import answers_of, compared, noisy, variants
from fake_results import Row, run

from relu_bench.compare import in_words, text_lines, to_latex, to_markdown
from relu_bench.compare.sentences import legend


def words_of(rows: list[Row], *by: str, **options: Any) -> str:
    return " ".join(in_words(compared(rows, *by, **options))).replace("\u00a0", " ")


def legend_of(rows: list[Row], **options: Any) -> str:
    return " ".join(legend(compared(rows, **options))).replace("\u00a0", " ")


def seeds_of(numbers: dict[str, int]) -> list[Row]:
    """Runs of so many seeds by activation, from the same noise as everywhere."""
    return [row for row in noisy([*numbers], 12) if row["seed"] < numbers[row["activation"]]]


ACTIVATIONS = ["relu", "elu", "tanh", "selu", "silu", "mish", "sigmoid"]


def test_one_seed_cannot_decide_and_the_number_that_would_counts_all_comparisons() -> None:
    two = variants({name: [0.97] for name in ACTIVATIONS[:2]})
    many = variants({name: [0.97] for name in ACTIVATIONS})

    assert (
        "The sign-flip test cannot decide with 1 seed; 6 would do, by Holm over 1 comparison."
        in words_of(two)
    )
    assert "with 1 seed; 8 would do, by Holm over 6 comparisons." in words_of(many)
    ready = variants({name: [0.97 + seed / 1000 for seed in range(8)] for name in ACTIVATIONS})
    assert "cannot decide" not in words_of(ready)
    short = [row for row in ready if row["seed"] < 7]
    assert "with 7 seeds: its smallest p, by Holm over 6 comparisons, is 0.094; 8" in words_of(
        short
    )


def test_the_legend_explains_no_test_where_none_was_made() -> None:
    text = legend_of(variants({"relu": [0.97], "elu": [0.98]}))

    assert "Of one seed there is no sd and no interval." in text
    assert "no pair has two seeds" in text
    for untrue in ("Holm", "t test", "t interval", "80"):
        assert untrue not in text


def test_pairs_that_cannot_be_decided_are_named_beside_those_that_can() -> None:
    text = words_of(seeds_of({"relu": 12, "elu": 12, "selu": 3, "tanh": 1}))

    assert (
        "The sign-flip test cannot decide for tanh, selu with 1 to 3 seeds: its smallest p, by "
        "Holm over 2 comparisons, is 0.5; 7 would do." in text
    )


def test_the_best_is_said_to_be_one_of_those_with_enough_seeds() -> None:
    lucky = [*noisy(["relu", "elu"], 10), run(activation="tanh", seed=0, test=0.99)]
    among = "of the variants with at least half of the seeds"

    assert compared(lucky).estimates[0].variant == "tanh"
    assert f"The best mean {among} is that of " in words_of(lucky)
    assert f"* best mean {among}, or practically equal" in legend_of(lucky)
    assert among not in words_of(lucky[:-1]) + legend_of(lucky[:-1])


def test_why_there_are_no_letters() -> None:
    rows = noisy(["relu", "elu", "tanh"], 10)
    apart = [
        {**row, "seed": row["seed"] + 100, "run_id": f"{row['run_id']}b"}
        if row["activation"] == "tanh"
        else row
        for row in rows
    ]

    assert "letter cannot be told apart" in legend_of(rows)
    assert (
        "No letters: two variants with 10 seeds or more have fewer than 10 in common."
        in legend_of(apart)
    )
    assert "come from 10 seeds on" in legend_of(seeds_of({"relu": 12, "elu": 9}))


def test_a_variant_for_which_no_setting_could_be_chosen_is_said_to_be_one() -> None:
    rows = [row for rate in (0.1, 0.01) for row in noisy(["relu", "selu"], 6, learning_rate=rate)]
    rows = [row for row in rows if row["activation"] == "relu" or row["seed"] < 2]
    why = (
        "no difference: no setting of selu could be chosen, which takes validation scores of at "
        "least 3 seeds."
    )

    for baseline, other in (("relu", "selu"), ("selu", "relu")):
        found = compared(rows, "activation", mode="tuned", baseline=baseline)
        assert found.left_out == (f"{other}: {why}",)
        assert f"not compared: {other}." in in_words(found)[0]


def test_no_number_of_seeds_finds_no_difference() -> None:
    rows = noisy(["relu", "elu"], 6)

    assert "seeds: no number finds a difference of 0." in legend_of(rows, margin=0.0)
    assert "seeds: to find 0.1 points with 80 % power." in legend_of(rows)


def test_the_ratio_of_an_area_is_that_of_what_it_lacks() -> None:
    scored: Row = {"metric": "auc", "guess_val_auc": 0.5, "guess_test_auc": 0.5}
    rows = [
        run(activation=name, seed=seed, val_auc=0.9, test_auc=0.9 + seed / 100, **scored)
        for name in ("relu", "elu")
        for seed in range(3)
    ]

    (found,) = answers_of(rows).comparisons

    assert any(line.startswith("ratio: 1 − test AUC by that of") for line in legend(found))


def test_marks_are_explained_as_each_form_shows_them() -> None:
    answers = answers_of(noisy(["relu", "elu", "tanh"], 5))

    plain = " ".join(line.strip() for line, _ in text_lines(answers))
    assert "* best mean, or practically equal to it; ? not told" in plain
    for text in (to_markdown(answers), to_latex(answers)):
        assert "Bold: best mean, or practically equal to it; italics: not told apart" in text
        assert "? not told" not in text


@pytest.mark.parametrize(
    ("axis", "values", "called"),
    [
        ("batch_norm", (False, True), "batch norm false"),
        ("learning_rate", (0.1, 0.01), "learning rate 0.1"),
        ("activation", ("relu", "elu"), "relu"),
    ],
)
def test_a_value_that_is_no_name_is_said_with_its_axis(
    axis: str, values: tuple[object, object], called: str
) -> None:
    rows = [
        run(seed=seed, test=0.97 - 0.01 * place - 0.0001 * seed * (1 + place), **{axis: value})
        for place, value in enumerate(values)
        for seed in range(4)
    ]

    verdict, best, *_ = in_words(compared(rows, axis, baseline=str(values[0]).lower()))

    assert f"worse than {called}: " in verdict
    assert best.startswith(f"The best mean is that of {called}, 96.9")
