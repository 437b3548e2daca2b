from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import relu_bench.data
from relu_bench.cli.data import data
from relu_bench.data import DatasetInfo
from relu_bench.data.tasks import CLASSIFICATION
from relu_bench.errors import DataError, ReluBenchError

APP = typer.Typer(rich_markup_mode=None)
APP.command()(data)


@pytest.fixture(autouse=True)
def no_data_but_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELU_BENCH_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", "keras")
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(APP, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert result.stderr == ""
    return result.stdout


def test_lists_what_is_known_and_where_it_lies() -> None:
    Path("d").mkdir()
    Path("d/mnist.npz").write_bytes(b"")
    assert run("--data-dir", "d") == (
        "mnist: 60,000 + 10,000 images of 28x28x1, 10 classes\n"
        "  d/mnist.npz\n"
        "fashion_mnist: 60,000 + 10,000 images of 28x28x1, 10 classes\n"
        "  not here, `relu-bench data fashion_mnist` fetches it\n"
        "kmnist: 60,000 + 10,000 images of 28x28x1, 10 classes\n"
        "  not here, `relu-bench data kmnist` says where to get it\n"
        "emnist(split=balanced): 112,800 + 18,800 images of 28x28x1, 47 classes\n"
        "  not here, `relu-bench data emnist` says where to get it\n"
        "cifar10: 50,000 + 10,000 images of 32x32x3, 10 classes\n"
        "  not here, `relu-bench data cifar10` fetches it\n"
        "digits: 1,437 + 360 images of 28x28x1, 10 classes\n"
        "  embedded, needs no network\n"
        "imdb(length=100, vocabulary=10000): 25,000 + 25,000 texts of 100 tokens, 2 classes\n"
        "  not here, `relu-bench data imdb` fetches it\n"
        "movielens_100k: 80,000 + 20,000 ratings by 67 features\n"
        "  not here, `relu-bench data movielens_100k` fetches it\n"
        "synthetic_ratings(items=500, noise=0.5, ratings_per_user=50, users=1000): "
        "40,000 + 10,000 ratings by 12 features\n"
        "  embedded, synthetic (not real), needs no network; best reachable RMSE 0.5, MAE 0.4082\n"
    )


def test_the_table_of_a_terminal_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line.rstrip() for line in run().splitlines()]
    assert lines == [
        "data set           training    test        size  classes  where",
        "mnist                60,000  10,000     28x28x1       10  not here, `relu-bench",
        "                                                          data mnist` fetches it",
        "fashion_mnist        60,000  10,000     28x28x1       10  not here, `relu-bench",
        "                                                          data fashion_mnist`",
        "                                                          fetches it",
        "kmnist               60,000  10,000     28x28x1       10  not here, `relu-bench",
        "                                                          data kmnist` says",
        "                                                          where to get it",
        "emnist              112,800  18,800     28x28x1       47  not here, `relu-bench",
        "                                                          data emnist` says",
        "                                                          where to get it",
        "cifar10              50,000  10,000     32x32x3       10  not here, `relu-bench",
        "                                                          data cifar10` fetches",
        "                                                          it",
        "digits                1,437     360     28x28x1       10  embedded, needs no",
        "                                                          network",
        "imdb                 25,000  25,000  100 tokens        2  not here, `relu-bench",
        "                                                          data imdb` fetches it",
        "movielens_100k       80,000  20,000          67           not here, `relu-bench",
        "                                                          data movielens_100k`",
        "                                                          fetches it",
        "synthetic_ratings    40,000  10,000          12           embedded, synthetic",
        "                                                          (not real), needs no",
        "                                                          network; best",
        "                                                          reachable RMSE 0.5,",
        "                                                          MAE 0.4082",
    ]


def test_checks_and_says_where_it_lies_and_what_needs_no_copy() -> None:
    output = run("digits", "--to", "usb")
    assert output == (
        "digits: checked, 1,437 + 360 images of 28x28x1, 10 classes\n"
        f"  source: embedded in scikit-learn {version('scikit-learn')}\n"
        "  copy: none needed, it is embedded\n"
    )


@pytest.mark.parametrize(
    ("written", "what"), [(("a", "b", "c"), "3 of 4 files written"), ((), "was there already")]
)
def test_copies(monkeypatch: pytest.MonkeyPatch, written: tuple[str, ...], what: str) -> None:
    images, labels = np.zeros((2, 5, 4, 1), np.uint8), np.array([0, 1], np.uint8)
    info = DatasetInfo("mnist", CLASSIFICATION, relu_bench.data.image((5, 4, 1)), 2, 2, 2)
    mnist = relu_bench.data.Dataset(info, images, labels, images, labels, source="d/mnist")
    asked: list[object] = []

    def load(name: str, data_dir: Path) -> relu_bench.data.Dataset:
        asked.append((name, data_dir))
        return mnist

    def copy_to(dataset: relu_bench.data.Dataset, to: Path) -> relu_bench.data.Copied:
        asked.append((dataset, to))
        return relu_bench.data.Copied(to / "mnist", written)

    monkeypatch.setattr(relu_bench.data, "load", load)
    monkeypatch.setattr(relu_bench.data, "copy_to", copy_to)
    assert run("mnist", "--data-dir", "d", "--to", "usb") == (
        "mnist: checked, 2 + 2 images of 5x4x1, 2 classes\n"
        "  source: d/mnist\n"
        f"  copy: {Path('usb/mnist')} ({what}, read back and checked)\n"
        "  use it with --data-dir usb, or with RELU_BENCH_DATA=usb\n"
    )
    assert asked == [("mnist", Path("d")), (mnist, Path("usb"))]


def test_to_needs_a_name() -> None:
    with pytest.raises(ReluBenchError, match="--to needs the name of what is to be copied"):
        run("--to", "usb")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["digits", "minst"], "Unknown data set 'minst'. Did you mean mnist"),
        (["digits", "./letters"], r"\./letters is a folder of your own: copy the folder itself"),
    ],
)
def test_names_are_checked_before_anything_is_done(names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        run(*names, "--to", "usb")
    assert not Path("usb").exists()
