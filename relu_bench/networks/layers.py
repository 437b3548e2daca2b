"""The layers that Keras does not have, or has otherwise: dropout, activations, recurrence, columns.

Importing this module imports TensorFlow. Layers that draw at random differ from Keras's in their
generator alone (see `draws.py`). The seed that they are given is replaced before every run (see
`weights.py`).
"""

from collections.abc import Mapping
from math import prod
from typing import Any

from relu_bench.machine.quiet_tensorflow import keras, tf
from relu_bench.networks import draws

_ZERO = tf.UnconnectedGradients.ZERO
# The fixed point of SELU (Klambauer et al. 2017, equation 14): its limit at minus infinity.
_SELU_LIMIT = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946


class Dropout(keras.layers.Dropout):  # type: ignore[misc]
    """In training, 0 with probability `rate`, else inputs / (1 - rate)."""

    random_algorithm = "philox"

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The units that stay, of the same shape; the inputs themselves at inference."""
        if not training or not self.rate:
            return inputs
        kept = draws.uniform(self, tf.shape(inputs)) >= self.rate
        return tf.where(kept, inputs / (1 - self.rate), 0.0)


class AlphaDropout(keras.layers.AlphaDropout):  # type: ignore[misc]
    """Dropout that keeps the mean 0 and variance 1 that SELU strives for; same source."""

    random_algorithm = "philox"

    def call(self, inputs: Any, training: bool = False) -> Any:
        """With probability `rate` SELU's limit at minus infinity; then scaled and shifted."""
        if not training or not self.rate:
            return inputs
        kept = draws.uniform(self, tf.shape(inputs)) >= self.rate
        rate, limit = self.rate, _SELU_LIMIT
        scale = ((1 - rate) * (1 + rate * limit**2)) ** -0.5
        return scale * tf.where(kept, inputs, limit) - scale * limit * rate


DROPOUT: Mapping[str, Any] = {"standard": Dropout, "alpha": AlphaDropout}
"""By the names that the config has."""


def relu_lambda(name: str) -> Any:
    """`tf.nn.relu` in a Lambda layer."""
    return keras.layers.Lambda(tf.nn.relu, name=name)


def relu_custom_gradient(name: str) -> Any:
    """ReLU with a gradient written by hand: 1 where x > 0, else 0."""

    def relu(x: Any) -> tuple[Any, Any]:
        def gradient(upstream: Any) -> Any:
            return upstream * tf.cast(x > 0, x.dtype)

        return tf.nn.relu(x), gradient

    return keras.layers.Activation(tf.custom_gradient(relu), name=name)


def celu(alpha: float, name: str) -> Any:
    """CELU. Keras's own (3.15) has the derivative 2 at 0, where that of CELU is 1."""

    def function(x: Any) -> Any:
        return tf.where(x > 0, x, alpha * tf.math.expm1(tf.minimum(x, 0.0) / alpha))

    return keras.layers.Activation(function, name=name)


class LearnableReLU(keras.layers.Layer):  # type: ignore[misc]
    """x for x > 0, slope * x below, with one learned slope that starts at `initial`."""

    def __init__(self, initial: float, name: str) -> None:
        super().__init__(name=name)
        self.initial = initial

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the slope: a scalar, whatever the input's shape."""
        self.slope = self.add_weight(
            shape=(), name="slope", initializer=keras.initializers.Constant(self.initial)
        )

    def call(self, inputs: Any) -> Any:
        """The activation, of the same shape."""
        return tf.where(inputs > 0, inputs, self.slope * inputs)


