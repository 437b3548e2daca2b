"""Draws of every initializer against the moments that its definition gives."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from scipy import stats

from relu_bench.networks import initializers
from relu_bench.networks.initializers import INITIALIZERS, canonical, draw

pytestmark = pytest.mark.tensorflow

FAN_IN, FAN_OUT = 300, 500
FAN_AVERAGE = (FAN_IN + FAN_OUT) / 2
# Standard deviation of a standard normal that is cut at 2, as TensorFlow cuts it.
CUT = float(stats.truncnorm(-2, 2).std())

MEAN_AND_SD: Mapping[str, tuple[float, float]] = {
    # Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998.
    "glorot_uniform": (0, math.sqrt(1 / FAN_AVERAGE)),
    "glorot_normal": (0, math.sqrt(1 / FAN_AVERAGE)),
    "he_uniform": (0, math.sqrt(2 / FAN_IN)),
    "he_normal": (0, math.sqrt(2 / FAN_IN)),
    "lecun_uniform": (0, math.sqrt(1 / FAN_IN)),
    "lecun_normal": (0, math.sqrt(1 / FAN_IN)),
    "variance_scaling": (0, math.sqrt(1 / FAN_IN)),
    "variance_scaling(scale=0.3333, mode=fan_in, distribution=uniform)": (
        0,
        math.sqrt(0.3333 / FAN_IN),
    ),
    "variance_scaling(scale=3.0, mode=fan_out, distribution=untruncated_normal)": (
        0,
        math.sqrt(3 / FAN_OUT),
    ),
    "random_normal": (0, 0.05),
    "random_normal(mean=-1, stddev=2)": (-1, 2),
    "truncated_normal": (0, 0.05 * CUT),
    "random_uniform": (0, 0.1 / math.sqrt(12)),
    "random_uniform(minval=1, maxval=4)": (2.5, 3 / math.sqrt(12)),
    "orthogonal": (0, 1 / math.sqrt(FAN_OUT)),
    "orthogonal(gain=2.0)": (0, 2 / math.sqrt(FAN_OUT)),
    "constant(value=0.25)": (0.25, 0),
    "constant": (0, 0),
    "zeros": (0, 0),
    "ones": (1, 0),
}


def test_every_initializer_has_its_moments() -> None:
    assert {label.split("(")[0] for label in MEAN_AND_SD} == {
        name for name, row in INITIALIZERS.items() if row.for_kernel
    }


@pytest.mark.parametrize("label", MEAN_AND_SD)
def test_mean_and_standard_deviation(label: str) -> None:
    mean, sd = MEAN_AND_SD[label]
    drawn = draw(canonical(label), (FAN_IN, FAN_OUT), seed=7)
    assert drawn.dtype == np.float32
    assert drawn.shape == (FAN_IN, FAN_OUT)
    # Six standard errors of 150,000 draws, and float32.
    assert drawn.mean() == pytest.approx(mean, abs=6 * sd / math.sqrt(drawn.size) + 1e-6)
    assert drawn.std() == pytest.approx(sd, rel=0.012, abs=1e-6)


def test_bounds_of_the_uniform_ones() -> None:
    limit = math.sqrt(3 * 2 / FAN_IN)
    drawn = draw("he_uniform", (FAN_IN, FAN_OUT), seed=1)
    assert limit * 0.999 < np.abs(drawn).max() <= limit * (1 + 1e-6)


def test_orthogonal_rows_are_orthogonal() -> None:
    drawn = draw("orthogonal(gain=1.0)", (20, 30), seed=3).astype(np.float64)
    np.testing.assert_allclose(drawn @ drawn.T, np.eye(20), atol=1e-5)


def test_the_fan_of_a_convolution_counts_its_window() -> None:
    drawn = draw("he_normal", (3, 3, 40, 200), seed=5)
    assert drawn.std() == pytest.approx(math.sqrt(2 / (3 * 3 * 40)), rel=0.02)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_seed_gives_its_own_draw_every_time(name: str) -> None:
    label = initializers.canonical_for_recurrent(name)
    first, again, other = (draw(label, (6, 5), seed) for seed in (11, 11, 12))
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) == (not INITIALIZERS[name].random)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_bias_takes_all_that_is_allowed_for_it(name: str) -> None:
    if INITIALIZERS[name].for_bias:
        drawn = draw(initializers.canonical_for_bias(name), (64,), seed=0)
        assert drawn.shape == (64,)
        assert np.isfinite(drawn).all()
    else:
        label = initializers.canonical_for_recurrent(name)
        with pytest.raises(ValueError, match=r"two-dimensional|2D|shape"):
            draw(label, (64,), seed=0)


def test_the_identity_is_for_recurrent_kernels_alone() -> None:
    label = initializers.canonical_for_recurrent("identity(gain=0.5)")
    np.testing.assert_array_equal(draw(label, (4, 4), seed=0), 0.5 * np.eye(4))
    with pytest.raises(ValueError, match="'identity' is no initializer"):
        canonical("identity")
