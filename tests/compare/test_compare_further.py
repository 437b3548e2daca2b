"""The views beside a comparison: robustness, time to accuracy, effects."""

import json
import math
import re
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from comparing import answers_of, by_rate, compared, crossed, noisy, variants
from fake_results import Row, epochs_of, failed, results, run, runs_table

from relu_bench.compare import Answers, Mode, answer, to_json, to_latex, to_markdown, to_text
from relu_bench.compare.documents import not_shown
from relu_bench.compare.time_to_accuracy import differing
from relu_bench.compare.views import Robustness, robustness
from relu_bench.errors import ReluBenchError

NOTHING_HELD_OUT = (
    "The time to accuracy is measured on validation, but nothing was held out for it in these "
    "runs. Run the config with validation_split above 0."
)
Curve = dict[float, float]


def timed(
    curves: dict[str, Sequence[Sequence[float | None]]], epochs: int = 3, **given: object
) -> tuple[list[Row], list[Row]]:
    """Runs and their epochs, by activation and seed, of these validation accuracies."""
    rows, times = [], []
    for name, seeds in curves.items():
        for seed, values in enumerate(seeds):
            final = values[-1] or 0.5
            row = run(activation=name, seed=seed, val=final, epochs=epochs, **given)
            rows.append(row)
            times += epochs_of(row, values, values)
    return rows, times


def test_the_band_of_learning_rates_is_held_against_the_best_of_all_variants() -> None:
    rows = by_rate(
        {
            "relu": {0.001: 0.96, 0.01: 0.98, 0.1: 0.96},
            "elu": {0.001: 0.975, 0.01: 0.975, 0.1: 0.975},
            "tanh": {0.001: 0.95, 0.01: 0.95, 0.1: 0.95},
        }
    )

    found = {each.variant: each for each in robustness(compared(rows, "activation"))}

    assert found["relu"].band.decades == pytest.approx(1.0)
    assert found["relu"].best_rate == 0.01
    assert found["elu"].band.decades == pytest.approx(2.0)
    assert found["elu"].band.open_low
    assert found["tanh"].band.decades == 0.0
    text = to_text(answers_of(rows, "activation"), details=True)
    assert "  elu         ≥ 2.00    0.001 to 0.1 0.001\n" in text


def test_without_learning_rates_there_is_no_band() -> None:
    assert robustness(compared(noisy(["relu", "elu"], 2))) == ()


def test_time_to_accuracy_counts_never_as_infinity() -> None:
    rows, epochs = timed(
        {
            "relu": [[0.1, 0.90, 0.95, 0.96], [0.1, 0.95, 0.95, 0.96], [0.1, 0.90, 0.95, 0.96]],
            "elu": [[0.1, 0.90, 0.90, 0.90], [0.1, 0.96, 0.96, 0.96], [0.1, 0.90, 0.90, 0.90]],
        }
    )

    answers = answer(results(rows, epochs), with_times=True, target=95.0)
    times = answers.further[0].times

    assert times is not None
    assert [(row.variant, row.reached, row.epochs) for row in times.rows] == [
        ("relu", 3, 2.0),
        ("elu", 1, math.inf),
    ]
    assert times.rows[0].seconds == pytest.approx(0.5)
    text = to_text(answers, details=True)
    assert "elu            1/3  never   never" in text


def test_the_target_is_99_percent_of_the_baselines_final_validation() -> None:
    rows, epochs = timed({"relu": [[0.1, 0.9, 0.95, 0.96]], "elu": [[0.1, 0.951, 0.95, 0.95]]})

    times = answer(results(rows, epochs), with_times=True).further[0].times

    assert times is not None
    assert times.target == pytest.approx(95.04)
    assert {row.variant: row.epochs for row in times.rows} == {"relu": 3.0, "elu": 1.0}


