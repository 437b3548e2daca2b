import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from comparing import answers_of, compared, noisy, variants
from fake_results import Row, epochs_of, results, run

from relu_bench.compare import Answers, answer, text_lines, to_json, to_latex, to_markdown
from relu_bench.compare.effects import main_effects
from relu_bench.compare.views import robustness
from relu_bench.errors import ReluBenchError


def by_rate(curves: dict[str, dict[float, float]], seeds: int = 2) -> list[Row]:
    return [
        run(activation=name, learning_rate=rate, seed=seed, test=score)
        for name, curve in curves.items()
        for rate, score in curve.items()
        for seed in range(seeds)
    ]


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
    text = "\n".join(line for line, _ in text_lines(answers_of(rows, "activation")))
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
    text = "\n".join(line for line, _ in text_lines(answers))
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
    assert "No seconds" in "\n".join(line for line, _ in text_lines(answers))


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


def crossed(seeds: int = 3) -> list[Row]:
    """The error doubles with the rate; batch norm does nothing; relu fails at the high rate."""
    random = np.random.default_rng(0)
    return [
        run(
            activation=name,
            learning_rate=rate,
            batch_norm=norm,
            seed=seed,
            test=1 - error * float(np.exp(random.normal(0, 0.01))),
            outcome="at_chance" if (name, rate) == ("relu", 0.1) and seed else "learned",
        )
        for name in ("relu", "elu")
        for rate, error in ((0.01, 0.02), (0.1, 0.04))
        for norm in (False, True)
        for seed in range(seeds)
    ]


def test_effects_say_which_axis_matters() -> None:
    found = main_effects(compared(crossed(), "activation"))

    assert found.ranges == (
        "activation elu, relu",
        "learning_rate 0.01, 0.1",
        "batch_norm false, true",
    )
    first = found.error.effects[0]
    assert (first.axes, first.degrees) == (("learning_rate",), 1)
    assert first.share > 0.9
    assert first.p < 1e-6
    learned = {effect.axes: effect for effect in found.learned.effects}
    assert learned["activation", "learning_rate"].share > 0.1
    assert learned["batch_norm",].share == pytest.approx(0.0, abs=1e-12)
    assert found.learned.runs == 24
    assert found.error.runs == 20


def test_effects_of_runs_that_all_learned_have_one_panel() -> None:
    rows = by_rate({"relu": {0.1: 0.9, 0.01: 0.95}, "elu": {0.1: 0.91, 0.01: 0.97}})

    found = main_effects(compared(rows, "activation"))

    assert found.learned.effects == ()
    assert len(found.error.effects) == 3
    assert all(math.isnan(effect.p) for effect in found.error.effects)


def test_interactions_of_which_combinations_are_missing_are_refused() -> None:
    rows = [row for row in crossed() if (row["activation"], row["learning_rate"]) != ("elu", 0.1)]

    found = main_effects(compared(rows, "activation"))

    assert ("activation", "learning_rate") in found.learned.refused
    assert ("activation", "batch_norm") not in found.learned.refused


def test_aliased_axes_are_refused_and_said() -> None:
    rows = [
        run(activation=name, initializer=initializer, seed=seed, test=0.9 + seed / 100 + place / 50)
        for place, (name, initializer) in enumerate(
            (("selu", "lecun_normal"), ("relu", "he_normal"))
        )
        for seed in range(3)
    ]

    with pytest.raises(ReluBenchError, match="cannot be told apart"):
        main_effects(compared(rows))
    answers = answer(results(rows), with_effects=True)
    assert answers.further[0].effects is None
    assert answers.notices[0].startswith("variants: no effects: The effects of activation,")


def test_effects_take_two_axes() -> None:
    with pytest.raises(ReluBenchError, match="Only activation varies"):
        main_effects(compared(noisy(["relu", "elu"], 2)))


def everything() -> Answers:
    rows = crossed()
    return answer(results(rows), ("activation",), with_times=True, with_effects=True)


def test_every_document_holds_the_further_views() -> None:
    answers = everything()

    for text in (
        "\n".join(line for line, _ in text_lines(answers)),
        to_markdown(answers),
        to_latex(answers),
    ):
        assert "Robustness" in text or "robustness" in text
        assert "Effects on the log" in text or "effects on the log" in text
        assert "Time to" in text or "time to" in text
    assert to_latex(answers).isascii()
    (table,) = json.loads(to_json(answers), parse_constant=pytest.fail)["comparisons"]
    assert table["effects"]["log_error"]["effects"][0]["axes"] == ["learning_rate"]
    assert table["robustness"][0]["open_low"] in (True, False)
    assert table["time_to_accuracy"]["metric"] == "val_accuracy"
    wide = "\n".join(line for line, _ in text_lines(answers, in_columns=True))
    assert "Robustness" not in wide


def test_a_view_without_rows_has_no_head_of_a_table() -> None:
    rows = by_rate({"relu": {0.1: 0.9, 0.01: 0.91}, "tanh": {0.1: 0.92, 0.01: 0.95}})
    answers = answer(results(rows), ("activation",), with_effects=True)
    title, alike = "Effects on whether a run learns", "All 8 runs are alike: no effects."

    lines = [line for line, _ in text_lines(answers)]
    assert lines[lines.index(title) + 1] == alike
    marked = to_markdown(answers).splitlines()
    assert marked[marked.index(f"**{title}**") + 2] == f"- {alike}"
    (said,) = [line for line in to_latex(answers).splitlines() if "whether a run learns" in line]
    assert said.endswith(f": effects on whether a run learns. {alike}")
