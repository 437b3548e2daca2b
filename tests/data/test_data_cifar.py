"""CIFAR-10: the author's pickled batches, Keras's array, IDX files in colour, and bad files."""

import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_data import Arrays, WriteFolder, WriteNpz, small_arrays

from relu_bench import data
from relu_bench.data.images import known
from relu_bench.errors import DataError

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
    assert found.inputs.shape == (32, 32, 3)
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
