"""`recommender`: what a user will rate an item, from the features of both.

User features -> Dense, item features -> Dense, concatenated, and a perceptron behind them.
"""

from typing import Any

from relu_bench.components.labels import Label
from relu_bench.components.registry import Parameter
from relu_bench.errors import ConfigError
from relu_bench.networks.models.entry import Architecture, Model, activated

WIDEST = 65536
_MOST_LAYERS = 100
_PARTS = ("user", "item")


def _build(label: Label, architecture: Architecture, inputs: Any) -> Any:
    import keras

    from relu_bench.networks.models.feature_columns import FeatureColumns

    given: dict[str, Any] = dict(label.parameters)
    starts = _starts(architecture)
    parts = []
    for name, start, stop in zip(_PARTS, starts[:-1], starts[1:], strict=True):
        columns = FeatureColumns(start, stop, name=f"{name}_features")(inputs)
        layer = keras.layers.Dense(given["tower"], kernel_initializer="zeros", name=name)
        parts.append(activated(layer, columns, architecture))
    outputs = keras.layers.Concatenate(name="both")(parts)
    for number, width in enumerate(given["hidden"], start=1):
        layer = keras.layers.Dense(width, kernel_initializer="zeros", name=f"dense_{number}")
        outputs = activated(layer, outputs, architecture)
    return outputs


def _starts(architecture: Architecture) -> tuple[int, int, int]:
    """Where the columns of users and of items begin, and where they end."""
    groups = architecture.inputs.groups
    if len(groups) != len(_PARTS):
        raise ConfigError(
            "model 'recommender' takes features of a user and of an item, but the columns of this "
            f"data set make {len(groups)} groups. Take model: mlp."
        )
    users, items = groups
    return 0, users, users + items


RECOMMENDER = Model(
    parameters={
        "tower": Parameter("integer", 64, minimum=1, maximum=WIDEST),
        "hidden": Parameter("integers", (128, 64), minimum=1, maximum=WIDEST, longest=_MOST_LAYERS),
    },
    build=_build,
    xla=True,
    efficiency=0.7,
    depth=lambda label: 1 + len(dict(label.parameters)["hidden"]),  # type: ignore[arg-type]
    takes=("features",),
)
