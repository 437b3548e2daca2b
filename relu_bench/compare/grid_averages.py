"""What the average over a grid of settings hides, for each pair with the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from relu_bench import stats
from relu_bench.compare.observations import Observations, along
from relu_bench.compare.pairs import Matched, Pair
from relu_bench.compare.variants import as_texts
from relu_bench.wording import decimals, first_of, percent, signed

if TYPE_CHECKING:
    from relu_bench.compare.measures import Measure
    from relu_bench.compare.questions import Question

# Settings that are named where the sign is the other way.
_MOST_NAMED = 4


def taken_apart(
    question: Question,
    observed: Observations,
    measure: Measure,
    pairs: Sequence[Pair],
    matches: Sequence[Matched],
) -> tuple[Pair, ...]:
    """The pairs with the values of the other axes that say the opposite, or that decide alone.

    Each value of each other axis is averaged over the rest: what one learning rate decides, none of
    its cells with four initializers may.

    Args:
        question: its `others` are the axes that are averaged over.
        observed: the scores by cell, from which the pairs come.
        measure: of the scores.
        pairs: of `against_baseline`.
        matches: what each pair is of.
    """
    cells = question.runs[["cell", *question.others]].drop_duplicates("cell").set_index("cell")
    cells = cells.loc[list(observed.cells)]
    levels = {name: as_texts(cells[name]).to_numpy() for name in question.others}
    digits = decimals(measure.scale.unit)
    found = []
    for pair, match in zip(pairs, matches, strict=True):
        one, other = (observed.variants.index(name) for name in (pair.variant, pair.baseline))
        shared, seeds = along(match.used, 1), along(match.used, 0)
        differences = (observed.scores[one] - observed.scores[other])[shared][:, seeds]
        opposite: list[str] = []
        deciding: list[str] = []
        for name, values in levels.items():
            its = values[shared]
            there = list(dict.fromkeys(its))
            if len(there) < 2 or not seeds.any():
                continue
            by_level = np.stack([differences[its == each].mean(axis=0) for each in there])
            apart = stats.over_settings(by_level)
            shown = [signed(float(mean), digits) for mean in apart.of_each]
            opposite += [
                f"{name}={there[place]} ({shown[place]})"
                for place in np.flatnonzero(apart.opposite)
                if float(shown[place])
            ]
            if apart.deciding is not None:
                # Above 1 where the other values balance it.
                share = percent(min(float(apart.shares[apart.deciding]), 1.0))
                deciding.append(f"{name}={there[apart.deciding]} ({share}\u00a0%)")
        found.append(
            replace(
                pair,
                opposite_at=first_of(opposite, _MOST_NAMED),
                decided_at=first_of(deciding, _MOST_NAMED),
            )
        )
    return tuple(found)
