"""EMNIST, CIFAR-10 and digits, each in the forms that are its own, and the real MNIST."""

import gzip
import hashlib
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.datasets
from scipy.ndimage import zoom
from small_data import Arrays, WriteFolder, WriteNpz, idx_bytes, small_arrays

from relu_bench import data
from relu_bench.data import image
from relu_bench.data.images import known
from relu_bench.data.images.digits import resize
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
        f"{Path('d/emnist')}/emnist-{split}-{message}.\nCopy it there again, from "
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
        "they can be downloaded from codh.rois.ac.jp/kmnist",
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


BATCHES = "cifar-10-batches-py"
NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


@pytest.fixture
def pixels() -> dict[str, np.ndarray]:
    """For each batch, 8 images (8, 32, 32, 3)."""
    random = np.random.default_rng(0)
    return {name: random.integers(0, 256, (8, 32, 32, 3), np.uint8) for name in NAMES}


@pytest.fixture
def write_batches(
    pixels: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    real = known.KNOWN["cifar10"]
    info = replace(real.info, train_count=40, test_count=8)
    monkeypatch.setitem(known.KNOWN, "cifar10", replace(real, info=info))

    def write(folder: Path, protocol: int = 2) -> Path:
        folder.mkdir(parents=True)
        for name, images in pixels.items():
            # Channel by channel, each row by row, written out.
            rows = [
                [int(one[row, column, channel]) for channel in range(3) for row in range(32)
                 for column in range(32)]
                for one in images
            ]  # fmt: skip
            content = {
                b"data": np.array(rows, np.uint8),
                b"labels": [number % 10 for number in range(len(images))],
                b"batch_label": b"a batch",
            }
            (folder / name).write_bytes(pickle.dumps(content, protocol))
        return folder

    return write


@pytest.mark.parametrize(
    "folder",
    [f"d/{BATCHES}", f"d/cifar10/{BATCHES}", f"keras/datasets/{BATCHES}-target/{BATCHES}"],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_batches_are_read_wherever_they_lie(
    write_batches: Callable[..., Path],
    pixels: dict[str, np.ndarray],
    folder: str,
    protocol: int,
) -> None:
    Path("d").mkdir()
    write_batches(Path(folder), protocol)
    found = data.load("cifar10", Path("d"), fetch=False)
    np.testing.assert_array_equal(
        found.train_inputs, np.concatenate([pixels[name] for name in NAMES[:5]])
    )
    np.testing.assert_array_equal(found.test_inputs, pixels["test_batch"])
    assert found.train_targets.tolist() == [number % 10 for number in range(8)] * 5
    assert found.info.inputs.shape == (32, 32, 3)
    assert found.train_inputs.flags.c_contiguous


def test_a_copy_is_idx_in_colour_and_is_read_back(write_batches: Callable[..., Path]) -> None:
    write_batches(Path("d", BATCHES))
    found = data.load("cifar10", Path("d"), fetch=False)
    copied = data.copy_to(found, Path("usb"))
    assert copied == data.Copied(
        Path("usb/cifar10"),
        (
            "train-images-idx4-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
            "t10k-images-idx4-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
        ),
    )
    again = data.load("cifar10", Path("usb"), fetch=False)
    np.testing.assert_array_equal(again.train_inputs, found.train_inputs)
    np.testing.assert_array_equal(again.test_targets, found.test_targets)


def test_an_npz_and_idx_files_of_another_size_are_refused(
    write_npz: WriteNpz, write_folder: WriteFolder
) -> None:
    arrays: Arrays = small_arrays((5, 4, 3))
    write_npz(Path("a/cifar10.npz"), arrays)
    write_folder(Path("b/cifar10"), arrays)
    for folder in ("a", "b"):
        with pytest.raises(DataError, match="40 images of 5x4x3, cifar10 has 50,000 of 32x32x3"):
            data.load("cifar10", Path(folder), fetch=False)


class _Danger:
    """What a hostile pickle does: it asks for a function to be called."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("called",)


def dumped(**changes: Any) -> bytes:
    content = {"data": np.zeros((8, 3072), np.uint8), "labels": list(range(8))} | changes
    return pickle.dumps({name.encode(): value for name, value in content.items()}, 2)


BAD = {
    "nothing": (b"", "truncated or altered (pickle exhausted"),
    "web page": (b"<html>", "truncated or altered ("),
    "truncated": (dumped()[:-2000], "truncated or altered ("),
    "hostile": (
        dumped(labels=_Danger()),
        f"truncated or altered (it asks for {os.mkdir.__module__}.mkdir, which no array needs)",
    ),
    "a place in the memo beyond all": (
        b"\x80\x02]r\xff\xff\xff\x7f.",
        "truncated or altered (it puts a value at place 2,147,483,647)",
    ),
    "a number of thousands of digits": (
        dumped(labels=[1 << 99_999] * 8),
        "its `labels` are not a list of integers",
    ),
    "no dictionary": (pickle.dumps([1], 2), "its pickle holds no dictionary"),
    "no data": (pickle.dumps({b"labels": []}, 2), "its `data` are not rows of 3,072 bytes"),
    "wide": (dumped(data=np.zeros((8, 3072))), "its `data` are not rows of 3,072 bytes"),
    "narrow": (dumped(data=np.zeros((8, 9), np.uint8)), "its `data` are not rows of 3,072 bytes"),
    "no labels": (dumped(labels=None), "its `labels` are not a list of integers"),
    "words": (dumped(labels=["cat"] * 8), "its `labels` are not a list of integers"),
    "too few": (dumped(labels=[1]), "1 labels for 8 images"),
    "above": (dumped(labels=[*range(7), 10]), "label 10 at position 7, expected 0 to 9"),
    "below": (dumped(labels=[-1, *range(7)]), "label -1 at position 0, expected 0 to 9"),
    "huge": (dumped(labels=[2**70, *range(7)]), f"label {2**70} at position 0, expected 0 to 9"),
    "one image missing": (
        dumped(data=np.zeros((7, 3072), np.uint8), labels=list(range(7))),
        None,
    ),
}


@pytest.mark.parametrize(("content", "why"), BAD.values(), ids=BAD)
def test_a_bad_batch_is_named_and_nothing_in_it_runs(
    write_batches: Callable[..., Path], content: bytes, why: str | None
) -> None:
    folder = write_batches(Path("d", BATCHES))
    (folder / "data_batch_3").write_bytes(content)
    with pytest.raises(DataError) as caught:
        data.load("cifar10", Path("d"), fetch=False)
    expected = f"{folder / 'data_batch_3'}: {why}"
    if why is None:
        batches = "data_batch_1 to data_batch_5"
        expected = f"{folder} ({batches}): 39 images of 32x32x3, cifar10 has 40 of 32x32x3"
    assert str(caught.value).startswith(expected)
    assert str(caught.value).endswith(
        "`relu-bench data cifar10 --to FOLDER` writes a good copy to FOLDER/cifar10."
    )
    assert not Path("called").exists()


def test_a_batch_that_is_missing(write_batches: Callable[..., Path]) -> None:
    folder = write_batches(Path("d", BATCHES))
    (folder / "data_batch_2").unlink()
    with pytest.raises(DataError, match=r"is incomplete, missing: data_batch_2\."):
        data.load("cifar10", Path("d"), fetch=False)


@pytest.fixture(scope="module")
def digits() -> data.Dataset:
    return data.load("digits")


def test_what_it_is(digits: data.Dataset) -> None:
    assert digits.info == data.info("digits")
    assert digits.info.inputs.shape == (28, 28, 1)
    assert digits.train_inputs.shape == (1437, 28, 28, 1)
    assert digits.test_inputs.shape == (360, 28, 28, 1)
    assert digits.source.startswith("embedded in scikit-learn ")
    for array in (digits.train_inputs, digits.test_inputs, digits.train_targets):
        assert array.dtype == np.uint8
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    assert digits.train_inputs.min() == 0
    assert digits.train_inputs.max() == 255


def test_golden(digits: data.Dataset) -> None:
    sha = hashlib.sha256()
    for array in (
        digits.train_inputs,
        digits.train_targets,
        digits.test_inputs,
        digits.test_targets,
    ):
        sha.update(array.tobytes())
    assert sha.hexdigest() == "de9a1858c71908bcc95c4c59e610ab9bc1d32545a15cde8e3523d90d18253c31"


def test_the_parts_are_all_the_samples_once_and_stratified(digits: data.Dataset) -> None:
    bunch = sklearn.datasets.load_digits()
    original = resize(bunch.images.astype(np.uint8), 28, 16)
    both = np.concatenate([digits.train_inputs, digits.test_inputs])[..., 0]
    assert sorted(map(bytes, original)) == sorted(map(bytes, both))
    counts = np.bincount(bunch.target)
    exact = counts * 360 / 1797
    assert np.all(np.abs(np.bincount(digits.test_targets) - exact) < 1)


def test_labels_stay_with_their_images(digits: data.Dataset) -> None:
    bunch = sklearn.datasets.load_digits()
    original = resize(bunch.images.astype(np.uint8), 28, 16)
    label_of = {bytes(image): label for image, label in zip(original, bunch.target, strict=True)}
    for inputs, targets in (
        (digits.train_inputs, digits.train_targets),
        (digits.test_inputs, digits.test_targets),
    ):
        assert [label_of[bytes(image)] for image in inputs[..., 0]] == targets.tolist()


def test_resize_is_bilinear_with_half_pixel_centres() -> None:
    images = np.random.default_rng(0).integers(0, 17, size=(5, 8, 8), dtype=np.uint8)
    # SciPy's linear zoom over grid cells is the same method, in floating point.
    expected = zoom(images.astype(float), (1, 3.5, 3.5), order=1, mode="nearest", grid_mode=True)
    ours = resize(images, 28, 16)
    np.testing.assert_allclose(ours, expected * 255 / 16, atol=0.5 + 1e-9)


def test_resize_fills_the_frame_and_keeps_the_extremes() -> None:
    left = np.zeros((1, 8, 8), np.uint8)
    left[:, :, :4] = 16
    resized = resize(left, 28, 16)[0]
    assert resized[:, 0].tolist() == [255] * 28
    assert resized[:, -1].tolist() == [0] * 28
    np.testing.assert_array_equal(resized[:, ::-1], 255 - resized)


def test_other_digits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bunch = sklearn.datasets.load_digits()
    bunch.images[3, 4, 4] += 1
    monkeypatch.setattr(sklearn.datasets, "load_digits", lambda: bunch)
    with pytest.raises(DataError, match="are not the 1,797 that this data set is made of"):
        data.load("digits")


@pytest.fixture
def mnist(real_mnist: Path) -> data.Dataset:
    return data.load("mnist", real_mnist, fetch=False)


def test_it_is_mnist(mnist: data.Dataset) -> None:
    assert mnist.info == data.info("mnist")
    assert mnist.train_inputs.shape == (60_000, 28, 28, 1)
    assert mnist.test_inputs.shape == (10_000, 28, 28, 1)
    assert mnist.train_targets[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    # The mean and the standard deviation that everybody scales MNIST with.
    assert round(float(mnist.train_inputs.mean()) / 255, 4) == 0.1307
    assert round(float(mnist.train_inputs.std()) / 255, 4) == 0.3081
    assert data.guess_accuracy(mnist.train_targets, mnist.test_targets) == 0.1135


def test_the_default_split_of_mnist_stays_what_it_is(mnist: data.Dataset) -> None:
    parts = data.split(mnist.train_targets, validation_split=0.2, split_seed=0, train_samples=None)
    content = parts.train.astype("<i4").tobytes() + parts.validation.astype("<i4").tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "1b633754eddf5f2b"
    assert (len(parts.train), len(parts.validation)) == (48_000, 12_000)
