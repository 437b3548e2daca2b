"""Data that are missing or do not fit: whole outputs."""

from pathlib import Path

import pytest
from expecting import Invoke, expect_error
from idx_folders import write_idx_folder

from relu_bench.execution import local


def test_a_model_that_does_not_fit_the_data(invoke: Invoke) -> None:
    write_idx_folder(Path("tiny"), (8, 9))
    expect_error(
        invoke,
        "dataset: ./tiny\nmodel: cnn\n",
        [],
        "c.yaml: model 'cnn' needs images of at least 18×18 pixels, but those of './tiny' are "
        "8×9×1. Take model: mlp.",
    )


def test_a_split_that_does_not_fit_the_data(invoke: Invoke) -> None:
    write_idx_folder(Path("tiny"), (8, 9))
    expect_error(
        invoke,
        "dataset: ./tiny\ntrain_samples: 25\n",
        [],
        "c.yaml: train_samples is 25, but 24 training samples are left after validation_split "
        "0.2. Give 1 to 24, or null for all.",
    )
    expect_error(
        invoke,
        "dataset: ./tiny\nvalidation_split: 0.01\n",
        [],
        "c.yaml: validation_split 0.01 of 30 training samples holds out none. "
        "Give at least 0.034, or 0 to hold out nothing on purpose.",
    )


def test_a_folder_that_is_not_there(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "dataset: ./letters\n",
        [],
        "./letters does not exist; expected is a folder with these files, each gzipped (.gz) or "
        "not:\n"
        "  train-images-idx3-ubyte\n"
        "  train-labels-idx1-ubyte\n"
        "  t10k-images-idx3-ubyte\n"
        "  t10k-labels-idx1-ubyte\n"
        "texts with their classes are expected as one of\n"
        "  a folder with a sub-folder for each class, a text in each file\n"
        "  a folder with a file for each class, a text in each line\n"
        "  either of these below train/ and below test/\n"
        "  a .csv file with the columns text and label\n"
        "Looked for it at\n"
        "  letters",
    )


def test_a_missing_data_set(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(_known: object) -> object:
        raise OSError("no route to host")

    class NoExecutor:
        def __init__(self, *_arguments: object) -> None:
            """Starts no worker: the data are missed before one is needed."""

    monkeypatch.setattr("relu_bench.data.images.known.fetched", no_network)
    monkeypatch.setattr(local, "LocalExecutor", NoExecutor)
    Path("c.yaml").write_text("dataset: mnist\nseeds: 1\n")
    Path("usb").mkdir()
    assert invoke("run", "c.yaml", "--data-dir", "usb", "--quiet") == (
        2,
        "",
        "relu-bench: The data set mnist is not here. Looked in\n"
        "  --data-dir: usb\n"
        "  Keras's cache: keras/datasets\n"
        "Fetching it through Keras failed: no route to host\n"
        "Ways out:\n"
        "  - copy the four files into FOLDER/mnist:\n"
        "      train-images-idx3-ubyte.gz\n"
        "      train-labels-idx1-ubyte.gz\n"
        "      t10k-images-idx3-ubyte.gz\n"
        "      t10k-labels-idx1-ubyte.gz\n"
        "    and give --data-dir FOLDER, or set RELU_BENCH_DATA=FOLDER;\n"
        "    `relu-bench data mnist --to FOLDER` writes them where there is a network;\n"
        "  - `dataset: digits` is embedded and needs no network.\n",
    )
    assert not Path("results").exists()


@pytest.mark.parametrize("dataset", ["digits", "mnist", "./letters"])
def test_a_data_dir_that_is_not_there(dataset: str, invoke: Invoke) -> None:
    Path("c.yaml").write_text(f"dataset: {dataset}\nseeds: 1\n")
    for arguments in (
        ("run", "c.yaml"),
        ("run", "c.yaml", "--dry-run"),
        ("check", "c.yaml"),
        ("diagnose", "c.yaml"),
        ("data",),
        ("data", dataset),
    ):
        assert invoke(*arguments, "--data-dir", "nowhere") == (
            2,
            "",
            "relu-bench: --data-dir nowhere: this folder does not exist. Name one that holds data "
            "sets, or leave --data-dir out: then RELU_BENCH_DATA and Keras's cache are looked "
            "in.\n",
        )
    assert not Path("results").exists()
