"""Commands that read stores work where training could not: nothing of them needs TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = str(ROOT / "results" / "reference")
OF_VARIANTS = ("--where", "experiment=variants")


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", REFERENCE),
        ("compare", REFERENCE, *OF_VARIANTS, "--effects", "--time-to-accuracy"),
        ("plot", REFERENCE, *OF_VARIANTS, "--out", "figures"),
        ("report", REFERENCE, *OF_VARIANTS, "--out", "report.html"),
        ("merge", REFERENCE, "--out", "merged"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_process_of_a_reading_command_imports_tensorflow(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    # In the way of the real packages, for processes that the command starts as well.
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    for name in ("tensorflow", "keras", "sklearn", "dask"):
        (blocked / f"{name}.py").write_text(
            "import os, sys\n"
            f"print('imported: {name}', file=sys.__stderr__, flush=True)\n"
            "os._exit(99)\n",
            encoding="utf-8",
        )

    done = subprocess.run(
        [sys.executable, "-m", "relu_bench", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(blocked), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "imported" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert done.stdout
