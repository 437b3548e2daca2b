import math
from pathlib import Path

import pytest
from fake_results import (
    epochs_of,
    epochs_table,
    layers_of,
    layers_table,
    relu_like,
    results,
    run,
    runs_table,
    write_store,
)

from relu_bench.compare import load, run_layers
from relu_bench.compare.layers import epochs_to_target, run_kernels, target

PAIR = [run(seed=s, activation=a, val=v) for a, v in (("relu", 0.9), ("tanh", 0.8)) for s in (0, 1)]


def test_the_target_is_99_percent_of_the_best_group() -> None:
    found = target(runs_table(PAIR), ["activation"])

    assert found is not None
    assert found.value == pytest.approx(0.99 * 0.9)
    assert found.group == ("relu",)


def test_the_score_of_a_group_is_its_mean_with_diverged_runs_at_the_guess() -> None:
    lucky = [run(seed=0, activation="elu", val=0.99), run(seed=1, activation="elu", val=0.7)]
    lost = run(seed=2, activation="tanh", outcome="diverged")

    found = target(runs_table([*PAIR, *lucky, lost]), ["activation", "learning_rate"])

    assert found is not None
    assert found.group == ("relu", "0.001")


def test_without_validation_there_is_no_target() -> None:
    assert target(runs_table([run(validation_split=0.0)]), ["activation"]) is None


def test_the_first_epoch_that_ends_at_the_target_counts_and_never_is_no_number() -> None:
    rows = [run(seed=seed) for seed in range(3)]
    ends = ([0.1, 0.95, 0.5, 0.9], [0.1, 0.2, 0.3, 0.9], [0.1, 0.2, 0.3, 0.4])
    epochs = [
        epoch for row, values in zip(rows, ends, strict=True) for epoch in epochs_of(row, values)
    ]

    reached = epochs_to_target(runs_table(rows), epochs_table(epochs), ["activation"], 0.9)

    assert reached["seed"].tolist() == [0, 1, 2]
    assert reached["epoch"].tolist()[:2] == [1, 3]
    assert math.isnan(reached["epoch"].tolist()[2])


def test_layers_stand_beside_the_scores_of_their_epoch(tmp_path: Path) -> None:
    layers = [layer for row in PAIR for layer in relu_like(row)]
    epochs = [epoch for row in PAIR for epoch in epochs_of(row, [0.1, 0.2, 0.3, 0.4])]
    stored = load([write_store(tmp_path, PAIR, epochs, layers)])

    for loaded in (stored, results(PAIR, epochs, layers)):
        table = loaded.layers_and_scores

        assert len(table) == len(layers)
        last = table[table["epoch"] == 3]
        assert last["val_accuracy"].unique().tolist() == [0.4]


def test_kernels_count_the_output_layer_and_hidden_measures_do_not_count() -> None:
    row = run()
    hidden = relu_like(row)
    kernels = layers_of(row, 3, same_sign_fraction=lambda epoch, number: 0.1 * number)
    rows = [
        {**kernel, "layer": "output"} if kernel["layer"] == "dense_3" else kernel
        for kernel in kernels
        if kernel["layer"] != "output"
    ]

    found = run_kernels(runs_table([row]), layers_table(rows), ["seed"])
    start = found[found["epoch"] == 0]

    assert start["layer"].tolist() == ["dense_1", "dense_2", "output"]
    assert start["depth"].tolist() == [1, 2, 3]
    assert start["same_sign_fraction"].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert found["last"].sum() == 3
    assert not len(run_kernels(runs_table([row]), layers_table(hidden), []))
    assert not len(run_layers(runs_table([row]), layers_table(rows), []))
