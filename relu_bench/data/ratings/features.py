"""The features of MovieLens 100K: who rates, what is rated, and the history of both.

The history is what is known of users and items from ratings of the training part alone.

A rating of the training part must not be told by its own history. Leaving it out of its own means
is not enough in principle: when each rating of a user is left out in turn, the mean of the others
falls exactly as the rating rises, and a network that knows whose mean it is could read it off. So
the training part is dealt into `FOLDS` parts, and the history of a rating is made of the other
parts (cross-fitting). Ratings outside the training part have the history of all of it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relu_bench.data.dataset import Positions
from relu_bench.data.ratings.films import GENRES, OCCUPATIONS, Films

# Only to bring numbers near ±1; they are no statistics of the data.
_AGE_CENTRE, _AGE_SCALE = 35.0, 15.0
_YEAR_CENTRE, _YEAR_SCALE = 1990.0, 15.0
_OF_HISTORY = 2

USER_COLUMNS = 2 + len(OCCUPATIONS) + _OF_HISTORY + len(GENRES)
"""Age, gender, occupations (one of them 1), history, tastes by genre."""
ITEM_COLUMNS = len(GENRES) + 2 + _OF_HISTORY
"""Genres, year, whether it is known, history."""

FOLDS = 5
SHRINKAGE = 5.0
"""A mean counts as if so many ratings more had stood at what is expected without it."""
_COUNT_SCALE = 4.0
"""Brings logarithms of counts near 1."""

Features = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class RatingFeatures:
    """Encodes the ratings of a data set, by position in its training part.

    Attributes:
        films: all ratings, those of the test part too, whose values are never looked at.
        train, test: positions in `films` of the ratings outside and inside the test part.
    """

    films: Films
    train: Positions
    test: Positions

    def __call__(self, positions: Positions) -> tuple[Features, Features]:
        """Features of all `train` and of all `test` ratings, (n, USER_COLUMNS + ITEM_COLUMNS).

        Their history is that in `train[positions]` alone.
        """
        films = self.films
        known = history(films, self.train[positions])
        columns = (
            _users(films)[films.user],
            known.user,
            known.tastes,
            _items(films)[films.item],
            known.item,
        )
        features = np.concatenate(columns, axis=1).astype(np.float32)
        return features[self.train], features[self.test]


def _users(films: Films) -> npt.NDArray[np.float64]:
    """One row a user, (users, 2 + occupations)."""
    occupations = np.eye(len(OCCUPATIONS))[films.occupation]
    age = (films.age - _AGE_CENTRE) / _AGE_SCALE
    return np.column_stack([age, films.gender, occupations])


def _items(films: Films) -> npt.NDArray[np.float64]:
    """One row an item, (items, genres + 2); a film without a year has 0, and says so."""
    known = ~np.isnan(films.year)
    year = np.where(known, (films.year - _YEAR_CENTRE) / _YEAR_SCALE, 0.0)
    return np.column_stack([films.genres, year, known])


@dataclass(frozen=True, eq=False)
class History:
    """For each rating, what was known beforehand; all of it is made of training ratings.

    Attributes:
        user: (n, 2): how far the user's ratings lie above the mean of all, shrunk towards 0, and
            log(1 + their number) / 4.
        tastes: (n, genres): how far the user's ratings of films of each genre lie above the
            user's own mean, shrunk towards 0.
        item: (n, 2): as `user`, of the item.
    """

    user: Floats
    tastes: Floats
    item: Floats


def history(films: Films, train: Positions) -> History:
    """The history of every rating of `films`, from those at the positions `train` alone.

    The fold of a rating of the training part is its place in `train` modulo `FOLDS`.
    """
    dealt = _Dealt(films, train)
    counts, sums = dealt.others(np.zeros_like(films.user))
    mean = sums / np.maximum(counts, 1)
    by_user, by_item = dealt.summary(films.user, mean), dealt.summary(films.item, mean)
    own = mean + by_user[:, 0]
    tastes = np.stack(
        [
            dealt.above(films.user, own, films.genres[films.item[train], genre])[0]
            for genre in range(films.genres.shape[1])
        ],
        axis=1,
    )
    return History(by_user, tastes, by_item)


class _Dealt:
    """Ratings of the training part in folds."""

    def __init__(self, films: Films, train: Positions) -> None:
        self.train = train
        # Ratings are whole stars: their sums are exact, in whatever order.
        self.stars = films.rating[train].astype(np.float64)
        self.fold = np.full(len(films.rating), FOLDS)
        self.fold[train] = np.arange(len(train)) % FOLDS

    def summary(self, group: Groups, mean: Floats) -> Floats:
        """How far the ratings of each rating's group lie above `mean`, and how many there are."""
        above, counts = self.above(group, mean)
        return np.stack([above, np.log1p(counts) / _COUNT_SCALE], axis=1)

    def above(
        self, group: Groups, expected: Floats, which: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Floats, Floats]:
        """How far each rating's group lies above `expected` in the mean, shrunk; its count.

        Args:
            group: (n,) numbers of users, or of items.
            expected: (n,).
            which: (training ratings,), those that count; all when None.
        """
        counts, sums = self.others(group, which)
        return (sums - counts * expected) / (counts + SHRINKAGE), counts

    def others(
        self, group: Groups, which: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Floats, Floats]:
        """Count and sum of the training ratings of each rating's group outside its fold: (n,)."""
        width = FOLDS + 1
        cells = group.astype(np.int64) * width + self.fold
        counted = np.ones(len(self.train)) if which is None else which.astype(np.float64)
        found = []
        for weights in (counted, counted * self.stars):
            sums = np.bincount(cells[self.train], weights, (int(group.max()) + 1) * width)
            of_group = sums.reshape(-1, width).sum(axis=1)
            found.append(of_group[group] - sums[cells])
        return found[0], found[1]
