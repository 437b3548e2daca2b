"""Initial weights of many networks at once, from the distributions that Keras draws them from.

`initializers.draw` gives the one draw that a run of a seed starts from; a few hundred networks of
twenty layers would take it half a minute. Here each variable has one stream, and an array of all
trials is cut from it. The streams know neither activation nor initializer: at one seed all variants
start from the same standard draws, scaled.

Sources:
    fans and scales: Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998, as in Keras's
        VarianceScaling.
    orthogonal: Saxe, McClelland, Ganguli 2014, Exact solutions to the nonlinear dynamics of
        learning in deep linear neural networks; the signs as in Mezzadri 2007, How to generate
        random matrices from the classical compact groups.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from relu_bench.components.labels import parse
from relu_bench.networks.weights import seed_of

Kind = Literal["normal", "truncated_normal", "uniform", "orthogonal", "constant"]
Floats = NDArray[np.float32]

# Keras cuts a normal distribution at two standard deviations; this is what is left of one.
_CUT_AT = 2.0
_CUT_DEVIATION = 0.87962566103423978

# name -> scale, mode, distribution, as variance_scaling has them.
_VARIANCE_SCALING: Mapping[str, tuple[float, str, str]] = {
    "glorot_uniform": (1.0, "fan_avg", "uniform"),
    "glorot_normal": (1.0, "fan_avg", "truncated_normal"),
    "he_uniform": (2.0, "fan_in", "uniform"),
    "he_normal": (2.0, "fan_in", "truncated_normal"),
    "lecun_uniform": (1.0, "fan_in", "uniform"),
    "lecun_normal": (1.0, "fan_in", "truncated_normal"),
}


@dataclass(frozen=True)
class Distribution:
    """`centre + scale * standard`, where `standard` is a draw of the standard form of `kind`.

    The standard forms: normal with variance 1; that normal cut at ±2; uniform on [-1, 1);
    orthonormal rows or columns; 0.
    """

    kind: Kind
    centre: float = 0.0
    scale: float = 1.0


def distribution(label: str, fan_in: int, fan_out: int) -> Distribution:
    """What a canonical initializer label draws for a variable with these fans.

    A bias has one axis; Keras takes its length for both fans.

    Raises:
        KeyError: for an initializer that the table of initializers does not have.
    """
    name, given = parse(label).name, dict[str, Any](parse(label).parameters)
    if name == "variance_scaling":
        scaling = given["scale"], given["mode"], given["distribution"]
        return _variance_scaling(*scaling, fan_in=fan_in, fan_out=fan_out)
    if name in _VARIANCE_SCALING:
        return _variance_scaling(*_VARIANCE_SCALING[name], fan_in=fan_in, fan_out=fan_out)
    if name == "random_uniform":
        low, high = given["minval"], given["maxval"]
        return Distribution("uniform", (low + high) / 2, (high - low) / 2)
    others: Mapping[str, Distribution] = {
        "random_normal": Distribution("normal", given.get("mean", 0.0), given.get("stddev", 1.0)),
        "truncated_normal": Distribution(
            "truncated_normal", given.get("mean", 0.0), given.get("stddev", 1.0)
        ),
        "orthogonal": Distribution("orthogonal", 0.0, given.get("gain", 1.0)),
        "constant": Distribution("constant", given.get("value", 0.0)),
        "zeros": Distribution("constant", 0.0),
        "ones": Distribution("constant", 1.0),
    }
    return others[name]


def _variance_scaling(
    scale: float, mode: str, form: str, *, fan_in: int, fan_out: int
) -> Distribution:
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    deviation = math.sqrt(scale / fans[mode])
    if form == "uniform":
        return Distribution("uniform", 0.0, math.sqrt(3) * deviation)
    if form == "truncated_normal":
        return Distribution("truncated_normal", 0.0, deviation / _CUT_DEVIATION)
    return Distribution("normal", 0.0, deviation)


class Stream:
    """The draws of one variable, for one trial after the other.

    Many trials in one call or a few in each of several give the same numbers.

    Args:
        seed: of the diagnosis.
        role: layer and variable, such as `dense_1/kernel`.
    """

    def __init__(self, seed: int, role: str) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed_of(seed, role)))
        self._left = np.empty(0, np.float32)

    def draw(self, drawn_from: Distribution, shape: tuple[int, ...]) -> Floats:
        """The next `shape[0]` trials of a variable of shape `shape[1:]`."""
        if drawn_from.kind == "constant":
            return np.full(shape, drawn_from.centre, np.float32)
        values = self._standard(drawn_from.kind, shape)
        values *= np.float32(drawn_from.scale)
        if drawn_from.centre:
            values += np.float32(drawn_from.centre)
        return values

    def _standard(self, kind: Kind, shape: tuple[int, ...]) -> Floats:
        if kind == "uniform":
            values = self._generator.random(shape, dtype=np.float32)
            values *= 2
            values -= 1
            return values
        if kind == "truncated_normal":
            return self._truncated(math.prod(shape)).reshape(shape)
        if kind == "orthogonal":
            return self._orthogonal(shape)
        return self._generator.standard_normal(shape, dtype=np.float32)

    def _truncated(self, count: int) -> Floats:
        """The next `count` normal draws within the cut; those behind them are kept for later."""
        pieces, missing = [self._left], count - len(self._left)
        while missing > 0:
            drawn = self._generator.standard_normal(missing + missing // 16 + 64, dtype=np.float32)
            pieces.append(drawn[np.abs(drawn) <= _CUT_AT])
            missing -= len(pieces[-1])
        kept = np.concatenate(pieces)
        self._left = kept[count:].copy()
        return kept[:count]

    def _orthogonal(self, shape: tuple[int, ...]) -> Floats:
        trials, rows, columns = shape
        tall = (trials, max(rows, columns), min(rows, columns))
        drawn = self._generator.standard_normal(tall, dtype=np.float32)
        q, r = np.linalg.qr(drawn)
        q *= np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
        return np.ascontiguousarray(q if rows >= columns else q.transpose(0, 2, 1), np.float32)
