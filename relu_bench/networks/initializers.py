"""The initializers: a literal table of names and parameters; a test holds it against Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relu_bench.components.labels import LabelError, parse
from relu_bench.components.registry import Component, Parameter, resolve


@dataclass(frozen=True, kw_only=True)
class Initializer(Component):
    """An initializer: the Keras class it stands for, and whether it draws at random.

    `for_bias` is False for those that are defined for matrices only, `for_kernel` for those of
    square matrices: they suit recurrent kernels.
    """

    keras_class: str
    random: bool = True
    for_bias: bool = True
    for_kernel: bool = True


_STDDEV = Parameter("float", 0.05, minimum=0)
_GAIN = Parameter("float", 1.0)

INITIALIZERS: Mapping[str, Initializer] = {
    "glorot_uniform": Initializer(
        keras_class="GlorotUniform", called_elsewhere=("glorot", "xavier", "xavier_uniform")
    ),
    "glorot_normal": Initializer(
        keras_class="GlorotNormal", called_elsewhere=("glorot", "xavier", "xavier_normal")
    ),
    "he_uniform": Initializer(
        keras_class="HeUniform", called_elsewhere=("he", "kaiming", "kaiming_uniform")
    ),
    "he_normal": Initializer(
        keras_class="HeNormal", called_elsewhere=("he", "kaiming", "kaiming_normal", "msra")
    ),
    "lecun_uniform": Initializer(keras_class="LecunUniform", called_elsewhere=("lecun",)),
    "lecun_normal": Initializer(keras_class="LecunNormal", called_elsewhere=("lecun",)),
    "variance_scaling": Initializer(
        keras_class="VarianceScaling",
        parameters={
            "scale": Parameter("float", 1.0, above=0),
            "mode": Parameter("word", "fan_in", choices=("fan_in", "fan_out", "fan_avg")),
            "distribution": Parameter(
                "word",
                "truncated_normal",
                choices=("truncated_normal", "untruncated_normal", "uniform"),
            ),
        },
    ),
    "random_normal": Initializer(
        keras_class="RandomNormal",
        called_elsewhere=("normal", "gaussian"),
        parameters={"mean": Parameter("float", 0.0), "stddev": _STDDEV},
    ),
    "truncated_normal": Initializer(
        keras_class="TruncatedNormal",
        parameters={"mean": Parameter("float", 0.0), "stddev": _STDDEV},
    ),
    "random_uniform": Initializer(
        keras_class="RandomUniform",
        called_elsewhere=("uniform",),
        parameters={"minval": Parameter("float", -0.05), "maxval": Parameter("float", 0.05)},
    ),
    "orthogonal": Initializer(keras_class="Orthogonal", parameters={"gain": _GAIN}, for_bias=False),
    "identity": Initializer(
        keras_class="Identity",
        parameters={"gain": _GAIN},
        random=False,
        for_bias=False,
        for_kernel=False,
    ),
    "constant": Initializer(
        keras_class="Constant", parameters={"value": Parameter("float", 0.0)}, random=False
    ),
    "zeros": Initializer(keras_class="Zeros", random=False),
    "ones": Initializer(keras_class="Ones", random=False),
}

FOR_KERNEL = {name: row for name, row in INITIALIZERS.items() if row.for_kernel}
FOR_BIAS = {name: row for name, row in INITIALIZERS.items() if row.for_bias}


def canonical(text: str) -> str:
    """The canonical label of a kernel initializer.

    Raises:
        LabelError: when there is no such initializer or parameter.
    """
    return _checked(str(resolve(text, FOR_KERNEL, "initializer")))


def canonical_for_recurrent(text: str) -> str:
    """The canonical label of an initializer of a recurrent kernel, which is square.

    Raises:
        LabelError: when there is no such initializer or parameter.
    """
    return _checked(str(resolve(text, INITIALIZERS, "recurrent initializer")))


def canonical_for_bias(text: str) -> str:
    """The canonical label of a bias initializer; a bias has one axis, so orthogonal does not fit.

    Raises:
        LabelError: when there is no such initializer or parameter.
    """
    return _checked(str(resolve(text, FOR_BIAS, "initializer for biases")))


def _checked(text: str) -> str:
    label = parse(text)
    if label.name == "random_uniform" and not label["minval"] < label["maxval"]:  # type: ignore[operator]
        raise LabelError(f"{text!r}: minval must be below maxval")
    return text


def draw(text: str, shape: tuple[int, ...], seed: int) -> Any:
    """One draw of the initializer as a float32 NumPy array of `shape`.

    `seed` is that of the one variable that is drawn: a Keras initializer with an integer seed
    returns the same values at every call, so no two variables may share it.
    """
    import keras
    import numpy as np

    label = parse(text)
    row = INITIALIZERS[label.name]
    arguments = dict(label.parameters)
    if row.random:
        arguments["seed"] = seed
    initializer = getattr(keras.initializers, row.keras_class)(**arguments)
    return np.asarray(initializer(shape, dtype="float32"))
