"""Gradients by time step: rows of their own, which no other reader takes for layers."""

from collections.abc import Callable, Sequence

import pandas as pd
import pytest
from fake_results import Row, layers_table, relu_like, results, run, runs_table

from relu_bench.compare import run_layers, variant_layers, without_probes
from relu_bench.compare.layers import (
    STEP_MEASURE,
    fades_or_grows,
    fates,
    first_by_last,
    run_kernels,
    run_steps,
    variant_steps,
)
from relu_bench.report.inside import inside

RNN = "rnn(sequence=rows, units=64)"


def runs_of(activations: Sequence[str] = ("relu", "tanh"), seeds: int = 3) -> list[Row]:
    return [
        run(activation=name, seed=seed, model=RNN) for name in activations for seed in range(seeds)
    ]


def steps_of(row: Row, gradient: Callable[[int, int], float | None], count: int = 5) -> list[Row]:
    """Rows by time step at both ends: `gradient` is a function of (epoch, step)."""
    key = {name: row[name] for name in ("experiment", "run_id")}
    return [
        {
            **key,
            "epoch": epoch,
            "layer": f"recurrent_1_step_{step}",
            "units": 64,
            "time_step": step,
            STEP_MEASURE: gradient(epoch, step),
        }
        for epoch in (0, row["epochs"])
        for step in range(1, count + 1)
    ]


def test_the_rows_of_both_ends_with_their_step() -> None:
    (row,) = runs_of(("relu",), 1)
    table = layers_table(
        [*relu_like(row, 1), *steps_of(row, lambda epoch, step: 10.0 * epoch + step, count=2)]
    )
    found = run_steps(runs_table([row]), table, ["activation"])
    assert found.to_dict("list") == {
        "activation": ["relu"] * 4,
        "run_id": [row["run_id"]] * 4,
        "outcome": ["learned"] * 4,
        "epoch": [0, 0, 3, 3],
        "last": [False, False, True, True],
        "step": [1, 2, 1, 2],
        STEP_MEASURE: [1.0, 2.0, 31.0, 32.0],
    }


def test_a_store_without_recurrent_runs_has_none() -> None:
    row = run()
    assert not len(run_steps(runs_table([row]), layers_table(relu_like(row)), []))
    assert not fades_or_grows(
        variant_steps(results([row], layers=relu_like(row)), runs_table([row]))
    )


def test_no_reader_of_layers_sees_them() -> None:
    rows = runs_of()
    plain = [layer for row in rows for layer in relu_like(row, 1, same_sign_fraction=0.25)]
    mixed = [
        layer
        for row in rows
        for layer in [
            *relu_like(row, 1, same_sign_fraction=0.25),
            *steps_of(row, lambda epoch, step: 1.0),
        ]
    ]
    runs, tables = runs_table(rows), [layers_table(plain), layers_table(mixed)]
    for reader in (run_layers, run_kernels, fates):
        plain_rows, mixed_rows = (
            reader(runs, table, ["activation"]).reset_index(drop=True) for table in tables
        )
        pd.testing.assert_frame_equal(plain_rows, mixed_rows)
        assert len(plain_rows)
    plain_means, mixed_means = (variant_layers(runs, table) for table in tables)
    pd.testing.assert_frame_equal(plain_means, mixed_means)
    assert [without_probes(runs, table) for table in tables] == [0, 0]
    told = [inside(results(rows, layers=layers)) for layers in (plain, mixed)]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("factor", "told"), [(1.0, False), (0.12, False), (0.08, True), (9.0, False), (11.0, True)]
)
def test_it_is_told_where_a_gradient_shrinks_or_grows_tenfold(factor: float, told: bool) -> None:
    rows = runs_of()
    layers = [
        layer
        for row in rows
        for layer in steps_of(
            row,
            lambda epoch, step, row=row: (  # type: ignore[misc]
                factor if (epoch, step, row["activation"]) == (3, 1, "tanh") else 1.0
            ),
        )
    ]
    loaded = results(rows, layers=layers)
    assert fades_or_grows(variant_steps(loaded, loaded.runs)) == told


def test_the_ratio_is_a_median_over_the_runs_that_have_one() -> None:
    rows = runs_of(("relu",), 4)
    layers = [
        layer
        for number, row in enumerate(rows)
        for layer in steps_of(
            row,
            lambda epoch, step, number=number: (  # type: ignore[misc]
                (1.0, 2.0, 9.0, 5.0)[number] if step == 1 else (2.0, 2.0, 2.0, 0.0)[number]
            ),
        )
    ]
    steps = run_steps(runs_table(rows), layers_table(layers), ["activation"])
    assert first_by_last(steps[steps["epoch"] == 0], ["activation"]).to_dict() == {"relu": 1.0}
