"""Data of the user's own: names and folders, images in IDX files, and forms that are not read."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from small_data import Arrays, WriteFolder, idx_bytes, small_arrays
from text_folders import small_texts, write_files, write_table

from relu_bench import data
from relu_bench.data.tasks import CLASSIFICATION
from relu_bench.data.texts.own import EXPECTED as TEXTS_EXPECTED
from relu_bench.errors import DataError, shorten, show


def test_known_names() -> None:
    assert {"mnist", "fashion_mnist", "digits"} <= set(data.known_names())
    for name in data.known_names():
        data.check_name(name)


@pytest.mark.parametrize("name", ["./letters", "a/b", "/letters", "~/letters", ".."])
def test_paths_are_names(name: str) -> None:
    data.check_name(name)


def test_an_existing_folder_is_a_name_without_a_separator() -> None:
    with pytest.raises(DataError):
        data.check_name("letters")
    Path("letters").mkdir()
    data.check_name("letters")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("minst", " Did you mean mnist?"),
        ("MNIST", " Did you mean mnist?"),
        ("fashion-mnist", " Did you mean fashion_mnist?"),
        ("digit", " Did you mean digits?"),
        ("cifar", " Did you mean cifar10?"),
        ("pictures", ""),
    ],
)
def test_the_nearest_name_is_suggested(name: str, hint: str) -> None:
    for refuse in (data.check_name, data.load, data.info, data.fingerprint):
        with pytest.raises(DataError) as caught:
            refuse(name)
        assert str(caught.value) == (
            f"Unknown data set {name!r}.{hint} Known are {', '.join(data.known_names())};\n"
            f"data of your own are given as a path, such as ./{name}."
        )


@pytest.mark.parametrize("length", [300, 200_000])
def test_a_name_that_no_file_can_have_is_quoted_in_part(length: int) -> None:
    with pytest.raises(DataError) as caught:
        data.check_name("a" * length)
    assert str(caught.value).startswith(f"Unknown data set {show('a' * length)}. Known are ")
    assert len(str(caught.value)) < 600


def test_an_empty_name() -> None:
    with pytest.raises(DataError, match=r"Unknown data set ''.*\n.*such as \./folder\."):
        data.check_name("")


def test_a_folder_called_like_a_known_data_set_is_meant_only_as_a_path() -> None:
    Path("mnist").mkdir()
    assert data.fingerprint("mnist") is None
    with pytest.raises(DataError, match="mnist lacks train-images-idx3-ubyte, "):
        data.fingerprint("./mnist")


REMEDY = (
    "Name one that holds data sets, or leave --data-dir out: then RELU_BENCH_DATA and Keras's "
    "cache are looked in."
)


def test_a_tilde_is_the_home_folder(
    write_folder: WriteFolder, arrays: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    monkeypatch.setenv("USERPROFILE", str(Path.cwd()))
    write_folder(Path("d/letters"), arrays)
    assert data.load("./letters", Path("~/d")).source == str(Path.cwd() / "d/letters")


@pytest.mark.parametrize("name", ["mnist", "my/letters"])
@pytest.mark.parametrize(
    ("kind", "fault"),
    [("nothing", "this folder does not exist"), ("file", "this is a file, not a folder")],
)
def test_a_data_dir_that_is_no_folder_is_told(kind: str, fault: str, name: str) -> None:
    if kind == "file":
        Path("usb").touch()
    with pytest.raises(DataError) as caught:
        data.load(name, Path("usb"), fetch=False)
    assert str(caught.value) == f"--data-dir usb: {fault}. {REMEDY}"


EXPECTED = (
    "expected is a folder with these files, each gzipped (.gz) or not:\n"
    "  train-images-idx3-ubyte\n"
    "  train-labels-idx1-ubyte\n"
    "  t10k-images-idx3-ubyte\n"
    "  t10k-labels-idx1-ubyte"
)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("shape", "expected"), [((5, 4), (5, 4, 1)), ((5, 4, 1), (5, 4, 1)), ((6, 7, 3), (6, 7, 3))]
)
def test_any_size_and_number_of_channels(
    write_folder: WriteFolder, shape: tuple[int, ...], expected: tuple[int, ...], packed: bool
) -> None:
    arrays = small_arrays(shape, classes=4)
    write_folder(Path("my/letters"), arrays, packed)

    dataset = data.load("my/letters")

    assert dataset.name == "my/letters"
    assert dataset.source == str(Path("my/letters"))
    assert dataset.info.inputs.shape == expected
    assert dataset.info.classes == 4
    assert dataset.info.task == CLASSIFICATION
    np.testing.assert_array_equal(
        dataset.train_inputs, arrays["train_images"].reshape(40, *expected)
    )
    np.testing.assert_array_equal(dataset.test_inputs, arrays["test_images"].reshape(20, *expected))
    np.testing.assert_array_equal(dataset.train_targets, arrays["train_labels"])
    np.testing.assert_array_equal(dataset.test_targets, arrays["test_labels"])
    for array in (dataset.train_inputs, dataset.test_inputs):
        assert array.dtype == np.uint8
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    assert not dataset.train_targets.flags.writeable
    assert data.info("my/letters") == dataset.info
    assert dataset.info.train_count == 40
    assert dataset.info.test_count == 20


@pytest.mark.parametrize("kind", ["i2", "i4"])
def test_more_than_256_classes(write_folder: WriteFolder, kind: str) -> None:
    arrays = small_arrays(classes=300, train=600, test=300)
    for role in ("train_labels", "test_labels"):
        arrays[role] = (np.arange(len(arrays[role])) % 300).astype(kind)
    write_folder(Path("many"), arrays)

    dataset = data.load("./many")

    assert dataset.info.classes == data.info("./many").classes == 300
    assert dataset.train_targets.dtype == np.uint16
    np.testing.assert_array_equal(dataset.train_targets, arrays["train_labels"])


def test_wide_labels_of_few_classes_become_bytes(write_folder: WriteFolder, arrays: Arrays) -> None:
    arrays["train_labels"] = arrays["train_labels"].astype("i4")
    write_folder(Path("few"), arrays)
    assert data.load("few").train_targets.dtype == np.uint8


def test_other_spellings_of_the_file_names(arrays: Arrays) -> None:
    folder = Path("dots")
    folder.mkdir()
    colour = small_arrays((5, 4, 3))
    (folder / "train-images.idx4-ubyte").write_bytes(idx_bytes(colour["train_images"]))
    (folder / "t10k-images-idx4-ubyte").write_bytes(idx_bytes(colour["test_images"]))
    (folder / "train-labels.idx1-ubyte.gz").write_bytes(
        gzip.compress(idx_bytes(colour["train_labels"]))
    )
    (folder / "t10k-labels.idx1-ubyte").write_bytes(idx_bytes(colour["test_labels"]))
    assert data.load("dots").info.inputs.shape == (5, 4, 3)


def test_a_folder_is_found_as_a_path_first_then_in_the_data_folders(
    write_folder: WriteFolder, arrays: Arrays, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RELU_BENCH_DATA", str(tmp_path / "b"))
    Path("a").mkdir()
    sources = []
    for folder in ("b/my/letters", "a/my/letters", "my/letters"):
        write_folder(Path(folder), arrays)
        sources.append(data.load("my/letters", Path("a")).source)
    assert sources == [str(tmp_path / "b/my/letters"), "a/my/letters", "my/letters"]


def test_fingerprint_is_of_the_content_alone(
    write_folder: WriteFolder, arrays: Arrays, tmp_path: Path
) -> None:
    write_folder(Path("packed"), arrays)
    write_folder(Path("elsewhere/plain"), arrays, packed=False)
    with_channel = {
        role: array[..., np.newaxis] if array.ndim == 3 else array.astype("i4")
        for role, array in arrays.items()
    }
    write_folder(Path("wide"), with_channel)

    fingerprints = {
        data.fingerprint(name)
        for name in ("packed", "elsewhere/plain", str(tmp_path / "packed"), "wide")
    }

    # Golden: it is part of the identity of every run on such a folder.
    assert fingerprints == {"e48b39cbc298f6233cab78b8459f470fca7192249302c16e1f690299e1aa7448"}


@pytest.mark.parametrize("role", ["train_images", "train_labels", "test_images", "test_labels"])
def test_fingerprint_sees_every_file(write_folder: WriteFolder, arrays: Arrays, role: str) -> None:
    write_folder(Path("before"), arrays)
    arrays[role] = arrays[role].copy()
    arrays[role].flat[0] = (int(arrays[role].flat[0]) + 1) % 3
    write_folder(Path("after"), arrays)
    assert data.fingerprint("before") != data.fingerprint("after")


def test_fingerprint_sees_the_shape(write_folder: WriteFolder, arrays: Arrays) -> None:
    write_folder(Path("before"), arrays)
    for role in ("train_images", "test_images"):
        arrays[role] = arrays[role].reshape(-1, 4, 5)
    write_folder(Path("after"), arrays)
    assert data.fingerprint("before") != data.fingerprint("after")


def test_known_names_have_no_fingerprint() -> None:
    assert [data.fingerprint(name) for name in data.known_names()] == [None] * len(
        data.known_names()
    )


def test_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELU_BENCH_DATA", "")
    for read in (data.load, data.info, data.fingerprint):
        with pytest.raises(DataError) as caught:
            read("my/letters", tmp_path)
        assert str(caught.value) == (
            f"my/letters does not exist; {EXPECTED}\n{TEXTS_EXPECTED}\nLooked for it at\n"
            f"  my/letters\n  {tmp_path}/my/letters"
        )


def test_a_file_where_a_folder_is_expected(tmp_path: Path) -> None:
    Path("letters.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"\./letters\.zip is a file; expected is a folder"):
        data.load("./letters.zip")


def test_an_incomplete_folder(write_folder: WriteFolder, arrays: Arrays) -> None:
    folder = write_folder(Path("letters"), arrays)
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    for read in (data.load, data.info, data.fingerprint):
        with pytest.raises(DataError) as caught:
            read("letters")
        assert str(caught.value) == (f"letters lacks t10k-labels-idx1-ubyte;\n{EXPECTED}")


def damaged(role: str, array: np.ndarray) -> Arrays:
    return small_arrays() | {role: array}


BYTES = np.uint8
DAMAGED = {
    "image file holds labels": (
        damaged("train_images", np.zeros(40, BYTES)),
        "train-images-idx3-ubyte.gz: 1 dimensions, images have 3 or 4",
    ),
    "wide images": (
        damaged("test_images", np.zeros((20, 5, 4), "i2")),
        "t10k-images-idx3-ubyte.gz: values of type >i2, images are unsigned bytes",
    ),
    "label file holds images": (
        damaged("test_labels", np.zeros((20, 5, 4), BYTES)),
        "t10k-labels-idx1-ubyte.gz: 3 dimensions, labels have 1",
    ),
    "no images": (
        damaged("train_images", np.zeros((0, 5, 4), BYTES)),
        "train-images-idx3-ubyte.gz: no images, its shape is 0x5x4",
    ),
    "a label missing": (
        damaged("train_labels", np.zeros(39, BYTES)),
        "train-labels-idx1-ubyte.gz: 39 labels for 40 images in letters/train-images-idx3-ubyte.gz",
    ),
    "other size": (
        damaged("test_images", np.zeros((20, 4, 5), BYTES)),
        "t10k-images-idx3-ubyte.gz: images of 4x5x1, but the training images are 5x4x1",
    ),
    "one class": (
        damaged("train_labels", np.zeros(40, BYTES)),
        "train-labels-idx1-ubyte.gz: every label is 0; at least two classes are needed",
    ),
    "classes from 1": (
        damaged("train_labels", (np.arange(40) % 3 + 1).astype(BYTES)),
        "train-labels-idx1-ubyte.gz: class 0 never occurs among labels from 1 to 3;"
        " the training classes are to be numbered from 0 without a gap",
    ),
    "a gap": (
        damaged("train_labels", np.tile(np.array([0, 1, 3, 250], BYTES), 10)),
        "train-labels-idx1-ubyte.gz: class 2 never occurs among labels from 0 to 250;"
        " the training classes are to be numbered from 0 without a gap",
    ),
    "negative label": (
        damaged("train_labels", (np.arange(40) % 3 - 1).astype("i2")),
        "train-labels-idx1-ubyte.gz: label -1 at position 0, class numbers start at 0",
    ),
}


@pytest.mark.parametrize(("arrays", "why"), DAMAGED.values(), ids=DAMAGED)
def test_content_that_does_not_fit(write_folder: WriteFolder, arrays: Arrays, why: str) -> None:
    write_folder(Path("letters"), arrays)
    for read in (data.load, data.info, data.fingerprint):
        with pytest.raises(DataError) as caught:
            read("letters")
        assert str(caught.value) == f"letters/{why}.\nReplace the file with a good copy."


@pytest.mark.parametrize(("label", "kind"), [(3, "u1"), (-1, "i2")])
def test_a_test_label_that_training_never_has(
    write_folder: WriteFolder, arrays: Arrays, label: int, kind: str
) -> None:
    arrays["test_labels"] = arrays["test_labels"].astype(kind)
    arrays["test_labels"][7] = label
    write_folder(Path("letters"), arrays)
    with pytest.raises(DataError) as caught:
        data.load("letters")
    assert str(caught.value) == (
        f"letters/t10k-labels-idx1-ubyte.gz: label {label} at position 7, expected 0 to 2.\n"
        "Replace the file with a good copy."
    )


def test_info_reads_no_images(write_folder: WriteFolder, arrays: Arrays) -> None:
    folder = write_folder(Path("letters"), arrays)
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    assert data.info("letters").train_count == 40
    with pytest.raises(DataError, match="truncated"):
        data.load("letters")


READ = """\
Data of your own are read as
  a folder with four IDX files, gzipped or not: train-images-idx3-ubyte, train-labels-idx1-ubyte, \
