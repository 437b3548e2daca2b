"""Ratings: the files of MovieLens 100K, the history of users and items, and synthetic ratings."""

import hashlib
import math
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import small_movielens as small
from numpy.typing import NDArray

from relu_bench import data
from relu_bench.data.ratings import movielens
from relu_bench.data.ratings.features import (
    FOLDS,
    ITEM_COLUMNS,
    SHRINKAGE,
    USER_COLUMNS,
    RatingFeatures,
    history,
)
from relu_bench.data.ratings.films import Counts, Films, parse
from relu_bench.data.ratings.synthetic import SIGNAL_VARIANCE, best_reachable, true_rating
from relu_bench.errors import DataError, show

Files = dict[str, bytes]
MOST = "ml-100k"


@pytest.fixture(name="files")
def small_files(monkeypatch: pytest.MonkeyPatch) -> Files:
    files = small.contents()
    small.shrink(monkeypatch, files)
    return files


def loaded(folder: Path, files: Files) -> data.Dataset:
    small.write(folder, files)
    return data.load("movielens_100k", folder, fetch=False)


def test_what_it_is_by_name() -> None:
    info = data.info("movielens-100k")
    assert (info.name, info.train_count, info.test_count) == ("movielens_100k", 80_000, 20_000)
    assert (info.outputs, info.classes, info.task.metrics) == (1, 0, ("rmse", "mae"))
    assert info.inputs.groups == (USER_COLUMNS, ITEM_COLUMNS) == (44, 23)
    assert info.inputs.shape == (67,)
    assert data.canonical("movielens-100k") == "movielens_100k"


def test_the_files_are_read_as_they_are_written(files: Files) -> None:
    films = parse(files, {name: name for name in files}, small.COUNTS)
    lines = files["u.data"].decode().splitlines()
    found = zip(films.user, films.item, films.rating, strict=True)
    assert [(u + 1, i + 1, r) for u, i, r in found] == [
        tuple(map(int, line.split("\t")[:3])) for line in lines
    ]
    users = [line.split("|") for line in files["u.user"].decode().splitlines()]
    assert films.age.tolist() == [float(row[1]) for row in users]
    assert ["FM"[code] for code in films.gender] == [row[2] for row in users]
    assert films.occupation[0] == 1  # artist: OCCUPATIONS[1]
    items = [line.split("|") for line in files["u.item"].decode("latin-1").splitlines()]
    assert films.genres.astype(int).tolist() == [list(map(int, row[5:])) for row in items]
    assert np.flatnonzero(np.isnan(films.year)).tolist() == [2]
    assert films.year[0] == 1937


def test_parts_are_fixed_and_hold_every_rating_once(tmp_path: Path, files: Files) -> None:
    first = loaded(tmp_path / "a", files)
    again = loaded(tmp_path / "b", files)
    assert (len(first.train_targets), len(first.test_targets)) == (48, 12)
    assert sorted([*first.train_inputs, *first.test_inputs]) == list(range(60))
    np.testing.assert_array_equal(first.test_inputs, again.test_inputs)
    films = parse(files, {name: name for name in files}, small.COUNTS)
    np.testing.assert_array_equal(films.rating[first.train_inputs], first.train_targets)
    assert first.train_targets.dtype == np.float32
    assert first.info == data.info("movielens_100k")
    assert first.source == str(tmp_path / "a" / MOST)


def test_features_of_users_and_items(tmp_path: Path, files: Files) -> None:
    dataset = loaded(tmp_path, files)
    assert dataset.encode is not None
    train, test = dataset.encode(np.arange(40, dtype=np.int32))
    assert (train.shape, test.shape) == ((48, 67), (12, 67))
    assert train.dtype == np.float32
    assert np.isfinite(train).all()
    assert np.abs(train).max() < 6
    assert (train[:, 2:23].sum(axis=1) == 1).all()  # one occupation each
    films = parse(files, {name: name for name in files}, small.COUNTS)
    item = films.item[dataset.train_inputs]
    year, known = train[:, 44 + 19], train[:, 44 + 20]
    assert (known == (item != 2)).all()
    assert (year[item == 2] == 0).all()
    np.testing.assert_allclose(year[item != 2], (films.year[item[item != 2]] - 1990) / 15)
    np.testing.assert_array_equal(train[:, 44 : 44 + 19], films.genres[item])


