import pytest
from fake_results import layers_of, layers_table, relu_like, run, runs_table

from relu_bench.compare import run_layers
from relu_bench.compare.layers import run_kernels


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
