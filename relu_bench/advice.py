"""What a plan does against theory: one line each, that says what and why. It runs all the same.

Sources:
    SELU: Klambauer et al. 2017, Self-Normalizing Neural Networks.
    He's variance: He et al. 2015, Delving Deep into Rectifiers. Glorot's: Glorot, Bengio 2010,
        Understanding the difficulty of training deep feedforward neural networks.
    equal units: Goodfellow, Bengio, Courville 2016, Deep Learning, section 8.4.
    batch norm: Ioffe, Szegedy 2015; the moving mean after n steps keeps momentum**n of its start,
        which is under 1 % after about 5 / (1 - momentum) steps.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from relu_bench import activations, data, models
from relu_bench.labels import parse
from relu_bench.plan import Spec

_DEEP = 10
# The share of its mean square that a ReLU or a near relative keeps: he_normal makes up for that.
_ABOUT_HALF = (0.45, 0.75)


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
    return (*spec.program_key, spec.initializer, spec.epochs)


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
    if depth <= _DEEP or spec.batch_norm or not too_narrow:
        return
    kept = _kept_share(spec.activation)
    if _ABOUT_HALF[0] < kept < _ABOUT_HALF[1]:
        yield (
            f"{spec.activation} with initializer {initializer} in {depth} hidden layers: each "
            f"keeps about {kept:.2g} of the signal's mean square, {kept**depth:.1g} in all; "
            "take he_normal"
        )


def _kept_share(activation: str) -> float:
    """Of the mean square of a symmetric input, for a rectifier; infinite for other activations."""
    if activations.entry(activation).kind != "rectifier":
        return math.inf
    # A pre-activation of standard deviation 1, on the points of Gauss-Hermite quadrature.
    points, weights = np.polynomial.hermite_e.hermegauss(64)
    squares = activations.values(activation, points) ** 2
    return float((weights * squares).sum() / weights.sum())


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
)
