"""The whole output of `relu-bench diagnose`."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from expecting import Invoke

from relu_bench.cli.display import showing_work

MNIST = os.environ.get("RELU_BENCH_DATA")

# Nothing is drawn, so the numbers are the same everywhere.
CONFIG = """\
dataset: digits
model: mlp(hidden=[4, 3])
activation: [relu, prelu, tanh]
initializer: [zeros, ones]
learning_rate: [0.1, 0.01]
seeds: 3
"""
EQUAL = (
    "the units of a layer start equal and stay equal, so a layer can learn no more than one unit; "
    "take a random one"
)
WARNINGS = "".join(
    f"relu-bench: warning: initializer {name}: {EQUAL}\n" for name in ("zeros", "ones")
)
TABLE = """\
6 combinations, 7 initializations each (seed 0), 20 training images
fixed: dataset=digits, model=mlp(hidden=[4, 3]), bias_initializer=zeros,
batch_norm=false
without part in how networks start, so not told apart: learning_rate (2 values),
seed (3 values)

variant            signal           gradient  dead %        layer %  verdict
relu, zeros          -inf  -inf (-inf, -inf)     100  100 (65, 100)  dying
relu, ones           +0.6  +0.5 (+0.5, +0.5)       0      0 (0, 35)  healthy
prelu                -inf  -inf (-inf, -inf)       0      0 (0, 35)  vanishing
  (initial=0.25),
  zeros
prelu                +0.6  +0.5 (+0.5, +0.5)       0      0 (0, 35)  healthy
  (initial=0.25),
  ones
tanh, zeros          -inf  -inf (-inf, -inf)       0      0 (0, 35)  vanishing
tanh, ones           -1.8  -inf (-inf, -inf)      57  100 (65, 100)  dying

signal: log10 of the root mean square pre-activation of the last hidden layer
over that of the first. gradient: log10 of the root mean square gradient of the
first hidden layer over that of the last. Both: median over the initializations
(5 % and 95 % quantile). dead: units whose derivative is 0 on every image.
layer: initializations with a whole hidden layer dead (95 % interval).
Dying: a whole layer is born dead in more than 5 % of the initializations, or
more than 50 % of the units are; else exploding: the median gradient or signal
grows more than 100-fold, or float32 overflows in more than half; else
vanishing: one of them shrinks to less than 1/100; else healthy.
"""
BY_LAYER = """\
1 combination, 7 initializations each (seed 0), 20 training images
fixed: dataset=digits, model=mlp(hidden=[4, 3]), activation=tanh,
initializer=ones, bias_initializer=zeros, batch_norm=false
without part in how networks start, so not told apart: learning_rate (2 values),
seed (3 values)

