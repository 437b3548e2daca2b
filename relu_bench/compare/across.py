"""Ranks of variants across data sets: the only view that spans them, and it uses ranks alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from relu_bench import stats
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.variants import REVISION

# Demšar (2006), section 3.2.2: fewer data sets say little.
FEW_DATASETS = 5


@dataclass(frozen=True)
class Ranks:
    """Mean ranks over data sets of the variants that all of them have (Demšar 2006).

    Attributes:
        by: the axes whose values are ranked.
        model: of all runs; empty when it is what is ranked.
        datasets: the data sets.
        baseline: the control; empty when not every data set has it.
        variants: by mean rank, the best first.
        ranks: mean ranks, 1 the best.
        p: of Friedman's test, exact where data sets and variants are few; NaN for fewer than two
            data sets or three variants, and for fewer than 5 data sets that are too many to count.
        against: exact p of each variant's rank against the baseline's, by Holm; NaN for itself.
    """

    by: tuple[str, ...]
    model: str
    datasets: tuple[str, ...]
    baseline: str
    variants: tuple[str, ...]
    ranks: tuple[float, ...]
    p: float
    against: tuple[float, ...]


def across(comparisons: Sequence[Comparison]) -> tuple[Ranks, ...]:
    """Ranks for each set of comparisons that differ in the data set only.

    Those of one experiment belong together; where each experiment has one data set, and no two the
    same, all of them do.
    """
    found = []
    for family in _families(comparisons):
        if _distinct(family):
            groups = [family]
        else:
            by_name: dict[str, list[Comparison]] = {}
            for each in family:
                by_name.setdefault(each.question.experiment, []).append(each)
            groups = [group for group in by_name.values() if _distinct(group)]
        found += [ranks for group in groups if (ranks := _ranks(group)) is not None]
    return tuple(found)


def _families(comparisons: Sequence[Comparison]) -> Iterator[list[Comparison]]:
    """Comparisons by the same axes with the same model, and no variant in several revisions."""
    alike: dict[tuple[object, ...], list[Comparison]] = {}
    for each in comparisons:
        alike.setdefault((each.question.by, each.question.model), []).append(each)
    for group in alike.values():
        if _one_revision_each(group):
            yield group
            continue
        by_revision: dict[str, list[Comparison]] = {}
        for each in group:
            by_revision.setdefault(each.question.numerics, []).append(each)
        yield from by_revision.values()


def _one_revision_each(group: Sequence[Comparison]) -> bool:
    """Whether each variant has the same numerics revisions wherever it stands."""
    known: dict[str, set[object]] = {}
    for each in group:
        runs = each.question.runs
        for variant, revisions in runs.groupby("variant")[REVISION]:
            here = set(revisions)
            if known.setdefault(str(variant), here) != here:
                return False
    return True


def _distinct(group: Sequence[Comparison]) -> bool:
    return len({each.question.dataset for each in group}) == len(group)


def _ranks(group: Sequence[Comparison]) -> Ranks | None:
    group = [each for each in group if each.comparable]
    if len(group) < 2:
        return None
    means = [{one.variant: one.mean for one in each.estimates if one.n} for each in group]
    variants = [name for name in means[0] if all(name in others for others in means)]
    if len(variants) < 2:
        return None
    scores = np.array(
        [
            [each.measure.direction * of[name] for name in variants]
            for each, of in zip(group, means, strict=True)
        ]
    )
    baselines = {each.baseline for each in group}
    baseline = baselines.pop() if len(baselines) == 1 else ""
    control = variants.index(baseline) if baseline in variants else None
    rounded = np.round(scores, 10)
    test = stats.rank_test(rounded, control or 0)
    corrected = np.full(len(variants), np.nan)
    if control is not None and len(variants) > 2:
        corrected = stats.holm(stats.rank_differences_p(rounded, control))
    order = np.argsort(test.ranks, kind="stable")
    question = group[0].question
    return Ranks(
        by=question.by,
        model=question.model,
        datasets=tuple(each.question.dataset for each in group),
        baseline=baseline if control is not None else "",
        variants=tuple(variants[row] for row in order),
        ranks=tuple(test.ranks[row] for row in order),
        p=stats.friedman_p(rounded),
        against=tuple(float(corrected[row]) for row in order),
    )
