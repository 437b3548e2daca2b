"""Commands that draw: whatever their user has set up for matplotlib elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
STORE = ROOT / "results" / "reference"
OF_A_NOTEBOOK = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
# What matplotlib refuses, what it complains of, and what would be seen in every figure.
RC = b"backend: no.such\nno.such: 1\nlines.linewidth: thick\nfont.size: 30\ntext.usetex: True\n"


def drawn(folder: Path, command: list[str], **variables: str) -> dict[str, bytes]:
    """The files that a command writes into a folder, where it says nothing that it should not."""
    ended = subprocess.run(
        [sys.executable, "-m", "relu_bench", *command],
        cwd=folder,
        env={name: text for name, text in os.environ.items() if not name.startswith("MPL")}
        | {"PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return {path.name: path.read_bytes() for path in folder.glob("out/**/*.*")}


@pytest.mark.parametrize(
    "command",
    [
        ["activations", "relu", "--plot", "out/a.svg"],
        ["plot", str(STORE), "--where", "experiment=variants", "--kind", "profile", "--out", "out"],
    ],
    ids=["activations", "plot"],
)
def test_settings_for_other_programs_change_no_figure(command: list[str], tmp_path: Path) -> None:
    folders = plain, of_user = tmp_path / "plain", tmp_path / "of_user"
    for folder in folders:
        folder.mkdir()
    (of_user / "matplotlibrc").write_bytes(RC + b"# \xff")
    (of_user / "file").touch()
    unwritable = str(of_user / "file" / "below")

    found = drawn(of_user, command, MPLCONFIGDIR=unwritable, MATPLOTLIBRC=".", **OF_A_NOTEBOOK)

    assert found
    assert found == drawn(plain, command)
