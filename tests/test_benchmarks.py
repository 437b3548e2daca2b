"""The scripts of benchmarks/ do what they say, on little work; their figures are made by hand."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
NO_SCRIPTS = {"common.py", "fit_work.py"}
SCRIPTS = sorted(path for path in BENCHMARKS.glob("*.py") if path.name not in NO_SCRIPTS)


def run(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@pytest.fixture(autouse=True)
def found_by_name() -> Iterator[None]:
    """The scripts import each other by name; they are forgotten afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield
    for path in BENCHMARKS.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.fixture(name="common")
def load_common() -> ModuleType:
    return importlib.import_module("common")


@pytest.fixture
def run_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """What a script prints, in this process."""

    def called(name: str, *arguments: str) -> str:
        script = importlib.import_module(name)
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments])
        script.main()
        said = capsys.readouterr().out
        sys.stdout.write(said)  # for who asks next
        return said

    return called


@pytest.mark.parametrize("script", [path.name for path in SCRIPTS])
def test_a_script_answers_help_and_says_what_it_does(script: str) -> None:
    done = run(script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {script}")
    assert len(done.stdout.splitlines()) > 5


def test_the_readme_lists_exactly_the_scripts_that_there_are() -> None:
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(\w+\.py)`", text))
    assert listed == {path.name for path in BENCHMARKS.glob("*.py")}


@pytest.mark.parametrize(
    "script",
    [
        "versus_keras.py",
        "compilation.py",
        "versus_fit.py",
        "scaling.py",
        "probes.py",
        "cluster.py",
    ],
)
def test_without_mnist_a_script_says_what_to_give(script: str, tmp_path: Path) -> None:
    done = run(script, "--quick", "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"{script}: {tmp_path / 'mnist'} does not exist; it should hold MNIST's four IDX files.\n"
    )


def test_large_store_makes_a_store_and_measures_each_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_here: Callable[..., str]
) -> None:
    large_store = importlib.import_module("large_store")
    timed, asked = large_store.timed, []

    def only_the_first(arguments: tuple[str, ...]) -> Any:
        asked.append(arguments)
        return timed(arguments) if len(asked) == 1 else large_store.Timed(1.0, 100.0)

    monkeypatch.setattr(large_store, "timed", only_the_first)
    store = tmp_path / "store"
    said = run_here("large_store", "--quick", "--keep", str(store))
    measured = re.findall(r"^\| (.+) \| (\d+\.\d) \| (\d+) \|$", said, re.MULTILINE)
    assert [name for name, *_ in measured] == [
        "compare",
        "compare --effects --time-to-accuracy",
        "compare --mode tuned",
        "plot",
        "report",
        "plot, one of 40 pages (--where)",
    ]
    assert all(float(seconds) > 0 and int(peak) > 20 for _, seconds, peak in measured)
    assert [(command, of) for command, of, *_ in asked] == [
        (name.partition(",")[0].split()[0], str(store)) for name, *_ in measured
    ]
    runs = (store / "runs.csv").read_text(encoding="utf-8").splitlines()
    assert len(runs) == 1 + 2 * 2 * 3


@pytest.fixture
def both_sides_here(
    common: ModuleType, monkeypatch: pytest.MonkeyPatch, run_here: Callable[..., str]
) -> None:
    """What would be started side by side is called here, where TensorFlow is set up already."""
    import tensorflow as tf

    from relu_bench.execution import preload

    def side_by_side(count: int, script: str, *arguments: str, **_: object) -> list[Any]:
        said = run_here(Path(script).stem, *arguments)
        return [json.loads(said.splitlines()[-1])] * count

    monkeypatch.setattr(common, "side_by_side", side_by_side)
    for module, name in (
        *((common, name) for name in ("use_cores", "wait_for_the_others")),
        *(
            (tf.config.threading, f"set_{kind}_op_parallelism_threads")
            for kind in ("intra", "inter")
        ),
        (preload, "one_thread"),
    ):
        monkeypatch.setattr(module, name, lambda *_: None)


@pytest.mark.tensorflow
@pytest.mark.usefixtures("both_sides_here")
def test_a_model_is_measured_against_fit(run_here: Callable[..., str]) -> None:
    said = run_here("versus_fit", "--quick", "--model", "text")
    row = r"^\| (.+) \| (\d+\.\d{3}) \| (\d\.\d{2}) \| (.*) \|$"
    fit, ours = re.findall(row, said, re.MULTILINE)
    assert (fit[0], ours[0]) == ("Keras `fit`, two threads", "relu-bench, two workers")
    assert float(fit[1]) / float(ours[1]) == pytest.approx(float(ours[3].split()[0]), rel=0.1)
    assert ours[3].endswith("(goal 1.2)")


@pytest.mark.tensorflow
@pytest.mark.usefixtures("both_sides_here")
def test_the_recommender_is_measured_against_fit(run_here: Callable[..., str]) -> None:
    said = run_here("recommender_versus_fit", "--quick")
    rows = re.findall(r"^\| (.+) \| (\d+\.\d{3}) \| (.*) \|$", said, re.MULTILINE)
    assert [name for name, *_ in rows] == ["Keras `fit`, two threads", "relu-bench, two workers"]
    fit, ours = (float(seconds) for _, seconds, _ in rows)
    assert rows[1][2].endswith(" (goal 3)")
    assert float(rows[1][2].split()[0]) == pytest.approx(fit / ours, rel=0.1)
    assert "Measured with --quick" in said


SWEEP = """
import csv, pathlib, sys, time

folder = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
folder.mkdir(exist_ok=True)
time.sleep(0.2)
for table in ("runs", "epochs", "layers"):
    with (folder / f"{table}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("run_id", "seconds", "loss"), ("r1", time.time(), LOSS)])
"""


@pytest.mark.parametrize("loss", ["1.5", "len(str(folder))"])
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kills processes of Linux")
def test_killed_sweeps_are_compared_with_an_undisturbed_one(
    loss: str,
    common: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_here: Callable[..., str],
) -> None:
    """Of a stand-in; a real sweep is killed in whole/test_same_numbers.py."""
    (tmp_path / "sweep.py").write_text(SWEEP.replace("LOSS", loss))
    monkeypatch.setattr(common, "RELU_BENCH", (sys.executable, str(tmp_path / "sweep.py")))
    if loss != "1.5":
        with pytest.raises(SystemExit, match=r"sweep-1/runs\.csv differs"):
            run_here("resume_after_kill", "--quick")
        return
    said = run_here("resume_after_kill", "--quick")
    assert "| kills of the command | 1 |" in said
    assert "| tables that differ from the undisturbed sweep | 0 |" in said
    assert "| processes left behind | 0 |" in said


def test_startup_measures_each_command_and_shows_the_budgets(
    common: ModuleType, monkeypatch: pytest.MonkeyPatch, run_here: Callable[..., str]
) -> None:
    seconds_of, asked = common.seconds_of, set()

    def once_each(command: tuple[str, ...], **expected: int) -> float:
        if command in asked:
            return 0.125
        asked.add(command)
        return float(seconds_of(command, **expected))

    monkeypatch.setattr(common, "seconds_of", once_each)
    said = run_here("startup", "--quick")
    rows = re.findall(r"^\| ((?:python|relu-bench) .+?) \| 0\.125 \| ([\d.]*) \|$", said, re.M)
    assert dict(rows) == {
        "python -c pass": "",
        "relu-bench --help": "0.4",
        "relu-bench --version": "",
        "relu-bench run --help": "0.4",
        "relu-bench run, wrong config": "0.6",
        "relu-bench check, wrong config": "0.6",
        "relu-bench init": "",
        "relu-bench schema": "",
    }


def test_seeds_until_resolved_are_counted_for_each_size_of_difference() -> None:
    done = run("seeds_until_resolved.py", "--quick", "--most", "60")
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^\| (\d+) \| (.+?) \| .+ \| (\d+) % \| (\d+) % \|", done.stdout, re.M)
    assert [name for _, name, *_ in rows[:4]] == ["0", "half a margin", "a margin", "two margins"]
    assert {comparisons for comparisons, *_ in rows} == {"1", "3", "29"}
    assert all(int(better) > 90 for _, name, better, _ in rows if name == "two margins")


def test_ratios_are_taken_pair_by_pair(common: ModuleType) -> None:
    found = common.ratios(common.sample([10.0, 40.0, 18.0]), common.sample([2.0, 4.0, 6.0]))
    assert found.values == (5.0, 10.0, 3.0)
    assert found.text(1) == "5.0 (3.0-10.0)"


def test_pairs_that_do_not_match_are_no_ratio(common: ModuleType) -> None:
    with pytest.raises(ValueError, match="shorter"):
        common.ratios(common.sample([1.0, 2.0]), common.sample([1.0]))


def test_a_single_measurement_is_shown_without_a_range(common: ModuleType) -> None:
    assert common.sample([1.234]).text(2) == "1.23"


def test_a_process_that_ends_wrongly_is_an_error(common: ModuleType) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit('out of order')")
    with pytest.raises(common.BenchmarkError, match="exit code 1:\nout of order"):
        common.seconds_of(command)