@pytest.mark.parametrize("layout", ["folder", "archive"])
@pytest.mark.parametrize("place", ["data-dir", "variable", "cache"])
def test_it_is_found(
    layout: str, place: str, tmp_path: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "keras" / "datasets" if place == "cache" else tmp_path / "mine"
    folder.mkdir(parents=True)
    if place == "variable":
        monkeypatch.setenv("RELU_BENCH_DATA", str(folder))
    if layout == "folder":
        expected = small.write(folder, files)
    else:
        expected = folder / "ml-100k.zip"
        expected.write_bytes(small.packed(files))
    data_dir = folder if place == "data-dir" else None
    assert data.load("movielens_100k", data_dir, fetch=False).source == str(expected)
    entry = next(e for e in data.overview(data_dir) if e.info.name == "movielens_100k")
    assert (entry.here, entry.where) == (True, str(expected))


def test_keras_fetches_the_archive_with_its_checksum(
    tmp_path: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def get_file(name: str, origin: str, **options: str) -> None:
        asked.append((name, origin, options))
        (tmp_path / "keras" / "datasets" / name).write_bytes(small.packed(files))

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    with pytest.raises(DataError, match="Fetching it was not asked for"):
        data.load("movielens_100k", fetch=False)
    dataset = data.load("movielens_100k")
    assert dataset.source == str(tmp_path / "keras" / "datasets" / "ml-100k.zip")
    data.load("movielens_100k")
    assert asked == [
        (
            "ml-100k.zip",
            "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
            {"file_hash": movielens.ARCHIVE_SHA256, "hash_algorithm": "sha256"},
        )
    ]
    assert [len(each) for each in (movielens.ARCHIVE_SHA256, *movielens.SHA256.values())] == [
        64
    ] * 4


def test_a_failed_download_leaves_nothing_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keras" / "datasets" / "ml-100k.zip"

    def get_file(*_: object, **__: object) -> None:
        path.write_bytes(b"half")
        raise ValueError("the checksum is wrong")

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    with pytest.raises(DataError) as caught:
        data.load("movielens_100k")
    assert "Fetching it through Keras failed: the checksum is wrong" in str(caught.value)
    assert "put ml-100k.zip, or its folder ml-100k with u.data, u.user, u.item" in str(caught.value)
    assert "`dataset: synthetic_ratings` is embedded" in str(caught.value)
    assert not path.exists()


def changed(files: Files, name: str, old: str, new: str) -> Files:
    text = files[name].decode("latin-1")
    assert old in text
    return files | {name: text.replace(old, new, 1).encode("latin-1")}


def line_of(files: Files, name: str, number: int) -> str:
    return files[name].decode("latin-1").splitlines()[number - 1]


DAMAGED: dict[str, tuple[Any, str]] = {
    "a rating of 6": (
        lambda f: changed(f, "u.data", line_of(f, "u.data", 5), "1\t1\t6\t1"),
        "u.data: line 5: '6' is not a rating, from 1 to 5",
    ),
    "a rating of 0": (
        lambda f: changed(f, "u.data", line_of(f, "u.data", 5), "1\t1\t0\t1"),
        "u.data: line 5: '0' is not a rating, from 1 to 5",
    ),
    "half a star": (
        lambda f: changed(f, "u.data", line_of(f, "u.data", 5), "1\t1\t3.5\t1"),
        "u.data: line 5: '3.5' is not a rating, from 1 to 5",
    ),
    "an unknown user": (
        lambda f: changed(f, "u.data", line_of(f, "u.data", 7), "13\t1\t3\t1"),
        "u.data: line 7: '13' is not a user, from 1 to 12",
    ),
    "an unknown film": (
        lambda f: changed(f, "u.data", line_of(f, "u.data", 7), "1\t99\t3\t1"),
        "u.data: line 7: '99' is not a film, from 1 to 9",
    ),
    "a missing column": (
        lambda f: changed(f, "u.data", line_of(f, "u.data", 9), "1\t2\t3"),
        "u.data: line 9 has 3 fields, expected 4",
    ),
    "a pair rated twice": (
        lambda f: changed(f, "u.data", line_of(f, "u.data", 8), line_of(f, "u.data", 2)),
        "u.data: line 8 rates a film that its user has rated above",
    ),
    "truncated between lines": (
        lambda f: f | {"u.data": b"\n".join(f["u.data"].split(b"\n")[:31])},
        "u.data: 31 ratings, MovieLens 100K has 60",
    ),
    "truncated in a line": (
        lambda f: f | {"u.item": f["u.item"][:-20]},
        "u.item: line 9 has 15 fields, expected 24",
    ),
    "empty": (lambda f: f | {"u.user": b""}, "u.user: it is empty"),
    "a web page": (
        lambda f: f | {"u.user": b"<!DOCTYPE html>\n<html>"},
        "u.user: it is a web page, not a table of 5 columns; a download was answered with that",
    ),
    "a user left out": (
        lambda f: changed(f, "u.user", line_of(f, "u.user", 4) + "\n", ""),
        "u.user: line 4 has the number '5', expected 4",
    ),
    "the last user left out": (
        lambda f: changed(f, "u.user", line_of(f, "u.user", 12) + "\n", ""),
        "u.user: 11 users, MovieLens 100K has 12",
    ),
    "an age": (
        lambda f: changed(f, "u.user", line_of(f, "u.user", 2), "2|old|F|other|1"),
        "u.user: line 2: 'old' is not an age, from 1 to 130",
    ),
    "a number of thousands of digits": (
        lambda f: changed(f, "u.user", line_of(f, "u.user", 2), f"2|{'9' * 5000}|F|other|1"),
        f"u.user: line 2: {show('9' * 5000)} is not an age, from 1 to 130",
    ),
    "an occupation": (
        lambda f: changed(f, "u.user", line_of(f, "u.user", 2), "2|30|F|pirate|1"),
        "u.user: line 2: unknown occupation 'pirate'",
    ),
    "a gender": (
        lambda f: changed(f, "u.user", line_of(f, "u.user", 2), "2|30|f|other|1"),
        "u.user: line 2: unknown gender 'f'",
    ),
    "a date": (
        lambda f: changed(f, "u.item", "01-Jan-1937", "1937"),
        "u.item: line 1: '1937' is no date such as 01-Jan-1995",
    ),
    "a genre": (
        lambda f: changed(f, "u.item", "|1|0|0|0|0|0|0|", "|7|0|0|0|0|0|0|"),
        "u.item: line 3: '7' is not a genre, from 0 to 1",
    ),
    "another rating, of the right form": (
        lambda f: changed(f, "u.data", line_of(f, "u.data", 1), _other(line_of(f, "u.data", 1))),
        "u.data: altered: its checksum is not that of GroupLens's file",
    ),
}


def _other(line: str) -> str:
    user, item, rating, time = line.split("\t")
    return "\t".join([user, item, str(int(rating) % 5 + 1), time])


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_named_with_the_remedy(name: str, tmp_path: Path, files: Files) -> None:
    damage, message = DAMAGED[name]
    with pytest.raises(DataError) as caught:
        loaded(tmp_path, damage(files))
    first, second = str(caught.value).splitlines()
    assert first == f"{tmp_path / MOST}/{message}."
    assert second.startswith("Replace it by GroupLens's own (https://files.grouplens.org/")


def test_an_incomplete_folder_is_named(tmp_path: Path, files: Files) -> None:
    del files["u.user"]
    with pytest.raises(DataError) as caught:
        loaded(tmp_path, files)
    assert str(caught.value).startswith(
        f"{tmp_path / MOST} (--data-dir) is incomplete, missing: u.user.\nUnpack ml-100k.zip"
    )
    entry = next(e for e in data.overview(tmp_path) if e.info.name == "movielens_100k")
    assert not entry.here
    assert "is incomplete" in entry.where


@pytest.mark.parametrize("place", ["mine", "keras/datasets"])
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda packed: packed[: len(packed) // 2],
            "the archive cannot be read (File is not a zip",
        ),
        (lambda packed: b"", "the archive cannot be read (File is not a zip file)"),
        (
            lambda packed: packed.replace(b"ml-100k/u.user", b"ml-100k/u.usef"),
            "ml-100k/u.user is not in it",
        ),
    ],
)
def test_a_damaged_archive_is_named_with_the_remedy(
    place: str, damage: Any, message: str, tmp_path: Path, files: Files
) -> None:
    path = tmp_path / place / "ml-100k.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(damage(small.packed(files)))
    with pytest.raises(DataError) as caught:
        data.load("movielens_100k", path.parent if place == "mine" else None)
    assert str(caught.value).startswith(f"{path}: {message}")
    remedy = "Replace it by GroupLens's own" if place == "mine" else f"Delete {path}, then `relu-"
    assert str(caught.value).splitlines()[1].startswith(remedy)


