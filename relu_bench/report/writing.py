"""Where a report goes, and how it gets there whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from relu_bench import output_files
from relu_bench.errors import ReluBenchError, StoreError

NAME = "report.html"
_ENDINGS = (".html", ".htm")


def path_for(stores: Sequence[Path], out: Path | None) -> Path:
    """Where the report of these stores goes: `out`, or report.html in the one store.

    Its folder is made, and its being writable found out, before anything is computed.

    Raises:
        ReluBenchError: for several stores without `out`, or when `out` is a folder.
        StoreError: when the folder cannot be written to.
    """
    if out is None and len(stores) > 1:
        raise ReluBenchError(
            f"A report of {len(stores)} results folders needs a place of its own: name it with "
            "--out FILE."
        )
    path = stores[0] / NAME if out is None else out
    if path.suffix.lower() not in _ENDINGS and not output_files.is_folder(path):
        raise ReluBenchError(
            f"{path}: a report is an HTML file, and its name ends in .html: --out "
            f"{path.with_suffix('.html')} (a browser prints it as PDF)."
        )
    try:
        output_files.make_place(path)
    except IsADirectoryError as error:
        raise ReluBenchError(f"{path} is a folder; name a file: --out {path / NAME}") from error
    except OSError as error:
        raise _cannot_write(path, error) from error
    return path


def write(text: str, path: Path) -> None:
    """Put the report in the place of `path`, whole or not at all.

    Raises:
        StoreError: when it cannot be written.
    """
    try:
        output_files.write(path, text.encode())
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The report cannot be written to {path} ({error.strerror or error}). "
        "Name a file that can be written with --out FILE."
    )
