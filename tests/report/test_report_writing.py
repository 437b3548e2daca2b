from pathlib import Path

import pytest

from relu_bench.errors import ReluBenchError, StoreError
from relu_bench.report import path_for, write


def test_the_report_lies_in_its_store(tmp_path: Path) -> None:
    assert path_for([tmp_path], None) == tmp_path / "report.html"
    assert list(tmp_path.iterdir()) == []


def test_out_goes_before_and_its_folder_is_made(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b.html"

    assert path_for([tmp_path, tmp_path / "c"], out) == out
    assert out.parent.is_dir()


def test_several_stores_need_out(tmp_path: Path) -> None:
    with pytest.raises(ReluBenchError, match="A report of 2 results folders needs a place"):
        path_for([tmp_path, tmp_path / "c"], None)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ReluBenchError, match=r"is a folder; name a file: --out .*report\.html"):
        path_for([tmp_path], tmp_path)


def test_a_place_that_cannot_be_written_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match=r"The report cannot be written to .*--out FILE"):
        path_for([tmp_path], tmp_path / "file" / "report.html")


def test_writing_replaces_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("before", encoding="utf-8")

    write("± after\n", path)

    assert path.read_bytes() == "± after\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "report.html"
    folder.mkdir()
    (folder / "kept").touch()

    with pytest.raises(StoreError, match="cannot be written"):
        write("new", folder)

    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (folder / "kept").exists()


@pytest.mark.parametrize("name", ["a.pdf", "a.md", "a"])
def test_a_report_has_no_other_name_than_what_it_is(name: str, tmp_path: Path) -> None:
    with pytest.raises(ReluBenchError, match=r"a report is an HTML file, .*--out .*/new/a\.html "):
        path_for([tmp_path], tmp_path / "new" / name)
    assert list(tmp_path.iterdir()) == []
