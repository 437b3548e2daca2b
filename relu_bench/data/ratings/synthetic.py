"""`synthetic_ratings`: made-up ratings whose best reachable error is known. Not real data.

Every user and every item has six features, u and v, drawn evenly from [-1, 1]. A rating is

    f(u, v) + noise · e,
    f = 3 + 0.6 (u1 + v1) + 1.2 (u2 v2 + u3 v3) - 0.9 (|u4 - v4| - 2/3):

how generous the user is and how good the item is, two tastes that have to meet (smooth), and one
that should be near (a kink). u5, u6, v5 and v6 say nothing, as some features of real data do. The
noise e = √6 (a - b), with a and b drawn evenly from [0, 1), has mean 0, standard deviation 1 and
median 0. Ratings are neither rounded nor cut off, so that nobody who knows only u and v can have a
smaller expected error than f itself: a root mean square error of `noise`, and a mean absolute one
of `noise` · √6 / 3. The mean alone has √(variance of f + noise²), and f a variance of exactly
0.24 + 0.32 + 0.18 = 0.74.

All draws rest on the raw stream of NumPy's PCG64, which NumPy promises to keep, and all arithmetic
on operations that IEEE 754 rounds exactly, element by element: every machine makes the same bits.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relu_bench.components.labels import Label
from relu_bench.components.registry import Parameter
from relu_bench.data.dataset import Dataset, DatasetInfo, Inputs
from relu_bench.data.parts import stratified_sample
from relu_bench.data.tasks import RATINGS
from relu_bench.errors import DataError

NAME = "synthetic_ratings"
FEATURES = 6
"""Of a user, and of an item."""
SIGNAL_VARIANCE = 0.74
"""Of f over users and items."""
TEST_SHARE = 0.2
EMBEDDED = "embedded, synthetic (not real), needs no network"

PARAMETERS = {
    "users": Parameter("integer", 1000, minimum=1, maximum=200_000),
    "items": Parameter("integer", 500, minimum=1, maximum=20_000),
    "ratings_per_user": Parameter("integer", 50, minimum=1, maximum=20_000),
    "noise": Parameter("float", 0.5, minimum=0, maximum=100),
}

# One stream each, so that the number of users does not change the items, nor the noise the rest.
_USERS, _ITEMS, _CHOICE, _NOISE, _TEST = range(5)
_SEED = 100_003
_MOST_RATINGS = 20_000_000

Floats = npt.NDArray[np.float64]


def true_rating(users: Floats, items: Floats) -> Floats:
    """The function f above of features (n, 6) of users and of items: (n,)."""
    generosity = 0.6 * (users[:, 0] + items[:, 0])
    meeting = 1.2 * (users[:, 1] * items[:, 1] + users[:, 2] * items[:, 2])
    distance = 0.9 * (np.abs(users[:, 3] - items[:, 3]) - 2 / 3)
    rating: Floats = 3.0 + generosity + meeting - distance
    return rating


def best_reachable(noise: float) -> dict[str, float]:
    """The expected error of the true function, by metric: no network has a smaller one."""
    return {"rmse": noise, "mae": noise * math.sqrt(6) / 3}


def info(label: Label) -> DatasetInfo:
    """Shapes and counts; raises `DataError` for parameters that do not go together."""
    given: dict[str, Any] = dict(label.parameters)
    items, each = given["items"], given["ratings_per_user"]
    total = given["users"] * each
    if each > items:
        raise DataError(
            f"{label}: a user rates an item once, but ratings_per_user is {each:,} and there are "
            f"{items:,} items. Give at most {items:,}."
        )
    if total > _MOST_RATINGS:
        raise DataError(
            f"{label} would have {total:,} ratings, and at most {_MOST_RATINGS:,} are made. "
            "Give fewer users, or fewer ratings_per_user."
        )
    test = round(TEST_SHARE * total)
    if not 0 < test < total:
        raise DataError(
            f"{label} would have {total:,} ratings, of which {test:,} are the test part: too few. "
            "Give more users, or more ratings_per_user."
        )
    inputs = Inputs("features", (2 * FEATURES,), groups=(FEATURES, FEATURES))
    return DatasetInfo(str(label), RATINGS, inputs, 0, total - test, test)


def load(label: Label, _data_dir: Path | None, _fetch_it: bool) -> Dataset:
    """The ratings as they are always drawn; raises as `info`."""
    about = info(label)
    given: dict[str, Any] = dict(label.parameters)
    users = _features(given["users"], _USERS)
    items = _features(given["items"], _ITEMS)
    chosen = _chosen(given["users"], given["items"], given["ratings_per_user"])
    rated = users[np.repeat(np.arange(len(users)), given["ratings_per_user"])], items[chosen]
    truth = true_rating(*rated)
    ratings = (truth + given["noise"] * _noise(len(truth))).astype(np.float32)
    features = np.concatenate(rated, axis=1).astype(np.float32)
    # Which ratings are the test part is fixed: it is no setting.
    test = stratified_sample(np.zeros(len(ratings), np.uint8), about.test_count, _SEED + _TEST)
    reached = float(np.sqrt(np.mean((ratings[test] - truth[test]) ** 2)))
    return Dataset.of(
        about,
        features[~test],
        ratings[~test],
        features[test],
        ratings[test],
        source=f"{find(label, None)}; on this test part {reached:.4f}",
    )


def find(label: Label, _data_dir: Path | None) -> str:
    """That it is made up, and how good one can be."""
    best = best_reachable(float(dict(label.parameters)["noise"]))  # type: ignore[arg-type]
    return f"{EMBEDDED}; best reachable RMSE {best['rmse']:g}, MAE {best['mae']:.4g}"


def _uniform(count: int, stream: int) -> Floats:
    """`count` numbers from [0, 1), multiples of 2^-53."""
    raw = np.random.PCG64(_SEED + stream).random_raw(count)
    return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _features(count: int, stream: int) -> Floats:
    # What the network is given is what the rating is made of: rounded to single precision first.
    drawn = 2 * _uniform(count * FEATURES, stream) - 1
    return drawn.astype(np.float32).astype(np.float64).reshape(count, FEATURES)


def _noise(count: int) -> Floats:
    drawn = _uniform(2 * count, _NOISE)
    return math.sqrt(6) * (drawn[:count] - drawn[count:])


def _chosen(users: int, items: int, each: int) -> npt.NDArray[np.intp]:
    """Which items each user rates, all different, user by user: (users * each,)."""
    bits = np.random.PCG64(_SEED + _CHOICE)
    rows = [np.argsort(bits.random_raw(items), kind="stable")[:each] for _ in range(users)]
    return np.concatenate(rows)
