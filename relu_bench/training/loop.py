"""Train one network: a spec, its program and its data in, `RunResult` out."""

import base64
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench import data
from relu_bench.config.plan import Spec
from relu_bench.data.tasks import METRICS, Metric, Task
from relu_bench.networks import weights
from relu_bench.training import probes
from relu_bench.training.objectives import GUESSES, Measured
from relu_bench.training.program import Program, Samples

Row = dict[str, Any]

UNTRAINED_SAMPLES = 10_000
"""Of the training part, so many (it is shuffled) tell what a network does before training.

All of MNIST's would take as long as an epoch, for a number near that of a guess.
"""


@dataclass(frozen=True)
class Progress:
    """Where a run is: the epoch that has just ended, its training loss, validation and metric."""

    epoch: int
    epochs: int
    train_loss: float
    val_metric: float | None
    metric: str


@dataclass(frozen=True)
class RunResult:
    """What one training found: cells of runs.csv, and rows of the other CSVs.

    `notices` are sentences for the user, who is told each of them once.
    """

    outcome: str
    summary: Mapping[str, Any]
    epochs: tuple[Row, ...]
    layers: tuple[Row, ...]
    notices: tuple[str, ...] = ()
    test_samples: tuple[Row, ...] = ()


Report = Callable[[Progress], None]


@dataclass
class LoadedData:
    """A data set as a worker holds it: both parts as tensors on the device, targets also here."""

    info: data.DatasetInfo
    train_targets: data.Labels
    test_targets: data.Labels
    train: Samples
    test: Samples
    _probe_set: tuple[data.Split, Any, Any] | None = None

    @property
    def task(self) -> Task:
        """What its networks are trained for."""
        return self.info.task

    def probe_set(self, split: data.Split) -> tuple[Any, Any]:
        """Inputs and targets of the probe set of a split, kept for the next run."""
        import tensorflow as tf

        if self._probe_set is None or self._probe_set[0] is not split:
            chosen = probes.probe_indices(data.strata(self.task, self.train_targets), split.train)
            both = (tf.gather(part, chosen) for part in (self.train.inputs, self.train.targets))
            self._probe_set = (split, *both)
        return self._probe_set[1:]


@dataclass
class _Best:
    """The weights of the best validation epoch so far; the earliest wins a tie."""

    metric: Metric
    epoch: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    state: weights.Snapshot = field(default_factory=list)

    def offer(self, epoch: int, measured: Measured, model: Any) -> None:
        if not math.isfinite(measured.loss):
            return
        name = self.metric.name
        if self.epoch:
            gain = measured.metrics[name] - self.metrics[name]
            if not (gain > 0 if self.metric.higher_is_better else gain < 0):
                return
        self.epoch, self.metrics = epoch, measured.metrics
        self.state = weights.snapshot(model.variables)


def data_order(seed: int, epoch: int, train: NDArray[np.int32]) -> NDArray[np.int32]:
    """The order in which every variant of `seed` sees the training part in `epoch`."""
    return train[np.random.default_rng([seed, epoch]).permutation(len(train))]


def train(
    spec: Spec,
    program: Program,
    loaded: LoadedData,
    split: data.Split,
    report: Report,
    *,
    compile_seconds: float,
) -> RunResult:
    """Train the network of `spec` with its compiled program.

    Every variable of the program is set to the start of this run, and every draw is keyed by the
    spec, so the result has the same bits whatever the program trained before.
    """
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    run = _Run(spec, program, loaded, split, report)
    return run.finish(run.epochs(), started_at, compile_seconds)


