"""What `run` says of each run while it works, and of those that failed at the end."""

from dataclasses import replace
from pathlib import Path

import pytest

from relu_bench.cli.run_display import Display, LineDisplay, LiveDisplay
from relu_bench.config.planning import Planned, plan_configs
from relu_bench.execution.runner import Tally
from relu_bench.store import RunRecord
from relu_bench.training.loop import Progress

CONFIG = "dataset: digits\nmodel: mlp(hidden=[8])\nseeds: 1\n"


@pytest.fixture
def planned(tmp_path: Path) -> tuple[Planned, ...]:
    """`a` varies the activation, `b` the learning rate."""
    (tmp_path / "a.yaml").write_text(f"{CONFIG}activation: [relu, tanh]\n")
    (tmp_path / "b.yaml").write_text(f"{CONFIG}learning_rate: [0.1, 0.01]\n")
    return tuple(plan_configs([tmp_path / "a.yaml", tmp_path / "b.yaml"], []))


def first_runs(planned: tuple[Planned, ...], **ended: object) -> list[RunRecord]:
    return [
        RunRecord({"experiment": each.experiment.name, **each.specs[0].row(), **ended})
        for each in planned
    ]


def test_each_line_has_the_axes_of_its_experiment_and_the_unit_of_the_summary(
    planned: tuple[Planned, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    display = LineDisplay(planned, Path("results"), summary=False, as_json=False)
    display.starting(4)
    for record in first_runs(
        planned, status="completed", outcome="learned", metric="accuracy", val_accuracy=0.96861,
        test_accuracy=0.97, train_seconds=1.04,
    ):  # fmt: skip
        display.finished(record)
    assert capsys.readouterr().err == (
        "Training 4 runs.\n"
        "[1/4] a: relu, seed=0: learned, val accuracy 96.86 %, test accuracy 97.00 %, 1.0 s\n"
        "[2/4] b: relu, learning_rate=0.1, seed=0: learned, val accuracy 96.86 %, "
        "test accuracy 97.00 %, 1.0 s\n"
    )


@pytest.mark.parametrize("kind", [LineDisplay, LiveDisplay])
def test_plans_that_grow_go_on_counting(
    planned: tuple[Planned, ...], capsys: pytest.CaptureFixture[str], kind: type[Display]
) -> None:
    (record, _) = first_runs(
        planned, run_id="r1", status="completed", outcome="learned", metric="accuracy",
        val_accuracy=0.9, test_accuracy=0.9, train_seconds=1.0,
    )  # fmt: skip
    first, later = planned[0].specs
    begun = [replace(planned[0], specs=(first,))]
    with kind(begun, Path("results"), summary=False, as_json=False) as display:
        display.skipped("a", first, "completed")
        display.starting(1)
        display.finished(record)
        display.looked("a", ["10 seeds: 0 of 1 comparison decided.", "Open: tanh."])
        display.grown(planned[:1])
        display.starting(1)
        display.progress(later, Progress(1, 2, 0.5, 0.5, "accuracy"))
        display.finished(record)
    said = capsys.readouterr().err
    assert "Training 1 run; 1 run is done already.\n" in said
    assert "a: 10 seeds: 0 of 1 comparison decided.\na: Open: tanh.\n" in said
    assert "Training 1 further run.\n" in said
    if kind is LineDisplay:
        assert [line[:5] for line in said.splitlines() if line[:1] == "["] == ["[1/1]", "[2/2]"]


def test_failed_runs_are_named_at_the_end(
    planned: tuple[Planned, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    failed = first_runs(planned, status="failed", error="no luck")
    Display(planned, Path("results"), summary=False, as_json=False).end(
        Tally(failed=2, left=1, failures=failed)
    )
    assert capsys.readouterr().err == (
        "relu-bench: failed: a: relu, seed=0: no luck\n"
        "relu-bench: failed: b: relu, learning_rate=0.1, seed=0: no luck\n"
        "relu-bench: 2 planned runs failed; --retry-failed does them again.\n"
        "relu-bench: stopped at the first failed run (--fail-fast); 1 planned run is left undone. "
        "The same command without it goes on.\n"
    )


def test_on_a_terminal_too(
    planned: tuple[Planned, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    with LiveDisplay(planned, Path("results"), summary=False, as_json=False) as display:
        display.starting(4)
        for each in planned:
            display.progress(each.specs[0], Progress(1, 10, 0.5, 0.96861, "accuracy"))
    shown = capsys.readouterr().err
    assert "relu, learning_rate=0.1, seed=0" in shown
    assert "val 96.86 %" in shown
