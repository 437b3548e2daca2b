import hashlib
import math

import numpy as np
import pytest

from relu_bench import data
from relu_bench.data.ratings.synthetic import SIGNAL_VARIANCE, best_reachable, true_rating
from relu_bench.errors import DataError

NAME = "synthetic_ratings"
USUAL = "synthetic_ratings(items=500, noise=0.5, ratings_per_user=50, users=1000)"


@pytest.fixture(name="usual", scope="module")
def usual_data() -> data.Dataset:
    return data.load(NAME)


def error_of_the_truth(dataset: data.Dataset) -> dict[str, float]:
    """What the true function reaches on all ratings."""
    inputs = np.concatenate([dataset.train_inputs, dataset.test_inputs]).astype(np.float64)
    ratings = np.concatenate([dataset.train_targets, dataset.test_targets])
    errors = ratings - true_rating(inputs[:, :6], inputs[:, 6:])
    return {"rmse": float(np.sqrt(np.mean(errors**2))), "mae": float(np.mean(np.abs(errors)))}


def test_what_it_is(usual: data.Dataset) -> None:
    assert usual.info == data.info(NAME)
    assert usual.name == usual.info.name == USUAL
    assert (usual.info.train_count, usual.info.test_count) == (40_000, 10_000)
    assert usual.inputs == data.Inputs("features", (12,), groups=(6, 6))
    assert (usual.info.outputs, usual.info.classes, usual.encode) == (1, 0, None)
    for array in (usual.train_inputs, usual.train_targets, usual.test_inputs, usual.test_targets):
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    assert -1 <= usual.train_inputs.min() < -0.99
    assert 0.99 < usual.train_inputs.max() <= 1


def test_golden(usual: data.Dataset) -> None:
    sha = hashlib.sha256()
    for array in (usual.train_inputs, usual.train_targets, usual.test_inputs, usual.test_targets):
        sha.update(array.astype("<f4").tobytes())
    assert sha.hexdigest() == "8495cff248f6d60599110459873d3ee55045f99c5665319dc0c15139e5cabf91"


@pytest.mark.parametrize("noise", [0.5, 0.0, 1.25])
def test_the_best_reachable_error_is_that_of_the_true_function(noise: float) -> None:
    dataset = data.load(f"{NAME}(users=4000, noise={noise})")
    best, reached = best_reachable(noise), error_of_the_truth(dataset)
    # Six standard errors of 200,000 ratings: kurtosis of the noise is 2.4.
    assert reached["rmse"] == pytest.approx(best["rmse"], abs=6 * noise * 0.6 / 200_000**0.5 + 1e-6)
    assert reached["mae"] == pytest.approx(best["mae"], abs=6 * noise / 200_000**0.5 + 1e-6)


def test_the_noise_says_nothing_of_the_features(usual: data.Dataset) -> None:
    inputs = usual.train_inputs.astype(np.float64)
    truth = true_rating(inputs[:, :6], inputs[:, 6:])
    errors = usual.train_targets - truth
    known = np.column_stack([truth, truth**2, inputs, inputs[:, :6] * inputs[:, 6:]])
    correlations = [np.corrcoef(errors, column)[0, 1] for column in known.T]
    assert np.abs(correlations).max() < 5 / math.sqrt(len(errors))
    assert abs(np.median(errors)) < 5 * 0.5 / math.sqrt(len(errors))
    assert np.abs(errors).max() <= 0.5 * math.sqrt(6)


def test_the_variance_of_the_true_function_is_as_documented() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(200)
    one, other = np.meshgrid(nodes, nodes)
    weight = np.outer(weights, weights) / 4

    def moments(values: np.ndarray) -> tuple[float, float]:
        mean = float((weight * values).sum())
        return mean, float((weight * (values - mean) ** 2).sum())

    sums = [moments(0.6 * (one + other)), moments(1.2 * one * other), moments(1.2 * one * other)]
    distance = moments(0.9 * (np.abs(one - other) - 2 / 3))
    assert sum(mean for mean, _ in (*sums, distance)) == pytest.approx(0, abs=1e-4)
    found = sum(variance for _, variance in (*sums, distance))
    assert found == pytest.approx(SIGNAL_VARIANCE, abs=1e-4)


def test_each_user_rates_different_items_and_both_parts_have_their_share() -> None:
    dataset = data.load(f"{NAME}(users=30, items=8, ratings_per_user=8)")
    inputs = np.concatenate([dataset.train_inputs, dataset.test_inputs])
    assert len(np.unique(inputs, axis=0)) == len(inputs) == 240
    users, counts = np.unique(inputs[:, :6], axis=0, return_counts=True)
    assert (len(users), set(counts.tolist())) == (30, {8})
    assert len(np.unique(inputs[:, 6:], axis=0)) == 8
    assert (len(dataset.train_targets), len(dataset.test_targets)) == (192, 48)


def test_noise_and_users_leave_the_rest_as_it_is(usual: data.Dataset) -> None:
    quiet = data.load(f"{NAME}(noise=0)")
    np.testing.assert_array_equal(quiet.train_inputs, usual.train_inputs)
    assert (quiet.train_targets != usual.train_targets).any()
    few = data.load(f"{NAME}(users=20)")
    items = {bytes(row) for row in usual.train_inputs[:, 6:]}
    assert all(bytes(row) in items for row in few.train_inputs[:, 6:])


def test_it_says_that_it_is_made_up_and_how_good_one_can_be(usual: data.Dataset) -> None:
    assert usual.source.startswith(
        "embedded, synthetic (not real), needs no network; best reachable RMSE 0.5, MAE 0.4082; "
        "on this test part 0."
    )
    reached = float(usual.source.rpartition(" ")[2])
    assert reached == pytest.approx(0.5, abs=0.015)
    entry = next(e for e in data.overview() if e.info.name == USUAL)
    assert entry.here
    assert "synthetic (not real)" in entry.where
    assert "best reachable RMSE 0.5" in entry.where
    assert data.copy_to(usual, None) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            "items=10",
            "a user rates an item once, but ratings_per_user is 50 and there are 10 items",
        ),
        ("users=200000, ratings_per_user=500", "would have 100,000,000 ratings, and at most"),
        ("users=1, ratings_per_user=2", "would have 2 ratings, of which 0 are the test part"),
        ("noise=-1", "noise is a number, at least 0"),
        ("users=0", "users is an integer, at least 1"),
        ("user=5", "has no parameter 'user'"),
    ],
)
def test_what_cannot_be_made(parameters: str, message: str) -> None:
    for ask in (data.info, data.load):
        with pytest.raises(DataError, match=message):
            ask(f"{NAME}({parameters})")