def test_seconds_are_compared_within_one_host_only() -> None:
    rows, epochs = timed({"relu": [[0.1, 0.9, 0.95, 0.96]], "elu": [[0.1, 0.9, 0.95, 0.96]]})
    rows[0]["host"] = "another"

    answers = answer(results(rows, epochs), with_times=True)

    times = answers.further[0].times
    assert times is not None
    assert not times.timed
    assert all(math.isnan(row.seconds) for row in times.rows)
    assert "No seconds" in to_text(answers, details=True)


def test_a_diverged_run_may_have_reached_the_target_before() -> None:
    rows, epochs = timed({"relu": [[0.1, 0.9, 0.95, 0.96]]})
    lost = run(activation="elu", seed=0, outcome="diverged")
    epochs += epochs_of(lost, [0.1, 0.96, None])
    never = run(activation="tanh", seed=0, outcome="diverged")
    epochs += epochs_of(never, [0.1, None])

    times = (
        answer(results([*rows, lost, never], epochs), with_times=True, target=95).further[0].times
    )

    assert times is not None
    assert {row.variant: row.epochs for row in times.rows} == {
        "relu": 2.0,
        "elu": 1.0,
        "tanh": math.inf,
    }


def test_time_to_accuracy_needs_validation() -> None:
    rows = variants({"relu": [0.9], "elu": [0.9]}, validation_split=0.0)

    with pytest.raises(ReluBenchError, match="nothing was held out"):
        answer(results(rows), with_times=True)


def everything() -> Answers:
    rows = crossed()
    return answer(results(rows), ("activation",), with_times=True, with_effects=True)


def test_every_document_holds_the_further_views() -> None:
    answers = everything()

    for text in (
        to_text(answers, details=True),
        to_markdown(answers),
        to_latex(answers),
    ):
        assert "Robustness" in text or "robustness" in text
        assert "Effects on the log" in text or "effects on the log" in text
        assert "Time to" in text or "time to" in text
    assert to_latex(answers).isascii()
    table = json.loads(to_json(answers), parse_constant=pytest.fail)["comparisons"][0]
    assert table["effects"]["log_error"]["effects"][0]["axes"] == ["learning_rate"]
    assert table["robustness"][0]["open_low"] in (True, False)
    assert table["time_to_accuracy"]["metric"] == "val_accuracy"
    wide = to_text(answers, in_columns=True)
    assert "Robustness" not in wide


def test_a_view_without_rows_has_no_head_of_a_table() -> None:
    rows = by_rate({"relu": {0.1: 0.9, 0.01: 0.91}, "tanh": {0.1: 0.92, 0.01: 0.95}})
    answers = answer(results(rows), ("activation",), with_effects=True)
    title, alike = "Effects on whether a run learns", "All 8 runs are alike: no effects."

    lines = to_text(answers, details=True).split("\n")
    assert lines[lines.index(title) + 1] == alike
    marked = to_markdown(answers).splitlines()
    assert marked[marked.index(f"**{title}**") + 2] == f"- {alike}"
    (said,) = [line for line in to_latex(answers).splitlines() if "whether a run learns" in line]
    assert said.endswith(f": effects on whether a run learns. {alike}")


def text(answers: Answers) -> str:
    """The whole text on one line, with plain spaces."""
    return " ".join(line.strip() for line in to_text(answers, details=True).split("\n")).replace(
        "\u00a0", " "
    )


def grid(seeds: int = 3, **axes: tuple[Any, ...]) -> list[Row]:
    """A crossed design with errors that scatter."""
    random = np.random.default_rng(0)
    return [
        run(
            seed=seed,
            test=1 - 0.03 * float(np.exp(random.normal(0, 0.1))),
            **dict(zip(axes, values, strict=True)),
        )
        for values in product(*axes.values())
        for seed in range(seeds)
    ]


def test_what_only_one_table_lacks_is_a_notice() -> None:
    with_one = noisy(["relu", "elu"], 3, experiment="with")
    without = noisy(["relu", "elu"], 3, experiment="without", validation_split=0.0)

    answers = answer(results([*with_one, *without]), with_times=True)

    assert [each.times is None for each in answers.further] == [False, True]
    assert answers.notices == (f"without: no time to accuracy by activation: {NOTHING_HELD_OUT}",)


