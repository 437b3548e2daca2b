"""Figures as files: the same results give the same bytes."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from relu_bench import output_files
from relu_bench.errors import ReluBenchError, StoreError
from relu_bench.plots.png import pixels, png
from relu_bench.plots.side_by_side import each_part
from relu_bench.plots.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)

_NOT_IN_NAMES = re.compile(r"[^\w.=,()+-]|^\.+")
_DOTS_PER_INCH = 200
# No dates and no versions: they would make two files of the same figure differ.
_METADATA: dict[Literal["svg", "pdf"], dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def folder_for(stores: Sequence[Path], out: Path | None) -> Path:
    """Where figures of these stores go: `out`, or the folder `plots` in the one store.

    Raises:
        ReluBenchError: for several stores without `out`, or when `out` is the name of a figure.
    """
    if out is not None:
        form = out.suffix.removeprefix(".").lower()
        if form in FORMATS and not output_files.is_folder(out):
            raise ReluBenchError(
                f"--out {out} has the name of a figure, but names a folder for all figures: "
                f"--out {out.with_suffix('')} --format {form}"
            )
        return out
    if len(stores) > 1:
        raise ReluBenchError(
            f"Figures of {len(stores)} stores belong to none of them: say where they shall go with "
            "--out FOLDER."
        )
    return stores[0] / "plots"


def save(
    figures: Sequence[tuple[str, Figure]], folder: Path, formats: Sequence[Format] = ("png",)
) -> Iterator[Path]:
    """Write each named figure into `folder` in each format, and give the paths as they are written.

    The folder is made, and its being writable found out, before the first figure is drawn.

    Raises:
        StoreError: when the folder or a file cannot be written.
    """
    try:
        output_files.make_folder(folder)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    wanted = tuple(dict.fromkeys(formats))

    def files(number: int) -> tuple[str, list[bytes]]:
        with styled():
            name, figure = figures[number]
            return name, [_encoded(figure, form) for form in wanted]

    for name, contents in each_part(len(figures), files):
        for form, content in zip(wanted, contents, strict=True):
            # The name comes from a CSV, which anybody may have written: it stays in the folder.
            path = folder / f"{_NOT_IN_NAMES.sub('_', name)}.{form}"
            try:
                output_files.write(path, content)
            except OSError as error:
                raise _cannot_write(path, error) from error
            yield path


def check_figure_path(path: Path) -> None:
    """Find out that a figure can be written to this file, before it is computed.

    Raises:
        ReluBenchError: its ending is none of `FORMATS`.
        StoreError: it cannot be written.
    """
    _format_of(path)
    try:
        output_files.make_place(path)
    except OSError as error:
        raise _cannot_write_file(path, error) from error


def save_file(figure: Figure, path: Path) -> None:
    """Write one figure, in the format of the file's ending; its folder is made.

    Raises:
        ReluBenchError: its ending is none of `FORMATS`.
        StoreError: it cannot be written.
    """
    content = _encoded(figure, _format_of(path))
    try:
        output_files.make_folder(path.parent)
        output_files.write(path, content)
    except OSError as error:
        raise _cannot_write_file(path, error) from error


def _format_of(path: Path) -> Format:
    ending = path.suffix.removeprefix(".").lower()
    for form in FORMATS:
        if ending == form:
            return form
    endings = ", ".join(f".{form}" for form in FORMATS)
    raise ReluBenchError(f"{path}: a figure's file ends in one of {endings}.")


def _encoded(figure: Figure, form: Format) -> bytes:
    with styled(), warnings.catch_warnings():
        # A display name may be in any script; what the font lacks is drawn as an empty box,
        # and `missing_letters` says so.
        warnings.filterwarnings(
            "ignore", message=r"Glyph .* missing from font", category=UserWarning
        )
        if form == "png":
            return png(pixels(figure, _DOTS_PER_INCH), _DOTS_PER_INCH)
        written = io.BytesIO()
        figure.savefig(written, format=form, dpi=_DOTS_PER_INCH, metadata=_METADATA[form])
        return written.getvalue()


def _cannot_write(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"Figures cannot be written to {path} ({error.strerror or error}). "
        "Name a folder that can be written to with --out FOLDER."
    )


def _cannot_write_file(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The figure cannot be written to {path} ({error.strerror or error}). "
        "Name a file that can be written."
    )
