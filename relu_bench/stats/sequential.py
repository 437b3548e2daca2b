"""A test that may be looked at again and again: seeds are added until a comparison is resolved.

A plain test that is repeated as seeds are added finds something sooner or later. This one is an
e-process: whatever rule stops it, the chance that its interval ever misses the truth stays below
its level, because under the null hypothesis E_n exceeds 1 / level with no more than that chance. It
is a function of the number of seeds, their mean and their standard deviation alone, so that a store
has the same answer whoever looks at it, and however often others have.

Sources: the interval, Lai (1976), On confidence sequences, Annals of Statistics 4(2), 265-280; in
the form of a Gaussian mixture for the t test, Wang and Ramdas (2023), Anytime-valid t-tests and
confidence sequences for Gaussian means with unknown variance, arXiv 2310.03722; that the chance
holds at all looks together, Ville (1939), Étude critique de la notion de collectif.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.differences import DIGITS, too_fine
from relu_bench.stats.intervals import checked

LEVEL = 0.05
# Both ends of a 90 % interval within the margin: an error of at most 5 % at each of them.
EQUAL_LEVEL = 0.10
FIRST_LOOK = 10
STEP = 5
# The factor of the interval is infinite at 10 seeds: these are the first that can decide.
FEWEST_SEEDS = 15
# A look says nothing while more than this share of its seeds has no difference.
MOST_LEFT_OUT = 0.1
# The mixture is as narrow as can be at about this many seeds.
_NARROWEST_AT = 100
Numbers = NDArray[np.float64]


def mixture_constant(level: float = LEVEL) -> float:
    """The width of the mixture in seeds: c = 100 / (L + ln(1 + L)) with L = -2 ln(level).

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    log = -2 * math.log(checked(level))
    return _NARROWEST_AT / (log + math.log1p(log))


