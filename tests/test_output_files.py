"""Files that commands write for their user: whole or not at all, and through no link."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from relu_bench import output_files, report, speed
from relu_bench.config import shipped
from relu_bench.data.images import idx
from relu_bench.errors import ReluBenchError
from relu_bench.figures import saving
from relu_bench.networks.activations import canonical
from relu_bench.speed import Cost

COSTS = [Cost("relu", "cache", 128, "compiled", "forward", 31, 9, 1.0, 0.9, 1.1, 1.0, 1.0, 1.0)]
Write = Callable[[Path], object]


def figure(path: Path) -> None:
    from relu_bench.figures.activation_functions import activation_functions

    saving.save_file(activation_functions([canonical("relu")]), path)


def figures(path: Path) -> None:
    from relu_bench.figures.activation_functions import activation_functions

    drawn = activation_functions([canonical("relu")])
    list(saving.save([(path.stem, drawn)], path.parent, ["png"]))


WRITERS: dict[str, tuple[str, Write]] = {
    "a figure of plot": ("a.png", figures),
    "a figure of diagnose, activations and speed": ("a.png", figure),
    "a report": ("report.html", lambda path: report.write("words\n", path)),
    "speed.csv": ("speed.csv", lambda path: speed.write(COSTS, path.parent)),
    "a data file": ("a.gz", lambda path: idx.write(np.zeros((2, 3), np.uint8), path)),
}
each_writer = pytest.mark.parametrize(("name", "write"), WRITERS.values(), ids=WRITERS)


@each_writer
def test_a_link_is_replaced_and_not_followed(name: str, write: Write, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    path = tmp_path / "results" / name
    path.parent.mkdir()
    path.symlink_to(outside)

    write(path)

    assert outside.read_text() == "kept"
    assert not path.is_symlink()
    assert path.stat().st_size > 0
    assert [each.name for each in path.parent.iterdir()] == [name]


@each_writer
def test_a_full_disk_leaves_what_was_there(
    name: str, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    path = tmp_path / name
    path.write_text("before")
    monkeypatch.setattr(Path, "replace", full)  # as late as can be: all was written
    with pytest.raises((ReluBenchError, OSError), match="No space left"):
        write(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_half_a_file_does_not_stay(tmp_path: Path) -> None:
    def half(new: Path) -> None:
        new.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(OSError, match="No space left"),
        output_files.replacing(tmp_path / "a") as new,
    ):
        half(new)
    assert list(tmp_path.iterdir()) == []


def test_access_rights_are_those_of_the_file_that_was_there(tmp_path: Path) -> None:
    before, mask = tmp_path / "private", os.umask(0o022)
    try:
        output_files.write(before, b"1")
        usual = stat.S_IMODE(before.stat().st_mode)
        before.chmod(0o600)
        output_files.write(before, b"2")
    finally:
        os.umask(mask)
    assert (usual, stat.S_IMODE(before.stat().st_mode)) == (0o644, 0o600)


def odd_places(folder: Path) -> dict[str, tuple[Path, str]]:
    """Places at which no file can be put, and what is said of each."""
    (folder / "file").touch()
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    return {
        "folder": (folder / "folder", "Is a directory|is a folder"),
        "pipe": (folder / "pipe", "it is no regular file"),
        "device": (Path("/dev/null"), "it is no regular file"),
        "below a file": (folder / "file" / "a", "Not a directory"),
        "below a pipe": (folder / "pipe" / "a", "Not a directory"),
        "below a loop": (
            folder / "loop" / "a",
            "Not a directory|Too many levels",
        ),
        "long name": (folder / ("n" * 300), "File name too long"),
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize(
    "place",
    ["folder", "pipe", "device", "below a file", "below a pipe", "below a loop", "long name"],
)
def test_a_place_where_no_file_can_be_is_found_before_any_work(place: str, tmp_path: Path) -> None:
    path, said = odd_places(tmp_path)[place]
    with pytest.raises(OSError, match=said):
        output_files.make_place(path)
    with pytest.raises(OSError, match=said):
        output_files.write(path, b"")
    with pytest.raises(ReluBenchError, match=f"{said}|its name ends in .html"):
        report.path_for([], path)
    with pytest.raises(ReluBenchError, match=said):
        shipped.write("quickstart", path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_loop_of_links_is_replaced(tmp_path: Path) -> None:
    path, _ = odd_places(tmp_path)["below a loop"]
    output_files.write(path.parent, b"a file")
    assert path.parent.read_bytes() == b"a file"
