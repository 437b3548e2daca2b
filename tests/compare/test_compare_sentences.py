"""What the words say of a comparison, and the paragraph for a paper."""

from dataclasses import replace
from typing import Any

import pytest
from comparing import answers_of, compared, noisy, variants
from fake_results import Row, failed, results, run, runs_table

from relu_bench.compare import (
    answer,
    in_words,
    methods_paragraph,
    to_latex,
    to_markdown,
    to_text,
)
from relu_bench.compare.measures import is_known, rule_of_three
from relu_bench.compare.methods import RECURRENT_MODELS, idle_settings
from relu_bench.compare.sentences import learned_words, legend, verdict_words
from relu_bench.compare.tables import tables_of
from relu_bench.networks import models
from relu_bench.stats import sd_interval

ACTIVATIONS = ["relu", "elu", "tanh", "selu", "silu", "mish", "sigmoid"]
ORDER = "see the training data in the same order"


def words_of(rows: list[Row], *by: str, **options: Any) -> str:
    return " ".join(in_words(compared(rows, *by, **options))).replace("\u00a0", " ")


def legend_of(rows: list[Row], **options: Any) -> str:
    return " ".join(legend(compared(rows, **options))).replace("\u00a0", " ")


def seeds_of(numbers: dict[str, int]) -> list[Row]:
    """Runs of so many seeds by activation, from the same noise as everywhere."""
    return [row for row in noisy([*numbers], 12) if row["seed"] < numbers[row["activation"]]]


def test_one_seed_cannot_decide_and_the_number_that_would_counts_all_comparisons() -> None:
    two = variants({name: [0.97] for name in ACTIVATIONS[:2]})
    many = variants({name: [0.97] for name in ACTIVATIONS})

    assert (
        "The sign-flip test cannot decide with 1 seed; 6 would do, by Holm over 1 comparison."
        in words_of(two)
    )
    assert "with 1 seed; 8 would do, by Holm over 6 comparisons." in words_of(many)
    ready = noisy(ACTIVATIONS, 8)
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
    assert f"Not told apart from the best, {among}: tanh, " in words_of(lucky)
    assert f"? not told apart from the best mean {among} (all pairs, Holm)" in legend_of(lucky)
    assert among not in words_of(lucky[:-1]) + legend_of(lucky[:-1])


def test_the_best_are_a_set_where_they_are_not_told_apart() -> None:
    alike, behind = noisy(["relu", "elu", "tanh"], 6), noisy(["selu"], 6)
    for row in behind:
        row["test_accuracy"] -= 0.1

    found = compared([*alike, *behind])
    best = in_words(found)[1]

    names = ", ".join(each.variant for each in found.estimates[:3])
    assert best.startswith(f"Not told apart from the best: {names} (means of 9")
    assert best.endswith("Which of these 3 has the best mean may be chance.")
    assert "selu" not in best


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
    assert (
        "seeds: to find a true difference of 0.1 points with 80 % power; if equal: to show a"
        in (legend_of(rows))
    )
    assert "must be fixed beforehand" in words_of(rows, margin=0.0)


def test_only_undecided_pairs_are_told_what_it_would_take() -> None:
    rows = noisy(["relu", "elu", "tanh"], 6)
    for row in rows:
        row["test_accuracy"] -= 0.1 * (row["activation"] == "tanh")

    found = compared(rows)
    sure = tables_of(found)[-1]
    seeds = {row[0]: row[-2:] for row in sure.rows}
    elu = next(pair for pair in found.pairs if pair.variant == "elu")
    words = words_of(rows)

    assert seeds["tanh"] == ("", "")
    assert seeds["elu"][1].split("–")[0] == f"{elu.equal_seeds_low:.0f}"
    assert elu.equal_seeds_low == pytest.approx(8.6 * (sd_interval(elu.sd, 6)[0] / 0.1) ** 2, abs=3)
    assert "To find a true difference of 0.1 points" in words
    assert f"; showing that there is none takes {seeds['elu'][1]}." in words
    assert "for normal differences. The number of seeds must be fixed beforehand" in words
    assert "beforehand" not in words_of([row for row in rows if row["activation"] != "elu"])


