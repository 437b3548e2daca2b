"""The whole output of `relu-bench activations`."""

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

from relu_bench.networks.activations import ACTIVATIONS

ELU = """\
elu(alpha=0.1)
  f(x)         x for x > 0, alpha * (exp(x) - 1) below
  LaTeX        \\begin{cases} x & x > 0 \\\\ \\alpha (e^x - 1) & x \\le 0 \\end{cases}
  f′(x)        1 for x > 0, alpha * exp(x) below and at 0
  at 0         f = 0, f′ = 0.1 (as TensorFlow has it)
  range        (−0.1, ∞)
  limits       −0.1 at −∞, ∞ at ∞
  monotonic    yes
  smoothness   continuous
  alpha        a number, at least 0 and at most 100; default 1.0
  initializer  he_normal
  use it for   networks without batch norm whose activations should be near zero
               mean; where units die
  not for      where the exponential is dear, where exact zeros are wanted,
               output layers, recurrent states (unbounded)
  reference    Clevert, Unterthiner, Hochreiter 2016, Fast and Accurate Deep
               Network Learning by Exponential Linear Units (ELUs)
"""
PRELU = """\
prelu(initial=0.25)
  f(x)         x for x >= 0, a * x below; a is learned, one a unit, and starts
               at initial
  LaTeX        \\begin{cases} x & x \\ge 0 \\\\ a_i x & x < 0 \\end{cases}
  f′(x)        1 for x > 0, a below, 0 at 0
  at 0         f = 0, f′ = 0 (as TensorFlow has it)
  range        (−∞, ∞)
  limits       −∞ at −∞, ∞ at ∞
  monotonic    yes
  smoothness   continuous
  initial      a number, at least -10 and at most 10; default 0.25
  learned      the negative slope a, one a unit (a channel of images)
  initializer  he_normal; exactly variance_scaling(scale=2/(1+a²)) for a
               negative slope a
  use it for   large data sets, where the slope of each unit can be learned
  not for      small data sets (parameters to overfit with), weight decay on the
               slopes, output layers, recurrent networks
  reference    He, Zhang, Ren, Sun 2015, Delving Deep into Rectifiers
"""
MARKDOWN = """\
| activation | f(x) | f′(x) | range | monotonic | smoothness | reference |
| --- | --- | --- | --- | --- | --- | --- |
| `softsign` | $\\frac{x}{1 + \\vert x\\vert }$ | 1 / (1 + \\|x\\|)^2 | (−1, 1) | yes | once \
differentiable | Turian, Bergstra, Bengio 2009, Quadratic Features and Deep Architectures for \
Chunking |
"""


def test_the_table(invoke: Invoke) -> None:
    ended = invoke("activations")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[:6] == [
        "activation              f(x)                             range         monotonic",
        "relu                    max(x, 0)                        [0, ∞)        yes",
        "relu6                   min(max(x, 0), 6)                [0, 6]        yes",
        "leaky_relu              x for x >= 0, negative_slope *   (−∞, ∞)       yes",
        "                        x below",
        "                        negative_slope=0.01",
    ]
    assert lines[-1] == 'relu-bench activations NAME tells all about one, as "elu(alpha=0.1)".'
    assert max(map(len, lines)) <= 80
    named = [line.split()[0] for line in lines[1:-1] if not line.startswith(" ")]
    assert named == list(ACTIVATIONS)
    assert invoke("activations", "--format", "table") == ended


def test_all_about_some(invoke: Invoke) -> None:
    ended = invoke("activations", "elu(alpha=0.1)", "prelu", "elu(alpha=1e-1)")
    assert ended == (0, f"{ELU}\n{PRELU}", "")


def test_where_compiling_changes_a_derivative_it_is_said(invoke: Invoke) -> None:
    lines = (
        "  at 0         f = 0, f′ = 1.051 (as TensorFlow has it; compiled by XLA, f′ =\n"
        "               1.758)\n"
    )
    assert lines in invoke("activations", "selu").out