def test_bytes_that_changed_inside_the_archive_are_noticed(tmp_path: Path, files: Files) -> None:
    path = tmp_path / "ml-100k.zip"
    packed = bytearray(small.packed(files))
    start = packed.index(b"ml-100k/u.data") + len(b"ml-100k/u.data")
    packed[start + 30] ^= 0xFF
    path.write_bytes(bytes(packed))
    with pytest.raises(DataError, match=r"ml-100k\.zip: the archive cannot be read \("):
        data.load("movielens_100k", tmp_path)


def test_nothing_of_an_archive_is_written_anywhere(tmp_path: Path, files: Files) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    evil = {"../../evil": b"x", "/evil": b"x", "huge": b"0" * 1000}
    (folder / "ml-100k.zip").write_bytes(small.packed(files | evil))
    before = sorted(tmp_path.rglob("*"))
    data.load("movielens_100k", folder)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_is_far_too_large_is_not_read(
    tmp_path: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movielens, "_LARGEST", 500)
    with pytest.raises(DataError, match=r"u\.data: it has more than 500 bytes"):
        loaded(tmp_path, files)
    (tmp_path / "zip").mkdir()
    (tmp_path / "zip" / "ml-100k.zip").write_bytes(small.packed(files))
    with pytest.raises(DataError, match=r"ml-100k/u\.data has [\d,]+ bytes"):
        data.load("movielens_100k", tmp_path / "zip")


