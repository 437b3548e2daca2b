"""The features of MovieLens 100K: who rates, what is rated, and the history of both."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relu_bench.data.movielens_files import GENRES, OCCUPATIONS, Films
from relu_bench.data.rating_history import Positions, history

# Only to bring numbers near ±1; they are no statistics of the data.
_AGE_CENTRE, _AGE_SCALE = 35.0, 15.0
_YEAR_CENTRE, _YEAR_SCALE = 1990.0, 15.0
_OF_HISTORY = 2

USER_COLUMNS = 2 + len(OCCUPATIONS) + _OF_HISTORY + len(GENRES)
"""Age, gender, occupations (one of them 1), history, tastes by genre."""
ITEM_COLUMNS = len(GENRES) + 2 + _OF_HISTORY
"""Genres, year, whether it is known, history."""

Features = npt.NDArray[np.float32]


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
