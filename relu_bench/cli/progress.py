"""What `relu-bench run` shows while it works: plain lines, JSON, or nothing.

Progress and notices go to stderr; stdout is for results.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from relu_bench.cli.words import counted, word
from relu_bench.components.variant_label import label
from relu_bench.config.plan import Spec, varying
from relu_bench.config.planning import Planned
from relu_bench.execution.runner import Tally
from relu_bench.machine.cores import VARIABLE
from relu_bench.store import RunRecord, read
from relu_bench.store.columns import RUNS, names
from relu_bench.training.loop import Progress


class Display:
    """Shows no progress; notices, the JSON lines and the summary as asked for.

    Used as a context around `runner.run`, of which it is the listener.
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
        self._rows: dict[tuple[str, str], dict[str, Any]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave the terminal as it was."""

    def notice(self, text: str) -> None:
        """Say something on stderr."""
        print(f"relu-bench: {text}", file=sys.stderr)

    def progress(self, spec: Spec, progress: Progress) -> None:
        """An epoch has ended; called from other threads."""

    def starting(self, count: int) -> None:
        """Training begins: `count` runs."""
        if self.summary and count:
            # TensorFlow is being imported elsewhere: what the summary needs costs no time now.
            import pandas  # noqa: F401

    def skipped(self, experiment: str, spec: Spec, status: str) -> None:
        """A run that needs no training."""
        if self.as_json:
            self._print_json({**self._row(experiment, spec.run_id), "skipped": True})

    def finished(self, record: RunRecord) -> None:
        """A run was stored."""
        self.stored += 1
        if self.as_json:
            self._print_json({**record.run, "skipped": False})

    def done_elsewhere(self, experiment: str, spec: Spec, status: str) -> None:
        """Another process has stored a run that was to be trained here."""
        if self.as_json:
            self._print_json({**self._row(experiment, spec.run_id), "skipped": True})

    def waiting(self, others: int) -> None:
        """No core is free, or, with 0, one is at last; called from another thread."""
        if not others:
            self.notice("there is a free core now: training begins.")
            return
        workers = f"{others} worker{'s' if others > 1 else ''} of other relu-bench processes"
        self.notice(
            f"waiting for a free core: {workers} {'are' if others > 1 else 'is'} running. The "
            f"environment variable {VARIABLE} sets how many run at once."
        )

    def end(self, tally: Tally) -> None:
        """The summary, or the failures, after all is done."""
        for record in tally.failures:
            self.notice(f"failed: {self.titled(record)}: {record.run['error']}")
        if tally.failed:
            self.notice(
                f"{counted(tally.failed, 'planned run')} failed; --retry-failed does "
                f"{'it' if tally.failed == 1 else 'them'} again."
            )
        if tally.left:
            left = f"{counted(tally.left, 'planned run')} {'is' if tally.left == 1 else 'are'}"
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
        shown = {field: word(cells[field]) for field in ("activation", *axes)}
        return f"{label(shown)}, seed={cells['seed']}"

    def titled(self, record: RunRecord) -> str:
        """The run's experiment and name."""
        experiment = str(record.run["experiment"])
        return f"{experiment}: {self.name_of(experiment, record.run)}"

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

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._count = self._done = self._skipped = 0

    def skipped(self, experiment: str, spec: Spec, status: str) -> None:
        """Count it; one line says them all."""
        super().skipped(experiment, spec, status)
        self._skipped += 1

    def starting(self, count: int) -> None:
        """Say what is to be done and what is already."""
        self._count = count
        print(opening(count, self._skipped), file=sys.stderr, flush=True)
        super().starting(count)

    def finished(self, record: RunRecord) -> None:
        """Say how it ended."""
        super().finished(record)
        self._done += 1
        self._print(self._line(record))

    def done_elsewhere(self, experiment: str, spec: Spec, status: str) -> None:
        """Say that there is nothing to do."""
        super().done_elsewhere(experiment, spec, status)
        self._done += 1
        self._print(_found(experiment, self.name_of(experiment, spec.row()), status))

    def _print(self, text: str) -> None:
        print(f"[{self._done}/{self._count}] {text}", file=sys.stderr, flush=True)

    def _line(self, record: RunRecord) -> str:
        cells = record.run
        name = self.titled(record)
        if cells["status"] == "failed":
            return f"{name}: failed, {cells['error']}"
        metric = str(cells["metric"])
        parts = [str(cells["outcome"])]
        parts += [
            f"{split} {metric} {score(metric, value)}"
            for split in ("val", "test")
            if isinstance(value := cells.get(f"{split}_{metric}"), float)
        ]
        return f"{name}: {', '.join(parts)}, {cells['train_seconds']:.1f} s"


def opening(count: int, skipped: int) -> str:
    """What is to be done, and what is done already."""
    done = f"{counted(skipped, 'run')} {'is' if skipped == 1 else 'are'} done already"
    if not count:
        return f"Nothing to train: {done}." if skipped else "Nothing to train."
    return f"Training {counted(count, 'run')}" + (f"; {done}." if skipped else ".")


def score(metric: str, value: float) -> str:
    """A value of a metric as people read it, and as the summary has it: `97.72 %`, `0.9123`."""
    from relu_bench.compare import scale_of
    from relu_bench.compare.numbers import decimals, rounded

    scale = scale_of(metric)
    number = rounded(scale.factor * value, decimals(scale))
    return f"{number} %" if scale.unit == "%" else number


def _found(experiment: str, name: str, status: str) -> str:
    return f"{experiment}: {name}: {status}, stored by another process meanwhile"


def _json_value(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
