import pandas as pd
import pytest
from fake_results import Row, layers_of, layers_table, run, runs_table

from relu_bench.compare.layers import fates

WIDTHS = {"dense_1": 100, "dense_2": 50, "output": 10}


def layers_with(row: Row, **measures: object) -> pd.DataFrame:
    """Two hidden layers of different width; the output layer has no measure."""
    rows = layers_of(row, **measures)
    for layer in rows:
        layer["units"] = WIDTHS[layer["layer"]]
    return layers_table(rows)


def test_shares_are_of_all_hidden_units_and_counts_are_sums_over_layers_and_epochs() -> None:
    row = run()
    layers = layers_with(
        row,
        dead_fraction=lambda epoch, number: {0: 0.0, 1: 0.9, 2: 0.9, 3: 0.1 * number}[epoch],
        died=lambda epoch, number: 5 * number if epoch else None,
        revived=lambda epoch, number: 1 if epoch == 2 else (0 if epoch else None),
    )

    (fate,) = fates(runs_table([row]), layers, ["activation"]).to_dict("records")

    assert fate["activation"] == "relu"
    assert fate["units"] == 150
    assert fate["dead_before"] == 0
    assert fate["dead_after"] == pytest.approx((0.1 * 100 + 0.2 * 50) / 150)
    assert fate["died"] == 3 * (5 + 10)
    assert fate["revived"] == 2


def test_a_run_that_diverged_has_no_share_after_training() -> None:
    row = run(outcome="diverged")

    (fate,) = fates(runs_table([row]), layers_with(row, dead_fraction=0.2), []).to_dict("records")

    assert fate["dead_before"] == pytest.approx(0.2)
    assert pd.isna(fate["dead_after"])


def test_a_layer_without_a_number_leaves_the_whole_without_one() -> None:
    row = run()
    layers = layers_with(
        row,
        dead_fraction=lambda epoch, number: None if number == 2 else 0.2,
        out_mean=0.1,
    )

    (fate,) = fates(runs_table([row]), layers, []).to_dict("records")

    assert pd.isna(fate["dead_before"])
    assert pd.isna(fate["dead_after"])


def test_a_run_without_probes_has_no_fate() -> None:
    row = run(probes=False)

    assert not len(fates(runs_table([row]), layers_with(row), []))


def test_what_was_not_counted_is_no_count_of_zero() -> None:
    rows = [run(seed=0), run(seed=1)]
    layers = pd.concat(
        [
            layers_with(rows[0], dead_fraction=0.1, died=0),
            layers_with(
                rows[1], dead_fraction=0.1, revived=lambda epoch, number: 2 if epoch else None
            ),
        ]
    )

    first, second = fates(runs_table(rows), layers, ["seed"]).to_dict("records")

    assert (first["seed"], second["seed"]) == (0, 1)
    assert first["died"] == 0
    assert pd.isna(first["revived"])
    assert pd.isna(second["died"])
    assert second["revived"] == 2 * 2 * 3