t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte
  a folder of texts, with a sub-folder or a file for each class
  a .csv file with the columns text and label"""


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", "b")
    return stream.getvalue()


def array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
KAGGLE = "label," + ",".join(f"pixel{n}" for n in range(784)) + "\n" + "5" + ",0" * 784 + "\n"
NO_HEADER = "5" + ",0" * 784 + "\n"
IRIS = "sepal_length,sepal_width,petal_length,petal_width,species\n" + "5.1,3.5,1.4,0.2,setosa\n"
FORMS = {
    "one.png": (PNG, "a PNG image"),
    "flat/1.png": (PNG, "a PNG image"),
    "flat/1.jpg": (JPEG, "a JPEG image"),
    "classes/cat/1.png": (PNG, "a PNG image"),
    "parts/train/cat/1.png": (PNG, "a PNG image"),
    "deep/down/there/cat/1.png": (PNG, "a PNG image"),
    "kaggle.csv": (
        KAGGLE.encode(),
        "a table of numbers, its first line 'label', 'pixel0', 'pixel1', ...",
    ),
    "kaggle/train.csv": (
        KAGGLE.encode(),
        "a table of numbers, its first line 'label', 'pixel0', 'pixel1', ...",
    ),
    "no_header.csv": (NO_HEADER.encode(), "a table of numbers, its first line '5', '0', '0', ..."),
    "iris.csv": (
        IRIS.encode(),
        "a table of numbers, its first line 'sepal_length', 'sepal_width', 'petal_length', ...",
    ),
    "own.npz": (zipped(), "a NumPy archive"),
    "own.xlsx": (zipped(), "an Excel workbook"),
    "own.zip": (zipped(), "a zip archive"),
    "renamed.csv": (zipped(), "a zip archive"),
    "reviews.csv.gz": (gzip.compress(b"text,label"), "a gzipped file"),
    "own.parquet": (b"PAR1\x15\x04\x15\x00", "a Parquet table"),
    "arrays/x.npy": (array(), "a NumPy array"),
    "named/train-images.idx3": (
        b"\0\0\x08\x01\0\0\0\x01\0",
        "an IDX file by itself, or under another name",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_data_of_another_form_are_named_as_what_they_are(name: str) -> None:
    content, what = FORMS[name]
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    (path.parent / ".DS_Store").write_bytes(b"\0")
    for read in (data.load, data.info, data.fingerprint):
        with pytest.raises(DataError) as caught:
            read(f"./{path.parts[0]}")
        assert str(caught.value) == (
            f"{name} is {what}; relu-bench does not read data of this form yet.\n{READ}"
        )


def test_a_picture_among_texts() -> None:
    folder = write_files(Path("texts"), small_texts())
    (folder / "pos/photo.png").write_bytes(PNG)
    with pytest.raises(DataError, match=r"^texts/pos/photo\.png is a PNG image;"):
        data.load("./texts")


def test_texts_that_look_like_another_form() -> None:
    texts = {"gif": ["GIF89a is a format"] * 9, "bm": ["BM and PAR1 and %PDF-1.7"] * 9}
    write_files(Path("texts"), texts)
    assert data.info("./texts").classes == 2
    write_table(Path("numbers.csv"), {"1": ["12"] * 9, "2": ["13"] * 9})
    assert data.info("numbers.csv").classes == 2


def test_a_message_names_few_columns() -> None:
    header = ",".join(["a" * 200_000, *(f"column {number}" for number in range(1000))])
    Path("wide.csv").write_text(f"{header}\na word, and another\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        data.load("wide.csv")
    assert str(caught.value).endswith(", 'column 4', and 995 more.\nCorrect it, and run again.")
    assert len(str(caught.value)) < 400


def test_a_long_text_in_a_table() -> None:
    texts = {name: [f"{name} {number} " + "word " * 40_000 for number in range(5)] for name in "ab"}
    assert (
        data.load(str(write_table(Path("long.csv"), texts))).train_inputs[0].count("word") == 40_000
    )


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("loop", "./loop is a link that leads nowhere;"),
        ("loop.csv", "./loop.csv is a link that leads nowhere;"),
        ("pipe", "./pipe is a pipe or a device;"),
        ("pipe.csv", "./pipe.csv is a pipe or a device;"),
        ("a" * 300, f"{shorten('./' + 'a' * 300)} cannot be read: File name too long"),
        ("texts", "texts/pos/pipe: it is no file, but a pipe or a device."),
        ("lines", "lines/a.pipe: it is no file, but a pipe or a device."),
        ("table.csv", "table.csv lacks train-images-idx3-ubyte"),
    ],
)
def test_what_is_neither_a_file_nor_a_folder(name: str, what: str) -> None:
    for link in ("loop", "loop.csv"):
        Path(link).symlink_to(link)
    write_files(Path("texts"), small_texts())
    for folder in ("lines", "table.csv"):
        Path(folder).mkdir()
    Path("lines/a.txt").write_text("a text", encoding="utf-8")
    for pipe in ("pipe", "pipe.csv", "texts/pos/pipe", "lines/a.pipe"):
        os.mkfifo(pipe)
    for read in (data.load, data.info, data.fingerprint):
        with pytest.raises(DataError) as caught:
            read(f"./{name}")
        assert str(caught.value).startswith(what)


@pytest.mark.parametrize("variable", ["RELU_BENCH_DATA", "KERAS_HOME", "--data-dir"])
def test_a_data_folder_with_a_name_that_is_too_long(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = None
    if variable == "--data-dir":
        data_dir = Path("a" * 300)
    else:
        monkeypatch.setenv(variable, "a" * 300)
    for read in (
        lambda: data.load("mnist", data_dir, fetch=False),
        lambda: data.overview(data_dir),
    ):
        with pytest.raises(DataError, match="cannot be read: File name too long"):
            read()
