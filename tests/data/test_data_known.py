"""The image data sets known by name, shrunk: layouts, places, checks, copies, bad files."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_data import Arrays, WriteFolder, WriteNpz, idx_bytes, small_arrays

from relu_bench import data
from relu_bench.data.images import idx
from relu_bench.data.images.known import KNOWN
from relu_bench.errors import DataError

pytestmark = pytest.mark.usefixtures("small_known")
TRAIN_IMAGES = "train-images-idx3-ubyte"


def check_content(dataset: data.Dataset, arrays: Arrays) -> None:
    np.testing.assert_array_equal(dataset.train_inputs[..., 0], arrays["train_images"])
    np.testing.assert_array_equal(dataset.train_targets, arrays["train_labels"])
    np.testing.assert_array_equal(dataset.test_inputs[..., 0], arrays["test_images"])
    np.testing.assert_array_equal(dataset.test_targets, arrays["test_labels"])
    assert dataset.train_targets.dtype == dataset.test_targets.dtype == np.uint8
    assert dataset.info == data.info(dataset.name)


@pytest.mark.parametrize("packed", [True, False])
def test_idx_files(write_folder: WriteFolder, arrays: Arrays, packed: bool) -> None:
    folder = write_folder(Path("d/mnist"), arrays, packed)
    dataset = data.load("mnist", Path("d"), fetch=False)
    check_content(dataset, arrays)
    assert dataset.name == "mnist"
    assert dataset.source == str(folder)


@pytest.mark.parametrize("place", ["d/mnist.npz", "d/mnist/mnist.npz"])
@pytest.mark.parametrize("kind", ["u1", "i8"])
def test_npz(write_npz: WriteNpz, arrays: Arrays, place: str, kind: str) -> None:
    for role in ("train_labels", "test_labels"):
        arrays[role] = arrays[role].astype(kind)
    path = write_npz(Path(place), arrays)
    dataset = data.load("mnist", Path("d"), fetch=False)
    check_content(dataset, arrays)
    assert dataset.source == str(path)


@pytest.mark.parametrize("folder", ["fashion_mnist", "fashion-mnist"])
def test_fashion_mnist(write_folder: WriteFolder, arrays: Arrays, folder: str) -> None:
    write_folder(Path("d") / folder, arrays)
    dataset = data.load("fashion_mnist", Path("d"), fetch=False)
    check_content(dataset, arrays)
    assert dataset.name == "fashion_mnist"


def test_the_order_of_places(
    write_folder: WriteFolder,
    write_npz: WriteNpz,
    arrays: Arrays,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RELU_BENCH_DATA", "b")
    Path("a").mkdir()
    sources = []

    def look() -> None:
        sources.append(data.load("mnist", Path("a"), fetch=False).source)
        entry = data.overview(Path("a"))[0]
        assert (entry.here, entry.where) == (True, sources[-1])

    write_npz(Path("keras/datasets/mnist.npz"), arrays)
    look()
    write_npz(Path("b/mnist.npz"), arrays)
    look()
    write_npz(Path("a/mnist.npz"), arrays)
    look()
    write_folder(Path("a/mnist"), arrays)
    look()
    cache = str(Path.cwd() / "keras/datasets/mnist.npz")
    assert sources == [cache, "b/mnist.npz", "a/mnist.npz", "a/mnist"]


def test_the_cache_in_the_home_folder(
    write_folder: WriteFolder, arrays: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(Path.cwd()))
    monkeypatch.setenv("USERPROFILE", str(Path.cwd()))
    folder = write_folder(Path.cwd() / ".keras/datasets/fashion-mnist", arrays)
    assert data.load("fashion_mnist", fetch=False).source == str(folder)


def test_a_home_that_cannot_be_written_gives_way_as_in_keras(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(Path.cwd() / "gone"))
    monkeypatch.setenv("USERPROFILE", str(Path.cwd() / "gone"))
    with pytest.raises(DataError) as caught:
        data.load("mnist", fetch=False)
    assert f"  Keras's cache: {Path('/tmp/.keras/datasets')}" in str(caught.value)


def test_an_environment_variable_with_a_tilde(
    write_folder: WriteFolder, arrays: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    monkeypatch.setenv("USERPROFILE", str(Path.cwd()))
    monkeypatch.setenv("RELU_BENCH_DATA", "~/d")
    folder = write_folder(Path.cwd() / "d/mnist", arrays)
    assert data.load("mnist", fetch=False).source == str(folder)


def test_nowhere_names_every_place_and_every_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELU_BENCH_DATA", "b")
    Path("a").mkdir()
    with pytest.raises(DataError) as caught:
        data.load("mnist", Path("a"), fetch=False)
    assert str(caught.value) == (
        "The data set mnist is not here. Looked in\n"
        "  --data-dir: a\n"
        "  RELU_BENCH_DATA: b (no folder)\n"
        f"  Keras's cache: {Path.cwd()}/keras/datasets (no folder)\n"
        "Fetching it was not asked for.\n"
        "Ways out:\n"
        "  - copy the four files into FOLDER/mnist:\n"
        "      train-images-idx3-ubyte.gz\n"
        "      train-labels-idx1-ubyte.gz\n"
        "      t10k-images-idx3-ubyte.gz\n"
        "      t10k-labels-idx1-ubyte.gz\n"
        "    and give --data-dir FOLDER, or set RELU_BENCH_DATA=FOLDER;\n"
        "    `relu-bench data mnist --to FOLDER` writes them where there is a network;\n"
        "  - `dataset: digits` is embedded and needs no network."
    )


REMEDY = (
    "Copy it there again; on a machine with network"
    " `relu-bench data mnist --to FOLDER` writes a good copy to FOLDER/mnist."
)


def damage_of(name: str = "mnist") -> str:
    with pytest.raises(DataError) as caught:
        data.load(name, Path("d"), fetch=False)
    return str(caught.value)


def test_an_altered_image_is_found_by_its_checksum(
    write_folder: WriteFolder, arrays: Arrays
) -> None:
    arrays["train_images"] = arrays["train_images"].copy()
    arrays["train_images"][3, 2, 1] ^= 1
    write_folder(Path("d/mnist"), arrays)
    first, remedy = damage_of().split("\n", 1)
    assert first.startswith(
        f"d/mnist/{TRAIN_IMAGES}.gz: altered, the SHA-256 of the uncompressed IDX file is "
    )
    assert first.endswith(f"..., expected {KNOWN['mnist'].sha256['train_images'][:12]}....")
    assert remedy == REMEDY


@pytest.mark.parametrize("role", ["train_labels", "test_images", "test_labels"])
def test_every_checksum_is_compared(write_npz: WriteNpz, arrays: Arrays, role: str) -> None:
    arrays[role] = arrays[role][::-1]
    write_npz(Path("d/mnist.npz"), arrays)
    key = {"train_labels": "y_train", "test_images": "x_test", "test_labels": "y_test"}[role]
    assert damage_of().startswith(f"d/mnist.npz ({key}): altered, the SHA-256 of")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"<html>", "it is a web page, not an IDX file, gzipped or not;"),
        (
            gzip.compress(idx_bytes(np.zeros((40, 5, 4), np.uint8)))[:-6],
            "truncated, its gzip stream has no end",
        ),
        (idx_bytes(np.zeros((39, 5, 4), np.uint8)), "40 labels for 39 images in"),
        (idx_bytes(np.zeros((40, 28, 28), np.uint8)), "images of 5x4x1, but the training"),
    ],
    ids=["empty", "web page", "gzip truncated", "count", "shape"],
)
def test_a_damaged_file_is_named_and_nothing_else_is_tried(
    write_folder: WriteFolder,
    arrays: Arrays,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    why: str,
) -> None:
    write_folder(Path("good/mnist"), arrays)
    monkeypatch.setenv("RELU_BENCH_DATA", "good")
    folder = write_folder(Path("d/mnist"), arrays)
    (folder / f"{TRAIN_IMAGES}.gz").write_bytes(content)
    message = damage_of()
    assert why in message
    assert message.startswith("d/mnist/")
    assert message.endswith(f"\n{REMEDY}")


@pytest.mark.parametrize(
    ("arguments", "file", "why"),
    [
        ({"train": 39}, TRAIN_IMAGES, "39 images of 5x4x1, mnist has 40 of 5x4x1"),
        ({"test": 21}, "t10k-images-idx3-ubyte", "21 images of 5x4x1, mnist has 20 of 5x4x1"),
        ({"shape": (4, 5)}, TRAIN_IMAGES, "40 images of 4x5x1, mnist has 40 of 5x4x1"),
        ({"shape": (5, 4, 3)}, TRAIN_IMAGES, "40 images of 5x4x3, mnist has 40 of 5x4x1"),
    ],
)
def test_another_data_set_under_the_name(
    write_folder: WriteFolder, arguments: dict[str, Any], file: str, why: str
) -> None:
    write_folder(Path("d/mnist"), small_arrays(**arguments))
    assert damage_of() == f"d/mnist/{file}.gz: {why}.\n{REMEDY}"


def test_an_incomplete_copy_is_an_error(write_folder: WriteFolder, arrays: Arrays) -> None:
    folder = write_folder(Path("d/mnist"), arrays)
    (folder / f"{TRAIN_IMAGES}.gz").unlink()
    message = f"d/mnist (--data-dir) is incomplete, missing: {TRAIN_IMAGES}."
    assert damage_of() == f"{message}\n{REMEDY}"
    entry = data.overview(Path("d"))[0]
    assert (entry.here, entry.where) == (False, message)


def test_an_npz_makes_up_for_incomplete_files(
    write_folder: WriteFolder, write_npz: WriteNpz, arrays: Arrays
) -> None:
    folder = write_folder(Path("d/mnist"), arrays)
    (folder / f"{TRAIN_IMAGES}.gz").unlink()
    path = write_npz(Path("d/mnist.npz"), arrays)
    assert data.load("mnist", Path("d"), fetch=False).source == str(path)


def test_a_label_out_of_range(write_folder: WriteFolder, arrays: Arrays) -> None:
    arrays["test_labels"] = arrays["test_labels"].copy()
    arrays["test_labels"][5] = 3
    write_folder(Path("d/fashion_mnist"), arrays)
    assert damage_of("fashion_mnist").startswith(
        "d/fashion_mnist/t10k-labels-idx1-ubyte.gz: label 3 at position 5, expected 0 to 2.\n"
    )


class Trap:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return Path.touch, (Path("executed"),)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda content: content[:-100], ": truncated or altered (File is not a zip file)."),
        (
            lambda content: content[:200] + bytes([content[200] ^ 0xFF]) + content[201:],
            ": truncated or altered (",
        ),
        (lambda content: b"<html>", ": it is a web page, not an .npz archive;"),
    ],
    ids=["truncated", "altered", "web page"],
)
def test_a_damaged_npz(
    write_npz: WriteNpz, arrays: Arrays, damage: Callable[[bytes], bytes], why: str
) -> None:
    path = write_npz(Path("d/mnist.npz"), arrays)
    path.write_bytes(damage(path.read_bytes()))
    assert damage_of().startswith(f"d/mnist.npz{why}")


@pytest.mark.parametrize(
    ("others", "why"),
    [
        (
            {"y_train": None},
            ": lacks the array y_train, expected x_train, y_train, x_test, y_test.",
        ),
        (
            {"y_test": np.array([Trap()], dtype=object)},
            ": truncated or altered (y_test holds Python objects",
        ),
        ({"x_train": np.zeros((40, 5, 4), np.float32)}, " (x_train): values of type float32"),
        ({"y_test": np.zeros(20)}, " (y_test): values of type float64, labels are integers"),
        ({"y_test": np.zeros((20, 3), np.uint8)}, " (y_test): 2 dimensions, labels have 1"),
    ],
)
def test_an_npz_of_other_arrays_is_named_and_nothing_in_it_is_executed(
    write_npz: WriteNpz, arrays: Arrays, others: dict[str, Any], why: str
) -> None:
    write_npz(Path("d/mnist.npz"), arrays, **others)
    assert damage_of().startswith(f"d/mnist.npz{why}")
    assert not Path("executed").exists()


def test_an_npz_in_the_order_of_fortran(write_npz: WriteNpz, arrays: Arrays) -> None:
    columns_first = {role: np.asfortranarray(array) for role, array in arrays.items()}
    write_npz(Path("d/mnist.npz"), columns_first)
    found = data.load("mnist", Path("d"), fetch=False)
    np.testing.assert_array_equal(found.train_inputs[..., 0], arrays["train_images"])


@pytest.mark.parametrize("declared", [True, False], ids=["in the archive", "in its header"])
def test_a_small_npz_that_promises_much(
    write_npz: WriteNpz, arrays: Arrays, declared: bool
) -> None:
    path = write_npz(Path("d/mnist.npz"), arrays)
    shape = (5_000, 28, 28) if declared else (3_000_000, 28, 28)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    members["x_train.npy"] = header.getvalue() + bytes(5_000 * 28 * 28)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    size = "3,920,128" if declared else "2,352,000,000"
    assert damage_of().startswith(
        f"d/mnist.npz (x_train): uint8 of shape {shape} in {size} bytes, expected are 1,050,176"
    )


def test_idx_files_that_promise_gigabytes(write_folder: WriteFolder, arrays: Arrays) -> None:
    folder = write_folder(Path("d/mnist"), arrays)
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 9_000, 28, 28)
    (folder / f"{TRAIN_IMAGES}.gz").write_bytes(gzip.compress(header + bytes(9_000 * 28 * 28)))
    assert damage_of().startswith(
        f"d/mnist/{TRAIN_IMAGES}.gz: its header promises 7,056,000 bytes, expected are 1,050,176"
    )


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
