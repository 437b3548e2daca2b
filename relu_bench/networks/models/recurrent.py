"""`rnn`: a simple recurrent network over the rows or the pixels of an image."""

from typing import Any

from relu_bench.components.labels import Label
from relu_bench.components.registry import Parameter
from relu_bench.networks import activations
from relu_bench.networks.models.entry import Architecture, Model, dropped, normalized

# The recurrent kernel has the square of it: 64 MiB.
WIDEST = 4096
NAME = "recurrent_1"
"""Of the recurrent layer."""


def steps(label: Label, shape: tuple[int, ...]) -> tuple[int, int]:
    """Of a sequence made of one image (height, width, channels): its steps, features a step."""
    height, width, channels = shape
    if label["sequence"] == "rows":
        return height, width * channels
    return height * width, channels


def _build(label: Label, architecture: Architecture, inputs: Any) -> Any:
    import keras

    from relu_bench.networks.layers import SimpleRecurrent

    activation = activations.build_layer(
        architecture.activation, f"{NAME}_activation", 2, architecture.source
    )
    sequence = steps(label, architecture.inputs.shape)
    outputs = keras.layers.Reshape(sequence, name="sequence")(inputs)
    outputs = SimpleRecurrent(label["units"], activation, NAME)(outputs)  # type: ignore[arg-type]
    # Once, on what the output layer is given: statistics of every step would be another model.
    return dropped(normalized(outputs, NAME, architecture), NAME, architecture)


RNN = Model(
    parameters={
        "units": Parameter("integer", 100, minimum=1, maximum=WIDEST),
        "sequence": Parameter("word", "rows", choices=("rows", "pixels")),
    },
    build=_build,
    xla=True,
    efficiency=0.6,
    depth=lambda label: 1,
    recurrent=True,
)
