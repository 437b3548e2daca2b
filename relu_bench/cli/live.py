"""What `relu-bench run` shows on a terminal: an overall bar, and a line for each run in flight."""

import math
import threading
from typing import TYPE_CHECKING, Any, Self

from relu_bench.cli.progress import Display, LineDisplay, opening, score
from relu_bench.config.plan import Spec
from relu_bench.store import RunRecord
from relu_bench.training.loop import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class LiveDisplay(LineDisplay):
    """An overall bar with the time left, and a line for each run in flight."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._bars = _make_bars()
        self._overall: TaskID | None = None
        self._running: dict[str, TaskID] = {}
        # Of a run that several experiments share, the first.
        self._experiment_of = {
            spec.run_id: each.experiment.name
            for each in reversed(self.planned)
            for spec in each.specs
        }
        # Progress comes from the executor's threads, the ends of runs from the main one.
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def notice(self, text: str) -> None:
        """Say something above the bar."""
        self._bars.console.print(f"relu-bench: {text}", markup=False, highlight=False)

    def starting(self, count: int) -> None:
        """Show the overall bar."""
        self._count = count
        self._bars.console.print(opening(count, self._skipped), markup=False, highlight=False)
        if count:
            self._overall = self._bars.add_task("runs", total=count, note="starting TensorFlow")
        Display.starting(self, count)

    def progress(self, spec: Spec, progress: Progress) -> None:
        """Move the bar by an epoch's share and show where the run is."""
        with self._lock:
            self._show(spec, progress)

    def _show(self, spec: Spec, progress: Progress) -> None:
        if spec.run_id not in self._running:
            self._running[spec.run_id] = self._bars.add_task(
                self.name_of(self._experiment_of[spec.run_id], spec.row()), total=None, note=""
            )
        note = f"epoch {progress.epoch}/{progress.epochs}  loss {progress.train_loss:.4f}"
        if progress.val_metric is not None:
            note += f"  val {score(progress.metric, progress.val_metric)}"
        self._bars.update(
            self._running[spec.run_id],
            completed=progress.epoch,
            total=progress.epochs,
            note=note,
        )
        self._move()

    def finished(self, record: RunRecord) -> None:
        """Take the run's line away."""
        Display.finished(self, record)
        with self._lock:
            self._done += 1
            task = self._running.pop(str(record.run["run_id"]), None)
            if task is not None:
                self._bars.remove_task(task)
            if record.run["status"] == "failed":
                self._bars.console.print(self._line(record), markup=False, highlight=False)
            self._move()

    def done_elsewhere(self, experiment: str, spec: Spec, status: str) -> None:
        """Count it."""
        Display.done_elsewhere(self, experiment, spec, status)
        with self._lock:
            self._done += 1
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
