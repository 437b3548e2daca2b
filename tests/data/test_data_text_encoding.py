import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_folders import small_texts, write_lines

from relu_bench import data
from relu_bench.data.texts.encoding import TextEncoding, last_tokens


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
    assert 2 <= train.max() < dataset.inputs.vocabulary
    assert not train[:, :80].any()
