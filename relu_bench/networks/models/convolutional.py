"""`cnn`: three convolutions and a dense layer."""

from typing import Any

from relu_bench.components.labels import Label
from relu_bench.networks.models.entry import Architecture, Model, activated


def _build(_label: Label, architecture: Architecture, inputs: Any) -> Any:
    import keras

    outputs = inputs
    for number, filters in enumerate((32, 64, 64), start=1):
        layer = keras.layers.Conv2D(filters, 3, kernel_initializer="zeros", name=f"conv_{number}")
        outputs = activated(layer, outputs, architecture)
        if number < 3:
            outputs = keras.layers.MaxPooling2D(2, name=f"pool_{number}")(outputs)
    outputs = keras.layers.Flatten(name="flatten")(outputs)
    layer = keras.layers.Dense(64, kernel_initializer="zeros", name="dense_1")
    return activated(layer, outputs, architecture)


CNN = Model(
    build=_build,
    xla=False,
    efficiency=1.0,
    depth=lambda label: 4,
    smallest_image=18,
)
