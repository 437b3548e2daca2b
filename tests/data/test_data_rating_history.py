import pickle
from dataclasses import replace

import numpy as np
import pytest
import small_movielens as small
from numpy.typing import NDArray

from relu_bench.data.ratings.features import FOLDS, SHRINKAGE, RatingFeatures, history
from relu_bench.data.ratings.films import Films, parse


@pytest.fixture(name="films", scope="module")
def small_films() -> Films:
    files = small.contents()
    return parse(files, {name: name for name in files}, small.COUNTS)


@pytest.fixture(name="train")
def positions() -> NDArray[np.int32]:
    return np.random.default_rng(5).permutation(60)[:37].astype(np.int32)


def mean_above(values: list[float], expected: float) -> float:
    return sum(value - expected for value in values) / (len(values) + SHRINKAGE)


def naive(films: Films, train: NDArray[np.int32], position: int) -> list[float]:
    """The history of one rating, straight from the definition."""
    places = train.tolist()
    own = places.index(position) % FOLDS if position in places else None
    known = [other for place, other in enumerate(places) if place % FOLDS != own]
    stars = {other: float(films.rating[other]) for other in known}
    mean = sum(stars.values()) / len(stars)
    user, item = films.user[position], films.item[position]
    of_user = [stars[other] for other in known if films.user[other] == user]
    of_item = [stars[other] for other in known if films.item[other] == item]
    above = mean_above(of_user, mean)
    tastes = [
        mean_above(
            [
                stars[other]
                for other in known
                if films.user[other] == user and films.genres[films.item[other], genre]
            ],
            mean + above,
        )
        for genre in range(films.genres.shape[1])
    ]
    counts = np.log1p([len(of_user), len(of_item)]) / 4
    return [above, counts[0], *tastes, mean_above(of_item, mean), counts[1]]


def test_it_is_what_its_definition_says(films: Films, train: NDArray[np.int32]) -> None:
    found = history(films, train)
    together = np.concatenate([found.user, found.tastes, found.item], axis=1)
    expected = [naive(films, train, position) for position in range(60)]
    np.testing.assert_allclose(together, expected, atol=1e-12)


def test_ratings_outside_the_training_part_change_no_input(
    films: Films, train: NDArray[np.int32]
) -> None:
    outside = np.setdiff1d(np.arange(60), train)
    validation, test = outside[:10].astype(np.int32), outside[10:].astype(np.int32)
    both = np.concatenate([train, validation])
    positions = np.arange(len(train), dtype=np.int32)
    before = RatingFeatures(films, both, test)(positions)
    others = films.rating.copy()
    others[outside] = 6 - others[outside]
    after = RatingFeatures(replace(films, rating=others), both, test)(positions)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_rating_changes_neither_its_own_inputs_nor_those_of_its_fold(
    films: Films, train: NDArray[np.int32]
) -> None:
    encode = RatingFeatures(films, train, np.setdiff1d(np.arange(60), train).astype(np.int32))
    positions = np.random.default_rng(1).permutation(37).astype(np.int32)
    before, test_before = encode(positions)
    for place in range(37):
        others = films.rating.copy()
        others[train[positions[place]]] = 6 - others[train[positions[place]]]
        if np.array_equal(others, films.rating):  # 3 stars
            continue
        after, test_after = replace(encode, films=replace(films, rating=others))(positions)
        fold = positions[np.arange(37) % FOLDS == place % FOLDS]
        np.testing.assert_array_equal(after[fold], before[fold])
        assert (after != before).any()
        assert (test_after != test_before).any()


def test_own_ratings_cannot_be_read_off_the_history() -> None:
    """Ratings by lot: with one left out at a time, a user's mean falls as the rating rises."""
    random = np.random.default_rng(3)
    users, items = 60, 200
    chosen = np.concatenate([random.permutation(items)[:50] for _ in range(users)])
    user = np.repeat(np.arange(users), 50).astype(np.int32)
    stars = random.integers(1, 6, len(user)).astype(np.float32)
    zeros = np.zeros(users)
    films = Films(
        user,
        chosen.astype(np.int32),
        stars,
        age=zeros,
        gender=zeros.astype(np.int32),
        occupation=zeros.astype(np.int32),
        genres=np.ones((items, 1), np.bool_),
        year=np.zeros(items),
    )
    above = history(films, random.permutation(len(user)).astype(np.int32)).user[:, 0]
    within = [np.corrcoef(above[user == each], stars[user == each])[0, 1] for each in range(users)]
    sums = np.bincount(user, stars)[user]
    alone = (sums - stars) / 49
    assert np.corrcoef(alone[user == 0], stars[user == 0])[0, 1] == pytest.approx(-1)
    # Of about ten ratings of a user in a fold each one accounts for a tenth of the variance.
    assert np.mean(within) > -0.4


def test_it_goes_to_other_processes(films: Films, train: NDArray[np.int32]) -> None:
    encode = RatingFeatures(films, train, np.setdiff1d(np.arange(60), train).astype(np.int32))
    positions = np.arange(30, dtype=np.int32)
    for one, other in zip(
        encode(positions), pickle.loads(pickle.dumps(encode))(positions), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_two_training_ratings_are_enough(films: Films) -> None:
    found = history(films, np.array([4, 9], np.int32))
    assert np.isfinite(found.user).all()
    assert np.isfinite(history(films, np.array([4], np.int32)).tastes).all()
