"""What a worker process does: it trains the specs that it is asked for, one after the other."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from relu_bench.config.plan import Spec
from relu_bench.data import ReadyData
from relu_bench.machine import compile_cache, hardware
from relu_bench.machine.child_process import Answer
from relu_bench.training.loop import Report, RunResult


class Trains(Protocol):
    """What a worker needs to train: `trainer.Trainer`, or a stand-in for tests."""

    compiled_programs: int

    def train(self, spec: Spec, report: Report) -> RunResult:
        """Train one spec."""
        ...


@dataclass(frozen=True)
class WorkerSettings:
    """What every worker is told at its start.

    Attributes:
        data_dir: where to look for data sets first.
        shared: data sets that are ready in memory.
        trial: whether to compile something first, and all without the cache: the worker before it
            has died in a run, and if it is the machine that does not let it work, or a program that
            was kept, no run is to be blamed.
    """

    data_dir: Path | None = None
    shared: tuple[ReadyData, ...] = ()
    trial: bool = False


MakeTrainer = Callable[[WorkerSettings], Trains]


def make_tensorflow_trainer(settings: WorkerSettings) -> Trains:
    """The real trainer, on one thread."""
    from relu_bench.execution.preload import one_thread, tf, trainer

    one_thread()
    # Where TensorFlow cannot work at all (no memory, no /proc), it should show before any run.
    zero = tf.zeros(())
    if settings.trial:
        os.environ[compile_cache.VARIABLE] = compile_cache.OFF
        with contextlib.suppress(tf.errors.OpError):  # without XLA, networks are trained without
            tf.function(lambda x: x + 1.0, jit_compile=True, autograph=False)(zero)
    return trainer.Trainer(settings.data_dir, settings.shared)


def make_training(make_trainer: MakeTrainer, settings: WorkerSettings) -> Answer:
    """What answers a spec, and reports `training.Progress`.

    The answer is the result, and the bytes by which the worker's memory has grown since its start.
    """
    trainer = make_trainer(settings)
    at_start = hardware.memory_in_use()
    return lambda spec, report: (
        trainer.train(spec, report),
        hardware.memory_in_use() - at_start,
    )