def test_the_ratio_of_an_area_is_that_of_what_it_lacks() -> None:
    scored: Row = {"metric": "auc", "guess_val_auc": 0.5, "guess_test_auc": 0.5}
    rows = [
        run(activation=name, seed=seed, val_auc=0.9, test_auc=0.9 + seed / 100, **scored)
        for name in ("relu", "elu")
        for seed in range(3)
    ]

    (found,) = answers_of(rows).comparisons

    assert any(line.startswith("ratio: 1 − test AUC by that of") for line in legend(found))


@pytest.mark.parametrize(
    ("margin", "plain", "face"),
    [
        (0.1, "? not told apart from the best mean", "italics: not told apart"),
        (5.0, "* the best, or practically equal to it", "Bold: the best"),
    ],
)
def test_marks_are_explained_as_each_form_shows_them(margin: float, plain: str, face: str) -> None:
    answers = answers_of(noisy(["relu", "elu", "tanh"], 5), margin=margin)

    assert plain in to_text(answers, details=True)
    for text in (to_markdown(answers), to_latex(answers)):
        assert face in text
        assert plain not in text


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
    assert best.startswith(f"Best: {called}, 96.9")
    assert best.endswith(", told apart from all others.")


def scope_of(rows: list[Row], *by: str, **options: Any) -> str:
    """The sentence on what the numbers speak of, with plain spaces."""
    words = in_words(compared(rows, *by, **options))
    (found,) = [each for each in words if each.startswith("The noise is")]
    return found.replace("\u00a0", " ")


@pytest.mark.parametrize("scores", [[0.97], [0.9784, 0.9716], [0.5, 0.75, 0.25]])
def test_the_size_of_a_known_test_set_does_not_depend_on_the_runs(scores: list[float]) -> None:
    assert compared(variants({"relu": scores, "elu": scores})).test_samples == 10_000


def test_the_size_of_a_folders_test_set_is_the_least_that_its_runs_tell() -> None:
    rows = variants({"relu": [0.5, 0.75], "elu": [0.25, 0.6]}, dataset="./leaves")

    assert not is_known("./leaves")
    assert compared(rows).test_samples == 20
    assert scope_of(rows).endswith(
        "over 2 seeds, on this fixed test set of at least 20 samples, whose sampling error is "
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

    for rows, by, noise in (
        (fixed, (), "with one split of the data, over 3 seeds"),
        (several, ("activation",), "with 3 splits of the data, over"),
        (none, (), "over 3 seeds"),
        (capped, (), "with one choice of training samples, over"),
    ):
        assert f"The noise is of training, {noise}" in scope_of(rows, *by)
    assert "of training and of the split, over 3 seeds" in scope_of(drawn)
    assert "of training and of the choice of training samples, over" in scope_of(drawn_caps)
    both = scope_of([*fixed, *drawn], "split_seed")
    assert "of training and of the split, where split_seed is seed, over" in both


def test_a_data_set_is_known_by_the_name_that_the_store_has() -> None:
    rows = noisy(["relu", "elu"], 3, dataset="imdb")
    shown = results(rows, names={"imdb": "Film reviews"}).displayed()

    (found,) = answer(shown).comparisons

    assert (found.question.dataset, found.test_samples) == ("Film reviews", 25_000)
    assert any("test set of 25,000 texts" in sentence for sentence in in_words(found))


def said_of(rows: list[Row], *by: str, **options: Any) -> str:
    return methods_paragraph(compared(rows, *by, **options)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("test_accuracy", "test accuracy of the last epoch's weights."),
        ("val_accuracy", "validation accuracy of the last epoch's weights."),
        ("train_accuracy", "training accuracy, over the last epoch's batches as trained."),
        (
            "best_epoch_test_accuracy",
            "test accuracy of the best epoch, which validation chooses.",
        ),
    ],
)
def test_the_measure_names_the_weights_that_it_is_of(metric: str, said: str) -> None:
    rows = [{**row, "best_epoch_test_accuracy": 0.9} for row in noisy(["relu", "elu"], 3)]

    assert f"The measure is {said}" in said_of(rows, metric=metric)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("train_samples", (1000, None)),
        ("split_seed", ("0", "1")),
        ("validation_split", (0.1, 0.2)),
    ],
)
def test_the_order_of_the_data_is_the_same_only_where_the_data_are(
    name: str, values: tuple[Any, ...]
) -> None:
    rows = [row for value in values for row in noisy(["relu", "elu"], 4, **{name: value})]

    assert "from the same random stream." in said_of(rows, name)
    assert f"and, at the same setting, {ORDER}." in said_of(rows, "activation")
    assert ORDER not in said_of(rows, "activation", mode="tuned")
    assert f"from the same random stream and {ORDER}." in said_of(noisy(["relu", "elu"], 4))


