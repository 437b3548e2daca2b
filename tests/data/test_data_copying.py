import gzip
from pathlib import Path

import numpy as np
import pytest
from small_data import Arrays, WriteFolder

from relu_bench import data
from relu_bench.data.images import idx
from relu_bench.errors import DataError

NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@pytest.fixture
def small_mnist(write_folder: WriteFolder, arrays: Arrays, small_known: object) -> data.Dataset:
    write_folder(Path("d/mnist"), arrays)
    return data.load("mnist", Path("d"), fetch=False)


def test_the_copy_works_as_a_data_folder(small_mnist: data.Dataset, arrays: Arrays) -> None:
    copied = data.copy_to(small_mnist, Path("usb/stick"))
    assert copied == data.Copied(Path("usb/stick/mnist"), NAMES)
    assert sorted(path.name for path in Path("usb/stick/mnist").iterdir()) == sorted(NAMES)
    again = data.load("mnist", Path("usb/stick"), fetch=False)
    np.testing.assert_array_equal(again.train_inputs, small_mnist.train_inputs)
    np.testing.assert_array_equal(again.test_targets, small_mnist.test_targets)


def test_identical_files_are_left_and_others_replaced(small_mnist: data.Dataset) -> None:
    data.copy_to(small_mnist, Path("usb"))
    folder = Path("usb/mnist")
    packed_otherwise = gzip.compress(gzip.decompress((folder / NAMES[0]).read_bytes()), 1)
    (folder / NAMES[0]).write_bytes(packed_otherwise)
    (folder / NAMES[1]).write_bytes(b"<html>")
    idx.write(np.zeros(20, np.uint8), folder / NAMES[3])
    stamps = {name: (folder / name).stat().st_mtime_ns for name in NAMES}

    copied = data.copy_to(small_mnist, Path("usb"))

    assert copied == data.Copied(folder, (NAMES[1], NAMES[3]))
    assert (folder / NAMES[0]).read_bytes() == packed_otherwise
    assert (folder / NAMES[2]).stat().st_mtime_ns == stamps[NAMES[2]]
    assert data.copy_to(small_mnist, Path("usb")) == data.Copied(folder, ())


def test_a_damaged_file_that_would_be_read_first_is_named(small_mnist: data.Dataset) -> None:
    folder = Path("usb/mnist")
    folder.mkdir(parents=True)
    (folder / "train-labels-idx1-ubyte").write_bytes(b"<html>")
    with pytest.raises(DataError) as caught:
        data.copy_to(small_mnist, Path("usb"))
    message = str(caught.value)
    assert message.startswith("usb/mnist/train-labels-idx1-ubyte: it is a web page")
    assert message.endswith("\nDelete that file and copy again.")


def test_a_folder_that_cannot_be_written(small_mnist: data.Dataset) -> None:
    Path("usb").write_text("a file")
    with pytest.raises(DataError, match=r"usb/mnist cannot be written \(Not a directory\)"):
        data.copy_to(small_mnist, Path("usb"))


def test_a_full_disk(small_mnist: data.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gzip.GzipFile, "write", full)
    with pytest.raises(DataError, match=r"usb/mnist cannot be written \(No space left"):
        data.copy_to(small_mnist, Path("usb"))
    assert list(Path("usb/mnist").iterdir()) == []


def test_digits_need_no_copy() -> None:
    assert data.copy_to(data.load("digits"), Path("usb")) is None
    assert not Path("usb").exists()


def test_a_folder_is_its_own_copy(write_folder: WriteFolder, arrays: Arrays) -> None:
    write_folder(Path("letters"), arrays)
    dataset = data.load("./letters")
    for refuse in (lambda: data.check_copyable("./letters"), lambda: data.copy_to(dataset, Path())):
        with pytest.raises(DataError, match="is a folder of your own: copy the folder itself"):
            refuse()
