"""What a model is: a row of the registry, and all that decides a network's structure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relu_bench.components.labels import Label
from relu_bench.components.registry import Component
from relu_bench.data import Inputs
from relu_bench.networks import activations

IMAGES = ("image",)


@dataclass(frozen=True)
class Architecture:
    """All that decides a network's structure. Labels are canonical.

    `inputs` is what the data set gives it. `source` is where an activation of the user's own
    stands.
    """

    model: str
    activation: str
    batch_norm: bool
    batch_norm_momentum: float
    dropout: float
    dropout_kind: str
    inputs: Inputs
    outputs: int
    source: activations.Source | None = None
    output_activation: str = "identity"


@dataclass(frozen=True, kw_only=True)
class Model(Component):
    """A model: its builder, and whether XLA makes it faster on a processor.

    `xla` was chosen by measurement (`benchmarks/compilation.py`): XLA wins for perceptrons and is
    disastrous for convolutions. `efficiency` is how fast training was there, in units of NumPy's
    matrix products (TensorFlow's are faster, and the first layer's inputs need no gradient, so it
    may exceed 1); the estimate of `relu-bench check` uses it.
    `depth` counts the hidden layers. `takes` are the kinds of inputs that fit (`data.Inputs`), and
    `smallest_image` is the least height and width that the layers can take, 1 when any will do.
    `defaults` are those of the config's fields that differ for this model. `recurrent` says
    whether it has recurrent kernels.
    """

    build: Callable[[Label, Architecture, Any], Any]
    xla: bool
    efficiency: float
    depth: Callable[[Label], int]
    takes: tuple[str, ...] = IMAGES
    smallest_image: int = 1
    defaults: Mapping[str, Any] = field(default_factory=dict)
    recurrent: bool = False


def activated(layer: Any, inputs: Any, architecture: Architecture) -> Any:
    """`layer`, then batch norm if asked, then the activation, then dropout.

    Args:
        layer: a Keras layer with a kernel; what follows it is named after it.
        inputs: a Keras tensor.
        architecture: of the network.
    """
    outputs = normalized(layer(inputs), layer.name, architecture)
    outputs = activations.build_layer(
        architecture.activation,
        f"{layer.name}_activation",
        len(outputs.shape),
        architecture.source,
    )(outputs)
    return dropped(outputs, layer.name, architecture)


def normalized(outputs: Any, layer: str, architecture: Architecture) -> Any:
    """Batch norm behind the `outputs` of a layer, or they themselves without any."""
    if not architecture.batch_norm:
        return outputs
    import keras

    momentum = architecture.batch_norm_momentum
    return keras.layers.BatchNormalization(momentum=momentum, name=f"{layer}_batch_norm")(outputs)


def dropped(outputs: Any, layer: str, architecture: Architecture) -> Any:
    """Dropout of the architecture's kind behind a layer, or its outputs themselves without any."""
    if not architecture.dropout:
        return outputs
    from relu_bench.networks.layers import DROPOUT

    # The seed given here is replaced before every run (see `weights.py`).
    layer_of = DROPOUT[architecture.dropout_kind]
    return layer_of(architecture.dropout, seed=0, name=f"{layer}_dropout")(outputs)