def test_the_notice_names_what_tells_the_table_from_others_of_its_experiment() -> None:
    rows = [
        *noisy(["relu", "elu"], 3),
        *noisy(["relu", "elu"], 3, dataset="digits", validation_split=0.0),
    ]

    answers = answer(results(rows), with_times=True, with_effects=True)

    assert answers.notices == (
        f"variants, dataset digits: no time to accuracy by activation: {NOTHING_HELD_OUT}",
        "variants, dataset mnist: no effects: Only activation varies in variants: effects take two "
        "axes or more.",
        "variants, dataset digits: no effects: Only activation varies in variants: effects take "
        "two axes or more.",
    )


def test_times_that_no_table_has_are_an_error() -> None:
    rows = [
        *noisy(["relu", "elu"], 3, experiment="one", validation_split=0.0),
        *noisy(["relu", "elu"], 3, experiment="two", validation_split=0.0),
    ]

    with pytest.raises(ReluBenchError, match="nothing was held out"):
        answer(results(rows), with_times=True)


def test_a_target_is_made_of_no_baseline_that_failed() -> None:
    rows = [*variants({"elu": [0.97, 0.96], "tanh": [0.97, 0.95]}), failed(activation="relu")]
    given: dict[str, Any] = {"baseline": "relu", "with_times": True}

    with pytest.raises(ReluBenchError, match="but relu has none in these runs"):
        answer(results(rows), **given)
    times = answer(results(rows), target=90.0, **given).further[0].times
    assert times is not None
    assert {row.variant for row in times.rows} == {"elu", "tanh"}


@pytest.mark.parametrize(
    ("mode", "limits"), [("matched", ""), ("tuned", ", not of the best alone")]
)
def test_times_say_over_which_settings_they_are(mode: Mode, limits: str) -> None:
    rows = grid(activation=("relu", "elu"), batch_norm=(False, True))
    by = ("activation",)

    usual = text(answer(results(rows), by, mode=mode, with_times=True))
    given = text(answer(results(rows), by, mode=mode, target=95.0, with_times=True))

    over = ", over all settings that all variants have"
    assert f"% (99 % of the final one of relu at its best setting){over}" in usual
    assert f"Time to a validation accuracy of 95.00 %{over}" in given
    assert (
        f"Medians over the runs at the settings of batch_norm that all variants have{limits}; a "
        in usual
    )


def test_times_of_runs_in_which_nothing_else_varies_are_of_all_runs() -> None:
    shown = text(answer(results(noisy(["relu", "elu"], 3)), with_times=True))

    assert "of relu activation reached" in shown.replace("of the final one ", "")
    assert "Medians over the runs; a run that never reaches" in shown
    assert "settings that all variants have" not in shown


def test_what_keeps_seconds_from_being_compared_is_named() -> None:
    rows = [{**row, "jobs": 1} for row in noisy(["relu", "elu"], 2)]
    assert differing(runs_table(rows)) == ()

    rows[0]["jobs"] = 2
    assert "No seconds: the runs differ in jobs." in text(answer(results(rows), with_times=True))

    rows[1]["processor"], rows[2]["host"] = "another", "desk"
    assert differing(runs_table(rows)) == ("host", "processor", "jobs")
    shown = text(answer(results(rows), with_times=True))
    assert "No seconds: the runs differ in host, processor, jobs." in shown


def test_an_unknown_number_of_jobs_is_another_one() -> None:
    one, other = noisy(["relu", "elu"], 1)

    assert differing(runs_table([{**one, "jobs": 1}, {**other, "jobs": None}])) == ("jobs",)
    assert differing(runs_table([{**one, "jobs": None}, {**other, "jobs": None}])) == ()