def test_runs_without_a_counterpart_are_counted() -> None:
    rows = noisy(["relu", "elu"], 5)
    beside = [run(bias_initializer=bias, seed=seed) for bias in ("ones", "he") for seed in (0, 1)]
    lone = noisy(["relu", "elu"], 5, bias_initializer="ones")

    assert "counterparts" not in said_of(rows)
    assert "For want of counterparts, 4 runs are in no mean and 4 runs are in no difference." in (
        said_of([*rows, *beside], "activation")
    )
    # The last seed of elu is missing at one setting: its mean and the difference have no such seed.
    assert "For want of counterparts, 1 run is in no mean and 3 runs are in no difference." in (
        said_of([*rows, *lone[:-1]], "activation")
    )
    assert "counterparts" not in said_of([*rows, *beside], "activation", mode="tuned")


def test_failed_runs_are_missing_and_said() -> None:
    rows = noisy(["relu", "elu", "tanh"], 4)

    assert "missing" not in said_of(rows)
    one = said_of([*rows, failed(activation="elu", seed=4)])
    assert "1 run is missing: the program ended with an error." in one
    assert "in 12 runs with 4 seeds" in one


def test_combinations_are_told_apart_from_their_parts() -> None:
    pairs = [("relu", "he_normal"), ("tanh", "glorot_normal")]
    rows = [row for name, each in pairs for row in noisy([name], 3, initializer=each)]

    text = said_of(rows)
    assert (
        "We compared combinations of activation and initializer (relu, he_normal; tanh, "
        "glorot_normal) on mnist" in text
    )
    assert "The comparison with the baseline (relu, he_normal) was made by" in text


def test_labels_with_commas_are_told_apart() -> None:
    label = "threshold(default_value=0.0, threshold=1.0)"

    assert f"We compared the activation (relu; {label})" in said_of(
        variants({"relu": [0.98] * 3, label: [0.9] * 3})
    )


def test_names_of_axes_have_no_underscores() -> None:
    rows = [run(learning_rate=rate, seed=seed) for rate in (0.1, 0.01) for seed in range(3)]

    text = said_of(rows, "learning_rate")
    assert "We compared the learning rate (0." in text
    assert "learning_rate" not in text


def test_it_says_of_what_the_errors_of_verdicts_are() -> None:
    rows = noisy(["relu", "elu", "tanh"], 5)

    assert (
        "all 2 hold together (t at 1 - 0.05/2); 'practically equal' rests on the 90 % one. It is "
        "wrong in at most 5 % of cases for each comparison, better or worse in at most 5 % for "
        "the table together." in legend_of(rows)
    )
    assert "(two one-sided tests at 5 % for each comparison). Better and worse are held at 5 %" in (
        said_of(rows)
    )
    assert "together" not in legend_of(rows[:10]) + said_of(rows[:10])


def test_the_methods_say_what_was_not_left_at_its_default() -> None:
    rows = noisy(["relu", "elu"], 5)
    narrowed = replace(results(rows), where=("activation=relu,elu",))

    assert "Options" not in said_of(rows) + said_of(rows, margin=0.1, metric="test_accuracy")
    assert "not the defaults: --metric val_accuracy; --baseline elu; --margin 1." in said_of(
        rows, metric="val_accuracy", baseline="elu", margin=1.0
    )
    assert "not the defaults: --where activation=relu,elu." in methods_paragraph(
        answer(narrowed, mode="tuned").comparisons[0]
    )
    by_rate = [row for rate in (0.1, 0.01) for row in noisy(["relu", "elu"], 5, learning_rate=rate)]
    for mode, told in (("tuned", True), ("matched", True), (None, False)):
        found = answer(results(by_rate), ["activation"], mode=mode).comparisons[0]
        assert (f"not the defaults: --mode {mode}." in methods_paragraph(found)) == told


