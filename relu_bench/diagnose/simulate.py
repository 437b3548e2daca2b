"""Many random initializations of networks that differ only in activation and batch norm.

Arithmetic is float32, as in training; moments are summed in float64, so that the square of what
float32 can still hold does not overflow. Trials are worked on in pieces whose arrays fit into
`WORKING_MEMORY`; where one trial alone needs more, one at a time. Results depend neither on the
size of the pieces nor on the number of threads.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.diagnose import network
from relu_bench.diagnose.draws import Stream, distribution
from relu_bench.diagnose.network import Variant, Weights
from relu_bench.errors import ReluBenchError
from relu_bench.machine import hardware

WORKING_MEMORY = 64 * 2**20
"""Bytes of the arrays of one piece. Larger pieces are slower: they leave the processor's cache."""
_FLOAT = 4
# A gradient, its slopes in float64, and what is made of them on the way.
_TEMPORARIES = 8

Report = Callable[[int], None]


@dataclass(frozen=True)
class Network:
    """The networks to draw: numbers of inputs, hidden units by layer and outputs; initializers.

    Initializers are canonical labels.
    """

    inputs: int
    widths: tuple[int, ...]
    outputs: int
    initializer: str
    bias_initializer: str

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(fan_in, units) of each kernel, the output layer's last."""
        sizes = (self.inputs, *self.widths, self.outputs)
        return tuple(itertools.pairwise(sizes))


@dataclass(frozen=True, eq=False)
class Images:
    """The images that are sent through: inputs (images, features) in [0, 1], their targets.

    `loss` is Keras's name of the loss whose gradient comes back.
    """

    inputs: NDArray[np.float32]
    targets: NDArray[Any]
    loss: str = "sparse_categorical_crossentropy"


@dataclass(frozen=True, eq=False)
class Trials:
    """What was measured in each trial.

    Attributes:
        signal: (trials, layers + 1) mean over images and units of the squared pre-activation; the
            output layer's last. Infinite where float32 overflows.
        gradient: (trials, layers) mean over images and units of the squared derivative of one
            image's loss by the pre-activation. NaN where float32 overflows.
        inactive: (trials, layers) units whose derivative f' is exactly 0 for every image; none
            where float32 overflows.
    """

    signal: NDArray[np.float64]
    gradient: NDArray[np.float64]
    inactive: NDArray[np.int64]


def simulate(
    drawn: Network,
    variants: Sequence[Variant],
    images: Images,
    *,
    trials: int,
    seed: int,
    memory: int = WORKING_MEMORY,
    report: Report = lambda work: None,
) -> list[Trials]:
    """Measure `trials` initializations of each variant, all with the same weights.

    Args:
        drawn: the networks.
        variants: activations, with or without batch norm.
        images: what is sent through.
        trials: initializations of each variant.
        seed: of the weights.
        memory: bytes of the arrays of one piece.
        report: called now and then with the work done since: trials times variants.

    Returns:
        The measurements, one for each variant.

    Raises:
        ReluBenchError: when one trial needs more memory than the machine has.
    """
    from threadpoolctl import threadpool_limits

    workers = min(hardware.available_cores(), max(len(variants), len(drawn.shapes)))
    piece = _trials_at_once(drawn, len(images.inputs), min(workers, len(variants)), memory)
    streams = _streams(seed, len(drawn.shapes))
    found: list[list[Trials]] = [[] for _ in variants]
    # One thread for each product: small ones gain nothing by more, and the bits stay the same.
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        for count in _pieces(trials, piece):
            weights = _draw(drawn, streams, count, pool)
            first = network.first_linear(images.inputs, weights)
            jobs = [pool.submit(_measure, first, weights, variant, images) for variant in variants]
            for measured, job in zip(found, jobs, strict=True):
                measured.append(job.result())
                report(count)
    return [_joined(each) for each in found]


def multiply_adds(drawn: Network, images: int) -> int:
    """Multiply-adds of one trial of one variant: forward, and back to the first layer."""
    sizes = [fan_in * units for fan_in, units in drawn.shapes]
    return images * (sum(sizes) + sum(sizes[1:]))


def _streams(seed: int, layers: int) -> list[tuple[Stream, Stream]]:
    names = [f"dense_{number}" for number in range(1, layers)] + ["output"]
    return [(Stream(seed, f"{name}/kernel"), Stream(seed, f"{name}/bias")) for name in names]


def _draw(
    drawn: Network,
    streams: Sequence[tuple[Stream, Stream]],
    count: int,
    pool: ThreadPoolExecutor,
) -> Weights:
    def layer(number: int) -> tuple[Any, Any]:
        (fan_in, units), (kernel, bias) = drawn.shapes[number], streams[number]
        for_kernel = distribution(drawn.initializer, fan_in, units)
        for_bias = distribution(drawn.bias_initializer, units, units)
        return (
            kernel.draw(for_kernel, (count, fan_in, units)),
            bias.draw(for_bias, (count, 1, units)),
        )

    kernels, biases = zip(*pool.map(layer, range(len(streams))), strict=True)
    return Weights(kernels, biases)


def _measure(
    first: NDArray[np.float32], weights: Weights, variant: Variant, images: Images
) -> Trials:
    # Overflow and 0/0 are results here: the moments say so.
    with np.errstate(all="ignore"):
        signals = network.forward(first, weights, variant)
        layers = (*signals.pre_activations, signals.outputs)
        signal = np.stack([_second_moment(each) for each in layers], axis=1)
        gradient = np.empty((len(first), len(layers) - 1))
        inactive = np.empty(gradient.shape, np.int64)
        for step in network.backward(signals, weights, variant, images.targets, images.loss):
            gradient[:, step.layer] = _second_moment(step.gradient)
            inactive[:, step.layer] = (~(step.slopes != 0).any(axis=1)).sum(axis=1)
    signal[~np.isfinite(signal)] = np.inf
    # Beyond float32 a unit is not a number, and no comparison finds it active.
    inactive[np.isinf(signal[:, :-1])] = 0
    gradient[~np.isfinite(gradient)] = np.nan
    return Trials(signal, gradient, inactive)


def _second_moment(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of the squares over images and units, one for each trial."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    return np.asarray(np.einsum("ti,ti->t", flat, flat) / flat.shape[1])


def _joined(pieces: Sequence[Trials]) -> Trials:
    return Trials(
        np.concatenate([each.signal for each in pieces]),
        np.concatenate([each.gradient for each in pieces]),
        np.concatenate([each.inactive for each in pieces]),
    )


def _pieces(trials: int, size: int) -> Iterator[int]:
    for start in range(0, trials, size):
        yield min(size, trials - start)


def _trials_at_once(drawn: Network, images: int, workers: int, memory: int) -> int:
    weights = sum((fan_in + 1) * units for fan_in, units in drawn.shapes)
    signals = images * (sum(drawn.widths) + drawn.outputs)
    temporaries = images * max(*drawn.widths, drawn.outputs) * _TEMPORARIES
    needed = _FLOAT * (weights + workers * (signals + temporaries))
    available = hardware.memory_gib()
    if available is not None and needed > available * 2**30:
        raise ReluBenchError(
            f"One initialization of a perceptron with {weights:,} parameters needs about "
            f"{needed / 2**30:.0f} GiB here, and this machine has {available:.0f} GiB. "
            "Take a smaller model or fewer --images."
        )
    return max(1, memory // needed)
