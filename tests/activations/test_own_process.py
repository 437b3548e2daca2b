"""A file of the user's own is run in processes that run no other, and never in ours."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from own_files import write

from relu_bench.cli.check import check
from relu_bench.cli.diagnose import diagnose
from relu_bench.figures.activation_functions import activation_functions
from relu_bench.networks import activations
from relu_bench.networks.activations import ActivationError, canonical, own
from relu_bench.speed import Settings, Size, measure

pytestmark = pytest.mark.tensorflow

OWN = """
import os
from pathlib import Path
import tensorflow as tf

with Path({folder!r}, "processes").open("a") as file:
    file.write(f"{{os.getpid()}}\\n")
os.write(1, b"from native code\\n")
print("from Python", flush=True)

def leaky(x):
    return tf.where(x > 0, x, 0.25 * x)

def dying(x):
    os._exit(7)

def raising(x):
    raise KeyError("no such luck")
"""
CONFIG = "dataset: digits\nmodel: mlp(hidden=[8])\nactivation: [mine.py:leaky, other.py:leaky]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.py", "other.py"):
        write(name, OWN.format(folder=str(tmp_path)) + f"# {name}")
    write("config.yaml", CONFIG)
    return tmp_path


def _check() -> None:
    check([Path("config.yaml")])


def _diagnose() -> None:
    diagnose([Path("config.yaml")], trials=2, images=10)


def _draw() -> None:
    activation_functions([canonical("mine.py:leaky"), canonical("other.py:leaky")])


def _measure() -> None:
    # Of the table's own, it would have to set this process to one thread.
    labels = [canonical("mine.py:leaky"), canonical("other.py:leaky")]
    sizes = [Size("small", 1 << 7, "")]
    costs = measure(labels, sizes, Settings(seconds=0.01, repeats=1))
    # Each with relu beside it, which stands there once.
    cells = [(cost.activation, cost.mode, cost.passes) for cost in costs]
    assert len(cells) == len(set(cells)) == 6 + 4 + 4


@pytest.mark.parametrize("command", [_check, _diagnose, _draw, _measure])
def test_each_file_runs_in_a_process_of_its_own(
    folder: Path, command: Callable[[], None], capfd: pytest.CaptureFixture[str]
) -> None:
    command()
    processes = (folder / "processes").read_text().splitlines()
    assert len(processes) == len(set(processes)) == 2
    assert str(os.getpid()) not in processes
    said = capfd.readouterr()
    assert "from " not in said.out + said.err.replace("differ from", "")


@pytest.mark.parametrize(
    ("function", "error"),
    [
        ("dying", r"mine\.py: the worker process died \(exit code 7\): from Python"),
        (
            "raising",
            r"mine\.py:raising\(source=.*\): for a float32 tensor, it raised KeyError \(line 18\)",
        ),
    ],
)
def test_what_goes_wrong_there_is_an_error_here_and_the_next_call_works(
    function: str, error: str
) -> None:
    x = np.array([-1.0, 2.0])
    with pytest.raises(ActivationError, match=error):
        activations.values(canonical(f"mine.py:{function}"), x)
    label = canonical("mine.py:leaky")
    assert activations.values(label, x).tolist() == [-0.25, 2.0]
    assert activations.slopes(label, x).tolist() == [0.25, 1.0]


@pytest.mark.parametrize("where", ["in the function", "in the file"])
def test_a_loop_without_an_end_is_an_error(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "LONGEST_SECONDS", 2.0)
    loop = "while True: pass\n"
    if where == "in the function":
        write("endless.py", f"def f(x):\n    {loop}")
    else:
        write("endless.py", f"def f(x):\n    return x\n\n{loop}")
    Path("config.yaml").write_text("dataset: digits\nactivation: endless.py:f\n")
    with pytest.raises(ActivationError) as caught:
        check([Path("config.yaml")])
    assert str(caught.value) == (
        "endless.py: no result within 2 s, where an activation takes milliseconds. Look for a loop "
        "without an end in the function, or in what the file does when it is imported."
    )
