"""EMNIST: its splits, its transposed files, and letters that count from 1; KMNIST."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_data import idx_bytes

from relu_bench import data
from relu_bench.data import image
from relu_bench.data.images import known
from relu_bench.errors import DataError

ROLES = ("train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1")
Write = Callable[..., tuple[np.ndarray, np.ndarray]]


def upright_images(count: int) -> np.ndarray:
    """An L in each image, 5 high and 4 wide: no transposition of it looks the same."""
    images = np.zeros((count, 5, 4), np.uint8)
    images[:, :, 0] = 255
    images[:, 4, :] = 200
    images[:, 0, 3] = np.arange(count) % 251
    return images


@pytest.fixture
def write_emnist(monkeypatch: pytest.MonkeyPatch) -> Write:
    """Small files as NIST has them: every image transposed, the letters numbered from 1."""
    for split in known.EMNIST_SPLITS:
        name = f"emnist(split={split})"
        info = replace(
            known.KNOWN[name].info, inputs=image((5, 4, 1)), classes=3, train_count=30, test_count=9
        )
        monkeypatch.setitem(known.KNOWN, name, replace(known.KNOWN[name], info=info))

    def write(folder: Path, split: str, first: int) -> tuple[np.ndarray, np.ndarray]:
        folder.mkdir(parents=True, exist_ok=True)
        images = upright_images(39)
        labels = (np.arange(39) % 3).astype(np.uint8)
        # An oracle of its own: pixel by pixel, row r and column c change places.
        stored = np.zeros((39, 4, 5), np.uint8)
        for row in range(5):
            for column in range(4):
                stored[:, column, row] = images[:, row, column]
        arrays = (stored[:30], labels[:30] + first, stored[30:], labels[30:] + first)
        for role, array in zip(ROLES, arrays, strict=True):
            path = folder / f"emnist-{split}-{role}-ubyte.gz"
            path.write_bytes(gzip.compress(idx_bytes(array.astype(np.uint8))))
        return images, labels

    return write


@pytest.mark.parametrize(
    ("split", "classes", "train", "test"),
    [
        ("balanced", 47, 112_800, 18_800),
        ("byclass", 62, 697_932, 116_323),
        ("bymerge", 47, 697_932, 116_323),
        ("digits", 10, 240_000, 40_000),
        ("letters", 26, 124_800, 20_800),
        ("mnist", 10, 60_000, 10_000),
    ],
)
def test_the_splits(split: str, classes: int, train: int, test: int) -> None:
    found = data.info(f"emnist(split={split})")
    assert (found.classes, found.train_count, found.test_count) == (classes, train, test)
    assert found.inputs == image((28, 28, 1))
    assert found.name == data.canonical(f"emnist( split = {split} )")


def test_balanced_is_the_default_and_a_wrong_split_is_refused() -> None:
    assert data.canonical("emnist") == "emnist(split=balanced)"
    with pytest.raises(DataError, match=r"split is balanced or byclass .* mean 'letters'"):
        data.load("emnist(split=leters)")


@pytest.mark.parametrize("folder", ["d/emnist", "d/emnist/gzip"])
@pytest.mark.parametrize(("split", "first"), [("letters", 1), ("digits", 0)])
def test_images_are_upright_and_classes_start_at_0(
    write_emnist: Write, split: str, first: int, folder: str
) -> None:
    images, labels = write_emnist(Path(folder), split, first)
    found = data.load(f"emnist(split={split})", Path("d"), fetch=False)
    np.testing.assert_array_equal(found.train_inputs[..., 0], images[:30])
    np.testing.assert_array_equal(found.test_inputs[..., 0], images[30:])
    np.testing.assert_array_equal(found.train_targets, labels[:30])
    np.testing.assert_array_equal(found.test_targets, labels[30:])
    assert found.train_targets.dtype == np.uint8
    assert found.train_inputs.flags.c_contiguous
    assert found.source == str(Path(folder))


def test_a_copy_is_stored_as_nist_does(write_emnist: Write) -> None:
    write_emnist(Path("d/emnist"), "letters", 1)
    found = data.load("emnist(split=letters)", Path("d"), fetch=False)
    copied = data.copy_to(found, Path("usb"))
    assert copied is not None
    assert copied.folder == Path("usb/emnist")
    for name in copied.written:
        original, copy = (Path(folder, "emnist", name).read_bytes() for folder in ("d", "usb"))
        assert gzip.decompress(copy) == gzip.decompress(original)
    assert len(copied.written) == 4
    again = data.load("emnist(split=letters)", Path("usb"), fetch=False)
    np.testing.assert_array_equal(again.train_inputs, found.train_inputs)


@pytest.mark.parametrize(
    ("split", "first", "message"),
    [
        ("letters", 0, "train-labels-idx1-ubyte.gz: label 0 at position 0, expected 1 to 3"),
        ("letters", 2, "train-labels-idx1-ubyte.gz: label 3 at position 2, expected 0 to 2"),
        ("digits", 1, "train-labels-idx1-ubyte.gz: label 3 at position 2, expected 0 to 2"),
    ],
)
def test_labels_out_of_range(write_emnist: Write, split: str, first: int, message: str) -> None:
    write_emnist(Path("d/emnist"), split, first)
    with pytest.raises(DataError) as caught:
        data.load(f"emnist(split={split})", Path("d"), fetch=False)
    assert str(caught.value) == (
        f"{Path('d/emnist')}/emnist-{split}-{message}.\nCopy it there anew, from "
        "www.nist.gov/itl/products-and-services/emnist-dataset."
    )


def test_a_truncated_file_is_named(write_emnist: Write) -> None:
    write_emnist(Path("d/emnist"), "letters", 1)
    path = Path("d/emnist/emnist-letters-test-images-idx3-ubyte.gz")
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(DataError, match=r"emnist-letters-test-images-idx3-ubyte\.gz: truncated"):
        data.load("emnist(split=letters)", Path("d"), fetch=False)


def test_another_split_beside_it_is_not_taken(write_emnist: Write) -> None:
    write_emnist(Path("d/emnist"), "letters", 1)
    with pytest.raises(DataError, match=r"^The data set emnist\(split=digits\) is not here"):
        data.load("emnist(split=digits)", Path("d"))


def test_wrong_counts(write_emnist: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write_emnist(Path("d/emnist"), "digits", 0)
    name = "emnist(split=digits)"
    info = replace(known.KNOWN[name].info, train_count=31)
    monkeypatch.setitem(known.KNOWN, name, replace(known.KNOWN[name], info=info))
    with pytest.raises(DataError, match=r"30 images of 5x4x1, emnist.* has 31 of 5x4x1"):
        data.load(name, Path("d"), fetch=False)


@pytest.mark.parametrize("fetch", [True, False])
def test_what_keras_cannot_fetch_is_said_with_every_way_out(fetch: bool) -> None:
    Path("d").mkdir()
    with pytest.raises(DataError) as caught:
        data.load("kmnist", Path("d"), fetch=fetch)
    message = str(caught.value)
    assert message.startswith("The data set kmnist is not here. Looked in\n  --data-dir: d\n")
    for part in (
        "Keras has no loader for it.",
        "FOLDER/kmnist:\n      train-images-idx3-ubyte.gz\n",
        "--data-dir FOLDER, or set RELU_BENCH_DATA=FOLDER",
        "they are to be had at codh.rois.ac.jp/kmnist",
        "`dataset: digits`",
    ):
        assert part in message
    assert "writes them where there is a network" not in message
    assert not Path("keras").exists()


def test_the_list_says_who_has_to_fetch() -> None:
    where = {entry.info.name: entry.where for entry in data.overview()}
    assert where["kmnist"] == "not here, `relu-bench data kmnist` says where to get it"
    assert where["emnist(split=balanced)"] == (
        "not here, `relu-bench data emnist` says where to get it"
    )
    assert where["cifar10"] == "not here, `relu-bench data cifar10` fetches it"