def test_what_is_drawn_and_what_has_another_name(invoke: Invoke) -> None:
    assert "  random       the negative slope a, for each" in invoke("activations", "rrelu").out
    assert "  alias        swish\n" in invoke("activations", "swish").out


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_page_fits_80_columns(name: str, invoke: Invoke) -> None:
    lines = invoke("activations", name).out.splitlines()
    assert all(len(line) <= 80 for line in lines if not line.startswith("  LaTeX"))


def test_markdown(invoke: Invoke) -> None:
    assert invoke("activations", "softsign", "--format", "markdown") == (0, MARKDOWN, "")
    rows = invoke("activations", "--format", "markdown").out.splitlines()
    assert len(rows) == 2 + len(ACTIVATIONS)
    assert {row.replace(r"\|", "").count("|") for row in rows} == {8}


def test_json_and_csv_hold_the_same(invoke: Invoke) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    objects = json.loads(invoke("activations", "--format", "json").out, parse_constant=refuse)
    rows = list(csv.DictReader(io.StringIO(invoke("activations", "--format", "csv").out)))
    assert [each["label"].partition("(")[0] for each in objects] == list(ACTIVATIONS)
    for each, row in zip(objects, rows, strict=True):
        assert list(each) == list(row)
        for key, value in each.items():
            if value is None:
                assert row[key] == ""
            elif isinstance(value, str):
                assert row[key] == value
            else:
                assert json.loads(row[key]) == value
        assert not any(cell.startswith(("=", "+", "@")) for cell in row.values())


def test_json_of_one(invoke: Invoke) -> None:
    (each,) = json.loads(invoke("activations", "leaky_relu", "--format", "json").out)
    assert each["kinks"] == [{"x": 0.0, "value": 0.0, "slope": 0.01, "xla_slope": None}]
    assert each["infimum"] is None
    assert each["limit_at_minus_infinity"] == "-inf"
    assert each["parameters"] == {
        "negative_slope": {"default": 0.01, "allowed": "a number, at least 0 and at most 1"}
    }
    assert each["learned"] is None


def test_a_wrong_name(invoke: Invoke) -> None:
    known = ", ".join(ACTIVATIONS)
    assert invoke("activations", "relu", "eluu") == (
        2,
        "",
        f"relu-bench: 'eluu' is no activation. Did you mean 'elu'? Known: {known}\n",
    )
    assert invoke("activations", "elu(alpha=-1)") == (
        2,
        "",
        "relu-bench: alpha=-1 in 'elu(alpha=-1)': alpha is a number, at least 0 and at most 100.\n",
    )


def test_a_figure(invoke: Invoke) -> None:
    assert invoke("activations", "relu", "--plot", "a.svg") == (0, "a.svg\n", "")
    assert Path("a.svg").read_text(encoding="utf-8").startswith("<?xml")
    ended = invoke("activations", "elu(alpha=0.1)", "--plot", "b.png", "--format", "table")
    assert ended == (0, ELU, "b.png\n")
    assert invoke("activations", "relu", "--plot", "a.jpg") == (
        2,
        "",
        "relu-bench: a.jpg: a figure's file ends in one of .png, .svg, .pdf.\n",
    )
    assert not Path("a.jpg").exists()


def test_neither_table_nor_figure_loads_tensorflow(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from relu_bench.cli import app\n"
        "app(['activations', 'gelu', '--plot', 'a.png', '--format', 'csv'], "
        "standalone_mode=False)\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "a.png").is_file()


def test_the_table_is_drawn_on_a_terminal(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR")
    lines = invoke("activations").out.splitlines()
    assert any("\x1b[1m" in line and "activation" in line for line in lines)
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert max(map(len, plain)) <= 80
    assert sum(line.split()[:1] == ["silu"] for line in plain) == 1
