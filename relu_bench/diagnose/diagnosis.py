"""From the trials of a combination to its diagnosis: layer by layer, and as a whole."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relu_bench.diagnose.combinations import Combination
from relu_bench.diagnose.intervals import Share, Spread, share_of, spread
from relu_bench.diagnose.simulate import Trials
from relu_bench.diagnose.verdicts import Judged, judge
from relu_bench.networks import activations

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LayerDiagnosis:
    """A hidden layer, or the output layer, of which only the signal is known.

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
    gradient: Spread | None = None
    gradient_factor: float | None = None
    dead_units: float | None = None
    dead_layer: Share | None = None


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
