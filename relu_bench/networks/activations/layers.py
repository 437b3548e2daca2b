"""The layers that Keras does not have. Importing this module imports TensorFlow."""

from typing import Any

from relu_bench.machine.quiet_tensorflow import keras, tf
from relu_bench.networks import draws


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
        # The seed given here is replaced before every run (see `weights.py`).
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The activation, of the same shape."""
        slope = (self.lower + self.upper) / 2
        if training:
            slope = draws.uniform(self, tf.shape(inputs), self.lower, self.upper)
        return tf.where(inputs > 0, inputs, slope * inputs)
