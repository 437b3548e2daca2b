"""Texts of the user's own: layouts, tables, what is wrong with them, and their encoding."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_folders import small_texts, write_files, write_lines, write_table

from relu_bench import data
from relu_bench.data import Dataset
from relu_bench.data.tasks import CLASSIFICATION, TWO_CLASSES
from relu_bench.data.texts.encoding import TextEncoding, last_tokens
from relu_bench.errors import DataError


def contents(dataset: Dataset) -> list[list[object]]:
    return [
        list(each)
        for each in (
            dataset.train_inputs,
            dataset.train_targets,
            dataset.test_inputs,
            dataset.test_targets,
        )
    ]


def refused(path: str) -> str:
    """The message with which everything refuses `path`."""
    messages = set()
    for refuse in (data.load, data.info, data.fingerprint):
        with pytest.raises(DataError) as caught:
            refuse(path)
        messages.add(str(caught.value))
    (message,) = messages
    return message


def test_every_layout_of_the_same_texts_is_the_same_data_set() -> None:
    texts = small_texts()
    write_files(Path("files"), texts)
    write_lines(Path("dots"), texts)
    write_lines(Path("stems"), {name: list(reversed(several)) for name, several in texts.items()},
                "{}.txt")  # fmt: skip
    write_table(Path("table.csv"), texts)
    names = ["./files", "dots", "./stems", "./table.csv", "table.csv"]
    expected = data.load("./files")
    for name in names:
        dataset = data.load(name)
        assert dataset.name == name
        assert contents(dataset) == contents(expected)
        assert data.info(name) == dataset.info
    assert len({data.fingerprint(name) for name in names}) == 1


def test_what_is_known_of_two_classes() -> None:
    texts = small_texts()
    write_lines(Path("dots"), texts)
    dataset = data.load("dots")
    assert dataset.info.task == TWO_CLASSES
    assert (dataset.info.classes, dataset.info.outputs) == (2, 1)
    assert dataset.info.inputs == data.Inputs("tokens", (100,), 10_000)
    assert dataset.source == "dots (classes from 0: neg, pos)"
    # Numbers in alphabetical order of the names; a fifth of each class is the test part.
    for inputs, targets, count in (
        (dataset.train_inputs, dataset.train_targets, 16),
        (dataset.test_inputs, dataset.test_targets, 4),
    ):
        assert targets.dtype == np.uint8
        assert np.bincount(targets).tolist() == [count, count]
        for text, target in zip(inputs, targets, strict=True):
            assert text in texts[("neg", "pos")[target]]
        assert not inputs.flags.writeable
        assert not targets.flags.writeable
    together = {*dataset.train_inputs, *dataset.test_inputs}
    assert len(together) == 40


def test_more_than_two_classes() -> None:
    write_files(Path("topics"), small_texts(5, ["c", "a", "b"]))
    dataset = data.load("./topics")
    assert dataset.info.task == CLASSIFICATION
    assert (dataset.info.classes, dataset.info.outputs) == (3, 3)
    assert "aative" in dataset.train_inputs[0]
    assert dataset.train_targets[0] == 0


@pytest.mark.parametrize("write", [write_files, write_lines])
def test_parts_of_the_users_own(write: object) -> None:
    train, test = small_texts(6), {name: several[6:] for name, several in small_texts(8).items()}
    write(Path("parts/train"), train)  # type: ignore[operator]
    write(Path("parts/test"), test)  # type: ignore[operator]
    dataset = data.load("./parts")
    assert (len(dataset.train_inputs), len(dataset.test_inputs)) == (12, 4)
    assert {*dataset.test_inputs} == {text for several in test.values() for text in several}


def test_the_test_part_is_fixed_and_not_the_first_or_last_texts() -> None:
    write_lines(Path("dots"), small_texts(50))
    chosen = [text.split(":")[0] for text in data.load("dots").test_inputs]
    assert chosen == [text.split(":")[0] for text in data.load("./dots").test_inputs]
    numbers = sorted(int(each.split()[1]) for each in chosen)
    assert numbers[:10] != list(range(5)) * 2
    assert numbers[0] < 25 < numbers[-1]


def test_what_does_not_change_the_fingerprint_and_what_does() -> None:
    texts = small_texts()
    write_files(Path("here"), texts)
    before = data.fingerprint("./here")
    (Path("here") / "README.md").write_text("About these texts", encoding="utf-8")
    (Path("here") / ".hidden").write_text("x", encoding="utf-8")
    (Path("here/pos/0.txt")).rename("here/pos/last.txt")
    Path("here").rename("there")
    assert data.fingerprint("./there") == before
    (Path("there/pos/last.txt")).write_text("Another text", encoding="utf-8")
    changed = data.fingerprint("./there")
    assert changed != before
    (Path("there/pos/last.txt")).rename("there/neg/last.txt")
    assert data.fingerprint("./there") not in (before, changed)


def test_a_text_that_changes_is_read_again() -> None:
    write_lines(Path("dots"), small_texts())
    before = data.fingerprint("dots")
    path = Path("dots/reviews.pos")
    path.write_text(path.read_text(encoding="utf-8").replace("film", "book"), encoding="utf-8")
    assert data.fingerprint("dots") != before
    assert "book" in data.load("dots").train_inputs[-1]


def test_line_ends_marks_and_characters_of_other_languages() -> None:
    folder = Path("dots")
    folder.mkdir()
    # A next-line character within a text is no line end.
    lines = [f"ünïcode\x85 Ж {number}" for number in range(5)]
    (folder / "a.neg").write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    (folder / "a.pos").write_bytes("\n".join(lines[::-1]).encode() + b"\n")
    dataset = data.load("dots")
    assert sorted([*dataset.train_inputs, *dataset.test_inputs]) == sorted(lines * 2)


def test_texts_are_found_in_the_data_folder(tmp_path: Path) -> None:
    write_lines(tmp_path / "elsewhere/reviews", small_texts())
    dataset = data.load("./reviews", tmp_path / "elsewhere")
    assert len(dataset.train_inputs) == 32


def test_they_are_no_data_for_copying() -> None:
    write_lines(Path("dots"), small_texts())
    with pytest.raises(DataError, match="copy the folder itself"):
        data.copy_to(data.load("./dots"), Path("to"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b" \n\n", "it is empty"),
        (b"good\n\nbetter\n", "line 2 is an empty text"),
        (
            b"good\nna\xefve\n",
            "not UTF-8, the first wrong byte is 0xef in line 2; save it as UTF-8",
        ),
        (b"\x00\x01\x02", "it holds zero bytes, as no text does"),
    ],
)
def test_a_bad_file_of_a_class(content: bytes, message: str) -> None:
    write_lines(Path("dots"), small_texts())
    Path("dots/reviews.pos").write_bytes(content)
    assert refused("dots") == f"dots/reviews.pos: {message}.\nCorrect it, and run again."


def test_an_empty_text_in_a_file_of_its_own() -> None:
    write_files(Path("files"), small_texts())
    Path("files/neg/3.txt").write_text(" \n ", encoding="utf-8")
    assert refused("./files").startswith("files/neg/3.txt: it is empty.")


@pytest.mark.parametrize("classes", [["pos"], []])
def test_a_single_class(classes: list[str]) -> None:
    write_lines(Path("one"), small_texts(20, classes))
    (Path("one") / "README.txt").write_text("reviews", encoding="utf-8")
    message = refused("./one")
    if classes:
        assert message.startswith("one: only the class 'reviews' was found, at least two")
        assert "a .csv file with the columns text and label" in message
    else:
        assert message.startswith("one lacks train-images-idx3-ubyte")
        assert "a file for each class" in message


def test_too_few_texts_of_a_class() -> None:
    write_lines(Path("few"), small_texts(4) | {"other": ["a text"] * 5})
    assert "class 'neg' has 4 texts; at least 5 are needed" in refused("./few")


def test_file_names_that_name_no_classes() -> None:
    folder = write_lines(Path("odd"), small_texts())
    (folder / "notes.txt").write_text("a note", encoding="utf-8")
    message = refused("./odd")
    assert message.startswith(
        "odd: the classes cannot be told from the files notes.txt, reviews.neg, reviews.pos:"
    )


def test_a_class_without_texts_and_a_folder_within_a_class() -> None:
    folder = write_files(Path("files"), small_texts())
    (folder / "neutral").mkdir()
    assert refused("./files").startswith("files/neutral: this class has no texts;")
    (folder / "neutral/more").mkdir()
    assert refused("./files").startswith("files/neutral/more: a folder within that of a class;")


def test_parts_that_do_not_fit() -> None:
    write_files(Path("parts/train"), small_texts())
    assert refused("./parts").startswith("parts: there is train/ but no test/;")
    write_files(Path("parts/test"), small_texts(3, ["neg"]))
    assert refused("./parts").startswith(
        "parts/test: no texts of class 'pos', which the other part has."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it is empty"),
        ("text,label\n", "no texts below the header"),
        (
            "review,sentiment\ngood,pos\n",
            "the column 'text' is missing; the first line must name the columns, 'text' and 'label'"
            " among them, and names 'review', 'sentiment'",
        ),
        (
            "text,label,Text\ngood,pos,\n",
            "the column 'text' is twice; the first line must name the columns, 'text' and 'label'"
            " among them, and names 'text', 'label', 'text'",
        ),
        ("text,label\ngood,pos\nbad,\n", "line 3: the label is missing"),
        ("text,label\ngood,pos\nbad\n", "line 3: the label is missing"),
        ("text,label\ngood,pos\n ,neg\n", "line 3: an empty text"),
        (
            "text,label\ngood, really,pos\n",
            'line 2 has 3 fields, the header 2; a text with a comma is to be quoted: "..."',
        ),
        ('text,label\n"good,pos\n', "line 2 is not valid CSV (unexpected end of data)"),
    ],
)
def test_a_bad_table(content: str, message: str) -> None:
    Path("table.csv").write_text(content, encoding="utf-8")
    assert refused("table.csv") == f"table.csv: {message}.\nCorrect it, and run again."


def test_a_table_in_a_folder() -> None:
    Path("tables").mkdir()
    write_table(Path("tables/texts.csv"), small_texts())
    assert refused("./tables").startswith(
        "tables: a folder with tables; give the file itself, dataset: tables/texts.csv."
    )


def test_a_table_with_quotes_and_line_ends_in_a_text() -> None:
    rows = "".join(f'"a ""good"", long\ntext {n}",pos\nbad {n},neg\n' for n in range(5))
    Path("table.csv").write_text("Text,Label\n" + rows, encoding="utf-8")
    dataset = data.load("table.csv")
    assert 'a "good", long\ntext 0' in {*dataset.train_inputs, *dataset.test_inputs}


def test_a_folder_with_images_stays_one(tmp_path: Path) -> None:
    folder = Path("images")
    folder.mkdir()
    (folder / "train-images.ubyte").write_bytes(b"")
    assert "lacks train-images-idx3-ubyte" in refused("./images")


@pytest.mark.parametrize(
    "name", ["License Grant", "LICENSE", "readme", "ReadMe first", ".net", "Thumbs.db", "ubyte"]
)
def test_every_folder_of_texts_is_a_class(name: str) -> None:
    write_files(Path("topics"), small_texts(5, ["neg", "pos", name]))
    assert data.info("./topics").classes == 3
    assert data.notice("./topics") == ""


@pytest.mark.parametrize("name", ["License Grant.txt", "readme_first.txt", "thumbs.db.txt"])
def test_every_file_is_a_class_but_those_of_a_well_known_name(name: str) -> None:
    folder = write_lines(Path("topics"), small_texts(5), "{}.txt")
    (folder / name).write_text("a text\n" * 5, encoding="utf-8")
    assert data.info("./topics").classes == 3


@pytest.mark.parametrize("name", [".hidden.txt", "README", "license.txt", "no_suffix"])
def test_every_file_in_the_folder_of_a_class_is_a_text(name: str) -> None:
    folder = write_files(Path("files"), small_texts())
    (folder / "pos" / name).write_text("one more", encoding="utf-8")
    info = data.info("./files")
    assert info.train_count + info.test_count == 41


@pytest.mark.parametrize("write", [write_files, write_lines])
def test_what_is_left_out_is_named(write: object) -> None:
    folder = write(Path("reviews"), small_texts())  # type: ignore[operator]
    before = data.fingerprint("./reviews")
    others = [".DS_Store", "LICENSE", "README.md", "Thumbs.db", "__MACOSX/pos/._1.txt"]
    if write is write_files:
        others += ["pos/desktop.ini", "urls.txt"]
    for other in others:
        (folder / other).parent.mkdir(parents=True, exist_ok=True)
        (folder / other).write_bytes(b"\x00")
    more = ", and 2 more" if write is write_files else ""
    assert data.notice("./reviews") == (
        "./reviews: left out, being neither texts nor images of it: .DS_Store, LICENSE, "
        f"README.md, Thumbs.db, __MACOSX{more}"
    )
    assert data.fingerprint("./reviews") == before


def test_what_lies_beside_the_parts() -> None:
    write_files(Path("parts/train"), small_texts())
    write_files(Path("parts/test"), small_texts(2))
    Path("parts/imdb.vocab").write_text("the", encoding="utf-8")
    Path("parts/train/urls_pos.txt").write_text("a", encoding="utf-8")
    assert data.notice("./parts").endswith(": imdb.vocab, train/urls_pos.txt")
    write_files(Path("parts/neutral"), small_texts(3, ["a", "b"]))
    assert refused("./parts").startswith("parts/neutral: a folder beside train/ and test/,")


def encoding(
    train: list[str], test: list[str], length: int = 4, vocabulary: int = 50
) -> TextEncoding:
    arrays = [np.array(texts, dtype=object) for texts in (train, test)]
    return TextEncoding(*arrays, length=length, vocabulary=vocabulary)


def positions(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


@given(st.lists(st.lists(st.integers(1, 99), max_size=6), min_size=1), st.integers(1, 5))
def test_the_last_tokens_of_each_text(texts: list[list[int]], length: int) -> None:
    splits = np.cumsum([0, *map(len, texts)])
    values = np.array([token for text in texts for token in text], np.int64)
    out = np.zeros((len(texts), length), np.int32)
    last_tokens(values, splits, out)
    expected = [([0] * length + text)[-length:] for text in texts]
    assert out.tolist() == expected


@pytest.mark.tensorflow
def test_words_are_numbered_by_frequency_from_2() -> None:
    encode = encoding(["The cat, the CAT, the dog", "A cat!"], ["the bird", "..."])
    train, test = encode(positions(0, 1))
    assert train.dtype == test.dtype == np.int32
    # cat and the occur three times (ties from the end of the alphabet), dog and a once.
    assert train.tolist() == [[2, 3, 2, 4], [0, 0, 5, 3]]
    assert test.tolist() == [[0, 0, 2, 1], [0, 0, 0, 0]]


@pytest.mark.tensorflow
def test_capitals_beyond_ascii_are_the_same_letters() -> None:
    train, _ = encoding(["ÉTÉ été", "Über über"], ["x"])(positions(0, 1))
    assert len({*train.ravel()} - {0}) == 2


@pytest.mark.tensorflow
def test_words_of_validation_and_test_texts_alone_never_enter_the_vocabulary() -> None:
    train = ["one two", "two three", "held out secret", "held out secret"]
    test = ["hidden hidden hidden one"]
    encode = encoding(train, test)
    tokens, test_tokens = encode(positions(0, 1))
    assert tokens[2:].tolist() == [[0, 1, 1, 1]] * 2
    assert test_tokens[0, :3].tolist() == [1, 1, 1]
    assert test_tokens[0, 3] == tokens[0, 2] > 1
    # Other texts in their place change nothing of what the training part becomes.
    other = encoding([*train[:2], "a b", "c"], ["d e f"])
    np.testing.assert_array_equal(other(positions(1, 0))[0][:2], tokens[:2])


@pytest.mark.tensorflow
def test_the_vocabulary_is_cut_at_its_size_and_the_order_of_texts_plays_no_part() -> None:
    words = [f"word{number} " * (number + 1) for number in range(20)]
    encode = encoding(words, ["x"], length=3, vocabulary=7)
    tokens, _ = encode(np.arange(20, dtype=np.int32))
    assert tokens.max() == 6
    assert tokens[-5:, -1].tolist() == [6, 5, 4, 3, 2]
    assert tokens[:15].max() == 1
    backwards = encode(np.arange(20, dtype=np.int32)[::-1].copy())[0]
    np.testing.assert_array_equal(tokens, backwards)


@pytest.mark.tensorflow
def test_it_travels_as_a_pickle_and_gives_the_same() -> None:
    encode = encoding(["one two", "two"], ["one"])
    again = pickle.loads(pickle.dumps(encode))
    for first, second in zip(encode(positions(0)), again(positions(0)), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.tensorflow
def test_the_encoding_of_a_data_set(tmp_path: Path) -> None:
    write_lines(tmp_path / "dots", small_texts())
    dataset = data.load("./dots")
    assert dataset.encode is not None
    train, test = dataset.encode(np.arange(0, 32, 2, dtype=np.int32))
    assert (train.shape, test.shape) == ((32, 100), (8, 100))
    assert 2 <= train.max() < dataset.info.inputs.vocabulary
    assert not train[:, :80].any()
