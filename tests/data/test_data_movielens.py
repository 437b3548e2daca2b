from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import small_movielens as small

from relu_bench import data
from relu_bench.data.ratings import movielens
from relu_bench.data.ratings.features import ITEM_COLUMNS, USER_COLUMNS
from relu_bench.data.ratings.films import Counts, parse
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
