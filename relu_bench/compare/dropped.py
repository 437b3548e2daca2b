"""What does not count in a comparison, said line by line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relu_bench.compare.estimates import Common, Estimate
from relu_bench.compare.observations import OUTCOMES, Observations, known
from relu_bench.compare.pairs import Pair
from relu_bench.compare.tuning import CELLS

_MOST_LINES = 12


def left_out(
    observed: Observations,
    shared: Common,
    estimates: Sequence[Estimate],
    pairs: Sequence[Pair],
    has_cells: bool,
) -> tuple[str, ...]:
    """One line for each kind of run that is missing from the means or the differences.

    Args:
        observed: what there is, the variants in the order of `estimates`.
        shared: what the variants have in common, from before they were ordered.
        estimates: what the means are of.
        pairs: what the differences are of.
        has_cells: whether other axes vary, so that settings may be missing.
    """
    lines = []
    if not shared.comparable:
        lines.append(
            "No setting of the other axes is common to all variants: their means are over "
            "different settings, and only the differences are paired. Naming more axes with --by "
            "compares each combination."
        )
    there = known(observed.scores)
    failed = observed.outcomes == OUTCOMES.index("failed")
    by_pair = {pair.variant: pair for pair in pairs}
    untuned = []
    if observed.cells == CELLS:
        untuned = [each.variant for each in estimates if not each.n]
    for row, estimate in enumerate(estimates):
        found = []
        lost = int(failed[row].sum())
        if lost:
            found.append(f"{_runs(lost)} failed")
        if has_cells and shared.comparable:
            found += _not_common(there[row], shared, estimate.n)
        pair = by_pair.get(estimate.variant)
        if pair and (pair.unpaired or pair.unpaired_baseline):
            found.append(_unpaired(pair, untuned))
        if found:
            lines.append(f"{estimate.variant}: {'; '.join(found)}.")
    if len(lines) > _MOST_LINES:
        more = len(lines) - _MOST_LINES
        lines = [*lines[:_MOST_LINES], f"The same for {more} further variants."]
    return tuple(lines)


def _not_common(there: NDArray[np.bool_], shared: Common, n: int) -> list[str]:
    """Settings that others lack, and seeds without a run at some common setting."""
    found = []
    own = there.any(axis=1)
    extra = int((own & ~shared.cells).sum())
    if extra:
        runs = _runs(int(there[~shared.cells].sum()))
        found.append(f"{_of(extra, int(own.sum()), 'setting')} ({runs}) not in its mean")
    seeds = int(there[shared.cells].any(axis=0).sum())
    if seeds > n:
        found.append(f"{_of(seeds - n, seeds, 'seed')} not in its mean: a run is missing")
    return found


def _unpaired(pair: Pair, untuned: Sequence[str]) -> str:
    """Why runs are in no difference; `untuned` are the variants for which no setting was chosen."""
    reasons = [name for name in (pair.variant, pair.baseline) if name in untuned]
    if reasons:
        return (
            f"no difference: no setting of {' and of '.join(reasons)} could be chosen, which takes "
            "validation scores of at least 3 seeds"
        )
    if not pair.n:
        return f"no difference: no seed and setting in common with {pair.baseline}"
    parts = []
    if pair.unpaired:
        parts.append(f"{_runs(pair.unpaired)} of it")
    if pair.unpaired_baseline:
        parts.append(f"{_runs(pair.unpaired_baseline)} of {pair.baseline}")
    return f"not in the difference, having no partner: {' and '.join(parts)}"


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _of(part: int, whole: int, what: str) -> str:
    return f"{part} of {whole} {what}{'s' if whole > 1 else ''}"