@pytest.mark.parametrize("layout", ["folder", "archive"])
def test_a_copy_works_as_a_data_folder(layout: str, tmp_path: Path, files: Files) -> None:
    if layout == "folder":
        small.write(tmp_path, files)
    else:
        (tmp_path / "ml-100k.zip").write_bytes(small.packed(files))
    dataset = data.load("movielens_100k", tmp_path)
    copied = data.copy_to(dataset, tmp_path / "copy")
    assert copied == data.Copied(tmp_path / "copy" / MOST, ("u.data", "u.user", "u.item"), 3)
    assert data.copy_to(dataset, tmp_path / "copy") == data.Copied(copied.folder, (), 3)
    for name, content in files.items():
        assert (copied.folder / name).read_bytes() == content
    again = data.load("movielens_100k", tmp_path / "copy", fetch=False)
    np.testing.assert_array_equal(again.test_targets, dataset.test_targets)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be written"):
        data.copy_to(dataset, tmp_path / "file")


def test_the_published_checksums_are_those_that_are_compared() -> None:
    assert Counts(943, 1682, 100_000) == movielens.COUNTS
    assert set(movielens.SHA256) == {"u.data", "u.user", "u.item"}


@pytest.mark.tensorflow
def test_a_network_trains_on_what_the_training_part_knows(tmp_path: Path, files: Files) -> None:
    from relu_bench.config.plan import Spec
    from relu_bench.config.settings import Setting
    from relu_bench.training.trainer import Trainer

    dataset = loaded(tmp_path, files)
    fields = {"dataset": "movielens-100k", "model": "recommender", "batch_size": 8, "epochs": 2}
    spec = Spec.model_construct(**dict(Setting.model_validate(fields)), seed=0, probes=True)
    result = Trainer(tmp_path).train(spec)
    split = data.split(
        np.zeros(48, np.uint8), validation_split=0.2, split_seed=0, train_samples=None
    )
    mean = dataset.train_targets[split.train].mean(dtype=np.float64)
    expected = np.sqrt(np.mean((dataset.test_targets - mean) ** 2))
    assert result.summary["guess_test_rmse"] == pytest.approx(expected)
    assert result.summary["test_rmse"] > 0
    assert {row["layer"] for row in result.layers} >= {"user", "item", "output"}


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
    assert usual.info.inputs == data.Inputs("features", (12,), groups=(6, 6))
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
