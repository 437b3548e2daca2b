"""What a plan will cost before it is run: the layers of its models, and the time it should take."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from relu_bench import data
from relu_bench.config.plan import Spec
from relu_bench.networks import models
from relu_bench.networks.activations import own
from relu_bench.networks.models import Architecture
from relu_bench.training.trainer import architecture_of

START_SECONDS = 3.0
"""Starting TensorFlow and reading data, until the first worker trains."""
_COMPILE_SECONDS = {True: 1.5, False: 0.5}
_STEP_SECONDS = 40e-6
"""What a step costs apart from its arithmetic."""
_FORWARD_AND_BACKWARD = 3
"""A backward pass costs two forward passes: one for the inputs, one for the weights."""


@dataclass(frozen=True)
class Layer:
    """A row of a model's table. `output_shape` is without the batch axis."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Network:
    """The layers of a model, and the multiply-adds of one forward pass for one sample."""

    layers: tuple[Layer, ...]
    multiply_adds: int

    @property
    def parameter_count(self) -> int:
        """Trainable parameters and moving statistics."""
        return sum(layer.parameters for layer in self.layers)


def network_of(spec: Spec, data_dir: Path | None = None) -> Network:
    """The network that `spec` trains, as Keras builds it."""
    info = data.info(spec.dataset, data_dir)
    return _network(architecture_of(spec, info))


@lru_cache(maxsize=256)
def _network(architecture: Architecture) -> Network:
    if architecture.source is None:
        return _built(architecture)
    found: Network = own.call(architecture.source, _built, architecture, limited=False)
    return found


def _built(architecture: Architecture) -> Network:
    import relu_bench.machine.quiet_tensorflow  # noqa: F401 - before Keras is imported

    model = models.build(architecture)
    layers = tuple(
        Layer(layer.name, type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in model.layers
    )
    return Network(layers, sum(_multiply_adds(layer) for layer in model.layers))


def seconds(
    specs: Sequence[Spec], jobs: int, data_dir: Path | None = None, rate: float | None = None
) -> float:
    """About how long the runs take with `jobs` workers, starting and compiling included.

    Args:
        specs: the runs.
        jobs: worker processes.
        data_dir: where data folders are looked for.
        rate: floating-point operations a second of one core in a large matrix product; None:
            measured now, in a fraction of a second.
    """
    rate = rate or matrix_product_rate()
    programs: dict[Any, list[Spec]] = {}
    for spec in specs:
        programs.setdefault(spec.program_key, []).append(spec)
    total = longest = 0.0
    for runs in programs.values():
        once, epoch = _training_seconds(runs[0], rate, data_dir)
        each = [once + epoch * spec.epochs for spec in runs]
        compiling = _COMPILE_SECONDS[models.entry(runs[0].model).xla]
        total += compiling * min(jobs, len(runs)) + sum(each)
        longest = max(longest, *(compiling + run for run in each))
    return START_SECONDS + max(longest, total / jobs)


def matrix_product_rate() -> float:
    """Floating-point operations a second of one core, from single-precision matrix products."""
    from threadpoolctl import threadpool_limits

    left, right = np.ones((512, 784), np.float32), np.ones((784, 512), np.float32)
    best = math.inf
    with threadpool_limits(1):
        for _ in range(30):
            started = time.perf_counter()
            left @ right
            best = min(best, time.perf_counter() - started)
    return 2 * left.size * right.shape[1] / best


def _training_seconds(spec: Spec, rate: float, data_dir: Path | None) -> tuple[float, float]:
    """What a run costs apart from its epochs, and for each epoch."""
    info = data.info(spec.dataset, data_dir)
    trained, held_out = data.part_sizes(
        info.train_count,
        validation_split=spec.validation_split,
        train_samples=spec.train_samples,
    )
    speed = rate * models.entry(spec.model).efficiency
    forward = 2 * network_of(spec, data_dir).multiply_adds / speed
    steps = math.ceil(trained / spec.batch_size)
    epoch = trained * _FORWARD_AND_BACKWARD * forward + steps * _STEP_SECONDS + held_out * forward
    return (trained + held_out + 2 * info.test_count) * forward, epoch


def _multiply_adds(layer: Any) -> int:
    if hasattr(layer, "multiply_adds"):
        return int(layer.multiply_adds)
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        return 0
    positions = math.prod(layer.output.shape[1:-1])
    return int(positions * math.prod(kernel.shape))
