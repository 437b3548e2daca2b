from pathlib import Path

import pandas as pd
import pytest

from relu_bench import store
from relu_bench.store import columns

RUNS = (
    "experiment,run_id,status,activation,learning_rate,seed,mine\n"
    "e,r1,completed,relu,0.1,0,x\n"
    "e,r2,failed,tanh,0.2,1,y\n"
)
LAYERS = (
    "experiment,run_id,epoch,layer,units,sparsity,mine\n"
    "e,r1,0,dense_1,64,0.5,x\n"
    "e,r1,0,output,10,,y\n"
    "e,r2,0,dense_1,64,0.25,z\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "runs.csv").write_text(RUNS, encoding="utf-8")
    (tmp_path / "layers.csv").write_text(LAYERS, encoding="utf-8")
    return tmp_path


def test_only_the_named_columns_and_the_key_are_read(folder: Path) -> None:
    layers = store.read(folder, "layers", ("layer", "sparsity"))

    assert list(layers) == ["experiment", "run_id", "layer", "sparsity"]
    assert layers["layer"].tolist() == ["dense_1", "output"]
    assert layers["sparsity"].tolist()[0] == 0.5
    assert pd.isna(layers["sparsity"].tolist()[1])


def test_a_named_column_that_the_file_lacks_is_missing_values(folder: Path) -> None:
    layers = store.read(folder, "layers", ("out_mean", "died"))

    assert layers["out_mean"].isna().all()
    assert layers.dtypes["out_mean"] == "float64"
    assert layers.dtypes["died"] == "Int64"


def test_the_cells_are_those_of_the_whole_table(folder: Path) -> None:
    whole = store.read(folder, "runs")
    some = store.read(folder, "runs", ("seed", "learning_rate", "activation"))

    pd.testing.assert_frame_equal(some, whole[list(some)])
    assert "mine" in whole


def test_a_missing_file_has_the_named_columns_too(folder: Path) -> None:
    (folder / "layers.csv").unlink()

    assert list(store.read(folder, "layers", ("epoch",))) == ["experiment", "run_id", "epoch"]
    assert list(store.read(folder, "layers")) == list(columns.names(columns.LAYERS))
