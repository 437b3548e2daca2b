import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

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


@pytest.fixture(name="common")
def load_common(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarks_common", BENCHMARKS / "common.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Data classes look their module up while they are made.
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


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


def test_large_store_makes_a_store_and_measures_each_command(tmp_path: Path) -> None:
    done = run("large_store.py", "--quick", "--keep", str(tmp_path / "store"))
    assert done.returncode == 0, done.stderr
    measured = re.findall(r"^\| (.+) \| (\d+\.\d) \| (\d+) \|$", done.stdout, re.MULTILINE)
    assert [name for name, *_ in measured] == [
        "compare",
        "compare --effects --time-to-accuracy",
        "compare --mode tuned",
        "plot",
        "report",
        "plot, one of 40 pages (--where)",
    ]
    assert all(float(seconds) > 0 and int(peak) > 20 for _, seconds, peak in measured)
    runs = (tmp_path / "store" / "runs.csv").read_text(encoding="utf-8").splitlines()
    assert len(runs) == 1 + 2 * 2 * 3


def test_a_model_is_measured_against_fit() -> None:
    done = run("versus_fit.py", "--quick", "--model", "text")
    assert done.returncode == 0, done.stderr
    row = r"^\| (.+) \| (\d+\.\d{3}) \| (\d\.\d{2}) \| (.*) \|$"
    fit, ours = re.findall(row, done.stdout, re.MULTILINE)
    assert (fit[0], ours[0]) == ("Keras `fit`, two threads", "relu-bench, two workers")
    assert float(fit[1]) / float(ours[1]) == pytest.approx(float(ours[3].split()[0]), rel=0.1)
    assert ours[3].endswith("(goal 1.2)")


def test_the_recommender_is_measured_against_fit() -> None:
    done = run("recommender_versus_fit.py", "--quick")
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^\| (.+) \| (\d+\.\d{3}) \| (.*) \|$", done.stdout, re.MULTILINE)
    assert [name for name, *_ in rows] == ["Keras `fit`, two threads", "relu-bench, two workers"]
    fit, ours = (float(seconds) for _, seconds, _ in rows)
    assert rows[1][2].endswith(" (goal 3)")
    assert float(rows[1][2].split()[0]) == pytest.approx(fit / ours, rel=0.05)
    assert "Measured with --quick" in done.stdout


@pytest.mark.parametrize("options", [(), ("--workers",)])
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kills processes of Linux")
def test_a_sweep_that_is_killed_ends_like_an_undisturbed_one(
    options: tuple[str, ...],
) -> None:
    done = run("resume_after_kill.py", "--quick", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\| kills of (the command|a worker) \| 1 \|$", done.stdout, re.MULTILINE)
    assert "| tables that differ from the undisturbed sweep | 0 |" in done.stdout
    assert "| processes left behind | 0 |" in done.stdout


def test_startup_measures_each_command_and_shows_the_budgets() -> None:
    done = run("startup.py", "--quick")
    assert done.returncode == 0, done.stderr
    rows = re.findall(
        r"^\| ((?:python|relu-bench) .+?) \| [\d.]+ \| ([\d.]*) \|$", done.stdout, re.M
    )
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