@dataclass
class _Run:
    """One training in the making."""

    spec: Spec
    program: Program
    loaded: LoadedData
    split: data.Split
    report: Report
    history: probes.History | None = None

    def __post_init__(self) -> None:
        self.metric = METRICS[self.loaded.task.metric]
        self.best = _Best(self.metric)
        self.diverged = False
        self.last: tuple[Measured, Measured | None] | None = None

    def epochs(self) -> list[Row]:
        """Train epoch by epoch; a loss or a weight that is not finite ends it early."""
        spec = self.spec
        self.program.reset(
            seed=spec.seed,
            initializer=spec.initializer,
            bias_initializer=spec.bias_initializer,
            recurrent_initializer=spec.recurrent_initializer,
            learning_rate=spec.learning_rate,
        )
        self.history = self._make_history() if spec.probes else None
        untrained = self.split.train[:UNTRAINED_SAMPLES]
        rows = [self._epoch_row(0, lambda: self._evaluate(untrained))]
        for epoch in range(1, spec.epochs + 1):
            order = data_order(spec.seed, epoch, self.split.train)
            rows.append(self._epoch_row(epoch, lambda order=order: self._train(order)))  # type: ignore[misc]
            if self.diverged:
                break
        return rows

    def finish(self, rows: list[Row], started_at: str, compile_seconds: float) -> RunResult:
        """Test the last and the best weights, and put everything together."""
        tested = None if self.diverged else self.program.evaluate(self.loaded.test)
        self.diverged = tested is None or not math.isfinite(tested.loss)
        summary: Row = {
            **{key: rows[-1][key] for key in rows[-1] if key not in ("epoch", "seconds")},
            "parameter_count": self.program.parameter_count,
            "metric": self.metric.name,
            **self._cells("test", tested),
            **self._guesses(),
            **self._best_cells(tested, len(rows) - 1),
            **(self.history.summary() if self.history else {"probes": False}),
            "train_seconds": sum(row["seconds"] for row in rows[1:]),
            "compile_seconds": compile_seconds,
            "started_at": started_at,
        }
        layers = tuple(self.history.rows) if self.history else ()
        right = self._test_samples(tested)
        return RunResult(self._outcome(), summary, tuple(rows), layers, test_samples=right)

    def _train(self, order: NDArray[np.int32]) -> Measured:
        return self.program.train_epoch(self.loaded.train, order).mean

    def _evaluate(self, indices: NDArray[np.int32]) -> Measured:
        return self.program.evaluate(self.loaded.train, indices)

    def _epoch_row(self, epoch: int, train: Callable[[], Measured]) -> Row:
        started = time.perf_counter()
        trained = train()
        held_out = self._evaluate(self.split.validation) if len(self.split.validation) else None
        seconds = time.perf_counter() - started
        if not self.program.is_finite():
            # The losses may be: of a unit that is not a number, many a function makes 0.
            trained = replace(trained, loss=math.nan)
            held_out = held_out and replace(held_out, loss=math.nan)
        self.last = trained, held_out
        # Untrained weights may overflow as well: such a run is over before it began.
        losses = [trained.loss] + ([held_out.loss] if held_out else [])
        self.diverged = not all(math.isfinite(loss) for loss in losses)
        if epoch and held_out:
            self.best.offer(epoch, held_out, self.program.model)
        if self.history:
            self.history.note(epoch, last=self.diverged or epoch == self.spec.epochs)
        row = {"epoch": epoch, **self._cells("train", trained), "seconds": seconds}
        row |= self._cells("val", held_out)
        name = self.metric.name
        val_metric = row[f"val_{name}"]
        if epoch:
            self.report(Progress(epoch, self.spec.epochs, trained.loss, val_metric, name))
        return row

    def _make_history(self) -> probes.History:
        inputs, targets = self.loaded.probe_set(self.split)
        everything = self.loaded.train.inputs, self.split.train
        return probes.History(self.program.probe, inputs, targets, everything)

    def _guesses(self) -> Row:
        """What the constant guess reaches, for each part."""
        guess = GUESSES[self.loaded.task.guess]
        targets = self.loaded.train_targets
        trained, held_out = targets[self.split.train], targets[self.split.validation]
        on_test = guess.metrics(trained, self.loaded.test_targets)
        on_val = guess.metrics(trained, held_out) if len(held_out) else {}
        cells: Row = {}
        for name in self.loaded.task.metrics:
            cells |= {f"guess_val_{name}": on_val.get(name), f"guess_test_{name}": on_test[name]}
        return cells

    def _best_cells(self, tested: Measured | None, last_epoch: int) -> Row:
        if not self.best.epoch:
            return {}
        if self.best.epoch != last_epoch or tested is None:
            weights.restore(self.program.model.variables, self.best.state)
            tested = self.program.evaluate(self.loaded.test)
        cells: Row = {"best_epoch": self.best.epoch}
        for name in self.loaded.task.metrics:
            cells |= {
                f"best_epoch_val_{name}": _finite(self.best.metrics[name]),
                f"best_epoch_test_{name}": _metric(tested, name),
            }
        return cells

    def _test_samples(self, tested: Measured | None) -> tuple[Row, ...]:
        """The row of test_samples.csv; none of ratings, nor without a finite loss."""
        if self.diverged or tested is None or tested.right is None:
            return ()
        packed = np.packbits(tested.right).tobytes()
        row: Row = {
            "samples": tested.count,
            "correct": base64.b64encode(packed).decode("ascii"),
            "fingerprint": self.spec.data_fingerprint,
        }
        return (row,)

    def _outcome(self) -> str:
        """`learned`, `at_chance` or `diverged`; judged by validation, else by training."""
        if self.diverged or self.last is None:
            return "diverged"
        trained, held_out = self.last
        targets = self.loaded.train_targets
        if held_out:
            judged, answers = held_out, targets[self.split.validation]
        else:
            order = data_order(self.spec.seed, self.spec.epochs, self.split.train)
            judged, answers = trained, targets[order]
        beaten = GUESSES[self.loaded.task.guess].is_beaten(
            targets[self.split.train], answers, judged
        )
        return "learned" if beaten else "at_chance"

    def _cells(self, part: str, measured: Measured | None) -> Row:
        """Loss and metrics; all empty where there are none."""
        cells: Row = {f"{part}_loss": _finite(measured.loss) if measured else None}
        for name in self.loaded.task.metrics:
            cells[f"{part}_{name}"] = _metric(measured, name) if measured else None
        return cells


def _metric(measured: Measured, name: str) -> float | None:
    """None without a finite loss: such a network predicts nothing, whatever was counted."""
    return _finite(measured.metrics[name]) if math.isfinite(measured.loss) else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
