"""The three files of MovieLens 100K that are read: ratings, users and films, with every check.

Their form is that of the data set's own README: `u.data` has user, item, rating and time between
tabs; `u.user` has user, age, gender, occupation and zip code, and `u.item` film, title, release
date, video release date, address and 19 genres, between bars, in Latin-1. Users and items are
numbered from 1, and in their files they stand in this order.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relu_bench.data.dataset import DamagedError, what_instead
from relu_bench.errors import show

RATINGS, USERS, ITEMS = "u.data", "u.user", "u.item"
FILES = (RATINGS, USERS, ITEMS)
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip
OCCUPATIONS = (
    "administrator", "artist", "doctor", "educator", "engineer", "entertainment", "executive",
    "healthcare", "homemaker", "lawyer", "librarian", "marketing", "none", "other", "programmer",
    "retired", "salesman", "scientist", "student", "technician", "writer",
)  # fmt: skip
GENDERS = ("F", "M")
LOWEST, HIGHEST = 1, 5
_OLDEST = 130
_MOST_DIGITS = 9
# Title, date and so on stand in front of the genres.
_BEFORE_GENRES = 5
_DATE = re.compile(r"\d{1,2}-[A-Z][a-z]{2}-(\d{4})")
_DATES_FROM, _DATES_TO = 1880, 2100


@dataclass(frozen=True)
class Counts:
    """How many there are."""

    users: int
    items: int
    ratings: int


@dataclass(frozen=True, eq=False)
class Films:
    """The content of the three files, in their order; users and items are numbered from 0 here.

    Attributes:
        user, item: (ratings,) who rated what.
        rating: (ratings,) of 1 to 5, float32.
        age: (users,) in years.
        gender, occupation: (users,) positions in `GENDERS` and `OCCUPATIONS`.
        genres: (items, 19), whether a film has each of `GENRES`.
        year: (items,) of release, NaN where none is given.
    """

    user: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    rating: npt.NDArray[np.float32]
    age: npt.NDArray[np.float64]
    gender: npt.NDArray[np.int32]
    occupation: npt.NDArray[np.int32]
    genres: npt.NDArray[np.bool_]
    year: npt.NDArray[np.float64]


def parse(contents: Mapping[str, bytes], places: Mapping[str, str], counts: Counts) -> Films:
    """The films in the bytes of the three `FILES`.

    Raises:
        DamagedError: naming the file, and the line, for what is not of that form or number.
    """
    users = _Table(contents[USERS], places[USERS], "|", fields=5)
    users.check_numbers()
    users.check_count(counts.users, "users")
    items = _Table(contents[ITEMS], places[ITEMS], "|", fields=_BEFORE_GENRES + len(GENRES))
    items.check_numbers()
    items.check_count(counts.items, "films")
    ratings = _Table(contents[RATINGS], places[RATINGS], "\t", fields=4)
    user = ratings.integers(0, "a user", least=1, most=counts.users) - 1
    item = ratings.integers(1, "a film", least=1, most=counts.items) - 1
    rating = ratings.integers(2, "a rating", least=LOWEST, most=HIGHEST)
    ratings.check_count(counts.ratings, "ratings")
    _check_pairs(user.astype(np.int64) * counts.items + item, places[RATINGS])
    genres = [
        items.integers(_BEFORE_GENRES + genre, "a genre", least=0, most=1)
        for genre in range(len(GENRES))
    ]
    return Films(
        user,
        item,
        rating.astype(np.float32),
        age=users.integers(1, "an age", least=1, most=_OLDEST).astype(np.float64),
        gender=users.positions(2, "gender", GENDERS),
        occupation=users.positions(3, "occupation", OCCUPATIONS),
        genres=np.stack(genres, axis=1).astype(np.bool_),
        year=items.years(2),
    )


def _check_pairs(pairs: npt.NDArray[np.int64], place: str) -> None:
    _, first = np.unique(pairs, return_index=True)
    if len(first) < len(pairs):
        twice = int(np.setdiff1d(np.arange(len(pairs)), first)[0])
        raise DamagedError(place, f"line {twice + 1} rates a film that its user has rated above")


class _Table:
    """The fields of the lines of a file; empty lines at its end are none."""

    def __init__(self, content: bytes, place: str, separator: str, *, fields: int) -> None:
        self.place = place
        # Every byte is a character of Latin-1: what is no text fails by its fields.
        text = content.decode("latin-1").rstrip("\r\n")
        if not text:
            raise DamagedError(place, what_instead(content, "a table"))
        self.rows = [line.rstrip("\r").split(separator) for line in text.split("\n")]
        for line, row in enumerate(self.rows, start=1):
            if len(row) != fields and line == 1:
                start = what_instead(content[:16], f"a table of {fields} columns")
                raise DamagedError(place, start)
            if len(row) != fields:
                raise DamagedError(place, f"line {line} has {len(row)} fields, expected {fields}")

    def check_numbers(self) -> None:
        """The first fields must count from 1."""
        for line, (number, *_) in enumerate(self.rows, start=1):
            if number != str(line):
                raise DamagedError(
                    self.place, f"line {line} has the number {show(number)}, expected {line}"
                )

    def check_count(self, expected: int, what: str) -> None:
        found = len(self.rows)
        if found != expected:
            raise DamagedError(self.place, f"{found:,} {what}, MovieLens 100K has {expected:,}")

    def integers(self, column: int, what: str, *, least: int, most: int) -> npt.NDArray[np.int32]:
        found = np.empty(len(self.rows), np.int32)
        for line, row in enumerate(self.rows, start=1):
            text = row[column]
            # The length first: Python refuses to convert thousands of digits.
            is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
            if not (is_number and least <= int(text) <= most):
                raise self._error(line, f"{show(text)} is not {what}, from {least} to {most:,}")
            found[line - 1] = int(text)
        return found

    def positions(self, column: int, what: str, names: Sequence[str]) -> npt.NDArray[np.int32]:
        """Those of the fields among `names`."""
        for line, row in enumerate(self.rows, start=1):
            if row[column] not in names:
                raise self._error(line, f"unknown {what} {show(row[column])}")
        return np.array([names.index(row[column]) for row in self.rows], np.int32)

    def years(self, column: int) -> npt.NDArray[np.float64]:
        """Those of the dates; NaN where there is none."""
        found = np.full(len(self.rows), np.nan)
        for line, row in enumerate(self.rows, start=1):
            date = _DATE.fullmatch(row[column])
            if date is not None and _DATES_FROM <= int(date[1]) <= _DATES_TO:
                found[line - 1] = float(date[1])
            elif row[column]:
                raise self._error(line, f"{show(row[column])} is no date such as 01-Jan-1995")
        return found

    def _error(self, line: int, why: str) -> DamagedError:
        return DamagedError(self.place, f"line {line}: {why}")
