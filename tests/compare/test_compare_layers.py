from pathlib import Path

import pandas as pd
import pytest
from fake_results import failed, layers_of, layers_table, relu_like, run, runs_table, write_store

from relu_bench.compare import load, over_runs, run_layers, variant_layers, without_probes
from relu_bench.compare.layers import MEASURES, STEP_MEASURE

PAIR = [run(seed=seed, activation=name) for name in ("relu", "tanh") for seed in (0, 1)]


def of(rows: list[dict[str, object]]) -> pd.DataFrame:
    return layers_table([layer for row in rows for layer in relu_like(row)])


def test_layers_are_numbered_from_the_input_and_the_output_is_none() -> None:
    single = run_layers(runs_table(PAIR), of(PAIR), ["activation"])

    assert len(single) == 4 * 4 * 2
    assert single[["layer", "depth"]].drop_duplicates().to_numpy().tolist() == [
        ["dense_1", 1],
        ["dense_2", 2],
    ]
    assert single.loc[single["last"], "epoch"].unique().tolist() == [3]


def test_a_convolution_goes_before_a_dense_layer_of_the_same_number() -> None:
    rows = relu_like(PAIR[0], depth=3)
    names = {"dense_1": "conv_1", "dense_2": "conv_2", "dense_3": "dense_1"}
    renamed = [{**row, "layer": names.get(row["layer"], row["layer"])} for row in rows]

    single = run_layers(runs_table(PAIR), layers_table(renamed), [])

    start = single[single["epoch"] == 0]
    assert start["layer"].tolist() == ["conv_1", "conv_2", "dense_1"]
    assert start["depth"].tolist() == [1, 2, 3]


def test_rows_without_a_measure_and_of_other_runs_do_not_count() -> None:
    diverged = run(seed=7, outcome="diverged")
    rows = [*PAIR[:1], diverged, failed(seed=8)]
    layers = layers_table([*relu_like(PAIR[0]), *relu_like(diverged), *relu_like(run(seed=9))])

    single = run_layers(runs_table(rows), layers, ["seed"])

    assert single.loc[single["seed"] == 7, "epoch"].unique().tolist() == [0]
    assert set(single["seed"]) == {0, 7}
    assert not single.loc[single["seed"] == 7, "last"].any()


def test_one_run_under_two_experiments_is_told_apart() -> None:
    rows = [run(experiment="a"), run(experiment="b")]
    runs = runs_table(rows)

    single = run_layers(runs.assign(name=runs["experiment"]), of(rows), ["name"])

    assert single.groupby("name").size().to_dict() == {"a": 8, "b": 8}
    assert single["depth"].max() == 2


def test_values_over_the_runs_of_a_group() -> None:
    layers = [
        layer
        for row, value in zip(PAIR, (1.0, 3.0, 5.0, None), strict=True)
        for layer in layers_of(row, 1, out_mean=value, sparsity=0.0)
    ]
    single = run_layers(runs_table(PAIR), layers_table(layers), ["activation"])

    spread = over_runs(single[single["epoch"] == 0], ["activation"], "out_mean").set_index(
        "activation"
    )

    assert spread.loc["relu"].tolist() == [2, 2.0, pytest.approx(2**0.5), 2.0, 1.0, 3.0]
    assert spread.loc["tanh", ["n", "mean", "lowest", "highest"]].tolist() == [1, 5.0, 5.0, 5.0]
    assert pd.isna(spread.loc["tanh", "sd"])


def test_means_of_each_variant_are_over_its_seeds() -> None:
    means = variant_layers(runs_table(PAIR), of(PAIR))

    assert set(means["variant"]) == {"relu", "tanh"}
    assert len(means) == 2 * 4 * 2
    assert means.loc[means["last"], "inactive_fraction"].tolist() == pytest.approx([0.06] * 4)
    assert means["slope_mean"].isna().all()


def test_runs_without_probes_are_counted_and_a_probed_run_without_numbers_is_not() -> None:
    rows = [
        PAIR[0],
        {**PAIR[1], "probes": False},
        {**PAIR[2], "probes": None},
        PAIR[3],  # says that it was probed: every number may have been infinite
        failed(seed=9, probes=False),
    ]
    runs = runs_table(rows)
    bare = [layer for row in rows[1:4] for layer in layers_of(row)]
    layers = layers_table([*relu_like(PAIR[0]), *bare])

    assert without_probes(runs, layers) == 2
    assert without_probes(runs.assign(probes=pd.NA), layers) == 3
    assert without_probes(runs.drop(columns="probes"), layers) == 3


def test_only_the_columns_that_something_is_made_of_are_read(tmp_path: Path) -> None:
    folder = write_store(tmp_path, PAIR, (), [layer for row in PAIR for layer in relu_like(row)])

    layers = load([folder], ["activation=relu"]).layers

    steps = ["time_step", STEP_MEASURE]
    assert sorted(layers) == sorted(["experiment", "run_id", "epoch", "layer", *MEASURES, *steps])
    assert set(layers["run_id"]) == {PAIR[0]["run_id"], PAIR[1]["run_id"]}
    assert layers["layer"].tolist()[:3] == ["dense_1", "dense_2", "output"]
