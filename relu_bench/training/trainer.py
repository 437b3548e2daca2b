"""What a worker holds: the data it has loaded and the programs it has compiled."""

import contextlib
import ctypes
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from relu_bench import data
from relu_bench.config.plan import Spec
from relu_bench.machine import compile_cache
from relu_bench.networks import models
from relu_bench.networks.models import Architecture
from relu_bench.training.loop import LoadedData, Report, RunResult, train
from relu_bench.training.program import Program, Samples
from relu_bench.training.tensors import tensor


class Trainer:
    """Trains specs one after the other, sharing data and compiled programs between them.

    Args:
        data_dir: where to look for data sets first.
        shared: data sets that are in memory already.
        xla: None to let each model decide (see `models.py`).
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        shared: Sequence[data.ReadyData] = (),
        xla: bool | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.shared = {each.name: each for each in shared}
        self.xla = xla
        self.compiled_programs = 0
        self._programs: dict[tuple[Any, ...], Program] = {}
        self._held: _Held | None = None
        self._notices: list[str] = []

    def train(self, spec: Spec, report: Report = lambda progress: None) -> RunResult:
        """Train one network. Never fetches: raises DataError when the data are not there."""
        from relu_bench.machine.quiet_tensorflow import ENVIRONMENT

        loaded, split = self._ready(spec)
        program, compile_seconds = self._compiled(spec, loaded, len(split.train))
        result = train(spec, program, loaded, split, report, compile_seconds=compile_seconds)
        summary = {**result.summary, "environment": ENVIRONMENT or None}
        return replace(result, summary=summary, notices=tuple(self._notices))

    def _ready(self, spec: Spec) -> tuple[LoadedData, data.Split]:
        """The data set as tensors, and its parts; kept for the next run."""
        if self._held is None or self._held.name != spec.dataset:
            self._held = _Held(self._dataset(spec.dataset))
        return self._held.ready(spec)

    def _dataset(self, name: str) -> data.Dataset:
        ready = self.shared[name].load() if name in self.shared else None
        return ready or data.load(name, self.data_dir, fetch=False)

    def _compiled(self, spec: Spec, loaded: LoadedData, count: int) -> tuple[Program, float]:
        """The spec's program, ready to run, and the seconds that compiling it took."""
        import tensorflow as tf

        program = self._program(spec, loaded)
        try:
            seconds = program.compile(loaded.train, count)
            if seconds:
                _return_memory()
                if program.xla:
                    self._notices = [text for text in [compile_cache.refusal()] if text]
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
            self.compiled_programs += 1
            self._programs[key] = Program(
                architecture_of(spec, loaded.info),
                loaded.task,
                spec.optimizer,
                spec.batch_size,
                xla=models.entry(spec.model).xla if self.xla is None else self.xla,
                clip_norm=spec.gradient_clip_norm,
            )
        return self._programs[key]


class _Held:
    """One data set, its parts as asked for last, and its tensors."""

    def __init__(self, dataset: data.Dataset) -> None:
        self.name = dataset.name
        self._info = dataset.info
        self._encode = dataset.encode
        self._targets = dataset.train_targets, dataset.test_targets
        self._split: tuple[tuple[Any, ...], data.Split] | None = None
        self._loaded: LoadedData | None = None
        if self._encode is None:
            # Only the tensors are kept: where they are copies, the NumPy arrays are let go.
            self._loaded = self._tensors(dataset.train_inputs, dataset.test_inputs)

    def ready(self, spec: Spec) -> tuple[LoadedData, data.Split]:
        """The tensors and the parts that a spec asks for."""
        key = (spec.validation_split, spec.effective_split_seed, spec.train_samples)
        if self._split is None or self._split[0] != key:
            split = data.split(
                data.strata(self._info.task, self._targets[0]),
                validation_split=spec.validation_split,
                split_seed=spec.effective_split_seed,
                train_samples=spec.train_samples,
            )
            self._split = key, split
            if self._encode is not None:
                self._loaded = self._tensors(*self._encode(split.train))
        assert self._loaded is not None
        return self._loaded, self._split[1]

    def _tensors(self, train_inputs: Any, test_inputs: Any) -> LoadedData:
        train_targets, test_targets = self._targets
        return LoadedData(
            self._info,
            train_targets,
            test_targets,
            Samples(tensor(train_inputs), tensor(train_targets)),
            Samples(tensor(test_inputs), tensor(test_targets)),
        )


def _return_memory() -> None:
    """Give back what compiling has freed: about 70 MB, which glibc would keep for itself."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def architecture_of(spec: Spec, info: data.DatasetInfo) -> Architecture:
    """The network of a spec for this data set."""
    return Architecture(
        model=spec.model,
        activation=spec.activation,
        batch_norm=spec.batch_norm,
        batch_norm_momentum=spec.batch_norm_momentum,
        dropout=spec.dropout,
        dropout_kind=spec.dropout_kind,
        inputs=info.inputs,
        outputs=info.outputs,
        source=spec.source,
        output_activation=spec.output_activation,
    )