def test_effects_that_are_not_shown_are_counted() -> None:
    four = {
        "activation": ("relu", "elu"),
        "learning_rate": (0.1, 0.01),
        "batch_norm": (False, True),
        "batch_size": (32, 64),
    }
    ten = answers_of(grid(2, **four), "activation", with_effects=True)
    fifteen = answers_of(grid(2, **four, dropout=(0.0, 0.5)), "activation", with_effects=True)

    assert "not shown" not in text(ten)
    assert "Smaller effects that are not shown: 5; --format json has all." in text(fifteen)
    assert "not shown: 5" in to_markdown(fifteen)
    assert "not shown: 5" in to_latex(fifteen)
    (table,) = json.loads(to_json(fifteen))["comparisons"]
    assert len(table["effects"]["log_error"]["effects"]) == 15


def test_the_ranges_of_the_axes_stand_in_the_title() -> None:
    answers = answers_of(
        grid(activation=("relu", "elu"), learning_rate=(0.1, 0.01, 0.001)),
        "activation",
        with_effects=True,
    )
    title = (
        "Effects on the log of the test error, where it learned (ranges: activation elu, relu; "
        "learning_rate 0.001 to 0.1)"
    )

    assert title in text(answers)
    assert f"**{title}**".replace("_", r"\_") in to_markdown(answers)
    assert max(len(line) for line in to_text(answers, details=True).split("\n")) <= 80


@pytest.mark.parametrize("mode", ["matched", "tuned"])
def test_effects_beside_tuned_scores_say_that_they_are_over_all_runs(mode: Mode) -> None:
    rows = grid(activation=("relu", "elu"), batch_norm=(False, True))

    shown = text(answers_of(rows, "activation", mode=mode, with_effects=True))

    said = "The effects are over all runs, not over the best settings alone." in shown
    assert said == (mode == "tuned")


def test_views_that_a_form_has_no_place_for_are_named() -> None:
    rows = grid(activation=("relu", "elu"), batch_norm=(False, True))
    both = answers_of(rows, "activation", with_times=True, with_effects=True)
    effects = answers_of(rows, "activation", with_effects=True)
    none = answers_of(rows, "activation")
    views = "the time to accuracy and the effects"

    for wide in (False, True):
        csv = not_shown(both, "csv", in_columns=wide)
        assert csv == (f"not in CSV, but with --format json: {views}",)
        assert not_shown(both, "json", in_columns=wide) == ()
        assert not_shown(none, "csv", in_columns=wide) == ()
    for form in ("table", "markdown", "latex"):
        assert not_shown(both, form) == ()
        assert not_shown(effects, form, in_columns=True) == (
            "not with --wide, but with --format json: the effects",
        )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (-5.0, "is no validation accuracy; expected a number from 0 to 100"),
        (97000.0, "is no validation accuracy; expected a number from 0 to 100"),
        (math.nan, "is no validation accuracy"),
        (0.97, "For 97 % give --target 97."),
    ],
)
def test_a_target_that_no_score_can_mean(target: float, said: str) -> None:
    rows = [run(seed=seed, activation=name) for name in ("relu", "elu") for seed in range(2)]

    with pytest.raises(ReluBenchError, match=re.escape(said)):
        answer(results(rows), with_times=True, target=target)


def at_rates(name: str, curve: Curve, **given: Any) -> list[Row]:
    """Two seeds at each learning rate, with that test accuracy."""
    return [
        run(activation=name, learning_rate=rate, seed=seed, test=score, **given)
        for rate, score in curve.items()
        for seed in range(2)
    ]


def flat(*rates: float, score: float = 0.97) -> Curve:
    return dict.fromkeys(rates, score)


def bands(rows: list[Row], **options: Any) -> dict[str, Robustness]:
    found = robustness(compared(rows, "activation", **options))
    return {each.variant: each for each in found}


def test_each_variant_keeps_the_learning_rates_that_it_was_given() -> None:
    rows = [
        *at_rates("relu", {**flat(0.001, 0.01, 0.1), 1.0: 0.5}),
        *at_rates("tanh", flat(0.001, 0.01, 0.1, 1.0)),
        *at_rates("selu", flat(0.001, 0.01, 0.1)),
    ]

    found = bands(rows)

    assert {name: each.rates for name, each in found.items()} == {"relu": 4, "tanh": 4, "selu": 3}
    assert found["relu"].band.decades == pytest.approx(2 + 1 / 47)
    assert not found["relu"].band.open_high
    assert found["tanh"].band.decades == pytest.approx(3.0)
    assert found["tanh"].band.open_high
    assert found["selu"].band.decades == pytest.approx(2.0)
    assert found["selu"].band.open_high


