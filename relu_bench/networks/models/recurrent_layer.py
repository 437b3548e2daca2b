"""A simple recurrent layer, compiled as a loop whose gradient is written by hand.

Importing this module imports TensorFlow.

The gradient that TensorFlow derives of a loop adds up the kernel's gradient step by step. Here the
loop back carries the gradient by the state alone, and the kernel's is one matrix product over all
steps at the end: for 784 steps, some five times as fast (back-propagation through time: Werbos
1990). The derivative of the activation is that of its own Keras layer, so any of them will do.
"""

from math import prod
from typing import Any

from relu_bench.machine.quiet_tensorflow import keras, tf

_ZERO = tf.UnconnectedGradients.ZERO


class SimpleRecurrent(keras.layers.Layer):  # type: ignore[misc]
    """h_t = f(x_t W + b + h_(t-1) U) with h_0 = 0; the output is the last h.

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
