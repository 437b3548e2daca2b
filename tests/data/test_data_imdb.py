import errno
import io
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from relu_bench import data
from relu_bench.components.labels import LabelError
from relu_bench.data.tasks import TWO_CLASSES
from relu_bench.data.texts import imdb
from relu_bench.errors import DataError

PUBLISHED, COUNT = imdb.COUNT, 300


@pytest.fixture(autouse=True)
def few_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as tests can write in a moment, in place of the 25,000 of either part."""
    monkeypatch.setattr(imdb, "COUNT", COUNT)


class Fresh:
    """Stands for code that a file wants to be run."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("run"),))


def reviews(*first: list[int]) -> np.ndarray:
    """As many as the data set has, these in front."""
    array = np.empty(COUNT, dtype=object)
    array[:] = [*first, *([1 + number % 300, 2] for number in range(COUNT - len(first)))]
    return array


def write_imdb(path: Path, **changed: Any) -> Path:
    labels = (np.arange(COUNT) % 2).astype(np.int64)
    arrays = {
        "x_train": reviews([5, 1, 9_998, 9_999], list(range(1, 201))),
        "y_train": labels,
        "x_test": reviews(),
        "y_test": labels[::-1],
    } | changed
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **{key: array for key, array in arrays.items() if array is not None})
    return path


def refused(tmp_path: Path, label: str = "imdb") -> str:
    with pytest.raises(DataError) as caught:
        data.load(label, tmp_path, fetch=False)
    return str(caught.value)


def test_it_is_known_without_a_look_at_the_disk() -> None:
    info = data.info("imdb")
    assert info.task == TWO_CLASSES
    assert info.inputs == data.Inputs("tokens", (100,), 10_000)
    assert (info.classes, info.outputs) == (2, 1)
    assert (info.train_count, info.test_count) == (COUNT, COUNT)
    assert PUBLISHED == 25_000
    assert data.info("imdb(length=50, vocabulary=500)").inputs == data.Inputs("tokens", (50,), 500)
    assert data.canonical("imdb") == "imdb(length=100, vocabulary=10000)"
    assert data.fingerprint("imdb") is None


@pytest.mark.parametrize("label", ["imdb(length=0)", "imdb(vocabulary=2)", "imdb(words=3)"])
def test_wrong_parameters(label: str) -> None:
    with pytest.raises((DataError, LabelError)):
        data.info(label)


def test_the_last_tokens_as_ranks_from_2(tmp_path: Path) -> None:
    path = write_imdb(tmp_path / "imdb" / "imdb.npz")
    dataset = data.load("imdb", tmp_path, fetch=False)
    assert dataset.name == "imdb(length=100, vocabulary=10000)"
    assert dataset.info == data.info("imdb")
    assert dataset.encode is None
    assert dataset.train_inputs.shape == dataset.test_inputs.shape == (COUNT, 100)
    assert dataset.train_inputs.dtype == np.int32
    # Rank r is 1 + r; 9,999 does not fit into 10,000 numbers.
    assert dataset.train_inputs[0].tolist() == [0] * 96 + [6, 2, 9_999, 1]
    assert dataset.train_inputs[1].tolist() == list(range(102, 202))
    np.testing.assert_array_equal(dataset.train_targets, np.arange(COUNT) % 2)
    np.testing.assert_array_equal(dataset.test_targets, 1 - np.arange(COUNT) % 2)
    assert dataset.source == f"{path} (not the file that Keras fetches: its checksum differs)"
    short = data.load("imdb(vocabulary=6, length=2)", tmp_path, fetch=False)
    assert short.train_inputs[:2].tolist() == [[1, 1], [1, 1]]
    assert short.train_inputs[2].tolist() == [2, 3]
    shared = data.share(dataset)
    if shared is not None:
        again = shared.load()
        assert again is not None
        np.testing.assert_array_equal(again.train_inputs, dataset.train_inputs)


@pytest.mark.parametrize("place", ["imdb.npz", "imdb/imdb.npz"])
def test_where_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    path = write_imdb(tmp_path / "data" / place)
    monkeypatch.setenv("RELU_BENCH_DATA", str(tmp_path / "data"))
    (entry,) = (each for each in data.overview() if each.info.name.startswith("imdb"))
    assert (entry.here, entry.where) == (True, str(path))
    assert data.load("imdb", fetch=False).source.startswith(str(path))