def test_the_best_of_all_may_lie_at_a_learning_rate_of_its_own() -> None:
    rows = [*at_rates("relu", flat(0.01, 0.1)), *at_rates("tanh", {**flat(0.01, 0.1), 1.0: 0.99})]

    found = bands(rows)

    assert math.isnan(found["relu"].band.low)
    assert found["tanh"].best_rate == 1.0


def test_variants_without_a_common_learning_rate_have_bands() -> None:
    found = bands([*at_rates("relu", flat(0.1, 1.0)), *at_rates("selu", flat(0.001, 0.01))])

    assert {name: each.band.decades for name, each in found.items()} == {
        "relu": pytest.approx(1.0),
        "selu": pytest.approx(1.0),
    }


def test_scores_are_of_settings_that_every_variant_has_at_each_of_its_learning_rates() -> None:
    """With batch norm, which one rate lacks, accuracies would be others."""
    rows = [
        *at_rates("relu", flat(0.01, 0.1, 1.0), batch_norm=False),
        *at_rates("relu", flat(0.01, 0.1, score=0.5), batch_norm=True),
        *at_rates("tanh", flat(0.01, 0.1), batch_norm=False),
        *at_rates("tanh", flat(0.01, 0.1, score=0.9), batch_norm=True),
    ]

    found = bands(rows)

    assert found["relu"].band.decades == pytest.approx(2.0)
    assert found["tanh"].band.decades == pytest.approx(1.0)


def test_without_a_setting_that_all_have_at_each_rate_there_are_no_bands() -> None:
    rows = [
        *at_rates("relu", flat(0.01), batch_norm=False),
        *at_rates("relu", flat(0.1), batch_norm=True),
        *at_rates("tanh", flat(0.01, 0.1), batch_norm=True),
    ]

    assert bands(rows) == {}


def test_a_rate_at_which_every_run_failed_is_none_that_a_variant_was_given() -> None:
    rows = [
        *at_rates("relu", flat(0.01, 0.1)),
        *at_rates("tanh", flat(0.01, 0.1)),
        *[failed(activation="tanh", learning_rate=1.0, seed=seed) for seed in range(2)],
        *[failed(activation="elu", learning_rate=rate, seed=0) for rate in (0.01, 0.1)],
    ]

    assert {name: each.rates for name, each in bands(rows).items()} == {"relu": 2, "tanh": 2}


@pytest.mark.parametrize(
    ("mode", "ends"),
    [
        ("matched", "at each of its learning rates."),
        ("tuned", "at each of its learning rates, not of the best alone."),
    ],
)
def test_it_says_over_which_settings_it_speaks(mode: Mode, ends: str) -> None:
    rows = [
        run(activation=name, learning_rate=rate, batch_norm=norm, seed=seed, test=0.97)
        for name in ("relu", "tanh")
        for rate in (0.01, 0.1)
        for norm in (False, True)
        for seed in range(3)
    ]

    lines = to_text(answers_of(rows, "activation", mode=mode), details=True).split("\n")

    title = "Robustness to the learning rate, over all settings that all variants have"
    assert title in lines
    text = " ".join(line.strip() for line in lines)
    assert (
        f"Each score is the mean over the settings of batch_norm that every variant has {ends}"
        in text
    )
    assert "the band runs to the edge of the learning rates that the variant was given." in text


def test_where_only_the_learning_rate_varies_there_is_nothing_to_pool() -> None:
    rows = [*at_rates("relu", flat(0.01, 0.1)), *at_rates("tanh", flat(0.01, 0.1))]

    lines = to_text(answers_of(rows, "activation"), details=True).split("\n")

    assert "Robustness to the learning rate" in lines
    assert not any(line.startswith("Each score is the mean") for line in lines)
