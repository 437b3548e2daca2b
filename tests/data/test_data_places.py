"""The folders of the user's own, and a --data-dir that is a slip."""

from pathlib import Path

import pytest

from relu_bench import data
from relu_bench.data.places import check_data_dir, own_places
from relu_bench.errors import DataError

REMEDY = (
    "Name one that holds data sets, or leave --data-dir out: then RELU_BENCH_DATA and Keras's "
    "cache are looked in."
)


def test_the_folders_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELU_BENCH_DATA", "nowhere")
    Path("a").mkdir()
    assert [(str(place.folder), place.called) for place in own_places(Path("a"))] == [
        ("a", "--data-dir"),
        ("nowhere", "RELU_BENCH_DATA"),
    ]
    check_data_dir(None)
    assert [place.called for place in own_places(None)] == ["RELU_BENCH_DATA"]


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    monkeypatch.setenv("USERPROFILE", str(Path.cwd()))
    Path("d").mkdir()
    check_data_dir(Path("~/d"))
    assert own_places(Path("~/d"))[0].folder == Path.cwd() / "d"


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