tanh: dying, a layer is born dead in 100.0 % of initializations
layer    units   signal        ×  gradient  ×  dead %        layer %
dense_1      4  6.1e+04                  0  0     100  100 (65, 100)
dense_2      3       16  0.00026   7.8e-21          0      0 (0, 35)
output      10        9     0.56
"""
FEW = ("--trials", "7", "--images", "20")


@pytest.fixture
def zeros(folder: Path) -> str:
    (folder / "zeros.yaml").write_text(CONFIG, encoding="utf-8")
    return "zeros.yaml"


def test_the_table(invoke: Invoke, zeros: str) -> None:
    ended = invoke("diagnose", zeros, *FEW)
    assert ended == (0, TABLE, WARNINGS)
    assert max(map(len, ended.out.splitlines())) <= 80
    assert invoke("diagnose", zeros, *FEW, "--format", "table") == ended


def test_by_layer(invoke: Invoke, zeros: str) -> None:
    narrowed = ("--set", "initializer=ones", "--set", "activation=tanh")
    ended = invoke("diagnose", zeros, *FEW, *narrowed, "--by-layer")
    assert ended.code == 0
    assert ended.out.startswith(BY_LAYER)
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "signal: mean square of the pre-activation." in ended.out


def test_markdown(invoke: Invoke, zeros: str) -> None:
    lines = invoke("diagnose", zeros, *FEW, "--format", "markdown").out.splitlines()
    assert lines[:3] == [
        "| variant | signal | gradient | dead % | layer % | verdict |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
        "| `relu, zeros` | -inf | -inf (-inf, -inf) | 100 | 100 (65, 100) | dying |",
    ]
    assert len(lines) == 8
    rows = invoke("diagnose", zeros, *FEW, "--format", "markdown", "--by-layer").out.splitlines()
    assert rows[2] == r"| `relu, zeros` | dense\_1 | 4 | 0 |  | 0 |  | 100 | 100 (65, 100) |"
    assert len(rows) == 2 + 6 * 3


def test_json_and_csv_hold_the_same(invoke: Invoke, zeros: str) -> None:
    objects = json.loads(invoke("diagnose", zeros, *FEW, "--format", "json").out)
    rows = list(csv.DictReader(io.StringIO(invoke("diagnose", zeros, *FEW, "--format", "csv").out)))
    assert [each["verdict"] for each in objects] == [row["verdict"] for row in rows]
    assert objects[0]["reason"] == "a layer is born dead in 100.0 % of initializations"
    assert (objects[0]["trials"], objects[0]["images"], objects[0]["seed"]) == (7, 20, 0)
    assert list(objects[0]) == list(rows[0])


def test_seed_and_trials_are_heard(invoke: Invoke) -> None:
    Path("c.yaml").write_text("dataset: digits\nmodel: mlp(hidden=[5, 5])\n", encoding="utf-8")

    def ratio(*options: str) -> float:
        out = invoke("diagnose", "c.yaml", "--format", "json", "--trials", "9", *options).out
        return float(json.loads(out)[0]["log10_gradient_ratio"])

    assert ratio() == ratio("--seed", "0") != ratio("--seed", "1")
    assert ratio("--images", "30") != ratio()


def test_a_network_of_convolutions_is_left_out_or_refused(invoke: Invoke) -> None:
    only = "relu-bench: diagnose simulates perceptrons only, not model cnn"
    Path("c.yaml").write_text("dataset: digits\nmodel: [cnn, mlp]\n", encoding="utf-8")
    ended = invoke("diagnose", "c.yaml", *FEW)
    assert (ended.code, ended.err) == (0, f"{only}: left out\n")
    assert ended.out.startswith("1 combination, 7 initializations each")
    Path("c.yaml").write_text("dataset: digits\nmodel: cnn\n", encoding="utf-8")
    remedy = "Take model: mlp, with a data set of images such as digits."
    assert invoke("diagnose", "c.yaml") == (2, "", f"{only}. {remedy}\n")


def test_ratings_are_refused_with_a_remedy(invoke: Invoke) -> None:
    data = "dataset: synthetic_ratings(users=40, items=30, ratings_per_user=10)"
    Path("c.yaml").write_text(f"{data}\nmodel: mlp(hidden=[8, 4])\n", encoding="utf-8")
    ended = invoke("diagnose", "c.yaml", *FEW)
    assert (ended.code, ended.out) == (2, "")
    assert "no gradient of the loss mean_squared_error" in ended.err
    assert ended.err.endswith("Take a data set of images, such as digits.\n")


def test_a_figure(invoke: Invoke, zeros: str) -> None:
    assert invoke("diagnose", zeros, *FEW, "--plot", "a.svg") == (0, "a.svg\n", WARNINGS)
    assert Path("a.svg").read_text(encoding="utf-8").startswith("<?xml")
    ended = invoke("diagnose", zeros, *FEW, "--plot", "b.png", "--format", "table")
    assert ended == (0, TABLE, f"{WARNINGS}b.png\n")
    assert invoke("diagnose", zeros, "--plot", "a.jpg") == (
        2,
        "",
        "relu-bench: a.jpg: a figure's file ends in one of .png, .svg, .pdf.\n",
    )


def test_a_wrong_config_ends_with_2(invoke: Invoke) -> None:
    Path("c.yaml").write_text("activation: rellu\n", encoding="utf-8")
    ended = invoke("diagnose", "c.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("relu-bench: c.yaml, line 1, activation: 'rellu' is no activation.")
    assert invoke("diagnose", "missing.yaml").code == 2


PROGRAM = """
import sys
from relu_bench.cli import app
app(sys.argv[1:], standalone_mode=False)
assert not {'tensorflow', 'keras', 'scipy'} & set(sys.modules), sorted(sys.modules)
"""


def test_mnist_is_diagnosed_without_tensorflow(tmp_path: Path) -> None:
    if MNIST is None:
        pytest.skip("RELU_BENCH_DATA names no folder with MNIST")
    (tmp_path / "c.yaml").write_text("activation: [relu, tanh]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "diagnose", "c.yaml", "--trials", "20"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("2 combinations, 20 initializations each (seed 0), 100 training")
    assert re.findall(r"healthy$", done.stdout, re.MULTILINE) == ["healthy", "healthy"]
    assert done.stderr == ""


def test_long_work_is_announced_once(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 1.0, 3.6, 6.0, 9.0])
    with showing_work("trials", "fewer take less", clock=lambda: next(times)) as report:
        for share in (0.01, 0.02, 0.03, 0.04):
            report(share)
    ended = capsys.readouterr()
    assert (ended.out, ended.err) == ("", "relu-bench: this takes about 3 min; fewer take less\n")


def test_short_work_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 3.0, 9.0])
    with showing_work("trials", "fewer take less", clock=lambda: next(times)) as report:
        report(0.3)
        report(1.0)
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("relu_bench.cli.display.stderr_is_live", lambda: True)
    with showing_work("initializations", "fewer take less", clock=lambda: 0.0) as report:
        report(0.5)
    assert capsys.readouterr().out == ""


def test_the_document_shows_what_the_command_prints(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    if MNIST is None:
        pytest.skip("RELU_BENCH_DATA names no folder with MNIST")
    monkeypatch.setenv("RELU_BENCH_DATA", MNIST)
    text = (Path(__file__).parents[2] / "docs" / "diagnose.md").read_text(encoding="utf-8")
    shown = re.search(r"```yaml\n(.*?)```.*?\$ relu-bench (.*?)\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    config, command, output = shown.groups()
    Path("born_dead.yaml").write_text(config, encoding="utf-8")
    ended = invoke(*command.split())
    assert (ended.code, ended.out) == (0, output)  # a busy machine says on stderr how long it takes
