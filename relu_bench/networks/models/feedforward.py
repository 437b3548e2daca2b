"""The models that go forward: `mlp`, `cnn`, `text` and `recommender`."""

import itertools
from collections.abc import Iterable
from typing import Any

from relu_bench.components.labels import Label, LabelError
from relu_bench.components.registry import REQUIRED, Parameter
from relu_bench.errors import ConfigError
from relu_bench.networks.models.entry import Architecture, Model, activated

WIDEST = 65536
# Keras builds a network by recursion, one Python frame a layer, of which a hidden layer has four,
# or five with a residual connection.
DEEPEST = 200
# Behind an embedding, or behind the parts of a user and an item.
_MOST_LAYERS = 100
# A vector of so many numbers is kept for every word.
_LONGEST_VECTOR = 4096
_PARTS = ("user", "item")


def widths(label: Label) -> tuple[int, ...]:
    """Units of each hidden layer of a perceptron, or of the one inside another model."""
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


def _dense(
    widths: Iterable[int],
    outputs: Any,
    architecture: Architecture,
    skips: Iterable[bool] = itertools.repeat(False),
) -> Any:
    """Hidden layers of these widths behind `outputs`; where one skips, its input is added."""
    import keras

    for number, (width, skip) in enumerate(zip(widths, skips, strict=False), start=1):
        branch = activated(_hidden(f"dense_{number}", width), outputs, architecture)
        if skip:
            branch = keras.layers.Add(name=f"dense_{number}_residual")([outputs, branch])
        outputs = branch
    return outputs


def _hidden(name: str, width: int) -> Any:
    """A dense layer whose kernel is drawn later, by its role."""
    import keras

    return keras.layers.Dense(width, kernel_initializer="zeros", name=name)


def _mlp(label: Label, architecture: Architecture, inputs: Any) -> Any:
    """A multilayer perceptron, by the list of its widths, or by one width and a depth.

    With `residual=true`, a hidden layer as wide as the hidden layer below adds its input to its
    output,

        h_(l+1) = h_l + f(batch_norm(W h_l + b)),

    with dropout inside the branch: He, Zhang, Ren, Sun 2016, Deep Residual Learning for Image
    Recognition, with one layer a branch. Where the widths differ, and from the inputs to the first
    hidden layer, there is no such connection.
    """
    import keras

    outputs = keras.layers.Flatten(name="flatten")(inputs)
    return _dense(widths(label), outputs, architecture, skips(label))


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
    build=_mlp,
    xla=True,
    efficiency=1.5,
    depth=lambda label: len(widths(label)),
    takes=("image", "features"),
)


def _cnn(_label: Label, architecture: Architecture, inputs: Any) -> Any:
    """Three convolutions and a dense layer."""
    import keras

    outputs = inputs
    for number, filters in enumerate((32, 64, 64), start=1):
        layer = keras.layers.Conv2D(filters, 3, kernel_initializer="zeros", name=f"conv_{number}")
        outputs = activated(layer, outputs, architecture)
        if number < 3:
            outputs = keras.layers.MaxPooling2D(2, name=f"pool_{number}")(outputs)
    outputs = keras.layers.Flatten(name="flatten")(outputs)
    return _dense((64,), outputs, architecture)


CNN = Model(
    build=_cnn,
    xla=False,
    efficiency=1.0,
    depth=lambda label: 4,
    smallest_image=18,
)


def _text(label: Label, architecture: Architecture, inputs: Any) -> Any:
    """Embedded tokens, flattened, and a perceptron behind them."""
    import keras

    outputs = keras.layers.Embedding(
        architecture.inputs.vocabulary,
        label["embedding"],
        embeddings_initializer="zeros",
        name="embedding",
    )(inputs)
    outputs = keras.layers.Flatten(name="flatten")(outputs)
    return _dense(widths(label), outputs, architecture)


TEXT = Model(
    parameters={
        "embedding": Parameter("integer", 128, minimum=1, maximum=_LONGEST_VECTOR),
        "hidden": Parameter(
            "integers", (256, 128), minimum=1, maximum=WIDEST, longest=_MOST_LAYERS
        ),
    },
    build=_text,
    xla=True,
    efficiency=1.0,
    depth=lambda label: len(widths(label)),
    takes=("tokens",),
    defaults={"dropout": 0.5},
)


def _recommender(label: Label, architecture: Architecture, inputs: Any) -> Any:
    """What a user will rate an item, from the features of both.

    User features -> Dense, item features -> Dense, concatenated, and a perceptron behind them.
    """
    import keras

    from relu_bench.networks.layers import FeatureColumns

    tower: Any = label["tower"]
    groups = architecture.inputs.groups
    if len(groups) != len(_PARTS):
        raise ConfigError(
            "model 'recommender' takes features of a user and of an item, but the columns of this "
            f"data set make {len(groups)} groups. Take model: mlp."
        )
    parts, start = [], 0
    for name, width in zip(_PARTS, groups, strict=True):
        columns = FeatureColumns(start, start + width, name=f"{name}_features")(inputs)
        parts.append(activated(_hidden(name, tower), columns, architecture))
        start += width
    outputs = keras.layers.Concatenate(name="both")(parts)
    return _dense(widths(label), outputs, architecture)


RECOMMENDER = Model(
    parameters={
        "tower": Parameter("integer", 64, minimum=1, maximum=WIDEST),
        "hidden": Parameter("integers", (128, 64), minimum=1, maximum=WIDEST, longest=_MOST_LAYERS),
    },
    build=_recommender,
    xla=True,
    efficiency=0.7,
    depth=lambda label: 1 + len(widths(label)),
    takes=("features",),
)
