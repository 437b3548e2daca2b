"""Draws for many networks at once against those of Keras, and against what they should not know."""

import math

import numpy as np
import pytest
from scipy import stats

from relu_bench.diagnose.draws import Distribution, Stream, distribution
from relu_bench.networks import initializers
from relu_bench.networks.initializers import INITIALIZERS, canonical

FAN_IN, FAN_OUT = 60, 150
FOR_KERNEL = [name for name, row in INITIALIZERS.items() if row.for_kernel]
LABELS = [
    *(canonical(name) for name in FOR_KERNEL),
    "variance_scaling(distribution=uniform, mode=fan_out, scale=0.3)",
    "variance_scaling(distribution=untruncated_normal, mode=fan_avg, scale=3.0)",
    "random_normal(mean=-1.0, stddev=2.0)",
    "truncated_normal(mean=0.5, stddev=0.2)",
    "random_uniform(maxval=4.0, minval=1.0)",
    "orthogonal(gain=2.0)",
    "constant(value=0.25)",
]
FOR_BIASES = [label for label in LABELS if INITIALIZERS[label.split("(")[0]].for_bias]


def drawn(label: str, shape: tuple[int, ...], seed: int = 3) -> np.ndarray:
    fans = shape[-2:] if len(shape) == 3 and shape[1] > 1 else (shape[-1], shape[-1])
    return Stream(seed, "dense_1/kernel").draw(distribution(label, *fans), shape)


def test_every_initializer_is_drawn() -> None:
    assert {label.split("(")[0] for label in LABELS} == set(FOR_KERNEL)


@pytest.mark.tensorflow
@pytest.mark.parametrize("label", LABELS)
def test_kernels_have_the_distribution_of_keras(label: str) -> None:
    ours = drawn(label, (8, FAN_IN, FAN_OUT))
    keras = np.stack([initializers.draw(label, (FAN_IN, FAN_OUT), seed) for seed in range(8)])
    assert ours.dtype == keras.dtype == np.float32
    assert_same_distribution(ours, keras)


@pytest.mark.tensorflow
@pytest.mark.parametrize("label", FOR_BIASES)
def test_biases_have_the_distribution_of_keras(label: str) -> None:
    ours = drawn(label, (8, 1, 4000))
    keras = np.stack([initializers.draw(label, (4000,), seed) for seed in range(8)])
    assert_same_distribution(ours, keras)


def assert_same_distribution(ours: np.ndarray, keras: np.ndarray) -> None:
    if keras.std() == 0:
        assert np.unique(ours).tolist() == np.unique(keras).tolist()
        return
    sd = float(keras.std())
    # Six standard errors of each moment; the fourth tells a cut normal from a whole one.
    assert ours.mean() == pytest.approx(keras.mean(), abs=6 * sd * math.sqrt(2 / keras.size))
    assert ours.std() == pytest.approx(sd, rel=6 / math.sqrt(keras.size))
    fourth = [float((((each - each.mean()) / sd) ** 4).mean()) for each in (ours, keras)]
    assert fourth[0] == pytest.approx(fourth[1], rel=0.06)
    tails = [float(np.quantile(np.abs(each), 0.999)) for each in (ours, keras)]
    assert tails[0] == pytest.approx(tails[1], rel=0.06)
    assert stats.ks_2samp(ours.ravel(), keras.ravel()).pvalue > 1e-3


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("he_normal", Distribution("truncated_normal", 0, math.sqrt(2 / 60) / 0.8796256610342398)),
        ("glorot_uniform", Distribution("uniform", 0, math.sqrt(6 / 210))),
        ("lecun_uniform", Distribution("uniform", 0, math.sqrt(3 / 60))),
        ("random_uniform(maxval=4.0, minval=1.0)", Distribution("uniform", 2.5, 1.5)),
        ("ones", Distribution("constant", 1.0)),
    ],
)
def test_distributions(label: str, expected: Distribution) -> None:
    found = distribution(label, FAN_IN, FAN_OUT)
    assert found.kind == expected.kind
    assert (found.centre, found.scale) == pytest.approx((expected.centre, expected.scale))


@pytest.mark.parametrize("label", LABELS)
def test_in_pieces_as_at_once(label: str) -> None:
    """How many trials fit into the memory decides nothing."""
    drawn_from = distribution(label, 7, 5)
    stream, again = Stream(1, "dense_2/kernel"), Stream(1, "dense_2/kernel")
    whole = stream.draw(drawn_from, (23, 7, 5))
    pieces = [again.draw(drawn_from, (count, 7, 5)) for count in (1, 10, 4, 8)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_initializers_share_their_standard_draws() -> None:
    he, lecun = (drawn(label, (3, 20, 10)) for label in ("he_normal", "lecun_normal"))
    np.testing.assert_allclose(he, math.sqrt(2) * lecun, rtol=1e-6)


def test_seeds_and_roles_differ() -> None:
    drawn_from = Distribution("normal")
    draws = [
        Stream(seed, role).draw(drawn_from, (2, 3, 4)).tobytes()
        for seed in (0, 1)
        for role in ("dense_1/kernel", "dense_1/bias", "output/kernel")
    ]
    assert len(set(draws)) == 6


@pytest.mark.parametrize("shape", [(4, 20, 30), (4, 30, 20), (4, 9, 9)])
def test_orthogonal_rows_or_columns(shape: tuple[int, int, int]) -> None:
    kernels = drawn("orthogonal(gain=1.0)", shape).astype(np.float64)
    for kernel in kernels:
        gram = kernel @ kernel.T if shape[1] <= shape[2] else kernel.T @ kernel
        np.testing.assert_allclose(gram, np.eye(min(shape[1:])), atol=1e-5)


def test_the_cut_is_at_two_standard_deviations() -> None:
    values = drawn("truncated_normal(mean=0.0, stddev=1.0)", (50, 40, 40))
    assert 1.99 < np.abs(values).max() <= 2
