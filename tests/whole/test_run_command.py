"""What `relu-bench run` says and leaves behind, as whole processes on the embedded digits."""

import contextlib
import json
import re
import sys
import time
from pathlib import Path

import pytest
from commands import relu_bench
from expecting import called

from relu_bench.store import read
from relu_bench.store.columns import RUNS, names


def test_json_has_one_object_a_run_with_every_column(trained: Path) -> None:
    objects = [json.loads(line) for line in (trained / "stdout").read_text().splitlines()]
    assert len(objects) == 18 + 1 + 12
    for cells in objects:
        assert list(cells) == [*names(RUNS), "skipped"]
        assert cells["skipped"] is False
        assert cells["train_samples"] is None
        assert cells["batch_norm"] is (cells["experiment"] == "same")
        assert cells["status"] == "completed"
    rows = read(trained / "results", "runs").set_index("run_id")
    for cells in objects:
        assert cells["test_accuracy"] == rows.loc[cells["run_id"], "test_accuracy"]


def test_progress_goes_to_stderr_in_plain_lines(trained: Path) -> None:
    _, opening, *lines = (trained / "stderr").read_text().splitlines()
    assert opening == "Training 31 runs."
    shape = (
        r"\[\d+/31\] (trained|warned|same): (relu|elu|selu|prelu|mine\.py:ramp)\b.*: "
        r"(learned|at_chance), "
        r"val accuracy \d\d?\.\d\d %, test accuracy \d\d?\.\d\d %, \d+\.\d s"
    )
    assert len(lines) == 31
    assert all(re.fullmatch(shape, line) for line in lines), lines


def test_a_warning_comes_before_the_training_that_it_does_not_stop(trained: Path) -> None:
    warning, *_ = (trained / "stderr").read_text().splitlines()
    assert warning == (
        "relu-bench: warning: selu with initializer glorot_uniform: it keeps mean 0 and variance 1 "
        "only with kernels of variance 1/inputs; take lecun_normal"
    )


def test_skipped_runs_are_in_the_json_marked(trained: Path) -> None:
    again = called("run", "config.yaml", "--json", cwd=trained)
    assert again.code == 0
    assert again.err == "Nothing to train: 18 runs are done already.\n"
    objects = [json.loads(line) for line in again.out.splitlines()]
    first = [json.loads(line) for line in (trained / "stdout").read_text().splitlines()]
    first = [cells for cells in first if cells["experiment"] == "trained"]
    assert [cells["skipped"] for cells in objects] == [True] * 18

    def bare(many: list[dict[str, object]]) -> list[dict[str, object]]:
        return sorted(
            ({key: cells[key] for key in cells if key != "skipped"} for cells in many),
            key=lambda cells: str(cells["run_id"]),
        )

    assert bare(objects) == bare(first)


def test_the_summary_stands_on_stdout_without_colour(trained: Path) -> None:
    done = called("run", "config.yaml", "--set", "learning_rate=0.01", cwd=trained)
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "relu" in done.out
    assert "±" in done.out
    assert "results" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80


def test_quiet_says_nothing(trained: Path) -> None:
    assert called("run", "config.yaml", "--quiet", cwd=trained) == (0, "", "")


def test_dry_run_trains_nothing(trained: Path, tmp_path: Path) -> None:
    done = called("run", str(trained / "config.yaml"), "--dry-run", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "runs      18 = 6 settings × 3 seeds" in done.out
    assert not (tmp_path / "results").exists()


def test_missing_mnist_is_told_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("activation: [relu, elu]\n")
    env = {"RELU_BENCH_DATA": "", "KERAS_HOME": str(tmp_path / "keras"), "no_proxy": "*"}
    done = relu_bench("run", "config.yaml", cwd=tmp_path, env=env)
    assert done.returncode == 2
    for way_out in ("--data-dir", "RELU_BENCH_DATA", "relu-bench data mnist", "digits"):
        assert way_out in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("arguments", [("run", "wrong.yaml"), ("run", "missing.yaml")])
def test_what_a_wrong_config_has_started_ends_with_the_command(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "wrong.yaml").write_text("dataset: digits\nactivatoin: relu\n")
    mark = f"RELU_BENCH_TEST_MARK={tmp_path}"
    name, _, value = mark.partition("=")
    done = relu_bench(*arguments, cwd=tmp_path, env={name: value})
    assert done.returncode == 2
    deadline = time.monotonic() + 60
    while left := _processes_with(mark):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def _processes_with(mark: str) -> list[str]:
    """Those whose environment has this entry."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if mark.encode() in environment.read_bytes().split(b"\0"):
                found.append(environment.parent.name)
    return found
