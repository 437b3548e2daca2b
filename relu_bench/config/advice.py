"""What a plan does against theory: one line each, that says what and why. It runs all the same.

Sources:
    SELU: Klambauer et al. 2017, Self-Normalizing Neural Networks.
    He's variance: He et al. 2015, Delving Deep into Rectifiers. Glorot's: Glorot, Bengio 2010,
        Understanding the difficulty of training deep feedforward neural networks.
    equal units: Goodfellow, Bengio, Courville 2016, Deep Learning, section 8.4.
    gradients through time: Pascanu, Mikolov, Bengio 2013, On the difficulty of training recurrent
        neural networks. A step back multiplies the gradient by U' diag(f'), so its mean square by
        that of f' and by the mean square by which U stretches a vector; `docs/rnn.md` measures it.
    batch norm: Ioffe, Szegedy 2015; the moving mean after n steps keeps momentum**n of its start,
        which is under 1 % after about 5 / (1 - momentum) steps.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from relu_bench import data
from relu_bench.components.labels import parse
from relu_bench.config.plan import Spec
from relu_bench.networks import activations, models

_DEEP = 10
# The share of its mean square that a ReLU or a near relative keeps: he_normal makes up for that.
_ABOUT_HALF = (0.45, 0.75)
# What a step back through time may do to a gradient, and how many steps a warning takes for it.
_STEADY = (0.8, 1.25)
_STEPS = 28


def warnings(specs: Sequence[Spec], train_counts: Mapping[str, int]) -> list[str]:
    """The warnings of a plan, each once, in the order of the plan.

    Args:
        specs: the runs.
        train_counts: for each data set of `specs`, its number of training images before the split.
    """
    found: dict[str, None] = {}
    # Seeds and learning rates have no part in any rule.
    distinct = {_what_matters(spec): spec for spec in reversed(specs)}
    for spec in reversed(distinct.values()):
        for rule in _RULES:
            found |= dict.fromkeys(rule(spec))
        found |= dict.fromkeys(_unsettled_batch_norm(spec, train_counts[spec.dataset]))
    return list(found)


def _what_matters(spec: Spec) -> tuple[object, ...]:
    return (*spec.program_key, spec.initializer, spec.recurrent_initializer, spec.epochs)


def _equal_units(spec: Spec) -> Iterator[str]:
    label = parse(spec.initializer)
    spread = dict(label.parameters).get("stddev", dict(label.parameters).get("gain", 1.0))
    if label.name in ("zeros", "ones", "constant") or spread == 0:
        yield (
            f"initializer {spec.initializer}: the units of a layer start equal and stay equal, so "
            "a layer can learn no more than one unit; take a random one"
        )


def _self_normalizing(spec: Spec) -> Iterator[str]:
    if spec.activation != "selu":
        return
    if not _has_lecun_variance(spec.initializer):
        yield (
            f"selu with initializer {spec.initializer}: it keeps mean 0 and variance 1 only with "
            "kernels of variance 1/inputs; take lecun_normal"
        )
    if spec.dropout and spec.dropout_kind == "standard":
        yield (
            "selu with standard dropout: zeroed units move its mean and variance; "
            "take dropout_kind: alpha"
        )
    if spec.batch_norm:
        yield (
            "selu with batch norm: it normalizes itself, and batch norm moves it away from its "
            "fixed point; take one of the two"
        )


def _has_lecun_variance(initializer: str) -> bool:
    label = parse(initializer)
    if label.name == "variance_scaling":
        return label["scale"] == 1 and label["mode"] == "fan_in"
    return label.name in ("lecun_normal", "lecun_uniform")


def _bounded_with_he(spec: Spec) -> Iterator[str]:
    name, initializer = parse(spec.activation).name, parse(spec.initializer).name
    if name in ("sigmoid", "tanh") and initializer in ("he_normal", "he_uniform"):
        yield (
            f"{name} with initializer {initializer}: its variance makes up for the half of the "
            f"inputs that ReLU silences, which {name} does not; take glorot_uniform"
        )


def _shrinking_signal(spec: Spec) -> Iterator[str]:
    depth, initializer = models.depth(spec.model), parse(spec.initializer).name
    too_narrow = initializer.startswith(("glorot_", "lecun_"))
    # What a residual connection passes on is not halved.
    plain = not (spec.batch_norm or models.is_residual(parse(spec.model)))
    if depth <= _DEEP or not plain or not too_narrow:
        return
    kept = _mean_square(spec.activation, activations.values)
    if _ABOUT_HALF[0] < kept < _ABOUT_HALF[1]:
        yield (
            f"{spec.activation} with initializer {initializer} in {depth} hidden layers: each "
            f"keeps about {kept:.2g} of the signal's mean square, {kept**depth:.1g} in all; "
            "take he_normal"
        )


def _mean_square(activation: str, function: Callable[..., Any]) -> float:
    """Of a function of a symmetric input, for a rectifier; infinite for other activations."""
    if activations.entry(activation).kind != "rectifier":
        return math.inf
    # A pre-activation of standard deviation 1, on the points of Gauss-Hermite quadrature.
    points, weights = np.polynomial.hermite_e.hermegauss(64)
    squares = function(activation, points) ** 2
    return float((weights * squares).sum() / weights.sum())


def _unsteady_through_time(spec: Spec) -> Iterator[str]:
    if not models.entry(spec.model).recurrent:
        return
    units: Any = parse(spec.model)["units"]
    stretch = _mean_square_stretch(spec.recurrent_initializer, units)
    share = _mean_square(spec.activation, activations.slopes)
    # Of tanh and others, the share depends on how large the states are; taken as 1, it says when a
    # gradient vanishes whatever the states, and never that one explodes.
    factor = math.sqrt(stretch * min(share, 1.0))
    over = f"{factor**_STEPS:.0e} over {_STEPS}"
    variant = f"{spec.activation} with recurrent_initializer {spec.recurrent_initializer}"
    if factor < _STEADY[0]:
        yield (
            f"{variant}: before training, each step back leaves about {factor:.2g} of the "
            f"gradient, {over}; identity or he_normal hold more of it"
        )
    elif factor > _STEADY[1] and math.isfinite(share):
        yield (
            f"{variant}: before training, each step back multiplies the gradient by about "
            f"{factor:.2g}, by {over}; take a smaller spread, or gradient_clip_norm"
        )


def _mean_square_stretch(initializer: str, units: int) -> float:
    """The mean square by which a recurrent kernel stretches a random vector.

    NaN for kernels that do not treat all directions alike: nothing is said of them.
    """
    label = parse(initializer)
    given: dict[str, Any] = dict(label.parameters)
    if label.name == "orthogonal":
        return float(given["gain"]) ** 2
    if label.name == "random_normal" and given["mean"] == 0:
        return float(units * given["stddev"] ** 2)
    # Variance scaling: of a square kernel, inputs and outputs are as many.
    scales = {"glorot": 1.0, "lecun": 1.0, "he": 2.0, "variance": given.get("scale", math.nan)}
    return float(scales.get(label.name.partition("_")[0], math.nan))


def _unsettled_batch_norm(spec: Spec, train_count: int) -> Iterator[str]:
    if not spec.batch_norm:
        return
    trained, _ = data.part_sizes(
        train_count, validation_split=spec.validation_split, train_samples=spec.train_samples
    )
    steps = spec.epochs * math.ceil(trained / spec.batch_size)
    momentum = spec.batch_norm_momentum
    needed = round(5 / (1 - momentum))
    if steps < needed:
        count = "1 step" if steps == 1 else f"{steps} steps"
        yield (
            f"batch norm with momentum {momentum:g} for {count} on {spec.dataset}: its "
            f"moving statistics need about {needed} to settle, and validation uses them; train "
            "longer or lower batch_norm_momentum"
        )


_RULES: Sequence[Callable[[Spec], Iterator[str]]] = (
    _equal_units,
    _self_normalizing,
    _bounded_with_he,
    _shrinking_signal,
    _unsteady_through_time,
)