def test_where_it_is_missing(tmp_path: Path) -> None:
    message = refused(tmp_path)
    assert message.startswith("The data set imdb is not here. Looked in\n  --data-dir: ")
    assert "Fetching it was not asked for." in message
    assert "copy imdb.npz into FOLDER/imdb and give --data-dir FOLDER" in message


def test_it_is_fetched_by_keras_into_its_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "keras" / "datasets"
    monkeypatch.setattr(imdb, "_download", lambda: write_imdb(cache / "imdb.npz"))
    assert data.load("imdb").source.startswith(str(cache / "imdb.npz"))
    monkeypatch.setattr(imdb, "_download", pytest.fail)
    assert len(data.load("imdb").train_inputs) == COUNT


def test_a_failed_download_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keras" / "datasets" / "imdb.npz"

    def fail() -> None:
        path.write_bytes(b"PK half")
        raise OSError("no route to host")

    monkeypatch.setattr(imdb, "_download", fail)
    with pytest.raises(DataError, match="Fetching it through Keras failed: no route to host"):
        data.load("imdb")
    assert not path.exists()


def test_a_copy_for_machines_without_network(tmp_path: Path) -> None:
    write_imdb(tmp_path / "imdb.npz")
    dataset = data.load("imdb", tmp_path, fetch=False)
    copied = data.copy_to(dataset, tmp_path / "to")
    assert copied == data.Copied(tmp_path / "to" / "imdb", ("imdb.npz",), files=1)
    copied = data.copy_to(dataset, tmp_path / "to")
    assert copied is not None
    assert copied.written == ()
    again = data.load("imdb", tmp_path / "to", fetch=False)
    np.testing.assert_array_equal(again.train_inputs, dataset.train_inputs)
    assert sorted(each.name for each in (tmp_path / "to" / "imdb").iterdir()) == ["imdb.npz"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x_train": reviews()[:100]}, r"\(x_train\): 100 reviews, imdb has 300\."),
        ({"x_test": None}, r"lacks the array x_test, expected x_train, y_train, x_test, y_test\."),
        ({"x_test": reviews([])}, r"\(x_test\): position 0 is no review: \[\]\."),
        ({"x_test": reviews([0, 4])}, r"\(x_test\): words that are no ranks from 1\."),
        ({"x_test": reviews([2**63 - 1])}, r"\(x_test\): words that are no ranks from 1\."),
        ({"x_test": reviews([[[1]] * 9] * 9)}, r"\(x_test\): words that are no ranks from 1\."),  # type: ignore[list-item]
        ({"y_test": np.zeros(COUNT, int)}, r"\(y_test\): labels are 0 \(negative\) and 1"),
        ({"y_test": np.zeros(9, int)}, r"\(y_test\): labels of shape \(9,\), imdb has 300\."),
    ],
)
def test_what_is_not_imdb(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    write_imdb(tmp_path / "imdb.npz", **changed)
    found = refused(tmp_path)
    assert re.search(message, found), found
    assert "Replace it; on a machine with network `relu-bench data imdb --to FOLDER`" in found


@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
def test_a_truncated_file(tmp_path: Path, share: float) -> None:
    path = write_imdb(tmp_path / "imdb.npz")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    message = refused(tmp_path)
    assert message.startswith(f"{path}: ")
    assert ("it is empty" if share == 0 else "truncated or altered") in message


def test_a_damaged_file_in_the_cache_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "keras" / "datasets" / "imdb.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"<html>")
    with pytest.raises(DataError, match="web page") as caught:
        data.load("imdb")
    assert "Delete the file, then `relu-bench data imdb` fetches it again." in str(caught.value)


def test_nothing_in_the_file_is_run(tmp_path: Path) -> None:
    path = write_imdb(tmp_path / "imdb.npz")
    array = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        array, {"descr": "|O", "fortran_order": False, "shape": (COUNT,)}
    )
    pickle.dump(Fresh(), array)
    with zipfile.ZipFile(path, "w") as archive:
        for key in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{key}.npy", array.getvalue())
    message = refused(tmp_path)
    assert "it asks for pathlib.Path" in message or "which no array needs" in message
    assert not Path("run").exists()


def test_a_copy_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_imdb(tmp_path / "imdb.npz")
    dataset = data.load("imdb", tmp_path, fetch=False)

    def full(target: Path, _content: bytes) -> None:
        with target.open("wb") as file:
            file.write(b"PK half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\)"):
        data.copy_to(dataset, tmp_path / "to")
    assert list((tmp_path / "to/imdb").iterdir()) == []
