from pathlib import Path

import pytest

from relu_bench import data
from relu_bench.errors import DataError, show


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
