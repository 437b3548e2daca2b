"""From the trials of a combination to its diagnosis: layer by layer, and as a whole.

A combination is what of a plan decides how its networks start. Its numbers get medians, ranges and
intervals, of what may be infinite and of shares, and one word with its reason: the limits behind it
are conventions, justified in docs/diagnose.md; none is a law of nature.

Sources:
    interval of a share: Wilson 1927, Probable inference, the law of succession, and statistical
        inference, Journal of the American Statistical Association 22(158), 209-212; preferred to
        the exact one by Brown, Cai, DasGupta 2001, Interval estimation for a binomial proportion,
        Statistical Science 16(2), 101-133.
    interval of a median: order statistics with normal approximation of their ranks, Conover 1999,
        Practical Nonparametric Statistics, 3rd edition, section 3.2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from relu_bench.components.labels import parse
from relu_bench.config.plan import Spec
from relu_bench.config.settings import FIELDS
from relu_bench.diagnose.simulate import Trials
from relu_bench.networks import activations, models


@dataclass(frozen=True)
class Combination:
    """A way for networks to start. Labels are canonical.

    `data_fingerprint` is that of a data folder's content; None for the known data sets.
    """

    dataset: str
    model: str
    activation: str
    initializer: str
    bias_initializer: str
    batch_norm: bool
    output_activation: str = "identity"
    data_fingerprint: str | None = None

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer of a perceptron."""
        return models.widths(parse(self.model))

    @property
    def is_residual(self) -> bool:
        """Whether it has residual connections."""
        return models.is_residual(parse(self.model))


AXES = tuple(each.name for each in fields(Combination) if each.name in FIELDS)
"""The fields that decide how a network starts, in the order in which they are shown."""


def combinations(specs: Sequence[Spec]) -> tuple[Combination, ...]:
    """The distinct combinations of a plan, in its order; perceptrons only."""
    names = (*AXES, "data_fingerprint")
    found = (
        Combination(**{name: getattr(spec, name) for name in names})
        for spec in specs
        if _is_perceptron(spec)
    )
    return tuple(dict.fromkeys(found))


def not_simulated(specs: Sequence[Spec]) -> tuple[str, ...]:
    """The models of a plan that are left out: only perceptrons are simulated."""
    return tuple(dict.fromkeys(spec.model for spec in specs if not _is_perceptron(spec)))


def collapsed(specs: Sequence[Spec]) -> dict[str, int]:
    """The fields that vary in a plan but play no part at initialization: how many values each."""
    others = [field for field in FIELDS if field not in AXES]
    counts = {field: len({getattr(spec, field) for spec in specs}) for field in (*others, "seed")}
    return {field: count for field, count in counts.items() if count > 1}


def varying(found: Sequence[Combination]) -> tuple[str, ...]:
    """The axes on which these combinations differ, activation first."""
    several = [axis for axis in AXES if len({getattr(each, axis) for each in found}) > 1]
    return tuple(sorted(several, key=lambda axis: axis != "activation"))


def _is_perceptron(spec: Spec) -> bool:
    return parse(spec.model).name == "mlp"


_FEWEST_FOR_INTERVAL = 6


@dataclass(frozen=True)
class Share:
    """`count` of `of`, as a share in [0, 1], with its 95 % Wilson interval."""

    count: int
    of: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """How a quantity is spread over the trials.

    Attributes:
        median: half of the trials lie on each side; NaN when it exists in no trial.
        median_low, median_high: 95 % interval of the median; NaN for fewer than six trials.
        low, high: 90 % of the trials lie between (5 % and 95 % quantile).

    All are values of trials (order statistics), never between two: infinite ones do no harm.
    """

    median: float
    median_low: float
    median_high: float
    low: float
    high: float


NO_SHARE = Share(0, 0, math.nan, math.nan, math.nan)
NO_SPREAD = Spread(math.nan, math.nan, math.nan, math.nan, math.nan)
"""Of what exists in no trial."""