class AReLU(keras.layers.Layer):  # type: ignore[misc]
    """(1 + sigmoid(beta)) * x for x > 0, clip(alpha, 0.01, 0.99) * x below; both learned.

    Chen, Li, Xu 2020. The starting values are those of its authors' code.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create alpha and beta: scalars, whatever the input's shape."""
        constant = keras.initializers.Constant
        self.alpha = self.add_weight(shape=(), name="alpha", initializer=constant(0.9))
        self.beta = self.add_weight(shape=(), name="beta", initializer=constant(2.0))

    @property
    def negative_slope(self) -> Any:
        """The slope below 0, as learned so far: a scalar tensor."""
        return tf.clip_by_value(self.alpha, 0.01, 0.99)

    def call(self, inputs: Any) -> Any:
        """The activation, of the same shape."""
        positive_slope = 1.0 + tf.sigmoid(self.beta)
        return tf.where(inputs > 0, positive_slope * inputs, self.negative_slope * inputs)


class RReLU(keras.layers.Layer):  # type: ignore[misc]
    """x for x > 0, slope * x below; the slope is drawn for each element and step in training.

    Uniform in [lower, upper]; at inference their mean.
    """

    random_algorithm = "philox"

    def __init__(self, lower: float, upper: float, name: str) -> None:
        super().__init__(name=name)
        self.lower, self.upper = lower, upper
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The activation, of the same shape."""
        slope = (self.lower + self.upper) / 2
        if training:
            slope = draws.uniform(self, tf.shape(inputs), self.lower, self.upper)
        return tf.where(inputs > 0, inputs, slope * inputs)


class SimpleRecurrent(keras.layers.Layer):  # type: ignore[misc]
    """h_t = f(x_t W + b + h_(t-1) U) with h_0 = 0; the output is the last h.

    It is compiled as a loop whose gradient is written by hand. The gradient that TensorFlow derives
    of a loop adds up the kernel's gradient step by step. Here the loop back carries the gradient by
    the state alone, and the kernel's is one matrix product over all steps at the end: for 784
    steps, some five times as fast (back-propagation through time: Werbos 1990). The derivative of
    the activation is that of its own Keras layer, so any of them will do.

    Inputs are (samples, steps, features), the output (samples, units). The variables are W
    (`kernel`), U (`recurrent_kernel`), b (`bias`) and those of the activation, which all steps
    share.

    Args:
        units: of the state.
        activation: the Keras layer of f, elementwise.
        name: of the layer.
    """

    def __init__(self, units: int, activation: Any, name: str) -> None:
        super().__init__(name=name)
        self.units = units
        self.activation = activation

    @property
    def random_algorithm(self) -> str:
        """The generator of an activation that draws at random; no attribute of others."""
        return str(self.activation.random_algorithm)

    @random_algorithm.setter
    def random_algorithm(self, name: str) -> None:
        self.activation.random_algorithm = name

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the variables."""
        _, steps, features = input_shape
        assert steps is not None  # images of one data set have one shape
        self.steps = steps
        for name, shape in (
            ("kernel", (features, self.units)),
            ("recurrent_kernel", (self.units, self.units)),
            ("bias", (self.units,)),
        ):
            setattr(self, name, self.add_weight(shape=shape, initializer="zeros", name=name))
        self.activation.build((None, self.units))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(samples, units)."""
        return input_shape[0], self.units

    @property
    def multiply_adds(self) -> int:
        """Of one forward pass for one sample."""
        return int(self.steps * (prod(self.kernel.shape) + prod(self.recurrent_kernel.shape)))

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The last state (samples, units)."""
        projected = self.project(inputs)
        if training and hasattr(self.activation, "random_algorithm"):
            return self._last_of_random(projected)
        return self.recur(projected, tf.zeros_like(projected))[0]

    def project(self, inputs: Any) -> Any:
        """x_t W + b of all steps at once: (steps, samples, units)."""
        projected = tf.tensordot(inputs, tf.convert_to_tensor(self.kernel), 1)
        return tf.transpose(projected + tf.convert_to_tensor(self.bias), [1, 0, 2])

    def recur(self, projected: Any, nudges: Any) -> tuple[Any, Any]:
        """Go through all steps, at inference.

        Args:
            projected: of `project`; the gradient by it is that by the pre-activation of its step.
            nudges: zeros of the same shape, of which nothing is computed; the gradient by them is
                that by the state of their step, h_t.

        Returns:
            The last state, and the pre-activations of all steps (steps, samples, units), for which
            there is no gradient.
        """

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def recurrence(projected: Any, _nudges: Any, recurrent_kernel: Any) -> Any:
            pre = self._pre_activations(projected, recurrent_kernel)

            def gradient(by_last: Any, _by_pre: Any, variables: Any = ()) -> Any:
                with tf.GradientTape(persistent=True) as tape:
                    tape.watch(pre)
                    states = self.activation.call(pre)
                slopes = tape.gradient(states, pre, unconnected_gradients=_ZERO)
                by_states = self._by_states(by_last, slopes, recurrent_kernel)
                by_pre = by_states * slopes
                before, behind = (
                    tf.reshape(rows, [-1, self.units]) for rows in (states[:-1], by_pre[1:])
                )
                by_kernel = tf.matmul(before, behind, transpose_a=True)
                by_variables = tape.gradient(states, list(variables), output_gradients=by_states)
                return (by_pre, by_states, by_kernel), by_variables

            return (self.activation.call(pre[-1]), pre), gradient

        last, pre = recurrence(projected, nudges, tf.convert_to_tensor(self.recurrent_kernel))
        return last, tf.stop_gradient(pre)

    def _pre_activations(self, projected: Any, recurrent_kernel: Any) -> Any:
        """Those of all steps, (steps, samples, units)."""

        def step(number: Any, state: Any, rows: Any) -> Any:
            pre = projected[number] + tf.matmul(state, recurrent_kernel)
            return number + 1, self.activation.call(pre), rows.write(number, pre)

        start = tf.constant(0), tf.zeros_like(projected[0]), self._rows(projected)
        return self._loop(lambda number, *_: number < self.steps, step, start)[-1].stack()

    def _by_states(self, by_last: Any, slopes: Any, recurrent_kernel: Any) -> Any:
        """The gradients by the states of all steps, from that by the last one."""
        back = tf.transpose(recurrent_kernel)

        def step(number: Any, by_state: Any, rows: Any) -> Any:
            rows = rows.write(number, by_state)
            return number - 1, tf.matmul(by_state * slopes[number], back), rows

        start = tf.constant(self.steps - 1), by_last, self._rows(slopes)
        return self._loop(lambda number, *_: number >= 0, step, start)[-1].stack()

    def _last_of_random(self, projected: Any) -> Any:
        """The last state where the activation draws: its derivative belongs to that draw."""
        recurrent_kernel = tf.convert_to_tensor(self.recurrent_kernel)

        def step(number: Any, state: Any) -> Any:
            pre = projected[number] + tf.matmul(state, recurrent_kernel)
            return number + 1, self.activation.call(pre, training=True)

        start = tf.constant(0), tf.zeros_like(projected[0])
        return self._loop(lambda number, *_: number < self.steps, step, start)[-1]

    def _rows(self, like: Any) -> Any:
        """Room for a row a step, each like those of a tensor."""
        return tf.TensorArray(like.dtype, self.steps, element_shape=like.shape[1:])

    def _loop(self, more: Any, step: Any, start: Any) -> Any:
        return tf.while_loop(
            more, step, start, maximum_iterations=self.steps, parallel_iterations=1
        )


class FeatureColumns(keras.layers.Layer):  # type: ignore[misc]
    """Columns `start` to `stop` - 1 of inputs (n, columns)."""

    def __init__(self, start: int, stop: int, **options: Any) -> None:
        super().__init__(**options)
        self.start, self.stop = start, stop

    def call(self, inputs: Any) -> Any:
        """Those columns, (n, stop - start)."""
        return inputs[:, self.start : self.stop]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """What Keras asks for while it builds a network."""
        return (input_shape[0], self.stop - self.start)
