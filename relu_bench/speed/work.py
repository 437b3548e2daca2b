"""The work that is timed: an activation applied so many times, eagerly, compiled or in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.components.labels import parse
from relu_bench.networks import activations
from relu_bench.speed.applying import Apply, apply_layer
from relu_bench.speed.cells import Cell
from relu_bench.speed.sizes import UNITS


@dataclass(frozen=True)
class Work:
    """What one cell does.

    Attributes:
        apply: applies the activation this many times; what it returns is the last result.
        elements: of the tensor that it is applied to.
        compiled: `apply(0)` costs what `apply(n)` costs besides the applications (the call of the
            program, its memory), and is to be subtracted.
    """

    apply: Apply
    elements: int
    compiled: bool = False


MakeWork = Callable[[Cell, int], Work]


class Workshop:
    """Makes work from cells; keeps tensors and layers, so that all cells use the same ones.

    The input and the gradient from above are standard normal random numbers, as pre-activations
    are after a good initialization: no value repeats, and no sign can be foreseen.

    Args:
        most_elements: of the largest tensor that will be asked for.
        seed: of the random numbers.
    """

    def __init__(self, most_elements: int, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        shape = (most_elements // UNITS, UNITS)
        self._input = random.standard_normal(shape, dtype=np.float32)
        self._upstream = random.standard_normal(shape, dtype=np.float32)
        self._tensors = lru_cache(maxsize=None)(self._make_tensors)
        self._layer = lru_cache(maxsize=None)(_make_layer)

    def make(self, cell: Cell, elements: int) -> Work:
        """The work of a cell on the first `elements` elements, a multiple of `sizes.UNITS`."""
        backward = cell.passes == "forward+backward"
        if cell.mode == "numpy":
            rows = slice(elements // UNITS)
            apply = numpy_work(
                cell.activation, self._input[rows], self._upstream[rows], backward=backward
            )
            return Work(apply, elements)
        layer = self._layer(cell.activation, xla=cell.mode == "compiled")
        x, upstream = self._tensors(elements)
        if cell.mode == "eager":
            return Work(eager_work(layer, x, upstream, backward=backward), elements)
        from relu_bench.speed.compiled import compiled_work

        apply = compiled_work(layer, x, upstream, backward=backward)
        return Work(apply, elements, compiled=True)

    def _make_tensors(self, elements: int) -> tuple[Any, Any]:
        from relu_bench.machine.quiet_tensorflow import tf

        rows = slice(elements // UNITS)
        return tf.constant(self._input[rows]), tf.constant(self._upstream[rows])


def _make_layer(label: str, *, xla: bool) -> Any:
    """The Keras layer of a canonical label, with its variables made."""
    from relu_bench.machine.quiet_tensorflow import tf
    from relu_bench.networks import draws

    layer = activations.build_layer(label, "activation", 2)
    draws.prepare([layer], xla=xla)
    layer(tf.zeros((1, UNITS)))
    return layer


def eager_work(layer: Any, x: Any, upstream: Any, *, backward: bool) -> Apply:
    """One call of the layer an application, as in a Python loop of one's own."""

    def apply(times: int) -> list[Any]:
        last: list[Any] = []
        for _ in range(times):
            last = apply_layer(layer, x, upstream, backward=backward)
        return last

    return apply


def numpy_work(
    label: str, x: NDArray[np.float32], upstream: NDArray[np.float32], *, backward: bool
) -> Apply:
    """The table's NumPy formulas of f and, with `backward`, of upstream · f′, as they stand there.

    Learned and random slopes have their starting and mean values, and get no gradient.
    """
    label_parts, row = parse(label), activations.entry(label)
    parameters = dict(label_parts.parameters)
    value: Any = partial(row.value, **parameters)
    slope: Any = partial(row.slope, **parameters)

    def apply(times: int) -> list[Any]:
        last: list[Any] = []
        for _ in range(times):
            last = [value(x), upstream * slope(x)] if backward else [value(x)]
        return last

    return apply
