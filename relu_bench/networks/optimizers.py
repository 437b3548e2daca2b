"""The optimizers: a literal table of names and parameters; a test holds it against Keras.

The learning rate is a field of the config, not a parameter here: it is a variable of the compiled
program, so that one program serves every learning rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relu_bench.components.labels import parse
from relu_bench.components.registry import Component, Parameter, resolve


@dataclass(frozen=True, kw_only=True)
class Optimizer(Component):
    """An optimizer and the Keras class it stands for.

    `steps_by_sign`: a gradient that is infinite leaves the weights finite, and shows in what the
    optimizer keeps alone.
    """

    keras_class: str
    steps_by_sign: bool = False


def _share(default: float) -> Parameter:
    return Parameter("float", default, minimum=0, below=1)


_EPSILON = Parameter("float", 1e-07, above=0)
_MOMENTUM = _share(0.0)
_ADAM = {"beta_1": _share(0.9), "beta_2": _share(0.999), "epsilon": _EPSILON}
_AMSGRAD = {"amsgrad": Parameter("boolean", False)}

OPTIMIZERS: Mapping[str, Optimizer] = {
    "sgd": Optimizer(
        keras_class="SGD",
        parameters={"momentum": _MOMENTUM, "nesterov": Parameter("boolean", False)},
    ),
    "adam": Optimizer(keras_class="Adam", parameters={**_ADAM, **_AMSGRAD}),
    "adamw": Optimizer(
        keras_class="AdamW",
        parameters={
            **_ADAM,
            **_AMSGRAD,
            "weight_decay": Parameter("float", 0.004, minimum=0),
        },
    ),
    "adamax": Optimizer(keras_class="Adamax", parameters=_ADAM),
    "nadam": Optimizer(keras_class="Nadam", parameters=_ADAM),
    "rmsprop": Optimizer(
        keras_class="RMSprop",
        parameters={
            "rho": _share(0.9),
            "momentum": _MOMENTUM,
            "epsilon": _EPSILON,
            "centered": Parameter("boolean", False),
        },
    ),
    "adagrad": Optimizer(
        keras_class="Adagrad",
        parameters={
            "initial_accumulator_value": Parameter("float", 0.1, minimum=0),
            "epsilon": _EPSILON,
        },
    ),
    "adadelta": Optimizer(
        keras_class="Adadelta", parameters={"rho": _share(0.95), "epsilon": _EPSILON}
    ),
    "lion": Optimizer(
        keras_class="Lion",
        steps_by_sign=True,
        # At 0 it would be another method, sign descent, which Keras refuses here.
        parameters={"beta_1": Parameter("float", 0.9, above=0, below=1), "beta_2": _share(0.99)},
    ),
}


def canonical(text: str) -> str:
    """The canonical label of an optimizer.

    Raises:
        LabelError: when there is no such optimizer or parameter.
    """
    return str(resolve(text, OPTIMIZERS, "optimizer"))


def steps_by_sign(text: str) -> bool:
    """Whether the optimizer of a canonical label hides an infinite gradient from the weights."""
    return OPTIMIZERS[parse(text).name].steps_by_sign


def build(text: str, learning_rate: float, clip_norm: float | None = None) -> Any:
    """The Keras optimizer of a canonical label.

    `clip_norm` is the greatest norm of all gradients together (Pascanu, Mikolov, Bengio 2013, On
    the difficulty of training recurrent neural networks): longer ones are scaled down to it.
    """
    import keras

    label = parse(text)
    keras_class = getattr(keras.optimizers, OPTIMIZERS[label.name].keras_class)
    return keras_class(
        learning_rate=learning_rate,
        global_clipnorm=clip_norm,
        # Else it is numbered by what the process built before, and so is the compiled program.
        name=label.name,
        **dict(label.parameters),
    )
