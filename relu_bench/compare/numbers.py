"""Numbers as the tables of a comparison write them."""

import math
from decimal import ROUND_HALF_UP, Decimal

from relu_bench.compare.measures import Scale

_MANY = 1_000_000
_LARGEST = 1e15  # beyond it a float has no tenths


def decimals(scale: Scale) -> int:
    """Digits behind the point: hundredths of a point, or four digits of another unit."""
    return 2 if scale.unit == "%" else 4


def points(scale: Scale) -> str:
    """The unit of a difference: points of a percentage, else the unit itself."""
    return "points" if scale.unit == "%" else scale.unit


def plain(value: float, digits: int) -> str:
    """`97.67`; empty when there is none."""
    return "" if math.isnan(value) else rounded(value, digits)


def rounded(value: float, digits: int) -> str:
    """`97.67`, a tie away from zero: the same however arithmetic came to the number.

    The mean of ten accuracies is often a tie: 92.015 from percentages, and 92.01499999999999 from
    fractions. Twelve digits are those of the CSVs.
    """
    if not abs(value) < _LARGEST:
        return f"{value:.{digits}f}"
    ties = Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{ties:f}"


def signed(value: float, digits: int) -> str:
    """`+0.12`, `-0.06`, `0.00` without a sign; empty when there is none."""
    text = plain(value, digits)
    if not text:
        return ""
    zero = float(text) == 0
    return text.removeprefix("-") if zero else text if text.startswith("-") else f"+{text}"


def between(low: float, high: float, digits: int) -> str:
    """`97.58–97.77`, for scores; empty when there is no interval."""
    return "" if math.isnan(low) else f"{plain(low, digits)}–{plain(high, digits)}"


def signed_between(low: float, high: float, digits: int) -> str:
    """`-0.08 to +0.07`, for differences; empty when there is no interval."""
    return "" if math.isnan(low) else f"{signed(low, digits)} to {signed(high, digits)}"


def probability(value: float) -> str:
    """A p-value: `0.293`, `<0.001`; empty when there is none."""
    if math.isnan(value):
        return ""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def seeds(low: float, high: float) -> str:
    """`47–399` seeds, `47+` when there is no upper end below a million; empty when unknown."""
    if math.isnan(low):
        return ""
    if math.isinf(low):
        return f">{_MANY:,}"
    if math.isinf(high):
        return f"{low:,.0f}+"
    return f"{low:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"
