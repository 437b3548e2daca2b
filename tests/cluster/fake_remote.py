"""Stand-ins for training that Dask workers import; they find their folder in FAKE_FOLDER."""

import os
import time
from pathlib import Path

from fake_training import FakeTrainer, result_of

from relu_bench.config.plan import Spec
from relu_bench.execution.worker import WorkerSettings
from relu_bench.training.loop import Progress, Report, RunResult


def make_trainer(settings: WorkerSettings) -> FakeTrainer:
    return FakeTrainer(Path(os.environ["FAKE_FOLDER"]))


class SlowTrainer:
    """Takes a tenth of a second an epoch."""

    compiled_programs = 1

    def train(self, spec: Spec, report: Report) -> RunResult:
        for epoch in range(1, spec.epochs + 1):
            time.sleep(0.1)
            report(Progress(epoch, spec.epochs, 0.5, None, "accuracy"))
        return result_of(spec)


def make_slow_trainer(settings: WorkerSettings) -> SlowTrainer:
    return SlowTrainer()


class ReadingTrainer:
    """Says in the loss what the images that it was sent add up to."""

    compiled_programs = 1

    def __init__(self, settings: WorkerSettings) -> None:
        self.shared = {each.name: each for each in settings.shared}

    def train(self, spec: Spec, report: Report) -> RunResult:
        dataset = self.shared[spec.dataset].load()
        assert dataset is not None
        result = result_of(spec)
        total = float(dataset.train_inputs.sum())
        return RunResult("learned", {**result.summary, "train_loss": total}, (), ())


def make_reading_trainer(settings: WorkerSettings) -> ReadingTrainer:
    return ReadingTrainer(settings)


def make_no_trainer(settings: WorkerSettings) -> FakeTrainer:
    raise RuntimeError("Intra op parallelism cannot be modified after initialization.")
