"""Figures as files."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from relu_bench.errors import ReluBenchError
from relu_bench.figures.saving import folder_for, save


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("variants-comparison", "variants-comparison.png"),
        ("a,b=0.1(c)+d_e-comparison", "a,b=0.1(c)+d_e-comparison.png"),
        ("../outside", "__outside.png"),
        ("/etc/motd", "_etc_motd.png"),
        ("a\\b\nc", "a_b_c.png"),
    ],
)
def test_a_figure_stays_in_its_folder_whatever_a_csv_calls_its_experiment(
    tmp_path: Path, name: str, file: str
) -> None:
    (path,) = save([(name, Figure(figsize=(1, 1)))], tmp_path / "plots")
    assert path == tmp_path / "plots" / file
    assert [each.name for each in (tmp_path / "plots").iterdir()] == [file]


def test_the_name_of_a_figure_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ReluBenchError, match=r"names a folder .*: --out .*/a --format pdf$"):
        folder_for([tmp_path], tmp_path / "a.PDF")
    (tmp_path / "a.PDF").mkdir()
    assert folder_for([tmp_path], tmp_path / "a.PDF") == tmp_path / "a.PDF"
