"""What other test samples, beside other seeds, would make of a difference (`stats.crossed`).

It rests on which test samples each run got right: on test_samples.csv, which may lack runs.
"""

from __future__ import annotations

import base64
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare.measures import KEY, called, completed, dataset_of
from relu_bench.stats.crossed import FEWEST_SEEDS
from relu_bench.wording import decimals, difference_unit, first_of, plural, rounded

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.compare.comparison import Comparison
    from relu_bench.compare.pairs import Pair

# The bits are those of the last epoch's weights, of the metric that counts right answers.
_MEASURE = "test_accuracy"
_MOST_NAMED = 12
_TUNED = "it is not known of tuned settings"
_FEW_SEEDS = f"it takes {FEWEST_SEEDS} seeds"
_OTHER_TEST_SET = "the runs were not tested on the same samples, each seed once"
_NO_WIDTH = "no sample is answered differently"


@dataclass(frozen=True, eq=False)
class OtherSamples:
    """The half widths of the 95 % intervals by variant, as people read them.

    `reasons` says, by variant, why the others have none.
    """

    half_widths: Mapping[str, float]
    reasons: Mapping[str, str]


class _Bits(NamedTuple):
    """Which test samples a run got right, packed, and of which data they are."""

    packed: NDArray[np.uint8]
    samples: int
    fingerprint: str


# By variant, then by setting and seed: one for each run there, None where its bits are not known.
_Places = Mapping[str, Mapping[tuple[str, int], list[_Bits | None]]]


def with_other_samples(comparison: Comparison, rows: Callable[[], DataFrame]) -> Comparison:
    """The same with the intervals of its pairs over other seeds and other test samples.

    Where no run of the comparison has bits (an older store, ratings, another measure) nothing is
    added.

    Args:
        comparison: of one question.
        rows: gives the rows of test_samples.csv that belong to its runs, and maybe others.
    """
    if comparison.measure.column != _MEASURE:
        return comparison
    places = _places(completed(comparison.question.runs), rows())
    if not any(bits for its in places.values() for each in its.values() for bits in each):
        return comparison
    widths: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for pair in comparison.pairs:
        width = _TUNED if comparison.mode == "tuned" else _half_width(pair, places)
        if isinstance(width, str):
            reasons[pair.variant] = width
        else:
            widths[pair.variant] = comparison.measure.scale.factor * width
    pairs = tuple(
        replace(
            pair,
            images_low=pair.difference - widths.get(pair.variant, math.nan),
            images_high=pair.difference + widths.get(pair.variant, math.nan),
        )
        for pair in comparison.pairs
    )
    return replace(comparison, pairs=pairs, other_samples=OtherSamples(widths, reasons))


def other_samples_in_words(comparison: Comparison) -> list[str]:
    """How far each difference is uncertain, and of which that cannot be said."""
    found = comparison.other_samples
    if found is None:
        return []
    unit = comparison.measure.scale.unit
    widths = [
        f"{variant} ±{rounded(width, decimals(unit))}"
        for variant, width in found.half_widths.items()
    ]
    clauses = []
    if widths:
        listed = f"{first_of(widths, _MOST_NAMED)}\u00a0{difference_unit(unit)}".strip()
        clauses.append(f"{listed} (95\u00a0%, over other seeds as well)")
    by_reason: dict[str, list[str]] = defaultdict(list)
    for variant, reason in found.reasons.items():
        by_reason[reason].append(variant)
    clauses += [
        f"not shown for {first_of(variants, _MOST_NAMED)}, since {reason}"
        for reason, variants in by_reason.items()
    ]
    samples = called(dataset_of(comparison.question.runs))
    return [f"On other {samples} like these: {'; '.join(clauses)}."]


def other_samples_range(comparison: Comparison) -> str:
    """The narrowest and widest of these half widths, in one sentence; empty where there is none."""
    found = comparison.other_samples
    if found is None or not found.half_widths:
        return ""
    unit = comparison.measure.scale.unit
    widths = [rounded(width, decimals(unit)) for width in found.half_widths.values()]
    ends = dict.fromkeys([min(widths, key=float), max(widths, key=float)])
    samples = called(dataset_of(comparison.question.runs))
    return (
        f"On other {samples} like these, differences are uncertain by ±{' to ±'.join(ends)}\u00a0"
        f"{difference_unit(unit)}.".replace("\u00a0.", ".")
    )


def _places(runs: DataFrame, rows: DataFrame) -> _Places:
    """The bits of every run that counts."""
    bits: dict[tuple[str, str], list[_Bits]] = defaultdict(list)
    wanted = set(zip(*(runs[name] for name in KEY), strict=True))
    columns = [*KEY, "samples", "correct", "fingerprint"]
    for experiment, run_id, samples, correct, fingerprint in zip(
        *(rows[name] for name in columns), strict=True
    ):
        if (experiment, run_id) in wanted:
            packed = np.frombuffer(base64.b64decode(correct), np.uint8)
            content = fingerprint if isinstance(fingerprint, str) else ""
            bits[experiment, run_id].append(_Bits(packed, int(samples), content))
    found: dict[str, dict[tuple[str, int], list[_Bits | None]]] = {}
    columns = [*KEY, "variant", "cell", "seed", _MEASURE]
    for experiment, run_id, variant, cell, seed, score in zip(
        *(runs[name] for name in columns), strict=True
    ):
        its = [each for each in bits[experiment, run_id] if _fits(each, score)]
        at = found.setdefault(variant, {}).setdefault((cell, int(seed)), [])
        at.append(its[-1] if its else None)
    return found


def _fits(bits: _Bits, score: float) -> bool:
    """Whether the bits are of the training whose score is known, as after a repair they may not."""
    right = int(np.unpackbits(bits.packed, count=bits.samples).sum())
    return not math.isnan(score) and abs(right - score * bits.samples) < 0.5


def _half_width(pair: Pair, places: _Places) -> float | str:
    """In the stored unit; or why there is none."""
    one, other = places.get(pair.variant, {}), places.get(pair.baseline, {})
    both = one.keys() & other.keys()
    cells = sorted({cell for cell, _ in both})
    seeds = [
        seed
        for seed in sorted({seed for _, seed in both})
        if all((cell, seed) in both for cell in cells)
    ]
    if len(seeds) < FEWEST_SEEDS:
        return _FEW_SEEDS
    order = [(cell, seed) for cell in cells for seed in seeds]
    runs = [bits for side in (one, other) for place in order for bits in side[place]]
    known = [bits for bits in runs if bits is not None]
    missing = len(runs) - len(known)
    if missing:
        return f"{missing} of {len(runs)} runs {plural(missing, 'does', 'do')} not have their bits"
    tested = {(bits.samples, bits.fingerprint) for bits in known}
    if len(tested) > 1 or len(known) != 2 * len(order):
        return _OTHER_TEST_SET
    shape = (2, len(cells), len(seeds), -1)
    first, second = np.stack([bits.packed for bits in known]).reshape(shape)
    ((samples, _),) = tested
    if samples < 2:
        return _NO_WIDTH
    width = float(stats.crossed_of_bits(first, second, samples).half_width())
    return _NO_WIDTH if math.isnan(width) else width
