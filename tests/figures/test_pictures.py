"""What single kinds show, say and refuse: numbers, notes, words for who sees no figure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from fake_results import Row, failed, layers_of, relu_like, results, rising, run
from situations import FEW, MEASURES, runs_of, situation, with_tables

from relu_bench.errors import ReluBenchError
from relu_bench.figures import draw
from relu_bench.figures.canvas import Picture
from relu_bench.figures.style import SHEETS


def picture(rows: Sequence[Row], kind: str, number: int = 0, **sheet: Any) -> Picture:
    return draw(with_tables(rows), [kind], replace(SHEETS["screen"], **sheet)).picture(number)


def refusal(rows: Sequence[Row], kind: str, **sheet: Any) -> str:
    with pytest.raises(ReluBenchError) as caught:
        picture(rows, kind, **sheet)
    return str(caught.value)


def test_of_many_variants_the_note_says_which_have_colours_and_how_others_get_them() -> None:
    shown = draw(situation("crowded"), ["comparison"]).picture(0)
    names = [name for name, _ in shown.legend]

    assert len(names) == 8
    assert names[-1] == "3 others"
    assert "relu" in names
    assert "In colour: relu, which comes first in the config, and the 6 best of the" in shown.note
    assert "--where activation=..." in shown.note


def test_bad_runs_are_counted_and_squash_nothing() -> None:
    rows = [*runs_of(("relu", "tanh"), (0.001,), 10), run(activation="tanh", seed=10, test=0.2)]

    assert "1 run lies below the axis (20.00\u00a0%)." in picture(rows, "comparison").note


def test_failed_and_diverged_runs_are_said() -> None:
    rows = [*runs_of(FEW, (0.001,)), failed(activation="selu"), run(seed=9, outcome="diverged")]
    note = picture(rows, "comparison").note

    assert "1 failed run is missing (all of selu)." in note
    assert "×: diverged, counts as the constant guess (11.35\u00a0%)." in note


def test_one_learning_rate_has_no_figure_and_zero_no_place() -> None:
    assert "learning_rate has one value" in refusal(runs_of(rates=(0.001,)), "learning-rate")


def test_the_best_rates_are_told_in_words() -> None:
    words = picture(runs_of(("relu", "tanh")), "learning-rate").words

    assert words == (
        "Best mean test accuracy and its learning rate: relu: 98.20\u00a0% at 0.001; "
        "tanh: 97.90\u00a0% at 0.001."
    )


@pytest.mark.parametrize("kind", ["heatmap", "interaction"])
def test_two_axes_can_be_chosen_and_wrong_ones_are_refused(kind: str) -> None:
    rows = [{**row, "batch_norm": norm} for row in runs_of() for norm in (False, True)]
    rows = [
        run(activation=row["activation"], learning_rate=row["learning_rate"], seed=row["seed"],
            batch_norm=row["batch_norm"], test=row["test_accuracy"])
        for row in rows
    ]  # fmt: skip
    chosen = picture(rows, kind, over=("batch_norm", "activation"))

    assert "activation and batch norm" in chosen.title
    assert chosen.grids[0].rows[0][0].x == "batch norm"
    assert "'batch_nrom' is no axis. Did you mean 'batch_norm'?" in refusal(
        rows, kind, over=("batch_nrom", "activation")
    )


def test_axes_without_a_kind_that_takes_them_are_refused() -> None:
    assert "--axes a,b says what --kind heatmap or --kind interaction shows" in refusal(
        runs_of(), "comparison", over=("a", "b")
    )


def test_the_interaction_that_explains_most_is_shown() -> None:
    rows = [
        run(initializer=init, batch_norm=norm, learning_rate=rate, seed=seed,
            test=0.9 + 0.01 * seed - 0.3 * (norm and rate == 0.1))
        for init in ("glorot_uniform", "he_normal")
        for norm in (False, True)
        for rate in (0.001, 0.1)
        for seed in range(3)
    ]  # fmt: skip
    shown = picture(rows, "interaction")

    assert "interaction of batch norm and learning rate" in shown.title
    assert "the interaction explains" in shown.words


def test_effects_take_two_axes() -> None:
    assert "effects take two axes or more" in refusal(runs_of(rates=(0.001,)), "effects")
    words = picture(runs_of(), "effects").words
    assert words.startswith("Share of the variation of the log of the test error: ")
    assert "Least error of each: " in words


def pareto_runs() -> list[Row]:
    """A fast variant at the guess, a fast one, a slow and better one, a beaten one."""
    variants = {
        "identity": (0.11, 0.5, "at_chance"),
        "relu": (0.95, 1.0, "learned"),
        "silu": (0.97, 2.0, "learned"),
        "tanh": (0.94, 3.0, "learned"),
    }
    return [
        run(activation=name, seed=seed, test=test + 0.001 * seed, outcome=outcome,
            train_seconds=3 * seconds + 0.01 * seed)
        for name, (test, seconds, outcome) in variants.items()
        for seed in range(3)
    ]  # fmt: skip


def test_a_variant_at_the_guess_leads_no_trade_off() -> None:
    shown = picture(pareto_runs(), "pareto")

    assert "relu with 95.10\u00a0% at 1.003\u00a0s an epoch" in shown.words
    assert "silu" in shown.words
    assert "identity" not in shown.words
    assert "tanh" not in shown.words
    assert "Variants at the constant guess are on none." in shown.note


def test_one_target_has_one_definition() -> None:
    rows = [
        run(activation=name, seed=seed, val=0.9 + better, test=0.9 + better)
        for name, better in (("relu", 0.0), ("elu(alpha=1.0)", 0.05))
        for seed in range(2)
    ]
    loaded = with_tables(rows)
    loaded.runs["planned"] = range(len(loaded.runs))
    time, steadiness = (draw(loaded, [kind]).picture(0) for kind in ("time", "steadiness"))
    target = "Target: validation accuracy of 89.10\u00a0%, 99\u00a0% of the final one of relu"

    assert target in time.note
    assert target in steadiness.note


def test_nothing_held_out_has_no_time() -> None:
    rows = [run(activation=name, validation_split=0.0) for name in FEW]

    assert "nothing was held out for validation" in refusal(rows, "time")


def test_units_that_fall_silent_and_come_back_are_said_in_words() -> None:
    rows = runs_of(("relu", "tanh"), (0.001,), 2)
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, died=8 * (row["activation"] == "relu"), revived=0,
                               inactive_fraction=0.0, dead_fraction=0.0)
    ]  # fmt: skip
    shown = draw(results(rows, layers=layers), ["dead-units"]).picture(0)

    assert "tanh has no dead unit, before and after, and so no row." in shown.note
    assert "units that fell silent and that came back" in shown.note


def test_a_gradient_of_exactly_zero_is_said() -> None:
    rows = runs_of(("relu", "tanh"), (0.001,), 2)
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, gradient_rms=0.1 * (row["activation"] == "tanh"))
    ]
    shown = draw(results(rows, layers=layers), ["gradient"]).picture(0)

    assert "▾ at the lower edge: a median of exactly 0." in shown.note


def test_runs_without_probes_are_said() -> None:
    rows = [
        *runs_of(("relu", "tanh"), (0.001,), 2),
        *(run(activation="selu", seed=seed, probes=False) for seed in range(2)),
    ]
    layers = [layer for row in rows[:4] for layer in relu_like(row, **MEASURES)]
    shown = draw(results(rows, layers=layers), ["gradient"]).picture(0)

    assert "2 runs were stored without probes and are missing." in shown.note
    assert "selu" not in [name for name, _ in shown.legend]


def test_every_recurrent_initializer_is_a_panel_of_time_steps() -> None:
    rows = [
        run(
            model="rnn(sequence=rows, units=100)", recurrent_initializer=name, activation=activation
        )
        for name in ("identity", "orthogonal")
        for activation in ("relu", "tanh")
    ]
    steps = [
        {**layer, "layer": "rnn", "time_step": step, "state_gradient_rms": 0.5**step}
        for row in rows
        for layer in layers_of(row, 1)
        if layer["layer"] != "output"
        for step in (1, 2)
    ]
    found = results(rows, [each for row in rows for each in rising(row)], steps)
    shown = draw(found, ["time-gradient"]).picture(0)

    assert "at initialization, is between 2 (relu at recurrent_initializer=identity)" in shown.words
    assert shown.grids[0].rows[0][0].x == "time step of the sequence"


def test_runs_that_learned_nothing_have_no_gap() -> None:
    rows = [*runs_of(FEW, (0.001,)), run(activation="tanh", outcome="at_chance", test=0.1)]

    note = picture(rows, "sparsity").note
    assert "1 run that was not better than the constant guess, or diverged, is left out" in note


def test_a_run_without_epochs_has_scores_and_no_curves() -> None:
    rows = runs_of(("relu", "tanh"), (0.001,), 2)
    shown = draw(results(rows, []), ["comparison"]).picture(0)

    assert [[panel.heading for panel in row] for row in shown.grids[0].rows] == [["test"]]
