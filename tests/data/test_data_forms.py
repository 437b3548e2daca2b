"""Data of the user's own in a form that is not read, and what is no data at all."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from text_folders import small_texts, write_files, write_table

from relu_bench import data
from relu_bench.errors import DataError, shorten

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
    assert str(caught.value).endswith(", 'column 4', and 995 more.\nMend that, and run again.")
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