def test_one_comparison_is_one() -> None:
    rows = [row for norm in (False, True) for row in noisy(["relu"], 4, batch_norm=norm)]

    one = said_of(rows, "batch_norm")
    assert "The comparison with batch norm false was made by a two-sided paired t test" in one
    assert "Holm" not in one
    assert "Each of the 2 comparisons with relu was made by" in said_of(
        noisy(["relu", "elu", "tanh"], 4)
    )


def test_a_split_of_each_seed_is_said_to_be_one() -> None:
    text = said_of(noisy(["relu", "elu"], 3, split_seed="seed"))

    assert "; a new split for each seed)" in text
    assert "split seed" not in text


def test_a_loss_has_no_guess() -> None:
    rows = noisy(["relu", "elu"], 3)

    assert "count as the constant guess; none was left out" in said_of(rows)
    loss = said_of(rows, metric="test_loss")
    assert "guess" not in loss
    assert "No run's loss was infinite or undefined; none was left out" in loss


def test_one_seed_has_no_tests_to_tell_of() -> None:
    text = said_of(variants({"relu": [0.97], "elu": [0.98], "tanh": [0.96]}))

    assert "Each number is of one seed, so there are no intervals and no tests." in text
    for untrue in ("comparisons with", "t test", "deviation", "practically"):
        assert untrue not in text


def test_the_recurrent_models_are_those_of_the_registry() -> None:
    assert {name for name, model in models.MODELS.items() if model.recurrent} == RECURRENT_MODELS


@pytest.mark.parametrize(
    ("name", "acting"),
    [
        ("batch_norm_momentum", {"batch_norm": True}),
        ("dropout_kind", {"dropout": 0.1}),
        ("split_seed", {"validation_split": 0.2}),
        ("split_seed", {"validation_split": 0.0, "train_samples": 1000}),
        ("recurrent_initializer", {"model": "rnn(units=64)"}),
    ],
)
def test_a_setting_is_idle_until_a_run_has_what_it_acts_on(
    name: str, acting: dict[str, Any]
) -> None:
    without = [run(seed=seed, validation_split=0.0) for seed in range(2)]

    assert name in idle_settings(runs_table(without))
    assert name not in idle_settings(runs_table([*without, run(seed=2, **acting)]))


def test_the_methods_name_no_idle_setting() -> None:
    rows = noisy(["relu", "elu"], 4)
    plain, dropped = (
        methods_paragraph(compared([{**row, **given} for row in rows]))
        for given in ({}, {"dropout": 0.5, "dropout_kind": "alpha"})
    )

    assert "recurrent" not in plain
    assert "momentum" not in plain
    assert "dropout 0;" in plain
    assert "dropout kind" not in plain
    assert "dropout kind alpha" in dropped
    assert "split seed 0" in plain


def test_models_are_told_by_their_labels_whatever_names_are_shown() -> None:
    rows = noisy(["relu", "elu"], 3, model="rnn(units=64)", recurrent_initializer="identity")
    shown = results(rows, names={"rnn(units=64)": "By rows (64"}).displayed()

    (found,) = answer(shown).comparisons

    assert "recurrent initializer identity" in methods_paragraph(found)


def test_a_variant_that_is_counted_and_not_named_is_told_not_to_learn() -> None:
    names = ["relu", *(f"own_{number}" for number in range(1, 8))]
    rows = noisy(names, 12, 0.02)
    # The last two are worse, and their names are not among the first five.
    failing = [{**row, "outcome": "at_chance"} for row in rows if row["activation"] == "own_7"][:1]
    rows = [
        row for row in rows if (row["activation"], row["seed"]) != ("own_7", failing[0]["seed"])
    ]

    found = compared([*rows, *failing])
    assert {pair.verdict for pair in found.pairs} == {"worse"}
    words = verdict_words(found)
    assert "and 2 more" in words
    assert "own_7" not in words
    assert learned_words(found) == "Did not learn: own_7 (1 of 12 runs)."
