"""The whole output of `relu-bench speed`, with measurements that are fixed."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from expecting import Invoke

from relu_bench import speed
from relu_bench.networks.activations import ACTIVATIONS
from relu_bench.speed import Cost, Settings, Size

Measured = list[tuple[Sequence[str], Sequence[Size], Settings]]

TABLE = """\
A Processor, one thread, TensorFlow 1, Keras 2, NumPy 3
256  256 elements, 1 KiB a tensor

256 elements, forward, ns an element
activation       compiled ×relu    eager ×relu     NumPy ×relu
relu           0.0400 ±5%  1.00 2.70 ±5%  1.00 0.300 ±5%  1.00
elu(alpha=0.1)  0.120 ±5%  3.00 8.10 ±5%  3.00 0.900 ±5%  3.00

256 elements, forward+backward, ns an element
activation       compiled ×relu    eager ×relu     NumPy ×relu
relu           0.0800 ±5%  1.00 5.40 ±5%  1.00 0.600 ±5%  1.00
elu(alpha=0.1)  0.240 ±5%  3.00 16.2 ±5%  3.00  1.80 ±5%  3.00

Medians of 9 rounds. ±: farther end of the 95 % interval by order statistics.
×relu: median of the ratio to relu in the same round.
"""


def costs_of(labels: Sequence[str], sizes: Sequence[Size]) -> tuple[Cost, ...]:
    """relu at fixed numbers, every other label three times as much; backward doubles."""
    return tuple(
        Cost(
            activation=label,
            size=size.name,
            elements=size.elements,
            mode=mode,  # type: ignore[arg-type]
            passes=passes,  # type: ignore[arg-type]
            rounds=9,
            applications=100,
            median_ns=base * factor * more,
            low_ns=0.96 * base * factor * more,
            high_ns=1.045 * base * factor * more,
            relu_ratio=factor,
            ratio_low=factor,
            ratio_high=factor,
        )
        for size in sizes
        for label, factor in {
            "relu": 1.0,
            **{each: 3.0 for each in labels if each != "relu"},
        }.items()
        for mode, base in (("compiled", 0.04), ("eager", 2.7), ("numpy", 0.3))
        for passes, more in (("forward", 1.0), ("forward+backward", 2.0))
    )


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    """What was asked to be measured; the command gets `costs_of` instead."""
    asked: Measured = []

    def measure(
        labels: Sequence[str],
        sizes: Sequence[Size],
        settings: Settings,
        on_progress: Callable[[str, float], None],
    ) -> tuple[Cost, ...]:
        asked.append((labels, sizes, settings))
        on_progress("measuring", 0.5)
        return costs_of(labels, sizes)

    monkeypatch.setattr(speed, "measure", measure)
    for module in (speed, speed.tables):
        monkeypatch.setattr(
            module,
            "conditions",
            lambda: "A Processor, one thread, TensorFlow 1, Keras 2, NumPy 3",
        )
    return asked


def test_the_tables(invoke: Invoke, measured: Measured) -> None:
    assert invoke("speed", "elu(alpha=0.1)", "--elements", "256") == (0, TABLE, "")
    assert measured == [(["elu(alpha=0.1)"], (Size("256", 256, ""),), Settings())]


def test_all_activations_at_two_sizes_fit_80_columns(invoke: Invoke, measured: Measured) -> None:
    ended = invoke("speed", "--seconds", "3", "--repeats", "7")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert max(map(len, lines[1:])) <= 80
    ((labels, sizes, settings),) = measured
    assert [label.partition("(")[0] for label in labels] == list(ACTIVATIONS)
    assert [size.name for size in sizes] == ["cache", "memory"]
    assert settings == Settings(seconds=3.0, repeats=7)
    for name in ACTIVATIONS:
        assert sum(line.split()[:1] == [name] for line in lines) == 4


def test_aliases_and_repetitions_are_measured_once(invoke: Invoke, measured: Measured) -> None:
    assert invoke("speed", "swish", "silu").code == 0
    assert measured[0][0] == ["silu"]


def test_csv_json_and_markdown(invoke: Invoke, measured: Measured) -> None:
    arguments = ("speed", "tanh", "--elements", "128", "--elements", "256", "--format")
    rows = list(csv.DictReader(io.StringIO(invoke(*arguments, "csv").out)))
    objects = json.loads(invoke(*arguments, "json").out)
    assert len(rows) == len(objects) == 2 * 2 * 3 * 2
    assert [float(row["median_ns"]) for row in rows] == [each["median_ns"] for each in objects]
    assert rows[0]["elements"] == "128"
    markdown = invoke(*arguments, "markdown").out
    assert markdown.startswith("A Processor, one thread, TensorFlow 1, Keras 2, NumPy 3.\n\n**128 ")
    assert markdown.count("| `tanh` |") == 4


def test_files(invoke: Invoke, measured: Measured) -> None:
    ended = invoke("speed", "elu(alpha=0.1)", "--elements", "256", "--out", "new/costs")
    assert ended == (0, TABLE, "new/costs/speed.csv\nnew/costs/speed.png\n")
    table = Path("new/costs/speed.csv").read_text(encoding="utf-8")
    assert table.count("\n") == 1 + 2 * 3 * 2
    assert Path("new/costs/speed.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_cannot_be_is_told_before_measuring(
    invoke: Invoke, measured: Measured
) -> None:
    Path("file").write_text("")
    ended = invoke("speed", "relu", "--out", "file")
    assert ended == (
        2,
        "",
        "relu-bench: file cannot be written (Not a directory). "
        "Name a folder that can be written to with --out FOLDER.\n",
    )
    assert measured == []


def test_wrong_names_and_sizes(invoke: Invoke, measured: Measured) -> None:
    known = ", ".join(ACTIVATIONS)
    assert invoke("speed", "relu", "eluu") == (
        2,
        "",
        f"relu-bench: 'eluu' is no activation. Did you mean 'elu'? Known: {known}\n",
    )
    assert invoke("speed", "relu", "--elements", "100") == (
        2,
        "",
        "relu-bench: A tensor of 100 elements cannot be measured: give a multiple of 128 "
        "(the units of the layer), from 128 to 67,108,864.\n",
    )
    assert invoke("speed", "--repeats", "0").code == 2
    assert measured == []


def test_an_interruption_writes_nothing(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(speed, "measure", measure)
    ended = invoke("speed", "relu", "--out", "costs")
    assert ended == (130, "", "Interrupted; nothing was written.\n")
    assert list((folder / "costs").iterdir()) == []


def test_the_table_is_drawn_on_a_terminal(
    invoke: Invoke, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", invoke("speed").out).splitlines()
    assert max(map(len, plain[1:])) <= 80
    assert sum(line.split()[:1] == ["relu_custom_gradient"] for line in plain) == 4


def start(*arguments: str, cwd: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_real_measurement_of_tiny_tensors(tmp_path: Path) -> None:
    command = ("-m", "relu_bench", "speed", "prelu", "--elements", "256", "--repeats", "1")
    process = start(*command, "--format", "json", cwd=tmp_path)
    out, err = process.communicate(timeout=240)
    assert (process.returncode, err) == (0, "")
    rows = json.loads(out)
    assert {row["activation"] for row in rows} == {"relu", "prelu(initial=0.25)"}
    assert {(row["mode"], row["passes"]) for row in rows} == {
        (mode, passes)
        for mode in ("compiled", "eager", "numpy")
        for passes in ("forward", "forward+backward")
    }
    assert all(row["median_ns"] > 0 for row in rows if row["mode"] != "compiled")
    assert all(row["low_ns"] is None for row in rows)


ENDLESS = """
import sys, time
from relu_bench import speed
from relu_bench.__main__ import main

def measure(*arguments):
    print("measuring", flush=True)
    time.sleep(600)

speed.measure = measure
sys.argv = ["relu-bench", "speed", "relu"]
main()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_it_with_its_number(name: str, tmp_path: Path) -> None:
    process = start("-c", ENDLESS, cwd=tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "measuring\n"
    number = getattr(signal, name)
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=240)
    ended = (128 + number, "", "Interrupted; nothing was written.\n")
    assert (process.returncode, out, err) == ended
