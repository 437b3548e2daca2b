"""Diagnoses as data: flat records for JSON, CSV and figures.

Where a value does not exist it is NaN here, null in JSON and empty in CSV. An infinite one (no
gradient at all arrives, float32 overflows) is the text `-inf` or `inf` in JSON, which has no word
for it.
"""

from collections.abc import Sequence
from typing import Any

from relu_bench import tables
from relu_bench.components.variant_label import label
from relu_bench.diagnose.diagnosis import (
    AXES,
    Combination,
    Diagnosis,
    LayerDiagnosis,
    Share,
    Spread,
    varying,
)
from relu_bench.wording import as_yaml

Record = dict[str, Any]


def record(diagnosis: Diagnosis) -> Record:
    """What holds of a combination as a whole."""
    return {
        **_settings(diagnosis.combination),
        "trials": diagnosis.trials,
        "images": diagnosis.images,
        "seed": diagnosis.seed,
        "verdict": diagnosis.judged.verdict,
        "reason": diagnosis.judged.reason,
        **_spread("log10_gradient_ratio", diagnosis.gradient_ratio),
        **_spread("log10_signal_ratio", diagnosis.signal_ratio),
        **_share("zero_gradient", diagnosis.zero_gradient),
        **_share("overflow", diagnosis.overflow),
        "dead_units": diagnosis.dead_units,
        **_share("dead_layer", diagnosis.dead_layer),
    }


def layer_records(diagnosis: Diagnosis) -> list[Record]:
    """A record for each layer of a combination, its settings included."""
    settings = _settings(diagnosis.combination)
    return [{**settings, **_layer(layer)} for layer in diagnosis.layers]


def variants(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """A short name for each: the values of what varies among them, or the activation."""
    axes = varying([each.combination for each in diagnoses]) or ("activation",)
    return [
        label({axis: as_yaml(getattr(each.combination, axis)) for axis in axes})
        for each in diagnoses
    ]


def as_json(diagnoses: Sequence[Diagnosis], *, by_layer: bool) -> str:
    """One array with an object a combination; `by_layer` adds the array `layers` to each."""
    objects = []
    for each in diagnoses:
        layers = {"layers": [_layer(layer) for layer in each.layers]} if by_layer else {}
        objects.append({**record(each), **layers})
    return tables.to_json(tables.of_records(objects))


def as_csv(diagnoses: Sequence[Diagnosis], *, by_layer: bool) -> str:
    """One row a combination, or one for each of its layers."""
    rows = [
        row for each in diagnoses for row in (layer_records(each) if by_layer else [record(each)])
    ]
    return tables.to_csv(tables.of_records(rows))


def _settings(combination: Combination) -> Record:
    return {axis: getattr(combination, axis) for axis in AXES}


def _layer(layer: LayerDiagnosis) -> Record:
    return {
        "layer": layer.layer,
        "units": layer.units,
        **_spread("signal", layer.signal),
        "signal_factor": layer.signal_factor,
        **_spread("gradient", layer.gradient),
        "gradient_factor": layer.gradient_factor,
        "dead_units": layer.dead_units,
        **_share("dead_layer", layer.dead_layer),
    }


def _spread(name: str, spread: Spread) -> Record:
    return {
        name: spread.median,
        f"{name}_median_low": spread.median_low,
        f"{name}_median_high": spread.median_high,
        f"{name}_low": spread.low,
        f"{name}_high": spread.high,
    }


def _share(name: str, share: Share) -> Record:
    return {name: share.share, f"{name}_low": share.low, f"{name}_high": share.high}
