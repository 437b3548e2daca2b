import pytest
from fake_results import layers_of, layers_table, relu_like, run, runs_table

from relu_bench.compare.layers import generalization


def test_active_shares_are_weighted_by_units_at_both_ends() -> None:
    row = run(test=0.95)  # its training accuracy is 0.96
    layers = relu_like(row, sparsity=lambda epoch, number: 0.2 * number if epoch == 3 else 0.6)
    for layer in layers:
        layer["units"] = 300 if layer["layer"] == "dense_1" else 100

    (found,) = generalization(runs_table([row]), layers_table(layers), ["seed"]).to_dict("records")

    assert found["active_before"] == pytest.approx(0.4)
    assert found["active_after"] == pytest.approx(1 - (0.2 * 300 + 0.4 * 100) / 400)
    assert found["gap"] == pytest.approx(0.01)
    assert found["test"] == 0.95


def test_diverged_and_unprobed_runs_are_left_out_and_those_at_chance_are_named() -> None:
    rows = [
        run(seed=0),
        run(seed=1, outcome="diverged"),
        run(seed=2, probes=False),
        run(seed=3, outcome="at_chance", test=0.1),
    ]
    layers = [
        layer for row in rows for layer in (relu_like(row) if row["probes"] else layers_of(row))
    ]

    found = generalization(runs_table(rows), layers_table(layers), ["seed"])

    assert dict(zip(found["seed"], found["outcome"], strict=True)) == {
        0: "learned",
        3: "at_chance",
    }


def test_runs_of_two_metrics_have_no_gap_in_common() -> None:
    rows = [run(), run(seed=1, metric="rmse")]

    with pytest.raises(ValueError, match="expected one in common"):
        generalization(runs_table(rows), layers_table([]), [])