def share_of(count: int, of: int, level: float = 0.95) -> Share:
    """The share `count / of` with its two-sided Wilson interval."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = count / of
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == of else min(1.0, centre + half)
    return Share(count, of, share, low, high)


def spread(values: NDArray[Any]) -> Spread:
    """The spread over the trials for which the value exists: NaN is left out, ±∞ is not."""
    ordered = np.sort(np.asarray(values, np.float64)[~np.isnan(values)])
    count = len(ordered)
    if not count:
        return NO_SPREAD
    low, median, high = (_quantile(ordered, level) for level in (0.05, 0.5, 0.95))
    if count < _FEWEST_FOR_INTERVAL:
        return Spread(median, math.nan, math.nan, low, high)
    # Ranks from 1 of the values between which the median lies.
    half = NormalDist().inv_cdf(0.975) * math.sqrt(count) / 2
    first = max(1, math.floor(count / 2 - half))
    last = min(count, math.ceil(count / 2 + half) + 1)
    return Spread(median, float(ordered[first - 1]), float(ordered[last - 1]), low, high)


def _quantile(ordered: NDArray[np.float64], level: float) -> float:
    """The smallest value that at least a share `level` of the values does not exceed."""
    rank = max(1, math.ceil(level * len(ordered) - 1e-9))
    return float(ordered[rank - 1])


Verdict = Literal["healthy", "vanishing", "exploding", "dying"]

DEAD_LAYER_LIMIT = 0.05
"""Share of initializations with a layer born dead, above which a combination is dying."""
DEAD_UNITS_LIMIT = 0.5
"""Share of units born dead, above which it is dying."""
RATIO_LIMIT = 2.0
"""Decades that gradients, or signals, may change by through the layers: a factor of 100."""

OVERFLOW_LIMIT = 0.5
"""Share of initializations in which float32 overflows, above which signals or gradients explode."""

_FACTOR = f"{10**RATIO_LIMIT:.0f}"
RULE = (
    f"dying: a whole layer is born dead in more than {100 * DEAD_LAYER_LIMIT:.0f} % of the "
    f"initializations, or more than {100 * DEAD_UNITS_LIMIT:.0f} % of the units are; "
    f"else exploding: the median gradient or signal grows more than {_FACTOR}-fold, or float32 "
    f"overflows in more than half; else vanishing: one of them shrinks to less than 1/{_FACTOR}; "
    "else healthy."
)


@dataclass(frozen=True)
class Judged:
    """The verdict and the number that decided it, in words."""

    verdict: Verdict
    reason: str


def judge(
    *,
    dead_layer: float,
    dead_units: float,
    gradient_ratio: float,
    signal_ratio: float,
    overflow: float,
) -> Judged:
    """Apply `RULE`.

    Args:
        dead_layer: share of initializations in which a whole hidden layer is born dead.
        dead_units: share of hidden units born dead.
        gradient_ratio: median over initializations of log10 of the root mean square gradient of
            the first hidden layer over that of the last. -inf: nothing arrives. NaN: it exists in
            no initialization, because float32 overflows.
        signal_ratio: median of log10 of the root mean square pre-activation of the last hidden
            layer over that of the first.
        overflow: share of initializations in which float32 overflows.
    """
    if dead_layer > DEAD_LAYER_LIMIT:
        return Judged("dying", f"a layer is born dead in {_percent(dead_layer)} of initializations")
    if dead_units > DEAD_UNITS_LIMIT:
        return Judged("dying", f"{_percent(dead_units)} of the units are born dead")
    if overflow > OVERFLOW_LIMIT:
        return Judged("exploding", f"float32 overflows in {_percent(overflow)} of initializations")
    ratios = {"gradients": gradient_ratio, "signals": signal_ratio}
    for what, ratio in ratios.items():
        if ratio > RATIO_LIMIT:
            return Judged("exploding", f"{what} grow {_factor(ratio)}")
    for what, ratio in ratios.items():
        if ratio < -RATIO_LIMIT:
            return Judged("vanishing", f"{what} shrink {_factor(ratio)}")
    return Judged("healthy", "gradients and signals stay within a factor of 100")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _factor(ratio: float) -> str:
    if math.isinf(ratio):
        return "beyond what float32 holds" if ratio > 0 else "to exactly 0"
    return f"by a factor of 10^{abs(ratio):.1f}"


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LayerDiagnosis:
    """A hidden layer, or the output layer, of which only the signal exists; the rest is NaN.

    Attributes:
        layer: its name, as in a run: `dense_1` to `output`.
        units: how many.
        signal: mean square of the pre-activation over images and units.
        signal_factor: median over the trials of `signal` over that of the layer below; NaN for the
            first layer.
        gradient: mean square, over images and units, of the derivative of one image's loss by the
            pre-activation.
        gradient_factor: median over the trials of `gradient` over that of the layer above; NaN for
            the last hidden layer.
        dead_units: mean share of units born dead.
        dead_layer: share of the trials in which all units are.
    """

    layer: str
    units: int
    signal: Spread
    signal_factor: float
    gradient: Spread = NO_SPREAD
    gradient_factor: float = math.nan
    dead_units: float = math.nan
    dead_layer: Share = NO_SHARE


@dataclass(frozen=True)
class Diagnosis:
    """What becomes of signals and gradients of a combination before any training.

    Attributes:
        combination: what was simulated.
        trials: random initializations.
        images: sent through each.
        seed: of the initial weights.
        gradient_ratio: log10 of the root mean square gradient of the first hidden layer over that
            of the last, over the trials; -inf where exactly 0 arrives.
        signal_ratio: log10 of the root mean square pre-activation of the last hidden layer over
            that of the first.
        zero_gradient: share of the trials in which the first layer's gradient is exactly 0.
        overflow: share of the trials in which float32 overflows.
        dead_units: mean share of all hidden units that are born dead.
        dead_layer: share of the trials in which at least one whole hidden layer is.
        judged: the verdict.
        layers: the hidden layers, then the output layer.
    """

    combination: Combination
    trials: int
    images: int
    seed: int
    gradient_ratio: Spread
    signal_ratio: Spread
    zero_gradient: Share
    overflow: Share
    dead_units: float
    dead_layer: Share
    judged: Judged
    layers: tuple[LayerDiagnosis, ...]


def diagnosis_of(
    combination: Combination, measured: Trials, *, images: int, outputs: int, seed: int
) -> Diagnosis:
    """Summarize the trials of a combination, and judge them.

    Args:
        combination: what was simulated.
        measured: its trials.
        images: that were sent through each.
        outputs: units of the output layer.
        seed: of the initial weights.
    """
    widths = np.asarray(combination.widths)
    trials = len(measured.signal)
    # A unit with a slope that is learned can come back.
    dead = measured.inactive * (not activations.entry(combination.activation).learned)
    dead_layers = dead == widths
    hidden = measured.signal[:, : len(widths)]
    gradient_ratio = spread(_log10_ratio(measured.gradient[:, 0], measured.gradient[:, -1]))
    signal_ratio = spread(_log10_ratio(hidden[:, -1], hidden[:, 0]))
    dead_units = float(dead.sum() / (trials * widths.sum()))
    dead_layer = share_of(int(dead_layers.any(axis=1).sum()), trials)
    overflow = share_of(int(_overflowed(measured).sum()), trials)
    return Diagnosis(
        combination=combination,
        trials=trials,
        images=images,
        seed=seed,
        gradient_ratio=gradient_ratio,
        signal_ratio=signal_ratio,
        zero_gradient=share_of(int((measured.gradient[:, 0] == 0).sum()), trials),
        overflow=overflow,
        dead_units=dead_units,
        dead_layer=dead_layer,
        judged=judge(
            dead_layer=dead_layer.share,
            dead_units=dead_units,
            gradient_ratio=gradient_ratio.median,
            signal_ratio=signal_ratio.median,
            overflow=overflow.share,
        ),
        layers=_layers(combination.widths, outputs, measured, dead / widths, dead_layers),
    )


def _layers(
    widths: tuple[int, ...],
    outputs: int,
    measured: Trials,
    dead: Floats,
    dead_layers: NDArray[np.bool_],
) -> tuple[LayerDiagnosis, ...]:
    rows = []
    for number, units in enumerate(widths):
        below = measured.signal[:, number - 1] if number else np.full(len(dead), np.nan)
        last = number == len(widths) - 1
        above = np.full(len(dead), np.nan) if last else measured.gradient[:, number + 1]
        rows.append(
            LayerDiagnosis(
                layer=f"dense_{number + 1}",
                units=units,
                signal=spread(measured.signal[:, number]),
                signal_factor=_median_factor(measured.signal[:, number], below),
                gradient=spread(measured.gradient[:, number]),
                gradient_factor=_median_factor(measured.gradient[:, number], above),
                dead_units=float(dead[:, number].mean()),
                dead_layer=share_of(int(dead_layers[:, number].sum()), len(dead)),
            )
        )
    logits, last_hidden = measured.signal[:, -1], measured.signal[:, -2]
    factor = _median_factor(logits, last_hidden)
    return (*rows, LayerDiagnosis("output", outputs, spread(logits), factor))


def _overflowed(measured: Trials) -> NDArray[np.bool_]:
    finite = np.isfinite(measured.signal).all(axis=1) & np.isfinite(measured.gradient).all(axis=1)
    return np.asarray(~finite)


def _log10_ratio(to: Floats, start: Floats) -> Floats:
    """log10 of the root of `to / start`: -inf where `to` is 0, NaN where neither says anything."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 0.5 * (np.log10(to) - np.log10(start))
    # Nothing arrives, or more than float32 holds, whatever set out.
    return np.where(to == 0, -np.inf, np.where(np.isposinf(to), np.inf, ratio))


def _median_factor(to: Floats, start: Floats) -> float:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return spread(to / start).median
