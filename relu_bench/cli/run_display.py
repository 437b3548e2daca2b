"""What `relu-bench run` shows while it works: bars on a terminal, plain lines, JSON, or nothing.

Progress and notices go to stderr; stdout is for results.
"""

import json
import math
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from relu_bench.cli.display import stderr_is_live
from relu_bench.components.variant_label import label
from relu_bench.config.plan import Spec, varying
from relu_bench.config.planning import Planned
from relu_bench.execution.runner import Tally
from relu_bench.machine.cores import VARIABLE
from relu_bench.store import RunRecord, read
from relu_bench.store.columns import RUNS, names
from relu_bench.training.loop import Progress
from relu_bench.wording import as_yaml, counted, decimals, plural, rounded

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


def make_display(planned: Sequence[Planned], out: Path, *, as_json: bool, quiet: bool) -> "Display":
    """The display that fits the options and the terminal."""
    if quiet:
        return Display(planned, out, summary=False, as_json=as_json)
    kind = LiveDisplay if stderr_is_live() else LineDisplay
    return kind(planned, out, summary=not as_json, as_json=as_json)


class Display:
    """Shows no progress; notices, the JSON lines and the summary as asked for.

    Used as a context around `runner.run`, of which it is the listener. It counts what happens; how
    far that is, the other displays show.
    """

    def __init__(
        self, planned: Sequence[Planned], out: Path, *, summary: bool, as_json: bool
    ) -> None:
        self.planned = planned
        self.out = out
        self.summary = summary
        self.as_json = as_json
        self._varying: dict[str, set[str]] = {}
        for each in planned:
            self._varying.setdefault(each.experiment.name, set()).update(varying(each.experiment))
        self.stored = 0
        """Runs that this call has stored."""
        self._count = self._done = self._skipped = 0
        self._rows: dict[tuple[str, str], dict[str, Any]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave the terminal as it was."""

    def say(self, text: str) -> None:
        """Write a line to stderr."""
        print(text, file=sys.stderr, flush=True)

    def notice(self, text: str) -> None:
        """Say something that the user should know."""
        self.say(f"relu-bench: {text}")

    def progress(self, spec: Spec, progress: Progress) -> None:
        """An epoch has ended; called from other threads."""

    def starting(self, count: int) -> None:
        """Training begins: `count` runs, or so many further ones of plans that have grown."""
        self._count = self._done + count
        self._skipped = 0
        if self.summary and count:
            # TensorFlow is being imported elsewhere: what the summary needs costs no time now.
            import pandas  # noqa: F401

    def skipped(self, experiment: str, spec: Spec, status: str) -> None:
        """A run that needs no training."""
        self._skipped += 1
        if self.as_json:
            self._print_json({**self._row(experiment, spec.run_id), "skipped": True})

    def finished(self, record: RunRecord) -> None:
        """A run was stored."""
        self.stored += 1
        self._done += 1
        if self.as_json:
            self._print_json({**record.run, "skipped": False})

    def done_elsewhere(self, experiment: str, spec: Spec, status: str) -> None:
        """Another process has stored a run that was to be trained here."""
        self._done += 1
        if self.as_json:
            self._print_json({**self._row(experiment, spec.run_id), "skipped": True})

    def looked(self, experiment: str, lines: Sequence[str]) -> None:
        """What a look at a growing plan has found."""

    def grown(self, planned: Sequence[Planned]) -> None:
        """Plans have grown: all that was asked for so far."""
        self.planned = planned

    def resolved(self, lines: Sequence[str]) -> None:
        """What growing plans have come to, below the summary."""
        for line in lines if self.summary else ():
            print(line, flush=True)

    def waiting(self, others: int) -> None:
        """No core is free, or, with 0, one is at last; called from another thread."""
        if not others:
            self.notice("there is a free core now: training begins.")
            return
        self.notice(
            f"waiting for a free core: {counted(others, 'worker')} of other relu-bench processes "
            f"{plural(others, 'is', 'are')} running. The environment variable {VARIABLE} sets how "
            "many run at once."
        )

    def end(self, tally: Tally) -> None:
        """The summary, or the failures, after all is done."""
        for record in tally.failures:
            self.notice(f"failed: {self.titled(record)}: {record.run['error']}")
        if tally.failed:
            self.notice(
                f"{counted(tally.failed, 'planned run')} failed; --retry-failed does "
                f"{plural(tally.failed, 'it', 'them')} again."
            )
        if tally.left:
            left = counted(tally.left, "planned run", "is", "are")
            self.notice(
                f"stopped at the first failed run (--fail-fast); {left} left undone. The same "
                "command without it goes on."
            )
        if self.summary:
            from relu_bench.cli.summary import print_summary

            print_summary(self.planned, tally, self.out)

    def name_of(self, experiment: str, cells: Mapping[str, Any]) -> str:
        """What tells the run with these settings from the others of its experiment."""
        axes = sorted(self._varying[experiment])
        shown = {field: as_yaml(cells[field]) for field in ("activation", *axes)}
        return f"{label(shown)}, seed={cells['seed']}"

    def titled(self, record: RunRecord) -> str:
        """The run's experiment and name."""
        experiment = str(record.run["experiment"])
        return f"{experiment}: {self.name_of(experiment, record.run)}"

    def opening(self, count: int) -> str:
        """What is to be done, and what is done already."""
        done = f"{counted(self._skipped, 'run', 'is', 'are')} done already"
        if not count:
            return f"Nothing to train: {done}." if self._skipped else "Nothing to train."
        runs = counted(count, "further run" if self._count else "run")
        return f"Training {runs}" + (f"; {done}." if self._skipped else ".")

    def ending(self, record: RunRecord) -> str:
        """How a run ended."""
        cells = record.run
        name = self.titled(record)
        if cells["status"] == "failed":
            return f"{name}: failed, {cells['error']}"
        metric = str(cells["metric"])
        parts = [str(cells["outcome"])]
        parts += [
            f"{split} {metric} {_score(metric, value)}"
            for split in ("val", "test")
            if isinstance(value := cells.get(f"{split}_{metric}"), float)
        ]
        return f"{name}: {', '.join(parts)}, {cells['train_seconds']:.1f} s"

    def _row(self, experiment: str, run_id: str) -> dict[str, Any]:
        if self._rows is None or (experiment, run_id) not in self._rows:
            rows = read(self.out, "runs").astype(object)
            rows = rows.where(rows.notna(), None)
            self._rows = {
                (row["experiment"], row["run_id"]): {str(name): row[name] for name in row}
                for row in rows.to_dict(orient="records")
            }
        return self._rows.get((experiment, run_id), {"experiment": experiment, "run_id": run_id})

    def _print_json(self, cells: dict[str, Any]) -> None:
        complete = {name: _json_value(cells.get(name)) for name in names(RUNS)}
        more = {name: _json_value(value) for name, value in cells.items() if name not in complete}
        print(json.dumps({**complete, **more}), flush=True)


class LineDisplay(Display):
    """One plain line a run, for logs."""

    def starting(self, count: int) -> None:
        """Say what is to be done and what is already."""
        self.say(self.opening(count))
        super().starting(count)

    def looked(self, experiment: str, lines: Sequence[str]) -> None:
        """Say it, a line each."""
        for line in lines:
            self.say(f"{experiment}: {line}")

    def finished(self, record: RunRecord) -> None:
        """Say how it ended."""
        super().finished(record)
        self.say(f"[{self._done}/{self._count}] {self.ending(record)}")

    def done_elsewhere(self, experiment: str, spec: Spec, status: str) -> None:
        """Say that there is nothing to do."""
        super().done_elsewhere(experiment, spec, status)
        name = self.name_of(experiment, spec.row())
        self.say(
            f"[{self._done}/{self._count}] {experiment}: {name}: {status}, stored by another "
            "process meanwhile"
        )


class LiveDisplay(Display):
    """An overall bar with the time left, and a line for each run in flight."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._bars = _make_bars()
        self._overall: TaskID | None = None
        self._running: dict[str, TaskID] = {}
        self._experiment_of = _experiments(self.planned)
        # Progress comes from the executor's threads, the ends of runs from the main one.
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        """Write a line above the bar."""
        self._bars.console.print(text, markup=False, highlight=False)

    def starting(self, count: int) -> None:
        """Show the overall bar."""
        self.say(self.opening(count))
        if self._overall is not None:
            self._bars.update(self._overall, total=self._done + count)
        elif count:
            self._overall = self._bars.add_task("runs", total=count, note="starting TensorFlow")
        super().starting(count)

    def looked(self, experiment: str, lines: Sequence[str]) -> None:
        """Say it above the bar."""
        for line in lines:
            self.say(f"{experiment}: {line}")

    def grown(self, planned: Sequence[Planned]) -> None:
        """Take the new runs up."""
        super().grown(planned)
        self._experiment_of = _experiments(planned)

    def progress(self, spec: Spec, progress: Progress) -> None:
        """Move the bar by an epoch's share and show where the run is."""
        note = f"epoch {progress.epoch}/{progress.epochs}  loss {progress.train_loss:.4f}"
        if progress.val_metric is not None:
            note += f"  val {_score(progress.metric, progress.val_metric)}"
        with self._lock:
            if spec.run_id not in self._running:
                name = self.name_of(self._experiment_of[spec.run_id], spec.row())
                self._running[spec.run_id] = self._bars.add_task(name, total=None, note="")
            self._bars.update(
                self._running[spec.run_id],
                completed=progress.epoch,
                total=progress.epochs,
                note=note,
            )
            self._move()

    def finished(self, record: RunRecord) -> None:
        """Take the run's line away."""
        super().finished(record)
        with self._lock:
            task = self._running.pop(str(record.run["run_id"]), None)
            if task is not None:
                self._bars.remove_task(task)
            if record.run["status"] == "failed":
                self.say(self.ending(record))
            self._move()

    def done_elsewhere(self, experiment: str, spec: Spec, status: str) -> None:
        """Count it."""
        super().done_elsewhere(experiment, spec, status)
        with self._lock:
            self._move()

    def _move(self) -> None:
        if self._overall is None:
            return
        shares = [
            task.completed / task.total
            for task in self._bars.tasks
            if task.id in self._running.values() and task.total
        ]
        done = min(self._done + math.fsum(shares), self._count)
        self._bars.update(self._overall, completed=done, note=f"{self._done}/{self._count} runs")


def _experiments(planned: Sequence[Planned]) -> dict[str, str]:
    """The experiment of each run; of one that several share, the first."""
    return {spec.run_id: each.experiment.name for each in reversed(planned) for spec in each.specs}


def _make_bars() -> "Bars":
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    return Bars(
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
        ),
        BarColumn(bar_width=14),
        TextColumn("{task.fields[note]}", markup=False, table_column=Column(no_wrap=True)),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )


def _score(metric: str, value: float) -> str:
    """A value of a metric as people read it, and as the summary has it: `97.72 %`, `0.9123`."""
    from relu_bench.compare import scale_of

    scale = scale_of(metric)
    number = rounded(scale.factor * value, decimals(scale.unit))
    return f"{number} %" if scale.unit == "%" else number


def _json_value(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
