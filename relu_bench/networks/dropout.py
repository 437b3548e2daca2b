"""Dropout and alpha dropout as Keras has them, but for their generator (see `draws.py`).

Importing this module imports TensorFlow.
"""

from collections.abc import Mapping
from typing import Any

from relu_bench.machine.quiet_tensorflow import keras, tf
from relu_bench.networks import draws

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


KINDS: Mapping[str, Any] = {"standard": Dropout, "alpha": AlphaDropout}
