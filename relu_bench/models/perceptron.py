"""`mlp`: a multilayer perceptron, by the list of its widths, or by one width and a depth."""

from typing import Any

from relu_bench.components import REQUIRED, Parameter
from relu_bench.labels import Label
from relu_bench.models.entry import Architecture, Model, activated

WIDEST = 65536
# Keras builds a network by recursion, one Python frame a layer, of which a hidden layer has four.
DEEPEST = 200


def widths(label: Label) -> tuple[int, ...]:
    """Units of each hidden layer of a perceptron."""
    given: dict[str, Any] = dict(label.parameters)
    return tuple(given["hidden"]) if "hidden" in given else (given["width"],) * given["depth"]


def _build(label: Label, architecture: Architecture, inputs: Any) -> Any:
    import keras

    outputs = keras.layers.Flatten(name="flatten")(inputs)
    for number, width in enumerate(widths(label), start=1):
        layer = keras.layers.Dense(width, kernel_initializer="zeros", name=f"dense_{number}")
        outputs = activated(layer, outputs, architecture)
    return outputs


MLP = Model(
    parameters={
        "hidden": Parameter("integers", (128, 64), minimum=1, maximum=WIDEST, longest=DEEPEST)
    },
    other_forms=(
        {
            "width": Parameter("integer", REQUIRED, minimum=1, maximum=WIDEST),
            "depth": Parameter("integer", REQUIRED, minimum=1, maximum=DEEPEST),
        },
    ),
    build=_build,
    xla=True,
    efficiency=1.5,
    depth=lambda label: len(widths(label)),
    takes=("image", "features"),
)
