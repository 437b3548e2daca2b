"""`mlp`: a multilayer perceptron, by the list of its widths, or by one width and a depth.

With `residual=true`, a hidden layer as wide as the hidden layer below adds its input to its output,

    h_(l+1) = h_l + f(batch_norm(W h_l + b)),

with dropout inside the branch: He, Zhang, Ren, Sun 2016, Deep Residual Learning for Image
Recognition, with one layer a branch. Where the widths differ, and from the inputs to the first
hidden layer, there is no such connection.
"""

import itertools
from typing import Any

from relu_bench.components.labels import Label, LabelError
from relu_bench.components.registry import REQUIRED, Parameter
from relu_bench.networks.models.entry import Architecture, Model, activated

WIDEST = 65536
# Keras builds a network by recursion, one Python frame a layer, of which a hidden layer has four,
# or five with a residual connection.
DEEPEST = 200


def widths(label: Label) -> tuple[int, ...]:
    """Units of each hidden layer of a perceptron."""
    given: dict[str, Any] = dict(label.parameters)
    return tuple(given["hidden"]) if "hidden" in given else (given["width"],) * given["depth"]


def is_residual(label: Label) -> bool:
    """Whether a perceptron has residual connections."""
    return bool(dict(label.parameters).get("residual", False))


def skips(label: Label) -> tuple[bool, ...]:
    """For each hidden layer of a perceptron, whether its input is added to its output."""
    units = widths(label)
    equal = (below == above for below, above in itertools.pairwise(units))
    return (False, *(is_residual(label) and each for each in equal))


def check(label: Label) -> None:
    """Raise `LabelError` for residual connections of which the network would have none."""
    if is_residual(label) and not any(skips(label)):
        raise LabelError(
            f"{str(label)!r} has no residual connection: it needs two hidden layers of one width "
            "in a row, as in mlp(hidden=[64, 64], residual=true). Leave residual=true out."
        )


def _build(label: Label, architecture: Architecture, inputs: Any) -> Any:
    import keras

    outputs = keras.layers.Flatten(name="flatten")(inputs)
    layers = zip(widths(label), skips(label), strict=True)
    for number, (width, skip) in enumerate(layers, start=1):
        layer = keras.layers.Dense(width, kernel_initializer="zeros", name=f"dense_{number}")
        branch = activated(layer, outputs, architecture)
        if skip:
            branch = keras.layers.Add(name=f"{layer.name}_residual")([outputs, branch])
        outputs = branch
    return outputs


_RESIDUAL = Parameter("boolean", False, added_later=True)

MLP = Model(
    called_elsewhere=("dense", "fc", "perceptron"),
    parameters={
        "hidden": Parameter("integers", (128, 64), minimum=1, maximum=WIDEST, longest=DEEPEST),
        "residual": _RESIDUAL,
    },
    other_forms=(
        {
            "width": Parameter("integer", REQUIRED, minimum=1, maximum=WIDEST),
            "depth": Parameter("integer", REQUIRED, minimum=1, maximum=DEEPEST),
            "residual": _RESIDUAL,
        },
    ),
    build=_build,
    xla=True,
    efficiency=1.5,
    depth=lambda label: len(widths(label)),
    takes=("image", "features"),
)
