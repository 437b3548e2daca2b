"""The three files of MovieLens 100K that are read: ratings, users and films, with every check.

Their form is that of the data set's own README: `u.data` has user, item, rating and time between
tabs; `u.user` has user, age, gender, occupation and zip code, and `u.item` film, title, release
date, video release date, address and 19 genres, between bars, in Latin-1. Users and items are
numbered from 1, and in their files they stand in this order.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
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
    users = _numbered(USERS, contents, places, fields=5, count=counts.users, what="users")
    items = _numbered(
        ITEMS,
        contents,
        places,
        fields=_BEFORE_GENRES + len(GENRES),
        count=counts.items,
        what="films",
    )
    user, item, rating = _ratings(contents[RATINGS], places[RATINGS], counts)
    of_users, of_items = places[USERS], places[ITEMS]
    return Films(
        user,
        item,
        rating,
        age=np.array(
            [_number(row[1], of_users, at, "an age", least=1, most=_OLDEST) for at, row in users],
            float,
        ),
        gender=np.array(
            [_known(row[2], of_users, at, "gender", GENDERS) for at, row in users], np.int32
        ),
        occupation=np.array(
            [_known(row[3], of_users, at, "occupation", OCCUPATIONS) for at, row in users], np.int32
        ),
        genres=np.array(
            [
                [
                    _number(flag, of_items, at, "a genre", least=0, most=1)
                    for flag in row[_BEFORE_GENRES:]
                ]
                for at, row in items
            ],
            np.bool_,
        ),
        year=np.array([_year(row[2], of_items, at) for at, row in items]),
    )


def _ratings(
    content: bytes, place: str, counts: Counts
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    rows = []
    for line, (user, item, rating, _) in _lines(content, place, "\t", 4):
        rows.append(
            (
                _number(user, place, line, "a user", least=1, most=counts.users) - 1,
                _number(item, place, line, "a film", least=1, most=counts.items) - 1,
                _number(rating, place, line, "a rating", least=LOWEST, most=HIGHEST),
            )
        )
    _check_count(len(rows), counts.ratings, place, "ratings")
    table = np.array(rows, np.int32)
    pairs = table[:, 0].astype(np.int64) * counts.items + table[:, 1]
    if len(np.unique(pairs)) < len(pairs):
        _, first = np.unique(pairs, return_index=True)
        twice = int(np.setdiff1d(np.arange(len(pairs)), first)[0])
        raise DamagedError(place, f"line {twice + 1} rates a film that its user has rated above")
    users, items, stars = np.ascontiguousarray(table.T)
    return users, items, stars.astype(np.float32)


def _numbered(
    name: str,
    contents: Mapping[str, bytes],
    places: Mapping[str, str],
    *,
    fields: int,
    count: int,
    what: str,
) -> list[tuple[int, list[str]]]:
    """Lines with their numbers, whose first field counts from 1."""
    found = list(_lines(contents[name], places[name], "|", fields))
    for position, (line, row) in enumerate(found, start=1):
        if row[0] != str(position):
            raise DamagedError(
                places[name], f"line {line} has the number {show(row[0])}, expected {position}"
            )
    _check_count(len(found), count, places[name], what)
    return found


def _lines(
    content: bytes, place: str, separator: str, fields: int
) -> Iterator[tuple[int, list[str]]]:
    """The fields of each line, with its number; empty lines at the end are none."""
    # Every byte is a character of Latin-1: what is no text fails by its fields.
    text = content.decode("latin-1").rstrip("\r\n")
    if not text:
        raise DamagedError(place, what_instead(content, "a table"))
    for number, line in enumerate(text.split("\n"), start=1):
        row = line.rstrip("\r").split(separator)
        if len(row) != fields:
            if number == 1:
                start = what_instead(content[:16], f"a table of {fields} columns")
                raise DamagedError(place, start)
            raise DamagedError(place, f"line {number} has {len(row)} fields, expected {fields}")
        yield number, row


def _check_count(found: int, expected: int, place: str, what: str) -> None:
    if found != expected:
        raise DamagedError(place, f"{found:,} {what}, MovieLens 100K has {expected:,}")


def _number(text: str, place: str, line: int, what: str, *, least: int, most: int) -> int:
    # The length first: Python refuses to convert thousands of digits.
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if not (is_number and least <= int(text) <= most):
        raise DamagedError(
            place, f"line {line}: {show(text)} is not {what}, from {least} to {most:,}"
        )
    return int(text)


def _known(text: str, place: str, line: int, what: str, names: Sequence[str]) -> int:
    if text not in names:
        raise DamagedError(place, f"line {line}: unknown {what} {show(text)}")
    return names.index(text)


def _year(text: str, place: str, line: int) -> float:
    """NaN for the films without a date."""
    if not text:
        return float("nan")
    date = _DATE.fullmatch(text)
    if date is None or not _DATES_FROM <= int(date[1]) <= _DATES_TO:
        raise DamagedError(place, f"line {line}: {show(text)} is no date such as 01-Jan-1995")
    return float(date[1])
