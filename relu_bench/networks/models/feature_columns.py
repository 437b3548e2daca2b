"""The layer that gives each part of a network its own columns of the features.

Importing this module imports TensorFlow.
"""

from typing import Any

from relu_bench.machine.quiet_tensorflow import keras


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
