"""Stand-ins for training that behave as a spec's seed says; importable by worker processes."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import Spec, make_plan
from relu_bench.execution.worker import WorkerSettings
from relu_bench.networks.activations import source_of
from relu_bench.training.loop import Progress, Report, RunResult

DIES_ALWAYS, DIES_ONCE, RAISES, NEVER_ENDS = 901, 902, 903, 904


def specs_of(*seeds: int, **fields: tuple[Any, ...]) -> tuple[Spec, ...]:
    own = {label: source_of(label) for label in fields.get("activation", ())}
    sources = {label: source for label, source in own.items() if source is not None}
    return make_plan(Experiment("test", {"epochs": (2,), **fields}, seeds=seeds, sources=sources))


def result_of(spec: Spec) -> RunResult:
    """A result all of whose numbers follow from the spec."""
    value = spec.seed / 1000 + spec.learning_rate
    row = {"train_loss": value, "train_accuracy": 0.5, "val_loss": value, "val_accuracy": 0.5}
    summary = {
        **row,
        "parameter_count": 7,
        "metric": "accuracy",
        "test_accuracy": 0.5,
        "guess_val_accuracy": 0.1,
        "guess_test_accuracy": 0.1,
        "train_seconds": 1.0,
        "compile_seconds": 0.0,
        "started_at": "2026-01-02T03:04:05+00:00",
    }
    epochs = tuple({"epoch": epoch, **row, "seconds": 0.1} for epoch in range(spec.epochs + 1))
    layers = ({"epoch": 0, "layer": "dense_1", "units": 3},)
    right = ({"samples": 4, "correct": ("oA==", "UA==")[spec.seed % 2], "fingerprint": None},)
    return RunResult("learned", summary, epochs, layers, test_samples=right)


class FakeTrainer:
    """Trains nothing; `folder` remembers what happened across processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.compiled_programs = 0
        self._programs: set[Any] = set()

    def train(self, spec: Spec, report: Report) -> RunResult:
        with (self.folder / f"trained-{spec.run_id}").open("a") as log:
            log.write(f"{os.getpid()}\n")
        if spec.program_key not in self._programs:
            self._programs.add(spec.program_key)
            self.compiled_programs += 1
        report(Progress(1, spec.epochs, 0.5, 0.5, "accuracy"))
        first_time = len(attempts(self.folder, spec)) == 1
        if spec.seed == DIES_ALWAYS or (spec.seed == DIES_ONCE and first_time):
            os.write(2, b"something\nit was the memory\n")
            os.kill(os.getpid(), signal.SIGKILL)
        if spec.seed == RAISES:
            raise ValueError("no\nsuch luck")
        if spec.seed == NEVER_ENDS:
            time.sleep(600)
        return result_of(spec)


def make_fake_trainer(settings: WorkerSettings) -> FakeTrainer:
    assert settings.data_dir is not None
    return FakeTrainer(settings.data_dir)


def make_slowly_starting_trainer(settings: WorkerSettings) -> FakeTrainer:
    time.sleep(0.6)
    return make_fake_trainer(settings)


def attempts(folder: Path, spec: Spec) -> list[int]:
    """The processes that tried a spec, in order."""
    return [int(line) for line in (folder / f"trained-{spec.run_id}").read_text().split()]


def _note(settings: WorkerSettings, name: str, text: str) -> None:
    assert settings.data_dir is not None
    with (settings.data_dir / name).open("a") as file:
        file.write(f"{text}\n")


def make_unable_trainer(settings: WorkerSettings) -> FakeTrainer:
    _note(settings, "started", "")
    raise MemoryError("not enough")


def make_dying_trainer(settings: WorkerSettings) -> FakeTrainer:
    _note(settings, "started", "")
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def make_writing_trainer(settings: WorkerSettings) -> FakeTrainer:
    for descriptor in (1, 2):
        os.write(descriptor, b"from native code\n")
    sys.stdout.write("from Python\n")
    _note(settings, "temporary", tempfile.mkstemp()[1])
    return make_fake_trainer(settings)


def processes_by_file(folder: Path, specs: Sequence[Spec]) -> list[int]:
    """How many processes have tried the specs without a user's file, and those of each file.

    None of them may have run two files.
    """
    found: dict[Any, set[int]] = {None: set()}
    for spec in specs:
        found.setdefault(spec.source, set()).update(attempts(folder, spec))
    plain, *own = found.values()
    assert sum(map(len, own)) == len(set().union(*own))
    return [len(plain), *map(len, own)]
