"""The models: name -> Keras model, and how it is best compiled.

A model knows neither data set nor task: it is given what one input is and the number of outputs,
and returns linear outputs (logits, or a rating). Every layer is named by its role (`dense_1`,
`dense_1_activation`, `output`), because the weights of a run are drawn by role: PReLU or batch norm
in between must not shift the draws of the layers behind them.
"""

from collections.abc import Mapping
from typing import Any

from relu_bench.components.labels import parse
from relu_bench.components.registry import resolve
from relu_bench.data import Inputs
from relu_bench.errors import ConfigError
from relu_bench.networks import activations
from relu_bench.networks.models.entry import Architecture, Model
from relu_bench.networks.models.feedforward import (
    CNN,
    MLP,
    RECOMMENDER,
    TEXT,
    check,
    is_residual,
    widths,
)
from relu_bench.networks.models.recurrent import RNN

__all__ = [
    "MODELS",
    "Architecture",
    "build",
    "canonical",
    "check_fits",
    "depth",
    "entry",
    "is_residual",
    "widths",
]

MODELS: Mapping[str, Model] = {
    "mlp": MLP,
    "cnn": CNN,
    "text": TEXT,
    "rnn": RNN,
    "recommender": RECOMMENDER,
}


def canonical(text: str) -> str:
    """The canonical label of a model.

    Raises:
        LabelError: when there is no such model or parameter, or nothing for it to act on.
    """
    label = resolve(text, MODELS, "model")
    if label.name == "mlp":
        check(label)
    return str(label)


def entry(label: str) -> Model:
    """The registry's row of a canonical label."""
    return MODELS[parse(label).name]


def depth(label: str) -> int:
    """How many hidden layers the model of a canonical label has."""
    parsed = parse(label)
    return MODELS[parsed.name].depth(parsed)


def check_fits(label: str, inputs: Inputs, dataset: str) -> None:
    """Say so before any training when a model cannot take the data.

    Raises:
        ConfigError: when the inputs are of another kind, or images are smaller than its layers
            need.
    """
    row = entry(label)
    if inputs.kind not in row.takes:
        fitting = [name for name, other in MODELS.items() if inputs.kind in other.takes]
        raise ConfigError(
            f"model {label!r} takes {_listed(row.takes)}, but {dataset!r} has {inputs.words}. "
            f"Take model: {' or '.join(fitting)}."
        )
    least = row.smallest_image
    if least > 1 and (len(inputs.shape) != 3 or min(inputs.shape[:2]) < least):
        shape = "×".join(map(str, inputs.shape))
        raise ConfigError(
            f"model {label!r} needs images of at least {least}×{least} pixels, "
            f"but those of {dataset!r} are {shape}. Take model: mlp."
        )


def _listed(kinds: tuple[str, ...]) -> str:
    return " or ".join(Inputs(kind, ()).words for kind in kinds)


def build(architecture: Architecture) -> Any:
    """The Keras model: inputs as the program gives them, linear outputs.

    Images are floats of `inputs.shape` in [0, 1], tokens are numbers, features are floats.

    Raises:
        ActivationError: when an activation of the user's own cannot be run.
    """
    import keras

    label = parse(architecture.model)
    inputs = keras.Input(architecture.inputs.shape, dtype=architecture.inputs.dtype, name="inputs")
    hidden = MODELS[label.name].build(label, architecture, inputs)
    logits = keras.layers.Dense(architecture.outputs, kernel_initializer="zeros", name="output")(
        hidden
    )
    if architecture.output_activation != "identity":
        # Not `output_activation`: that would be the activation of a hidden layer called `output`.
        logits = activations.build_layer(
            architecture.output_activation, "logits", len(logits.shape)
        )(logits)
    return keras.Model(inputs, logits, name=label.name)