def sequential_factor(n: ArrayLike, level: float = LEVEL) -> Numbers:
    """k_n, which takes the place of the t quantile: the interval is mean ± k_n · s / √n.

    With c of `mixture_constant`, v = n - 1 and A = ((n + c) / (c · level²))^(1 / n):
    k_n = √(v · (A - 1) / (1 - A · c / (n + c))).

    Args:
        n: seeds, of any shape.
        level: the chance that the interval misses the truth at any number of seeds.

    Returns:
        In the shape of `n`; infinite where A · c ≥ n + c, and for fewer than 2 seeds: too few for
        an interval with an end.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    seeds = np.asarray(n, np.float64)
    c = mixture_constant(level)
    many = np.maximum(seeds, 2.0)
    growth = ((many + c) / (c * level**2)) ** (1 / many)
    left = 1 - growth * c / (many + c)
    finite = (left > 0) & (seeds >= 2)
    squared = (many - 1) * (growth - 1) / np.where(finite, left, 1.0)
    return np.where(finite, np.sqrt(squared), math.inf)


def sequential_ends(
    means: ArrayLike, sds: ArrayLike, n: ArrayLike, level: float = LEVEL
) -> tuple[Numbers, Numbers]:
    """The ends of the intervals that hold at all numbers of seeds together.

    Args:
        means: of the differences, of any shape.
        sds: their standard deviations, with n - 1; NaN where there is none.
        n: seeds of each.
        level: the chance that one interval misses the truth at any number of seeds.

    Returns:
        In the shape that the arguments broadcast to; -∞ and ∞ where there are too few seeds.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    factor = sequential_factor(n, level)
    centre = np.asarray(means, np.float64)
    # Too few seeds of an sd of 0 are too few all the same, and 0 times infinity is no number.
    scaled = np.where(np.isinf(factor), 0.0, factor) * np.asarray(sds, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.where(np.isinf(factor), math.inf, scaled / np.sqrt(np.asarray(n, np.float64)))
    return centre - half, centre + half


def e_value(differences: ArrayLike, level: float = LEVEL) -> Numbers:
    """E_n of the hypothesis that the mean difference is 0, along the last axis.

    With t = mean · √n / s, v = n - 1 and c of `mixture_constant`:
    E_n = √(c / (n + c)) · ((1 + t² / v) / (1 + t² · c / (v · (n + c))))^(n / 2).
    The interval at `level` leaves out 0 where E_n > 1 / level.

    Args:
        differences: (..., n), one for each seed, in any unit.
        level: for which c is taken.

    Returns:
        (...,); the limit ((n + c) / c)^((n - 1) / 2) where all differences are equal and not 0, NaN
        where all are 0 and for fewer than 2 seeds.

    Raises:
        ValueError: when `level` is not between 0 and 1.
    """
    numbers = np.atleast_1d(np.asarray(differences, np.float64))
    c, n = mixture_constant(level), numbers.shape[-1]
    if n < 2:
        return np.full(numbers.shape[:-1], math.nan)
    squares = n * numbers.mean(axis=-1) ** 2
    spread = (n - 1) * numbers.var(axis=-1, ddof=1)
    # (1 + t² / v) and what divides it, both times v · s², which may be 0.
    below = spread + squares * c / (n + c)
    ratio = np.divide(spread + squares, below, out=np.full_like(below, math.nan), where=below > 0)
    return np.asarray(math.sqrt(c / (n + c)) * ratio ** (n / 2), np.float64)


def looks(most: int) -> range:
    """The numbers of seeds at which differences are looked at: 10, 15, 20 … up to `most`."""
    return range(FIRST_LOOK, most + 1, STEP)


def next_look(seeds: int) -> int:
    """The first number of seeds above `seeds` at which differences are looked at."""
    return max(FIRST_LOOK, (seeds // STEP + 1) * STEP)


@dataclass(frozen=True, eq=False)
class Resolved:
    """What the first look that decides says; where none does, the last one.

    Attributes:
        verdict: `better`, `worse`, `practically equal` or `undecided`.
        look: seeds looked at, those without a difference included; 0 where there was no look.
        seeds: those of them that have a difference.
        difference: their mean; NaN where there is none.
        low, high: the ends of the interval at level / comparisons, which speaks for the table.
        equal_low, equal_high: those at 0.10, which the margin is held against.
        same: whether the differences are all equal.

    Each is of one entry a comparison. Intervals hold whatever rule stopped the seeds. They are
    -∞ and ∞ for too few seeds, NaN where all differences are equal and not 0.
    """

    verdict: NDArray[np.str_]
    look: NDArray[np.intp]
    seeds: NDArray[np.intp]
    difference: Numbers
    low: Numbers
    high: Numbers
    equal_low: Numbers
    equal_high: Numbers
    same: NDArray[np.bool_]


def until_resolved(
    differences: ArrayLike,
    margin: float,
    comparisons: int,
    resolution: float = 0.0,
    level: float = LEVEL,
    *,
    at: Sequence[int] | None = None,
) -> Resolved:
    """Look at the first 10, 15, 20 … seeds, until one look decides; later seeds do not count.

    At each look, both ends rounded to 10 digits: `practically equal` where the interval at 0.10
    lies within ± margin; else `better` or `worse` where that at level / comparisons leaves out 0.
    Differences that are all 0 are practically equal from 15 seeds on; those that are equal and not
    0 decide nothing, and neither does a look of which more than one seed in ten has no difference.

    False `better` and `worse` are at most `level` of tables; false `practically equal` are at most
    0.05 of comparisons, each counted by itself.

    Args:
        differences: (..., seeds) in the order of the plan, above 0 where the variant is better; NaN
            where a run failed, so that its seed is left out.
        margin: below which a difference does not matter, in the same unit.
        comparisons: how many the table had at its first look, those decided since included.
        resolution: what one test sample changes in the score, in the same unit: with a smaller
            margin nothing is called practically equal.
        level: of the whole table.
        at: other numbers of seeds to look at; fewer than 15 decide nothing.

    Raises:
        ValueError: when the margin is negative or not finite, there is no comparison, or `level` is
            not between 0 and 1.
    """
    if not (margin >= 0 and math.isfinite(margin)):
        raise ValueError(f"margin is {margin}; expected a number that is not negative")
    if comparisons < 1:
        raise ValueError(f"{comparisons} comparisons; expected at least 1")
    numbers = np.atleast_1d(np.asarray(differences, np.float64))
    found = _nothing(numbers.shape[:-1])
    open_ = np.ones(numbers.shape[:-1], np.bool_)
    held = -1.0 if too_fine(margin, resolution) else round(margin, DIGITS)
    for look in looks(numbers.shape[-1]) if at is None else at:
        here = _look(numbers[..., :look], held, level / comparisons)
        for old, new in zip(vars(found).values(), vars(here).values(), strict=True):
            np.copyto(old, new, where=open_)
        open_ = open_ & (here.verdict == "undecided")
        if not open_.any():
            break
    return found


def look_that_decides(
    difference: float, sd: float, margin: float, comparisons: int, most: int
) -> int | None:
    """The first look that would decide if the mean difference and its sd stayed as they are.

    Args:
        difference: the mean so far.
        sd: of the differences so far, with n - 1.
        margin: below which a difference does not matter; negative where nothing is equal.
        comparisons: of the table.
        most: seeds.

    Returns:
        A number of seeds; None where no look up to `most` would, or a number is NaN.
    """
    seeds = np.array(looks(most), np.float64)
    low, _ = sequential_ends(abs(difference), sd, seeds, LEVEL / max(comparisons, 1))
    _, equal_high = sequential_ends(abs(difference), sd, seeds, EQUAL_LEVEL)
    deciding = seeds[(seeds >= FEWEST_SEEDS) & ((low > 0) | (equal_high <= margin))]
    return int(deciding[0]) if deciding.size else None


def _nothing(shape: tuple[int, ...]) -> Resolved:
    """What is known before the first look."""
    return Resolved(
        verdict=np.full(shape, "undecided", "<U17"),
        look=np.zeros(shape, np.intp),
        seeds=np.zeros(shape, np.intp),
        difference=np.full(shape, math.nan),
        low=np.full(shape, -math.inf),
        high=np.full(shape, math.inf),
        equal_low=np.full(shape, -math.inf),
        equal_high=np.full(shape, math.inf),
        same=np.zeros(shape, np.bool_),
    )


def _look(numbers: Numbers, margin: float, level: float) -> Resolved:
    """One look at all comparisons; with a margin below 0 nothing is practically equal."""
    size = numbers.shape[-1]
    there = ~np.isnan(numbers)
    n = there.sum(axis=-1)
    counted = np.maximum(n, 1)
    known = np.where(there, numbers, 0.0)
    means = np.where(n > 0, known.sum(axis=-1) / counted, math.nan)
    squares = np.where(there, numbers - means[..., np.newaxis], 0.0) ** 2
    sds = np.where(n > 1, np.sqrt(squares.sum(axis=-1) / np.maximum(n - 1, 1)), math.nan)
    rounded = np.round(numbers, DIGITS)
    first = np.take_along_axis(rounded, there.argmax(axis=-1)[..., np.newaxis], axis=-1)
    same = np.logical_and.reduce((rounded == first) | ~there, axis=-1) & (n > 0)
    without = same & (first[..., 0] != 0)
    ends = [*sequential_ends(means, sds, n, level), *sequential_ends(means, sds, n, EQUAL_LEVEL)]
    low, high, equal_low, equal_high = (
        np.where(without, math.nan, np.round(end, DIGITS)) for end in ends
    )
    enough = (size >= FEWEST_SEEDS) & (size - n <= MOST_LEFT_OUT * size)
    equal = enough & (equal_low >= -margin) & (equal_high <= margin)
    verdict = np.select(
        [equal, enough & (low > 0), enough & (high < 0)],
        ["practically equal", "better", "worse"],
        "undecided",
    )
    look = np.full(n.shape, size)
    return Resolved(verdict, look, n, means, low, high, equal_low, equal_high, same)
