"""Files of exactly the form of MovieLens 100K, with made-up content and few lines."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from relu_bench.data.ratings import movielens
from relu_bench.data.ratings.films import GENRES, OCCUPATIONS, Counts

COUNTS = Counts(users=12, items=9, ratings=60)


def contents(seed: int = 0) -> dict[str, bytes]:
    """The three files, by name."""
    random = np.random.default_rng(seed)
    pairs = random.permutation(COUNTS.users * COUNTS.items)[: COUNTS.ratings]
    ratings = [
        f"{pair // COUNTS.items + 1}\t{pair % COUNTS.items + 1}\t{random.integers(1, 6)}\t881{n}"
        for n, pair in enumerate(pairs)
    ]
    users = [
        f"{n}|{random.integers(7, 74)}|{'MF'[n % 2]}|{OCCUPATIONS[n % len(OCCUPATIONS)]}|T8H1{n}"
        for n in range(1, COUNTS.users + 1)
    ]
    return {
        "u.data": _text(ratings),
        "u.user": _text(users),
        "u.item": _text([_film(n, random) for n in range(1, COUNTS.items + 1)]),
    }


def _film(number: int, random: np.random.Generator) -> str:
    # As film 267 there, one is unknown, and has neither a date nor an address.
    if number == 3:
        return "|".join([str(number), "unknown", "", "", "", "1", *["0"] * (len(GENRES) - 1)])
    genres = ["0", *(str(flag) for flag in random.integers(0, 2, len(GENRES) - 1))]
    date = f"0{number}-Jan-{1930 + 7 * number}"
    return "|".join([str(number), f"Amélie {number} (1995)", date, "", "http://x/?a%20b", *genres])


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("latin-1")


def packed(files: Mapping[str, bytes], folder: str = "ml-100k") -> bytes:
    """An archive as GroupLens has it: in a folder, among other files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{folder}/README", "read me")
        for name, content in files.items():
            archive.writestr(f"{folder}/{name}", content)
    return stream.getvalue()


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The unpacked folder `folder`/ml-100k."""
    inside = folder / "ml-100k"
    inside.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (inside / name).write_bytes(content)
    return inside


def shrink(monkeypatch: pytest.MonkeyPatch, files: Mapping[str, bytes]) -> None:
    """Have relu-bench take these files for the real ones."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(movielens, "COUNTS", COUNTS)
    monkeypatch.setattr(movielens, "SHA256", digests)
