"""What is summed over the images of a probe, one layer at a time."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SATURATED_SLOPE = 1e-3
"""A derivative is small below this share of the greatest one of the activation."""
SATURATED_SHARE = 0.95
"""A unit is saturated where its derivative is small on at least this share of the images."""

Array = NDArray[np.float32]


@dataclass
class LayerSums:
    """Sums over the images of one hidden layer with `units` units (channels).

    Arrays given to `add` are (images, units) or (images, height, width, units): a position of a
    channel counts as an image of its unit. `small_slope` is None for activations that cannot
    saturate.
    """

    units: int
    small_slope: float | None
    finite: bool = True
    active: NDArray[np.bool_] = field(init=False)
    small: NDArray[np.int64] = field(init=False)
    rows: int = 0
    zeros: int = 0
    pre_sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    out_sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    gradient_squares: float = 0.0

    def __post_init__(self) -> None:
        self.active = np.zeros(self.units, np.bool_)
        self.small = np.zeros(self.units, np.int64)

    def add(self, pre: Array, out: Array, slope: Array, gradient: Array) -> None:
        """Count some more images: pre-activations, outputs, f′, and dloss/dpre of each image."""
        slope = slope.reshape(-1, self.units)
        self.rows += len(slope)
        self.active |= (slope != 0).any(axis=0)
        if self.small_slope is not None:
            self.small += (np.abs(slope) < self.small_slope).sum(axis=0)
        self.zeros += int(out.size - np.count_nonzero(out))
        self.pre_sums += _first_two_moments(pre)
        self.out_sums += _first_two_moments(out)
        # One value that is not finite, and the sum is not. Such a slope is no unit's activity.
        sums_are_finite = np.isfinite((self.pre_sums[0], self.out_sums[0])).all()
        self.finite &= bool(sums_are_finite and np.isfinite(slope).all())
        self.gradient_squares += inner(gradient, gradient)

    @property
    def inactive(self) -> NDArray[np.bool_]:
        """For each unit, whether the derivative was exactly 0 on every image."""
        return ~self.active

    def cells(self) -> dict[str, float | None]:
        """The cells of layers.csv that these sums decide; empty when anything was not finite."""
        if not self.finite:
            return {}
        count = self.rows * self.units
        pre_mean, pre_std = _mean_and_std(self.pre_sums, count)
        out_mean, out_std = _mean_and_std(self.out_sums, count)
        saturated = self.small >= SATURATED_SHARE * self.rows
        return {
            "inactive_fraction": float(self.inactive.mean()),
            "saturated_fraction": None if self.small_slope is None else float(saturated.mean()),
            "sparsity": self.zeros / count,
            "pre_mean": pre_mean,
            "pre_std": pre_std,
            "out_mean": out_mean,
            "out_std": out_std,
            "gradient_rms": finite(math.sqrt(self.gradient_squares / count)),
        }


def finite(value: float) -> float | None:
    """The value, or None for one that a CSV cannot hold."""
    return value if math.isfinite(value) else None


def inner(left: Array, right: Array) -> float:
    """The inner product of two arrays of one shape, summed in float64."""
    # Not `@`: BLAS would start threads of its own beside the one that each worker has.
    return float(np.einsum("i,i->", left.ravel(), right.ravel(), dtype=np.float64))


def _first_two_moments(values: Array) -> NDArray[np.float64]:
    # Of infinities of both signs NumPy warns; that the sum is not finite says enough.
    with np.errstate(invalid="ignore"):
        return np.array([values.sum(dtype=np.float64), inner(values, values)])


def _mean_and_std(sums: NDArray[np.float64], count: int) -> tuple[float | None, float | None]:
    mean, square = sums / count
    return finite(float(mean)), finite(math.sqrt(max(0.0, square - mean * mean)))
