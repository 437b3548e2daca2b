"""The work that is timed: an activation applied so many times, eagerly, compiled or in NumPy.

The compiled program is made by XLA, as the training of perceptrons is. It applies the activation in
a loop of its own, so that the call from Python is paid once for many applications. Nothing in it
can be left out:

- How often the loop runs is an argument, unknown to the compiler, as in `training/program.py`.
- Each application takes the input plus a shift, as a layer adds its bias, and the shift is 10⁻⁶
  times an element of the output before: no two applications are the same, and none can be moved
  out of the loop or begun before the last one has ended.
- Output and gradients are carried through the loop as whole tensors, and are the program's results.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.components.labels import parse
from relu_bench.networks import activations
from relu_bench.speed.cells import UNITS, Cell

Apply = Callable[[int], object]
"""Applies an activation this many times; what it returns is the last result."""


def apply_layer(layer: Any, x: Any, upstream: Any, *, backward: bool) -> list[Any]:
    """The output as in training; with `backward` also the gradients by x and by what is learned.

    Args:
        layer: a Keras layer.
        x: its input.
        upstream: the gradient of the loss by the output, of the same shape.
        backward: whether gradients are wanted.
    """
    from relu_bench.machine.quiet_tensorflow import tf

    if not backward:
        return [layer(x, training=True)]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    # A function of the user's own may have no gradient: then it is 0, and costs what zeros cost.
    sources = [x, *layer.trainable_variables]
    gradients = tape.gradient(
        y, sources, output_gradients=upstream, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return [y, *gradients]


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


Clock = Callable[[], float]
"""Seconds since some moment, as `time.perf_counter`."""


_OVERHEAD_TIMINGS = 2


def seconds_each(work: Work, times: int, clock: Clock) -> float:
    """Seconds of one application, from `times` of them in a row.

    Of a compiled program, what a call takes that applies nothing is subtracted: the lesser of two
    calls just before, since a disturbance in it would make the activation look cheaper than it is.
    Eager calls are not corrected: what a call takes is what eager operations cost.
    """
    overhead = 0.0
    if work.compiled:
        overhead = min(_seconds(work, 0, clock) for _ in range(_OVERHEAD_TIMINGS))
    return (_seconds(work, times, clock) - overhead) / times


def _seconds(work: Work, times: int, clock: Clock) -> float:
    started = clock()
    work.apply(times)
    return clock() - started


SHIFT = 1e-6


def compiled_work(layer: Any, x: Any, upstream: Any, *, backward: bool) -> Apply:
    """The program for these tensors, compiled at its first call; each call runs it to its end."""
    from relu_bench.machine.quiet_tensorflow import tf

    program = make_program(layer, x.shape, backward=backward).get_concrete_function(
        x, upstream, tf.TensorSpec([], tf.int32)
    )

    def apply(times: int) -> Any:
        return program(x, upstream, tf.constant(times))

    return apply


def make_program(layer: Any, shape: Any, *, backward: bool) -> Any:
    """The compiled function of (input, gradient from above, times).

    It gives the output of the last application and, with `backward`, the gradients by its input and
    by each trainable variable of the layer; all zeros for no application.
    """
    from relu_bench.machine.quiet_tensorflow import tf

    shapes = [shape]
    if backward:
        shapes += [shape, *(variable.shape for variable in layer.trainable_variables)]

    def run(x: Any, upstream: Any, times: Any) -> Any:
        def body(index: Any, shift: Any, *_: Any) -> tuple[Any, ...]:
            results = apply_layer(layer, x + shift, upstream, backward=backward)
            return index + 1, SHIFT * results[0][0, 0], *results

        start = (tf.constant(0), tf.constant(0.0), *(tf.zeros(each) for each in shapes))
        _, _, *results = tf.while_loop(
            lambda index, *_: index < times, body, start, parallel_iterations=1
        )
        return results

    return tf.function(run, jit_compile=True, autograph=False)
