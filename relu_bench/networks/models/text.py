"""`text`: embedded tokens, flattened, and a perceptron behind them."""

from typing import Any

from relu_bench.components.labels import Label
from relu_bench.components.registry import Parameter
from relu_bench.networks.models.entry import Architecture, Model, activated

WIDEST = 65536
# A vector of so many numbers is kept for every word.
_LONGEST_VECTOR = 4096
_MOST_LAYERS = 100


def _widths(label: Label) -> tuple[int, ...]:
    given: dict[str, Any] = dict(label.parameters)
    return tuple(given["hidden"])


def _build(label: Label, architecture: Architecture, inputs: Any) -> Any:
    import keras

    size: Any = dict(label.parameters)["embedding"]
    outputs = keras.layers.Embedding(
        architecture.inputs.vocabulary,
        size,
        embeddings_initializer="zeros",
        name="embedding",
    )(inputs)
    outputs = keras.layers.Flatten(name="flatten")(outputs)
    for number, width in enumerate(_widths(label), start=1):
        layer = keras.layers.Dense(width, kernel_initializer="zeros", name=f"dense_{number}")
        outputs = activated(layer, outputs, architecture)
    return outputs


TEXT = Model(
    parameters={
        "embedding": Parameter("integer", 128, minimum=1, maximum=_LONGEST_VECTOR),
        "hidden": Parameter(
            "integers", (256, 128), minimum=1, maximum=WIDEST, longest=_MOST_LAYERS
        ),
    },
    build=_build,
    xla=True,
    efficiency=1.0,
    depth=lambda label: len(_widths(label)),
    takes=("tokens",),
    defaults={"dropout": 0.5},
)
