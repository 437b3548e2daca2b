"""What a worker holds: the data it has loaded and the programs it has compiled."""

import contextlib
import ctypes
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from relu_bench import data, models, training
from relu_bench.models import Architecture
from relu_bench.plan import Spec
from relu_bench.program import Program, Samples
from relu_bench.training import LoadedData, Report, RunResult

KEPT_PROGRAMS = 4
"""Programs that a worker keeps at once. A distinct program leaves some MiB behind for good."""


class Trainer:
    """Trains specs one after the other, sharing data and compiled programs between them.

    Args:
        data_dir: where to look for data sets first.
        shared: data sets that the parent holds ready.
        xla: None to let each model decide (see `models.py`).
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        shared: Sequence[data.SharedData] = (),
        xla: bool | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.shared = {each.name: each for each in shared}
        self.xla = xla
        self.compiled_programs = 0
        self._programs: OrderedDict[tuple[Any, ...], Program] = OrderedDict()
        self._loaded: dict[str, LoadedData] = {}
        self._splits: dict[tuple[Any, ...], data.Split] = {}
        self._notices: list[str] = []

    def train(self, spec: Spec, report: Report = lambda progress: None) -> RunResult:
        """Train one network. Never fetches: raises DataError when the data are not there."""
        loaded = self._load(spec)
        split = self._split(spec, loaded)
        program, compile_seconds = self._compiled(spec, loaded, len(split.train))
        result = training.train(
            spec, program, loaded, split, report, compile_seconds=compile_seconds
        )
        return replace(result, notices=tuple(self._notices))

    def _load(self, spec: Spec) -> LoadedData:
        if spec.dataset not in self._loaded:
            import tensorflow as tf

            ready = self.shared[spec.dataset].load() if spec.dataset in self.shared else None
            dataset = ready or data.load(spec.dataset, self.data_dir, fetch=False)
            self._loaded = {
                # The tensors are copies: the images as NumPy arrays are let go.
                spec.dataset: LoadedData(
                    dataset.task,
                    dataset.input_shape,
                    dataset.classes,
                    dataset.train_targets,
                    dataset.test_targets,
                    Samples(tf.constant(dataset.train_inputs), tf.constant(dataset.train_targets)),
                    Samples(tf.constant(dataset.test_inputs), tf.constant(dataset.test_targets)),
                )
            }
            self._splits.clear()
        return self._loaded[spec.dataset]

    def _split(self, spec: Spec, loaded: LoadedData) -> data.Split:
        key = (spec.dataset, spec.validation_split, spec.effective_split_seed, spec.train_samples)
        if key not in self._splits:
            self._splits = {
                key: data.split(
                    loaded.train_targets,
                    validation_split=spec.validation_split,
                    split_seed=spec.effective_split_seed,
                    train_samples=spec.train_samples,
                )
            }
        return self._splits[key]

    def _compiled(self, spec: Spec, loaded: LoadedData, count: int) -> tuple[Program, float]:
        """The spec's program, ready to run, and the seconds that compiling it took."""
        import tensorflow as tf

        program = self._program(spec, loaded)
        try:
            seconds = program.compile(loaded.train, count)
            if seconds:
                _return_memory()
            return program, seconds
        except (
            tf.errors.InvalidArgumentError,
            tf.errors.NotFoundError,
            tf.errors.UnimplementedError,
        ):
            if not program.xla:
                raise
        self._notices = ["XLA is not available here: training runs uncompiled, and slower."]
        self.xla = False
        self._programs.clear()
        program = self._program(spec, loaded)
        return program, program.compile(loaded.train, count)

    def _program(self, spec: Spec, loaded: LoadedData) -> Program:
        key = spec.program_key
        if key not in self._programs:
            while len(self._programs) >= KEPT_PROGRAMS:
                self._programs.popitem(last=False)
            self.compiled_programs += 1
            self._programs[key] = Program(
                architecture_of(spec, loaded.input_shape, loaded.classes),
                loaded.task,
                spec.optimizer,
                spec.batch_size,
                models.entry(spec.model).xla if self.xla is None else self.xla,
            )
        self._programs.move_to_end(key)
        return self._programs[key]


def _return_memory() -> None:
    """Give back what compiling has freed: about 70 MB, which glibc would keep for itself."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def architecture_of(spec: Spec, input_shape: tuple[int, ...], outputs: int) -> Architecture:
    """The network of a spec for data of this shape."""
    return Architecture(
        model=spec.model,
        activation=spec.activation,
        batch_norm=spec.batch_norm,
        batch_norm_momentum=spec.batch_norm_momentum,
        dropout=spec.dropout,
        dropout_kind=spec.dropout_kind,
        input_shape=input_shape,
        outputs=outputs,
        source=spec.source,
        output_activation=spec.output_activation,
    )
