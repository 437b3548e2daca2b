"""A comparison as tables for readers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from relu_bench.compare.across import Ranks
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.estimates import Estimate
from relu_bench.compare.pairs import Pair
from relu_bench.tables import Mark, Table, table
from relu_bench.wording import (
    between,
    decimals,
    difference_unit,
    probability,
    rounded,
    seed_range,
    signed,
    signed_between,
)

UNMARKED: tuple[Mark] = ("",)
"""Of a row that is not ranked, in line with the names of tables whose rows are."""


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


def tables_of(comparison: Comparison) -> list[Table]:
    """Each variant by itself; against the baseline; how sure that is."""
    found = [_scores(comparison)]
    if any(not math.isnan(each.bca_low) for each in comparison.estimates):
        found.append(_robust(comparison))
    if comparison.pairs:
        found += [_differences(comparison), _certainty(comparison)]
    # Nothing is tested for a fixed number of seeds where seeds were added.
    return found if comparison.looks is None else [each.without_empty_columns() for each in found]


def verdict_table(comparison: Comparison) -> Table:
    """What a person reads first: who learned, means, differences, and the verdicts on them."""
    scale = comparison.measure.scale
    digits, unit = decimals(scale.unit), difference_unit(scale.unit)
    pairs = {pair.variant: pair for pair in comparison.pairs}
    rows = []
    for each in comparison.estimates:
        cells = (each.variant, f"{each.learned}/{each.runs}", rounded(each.mean, digits))
        pair = pairs.get(each.variant)
        if pair is None:
            rows.append((*cells, "", "", "baseline" if pairs else ""))
            continue
        interval = signed_between(*_together(comparison, pair), digits)
        rows.append((*cells, signed(pair.difference, digits), interval, pair.verdict))
    heads = (_head(comparison), "learned", "mean", "difference", "95 % interval", "verdict")
    title = f"Minus {comparison.baseline}{f', in {unit}' if unit else ''}" if pairs else "Scores"
    return table(title, heads, rows).without_empty_columns()


def table_by_seed(comparison: Comparison) -> Table:
    """One row a variant and one column a seed."""
    digits = decimals(comparison.measure.scale.unit)
    heads = (_head(comparison), *(f"seed {seed}" for seed in comparison.seeds))
    rows = [
        (estimate.variant, *(rounded(float(value), digits) for value in row))
        for estimate, row in zip(comparison.estimates, comparison.scores, strict=True)
    ]
    return table("Each seed", heads, rows, _marks(comparison, comparison.estimates))


def rank_table(ranks: Ranks) -> Table:
    """Mean ranks across data sets."""
    model = f", {ranks.model}" if ranks.model else ""
    heads = [", ".join(ranks.by), "mean rank"]
    with_p = any(not math.isnan(p) for p in ranks.against)
    if with_p:
        heads.append(f"p against {ranks.baseline}")
    rows = [
        (variant, f"{rank:.2f}", *([probability(p)] if with_p else []))
        for variant, rank, p in zip(ranks.variants, ranks.ranks, ranks.against, strict=True)
    ]
    title = f"Ranks over {len(ranks.datasets)} data sets ({', '.join(ranks.datasets)}){model}"
    return table(title, heads, rows, UNMARKED * len(rows))


def _head(comparison: Comparison) -> str:
    return ", ".join(comparison.question.by)


def _marks(comparison: Comparison, rows: Sequence[Estimate | Pair]) -> tuple[Mark, ...]:
    """The best only where it is decided: of several that are not told apart none is the best."""
    standings = {each.variant: each.standing for each in comparison.estimates}
    best: Mark = "undecided" if "undecided" in standings.values() else "best"
    of_standing: dict[str, Mark] = {"best": best, "practically equal": best, "undecided": best}
    return tuple(of_standing.get(standings[row.variant], "") for row in rows)


def _scores(comparison: Comparison) -> Table:
    scale = comparison.measure.scale
    digits = decimals(scale.unit)
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
            rounded(each.mean, digits),
            rounded(each.sd, digits),
            between(*scale.bounded(each.low, each.high), digits),
        ]
        if not with_bca:
            cells += [rounded(value, digits) for value in (each.median, each.iqm)]
        rows.append((*cells, *([each.letters] if with_letters else [])))
    letters = ("letters",) if with_letters else ()
    return table("Scores", (*heads, *letters), rows, _marks(comparison, estimates))


def _robust(comparison: Comparison) -> Table:
    scale = comparison.measure.scale
    digits = decimals(scale.unit)
    rows = [
        (
            each.variant,
            rounded(each.median, digits),
            rounded(each.iqm, digits),
            between(*scale.bounded(each.bca_low, each.bca_high), digits),
        )
        for each in comparison.estimates
    ]
    heads = (_head(comparison), "median", "IQM", "95 % BCa interval of the mean")
    marks = _marks(comparison, comparison.estimates)
    return table("Scores, without assuming a normal distribution", heads, rows, marks)


def _differences(comparison: Comparison) -> Table:
    digits = decimals(comparison.measure.scale.unit)
    rows = [
        (
            pair.variant,
            signed(pair.difference, digits),
            signed_between(*_together(comparison, pair), digits),
            rounded(pair.ratio, 2),
            probability(pair.p_holm),
            pair.verdict,
        )
        for pair in comparison.pairs
    ]
    ratio, unit = comparison.measure.ratio, difference_unit(comparison.measure.scale.unit)
    heads = (_head(comparison), "difference", "95 % interval", ratio, "p", "verdict")
    title = f"Minus {comparison.baseline}{f', in {unit}' if unit else ''}"
    return table(title, heads, rows, _marks(comparison, comparison.pairs))


def _together(comparison: Comparison, pair: Pair) -> tuple[float, float]:
    """The interval that holds together with those of all pairs, within what a difference can be."""
    ends = pair.simultaneous_low, pair.simultaneous_high
    return comparison.measure.scale.bounded(*ends, difference=True)


def _certainty(comparison: Comparison) -> Table:
    scale = comparison.measure.scale
    digits = decimals(scale.unit)
    rows = [
        (
            pair.variant,
            str(pair.n),
            rounded(pair.correlation, 2),
            signed_between(
                *scale.bounded(pair.narrow_low, pair.narrow_high, difference=True), digits
            ),
            probability(pair.flip_p_holm),
            rounded(pair.improvement, 2),
            *_seeds(pair),
        )
        for pair in comparison.pairs
    ]
    heads = (
        *(_head(comparison), "n", "r", "90 % interval", "sign-flip p", "P(better)"),
        *("seeds", "if equal"),
    )
    title = f"How sure: pairs with {comparison.baseline}"
    return table(title, heads, rows, _marks(comparison, comparison.pairs)).without_empty_columns()


def _seeds(pair: Pair) -> tuple[str, str]:
    """How many would find a difference, and how many show that there is none, of what is open."""
    if pair.verdict != "undecided":
        return "", ""
    return (
        seed_range(pair.seeds_low, pair.seeds_high),
        seed_range(pair.equal_seeds_low, pair.equal_seeds_high),
    )
