"""A comparison as tables of texts, which every format for readers is written from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from relu_bench.compare import numbers
from relu_bench.compare.across import Ranks
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.estimates import Estimate
from relu_bench.compare.pairs import Pair

# How a row stands against the best: it, or practically equal to it; not told apart; the rest.
Mark = Literal["best", "undecided", ""]
_UNMARKED: Mark = ""
_MARKS: dict[str, Mark] = {
    "best": "best",
    "practically equal": "best",
    "undecided": "undecided",
}


@dataclass(frozen=True)
class Section:
    """One table: a head, and cells as text, the first of which names the variant."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[Mark, ...]


def heading(comparison: Comparison) -> str:
    """What is compared: `variants: test accuracy (%) by activation`; said where low is good."""
    question, measure = comparison.question, comparison.measure
    by = " and ".join(question.by)
    low = "" if measure.scale.higher_is_better else "; lower is better"
    return f"{question.experiment}: {measure.title}{measure.scale.suffix} by {by}{low}"


def circumstances(comparison: Comparison) -> str:
    """On what, and how further axes are treated."""
    question = comparison.question
    parts = [question.dataset, question.model]
    if question.others:
        cells = question.runs["cell"].nunique()
        how = "at the same settings" if comparison.mode == "matched" else "each at its best setting"
        parts.append(f"{how} of {', '.join(question.others)} ({cells:,} in all)")
    return "; ".join(part for part in parts if part)


def sections(comparison: Comparison) -> list[Section]:
    """Each variant by itself; against the baseline; how sure that is."""
    found = [_scores(comparison)]
    if any(not math.isnan(each.bca_low) for each in comparison.estimates):
        found.append(_robust(comparison))
    if comparison.pairs:
        found += [_differences(comparison), _certainty(comparison)]
    return found


def wide(comparison: Comparison) -> Section:
    """One row a variant and one column a seed."""
    digits = numbers.decimals(comparison.measure.scale)
    return Section(
        "Each seed",
        (_head(comparison), *(f"seed {seed}" for seed in comparison.seeds)),
        tuple(
            (estimate.variant, *(numbers.plain(float(value), digits) for value in row))
            for estimate, row in zip(comparison.estimates, comparison.scores, strict=True)
        ),
        _marks(comparison, comparison.estimates),
    )


def rank_section(ranks: Ranks) -> Section:
    """Mean ranks across data sets."""
    model = f", {ranks.model}" if ranks.model else ""
    heads = [", ".join(ranks.by), "mean rank"]
    with_p = any(not math.isnan(p) for p in ranks.against)
    if with_p:
        heads.append(f"p against {ranks.baseline}")
    rows = [
        (variant, f"{rank:.2f}", *([numbers.probability(p)] if with_p else []))
        for variant, rank, p in zip(ranks.variants, ranks.ranks, ranks.against, strict=True)
    ]
    title = f"Ranks over {len(ranks.datasets)} data sets ({', '.join(ranks.datasets)}){model}"
    return Section(title, tuple(heads), tuple(rows), tuple(_UNMARKED for _ in rows))


def _head(comparison: Comparison) -> str:
    return ", ".join(comparison.question.by)


def _marks(comparison: Comparison, rows: Sequence[Estimate | Pair]) -> tuple[Mark, ...]:
    marks = {each.variant: _MARKS.get(each.standing, "") for each in comparison.estimates}
    return tuple(marks[row.variant] for row in rows)


def _scores(comparison: Comparison) -> Section:
    digits = numbers.decimals(comparison.measure.scale)
    estimates = comparison.estimates
    with_bca = any(not math.isnan(each.bca_low) for each in estimates)
    with_letters = any(each.letters for each in estimates)
    middle = () if with_bca else ("median", "IQM")
    heads = (_head(comparison), "n", "learned", "mean", "sd", "95 % interval", *middle)
    rows = []
    for each in estimates:
        cells = [
            each.variant,
            str(each.n),
            f"{each.learned}/{each.runs}",
            numbers.plain(each.mean, digits),
            numbers.plain(each.sd, digits),
            numbers.between(each.low, each.high, digits),
        ]
        if not with_bca:
            cells += [numbers.plain(value, digits) for value in (each.median, each.iqm)]
        rows.append((*cells, *([each.letters] if with_letters else [])))
    letters = ("letters",) if with_letters else ()
    return Section("Scores", (*heads, *letters), tuple(rows), _marks(comparison, estimates))


def _robust(comparison: Comparison) -> Section:
    digits = numbers.decimals(comparison.measure.scale)
    rows = tuple(
        (
            each.variant,
            numbers.plain(each.median, digits),
            numbers.plain(each.iqm, digits),
            numbers.between(each.bca_low, each.bca_high, digits),
        )
        for each in comparison.estimates
    )
    heads = (_head(comparison), "median", "IQM", "95 % BCa interval of the mean")
    marks = _marks(comparison, comparison.estimates)
    return Section("Scores, without assuming a normal distribution", heads, rows, marks)


def _differences(comparison: Comparison) -> Section:
    digits = numbers.decimals(comparison.measure.scale)
    ratio = "×errors" if comparison.measure.is_rate else "ratio"
    rows = tuple(
        (
            pair.variant,
            numbers.signed(pair.difference, digits),
            numbers.signed_between(pair.low, pair.high, digits),
            numbers.plain(pair.ratio, 2),
            numbers.probability(pair.p_holm),
            pair.verdict,
        )
        for pair in comparison.pairs
    )
    heads = (_head(comparison), "difference", "95 % interval", ratio, "p", "verdict")
    unit = numbers.points(comparison.measure.scale)
    title = f"Minus {comparison.baseline}{f', in {unit}' if unit else ''}"
    return Section(title, heads, rows, _marks(comparison, comparison.pairs))


def _certainty(comparison: Comparison) -> Section:
    digits = numbers.decimals(comparison.measure.scale)
    rows = tuple(
        (
            pair.variant,
            str(pair.n),
            numbers.plain(pair.correlation, 2),
            numbers.signed_between(pair.narrow_low, pair.narrow_high, digits),
            numbers.probability(pair.flip_p_holm),
            numbers.plain(pair.improvement, 2),
            numbers.seeds(pair.seeds_low, pair.seeds_high),
        )
        for pair in comparison.pairs
    )
    heads = (_head(comparison), "n", "r", "90 % interval", "sign-flip p", "P(better)", "seeds")
    title = f"How sure: pairs with {comparison.baseline}"
    return Section(title, heads, rows, _marks(comparison, comparison.pairs))
