"""How much a difference would change on other test samples, beside other seeds.

An interval over seeds speaks of one set of test samples: with many seeds it shrinks to 0 while the
samples stay one draw. Seeds and samples are crossed: each run is asked about the same samples. So
the variance of the mean difference has a part of seeds, one of samples, and one of both together.

Sources: the crossed random effects and their mean squares, Searle, Casella and McCulloch (1992),
Variance Components, section 4.7 and chapter 11; degrees of freedom, Satterthwaite (1946), An
approximate distribution of estimates of variance components, Biometrics Bulletin 2(6), 110-114;
why both are sampled: Sellam et al. (2022), The MultiBERTs, ICLR, arXiv 2106.16163, section 3, and
Jordan (2023), Calibrated chaos: variance between runs of neural network training is harmless and
inevitable, arXiv 2304.01910.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relu_bench.stats.intervals import checked

FEWEST_SEEDS = 3
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Crossed:
    """The mean squares of differences D[s, e], one for each seed s and each test sample e.

    Attributes:
        seeds, samples: S and E.
        mean: of all D.
        of_seeds: E · sum over s of (mean of s - mean)² / (S - 1).
        of_samples: S · sum over e of (mean of e - mean)² / (E - 1).
        of_both: what is left of the sum of squares, by (S - 1) · (E - 1).

    Each is of one entry a comparison, in the unit of D, or its square.
    """

    seeds: int
    samples: int
    mean: Numbers
    of_seeds: Numbers
    of_samples: Numbers
    of_both: Numbers

    @property
    def variance(self) -> Numbers:
        """V, of the mean over other seeds and other samples; not below 0.

        (MS of seeds + MS of samples - MS of both) / (S · E).
        """
        whole = np.maximum(self.of_seeds + self.of_samples - self.of_both, 0.0)
        return np.asarray(whole / (self.seeds * self.samples), np.float64)

    @property
    def samples_variance(self) -> Numbers:
        """The part of V that other samples would change at these seeds: MS of samples / (S · E)."""
        return np.asarray(self.of_samples / (self.seeds * self.samples), np.float64)

    @property
    def degrees(self) -> Numbers:
        """Satterthwaite's degrees of freedom of V; 0 where V is 0, NaN where all D are equal."""
        s, e = self.seeds - 1, self.samples - 1
        parts = self.of_seeds**2 / s + self.of_samples**2 / e + self.of_both**2 / (s * e)
        total = self.variance * (self.seeds * self.samples)
        return np.divide(total**2, parts, out=np.full_like(parts, math.nan), where=parts > 0)

    def half_width(self, level: float = 0.95) -> Numbers:
        """Half of the interval: t quantile at `degrees` times √V.

        NaN for fewer than 3 seeds, and where V is 0: an interval without a width says nothing.

        Raises:
            ValueError: when `level` is not between 0 and 1.
        """
        checked(level)
        if self.seeds < FEWEST_SEEDS:
            return np.full(np.shape(self.mean), math.nan)
        from scipy.special import stdtrit

        degrees = np.where(self.degrees > 0, self.degrees, math.nan)
        quantile = stdtrit(degrees, (1 + level) / 2)
        return np.asarray(quantile * np.sqrt(self.variance), np.float64)


def crossed_mean_squares(differences: Iterable[ArrayLike]) -> Crossed:
    """The mean squares of differences that come one seed at a time, so that few are in memory.

    Args:
        differences: for each seed an array (..., samples), such as right (variant) less right
            (baseline), or the mean of that over settings.

    Raises:
        ValueError: when there are fewer than two seeds or two samples.
    """
    seed_means: list[Numbers] = []
    sums: Numbers = np.zeros(())
    squares: Numbers = np.zeros(())
    for seed in differences:
        numbers = np.asarray(seed, np.float64)
        seed_means.append(np.asarray(numbers.mean(axis=-1), np.float64))
        sums = sums + numbers
        squares = squares + (numbers**2).sum(axis=-1)
    s, e = len(seed_means), sums.shape[-1] if sums.ndim else 0
    if s < 2 or e < 2:
        raise ValueError(f"{s} seeds and {e} test samples; expected two of each at least")
    means, of_each = np.stack(seed_means), sums / s
    mean = means.mean(axis=0)
    by_seed = e * ((means - mean) ** 2).sum(axis=0)
    by_sample = s * ((of_each - mean[..., np.newaxis]) ** 2).sum(axis=-1)
    # Rounding can leave a little less than nothing.
    left = np.maximum(squares - s * e * mean**2 - by_seed - by_sample, 0.0)
    return Crossed(s, e, mean, by_seed / (s - 1), by_sample / (e - 1), left / ((s - 1) * (e - 1)))


def crossed_of_bits(first: ArrayLike, second: ArrayLike, samples: int) -> Crossed:
    """`crossed_mean_squares` of runs that say which test samples they got right.

    Args:
        first: packed bits of the variant, (seeds, bytes) or (settings, seeds, bytes) as
            `numpy.packbits` gives them, the first sample in the highest bit; D is then the mean
            over the settings.
        second: the same of the baseline, at the same settings and seeds.
        samples: how many bits are samples.

    Raises:
        ValueError: when the shapes differ or do not hold so many samples, or there are fewer than
            two seeds or two samples.
    """
    one, other = np.asarray(first, np.uint8), np.asarray(second, np.uint8)
    if one.shape != other.shape or one.ndim not in {2, 3} or one.shape[-1] != -(-samples // 8):
        raise ValueError(
            f"bits of shapes {one.shape} and {other.shape} for {samples} samples; expected "
            f"(seeds, {-(-samples // 8)}) or (settings, seeds, {-(-samples // 8)}) of both"
        )
    one, other = (bits.reshape(-1, *bits.shape[-2:]) for bits in (one, other))

    def at(seed: int) -> Numbers:
        right, baseline = (
            np.unpackbits(bits[:, seed], axis=-1, count=samples).sum(axis=0, dtype=np.float64)
            for bits in (one, other)
        )
        return np.asarray((right - baseline) / len(one), np.float64)

    return crossed_mean_squares(at(seed) for seed in range(one.shape[1]))
