"""Figures as files: the same results give the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from relu_bench import output_files
from relu_bench.errors import ReluBenchError, StoreError
from relu_bench.figures.canvas import without_missing_letters
from relu_bench.figures.side_by_side import each_part
from relu_bench.figures.style import styled

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)

_NOT_IN_NAMES = re.compile(r"[^\w.=,()+-]|^\.+")
_DOTS_PER_INCH = 200
# Between the red, green and blue of what is taken for a grey, of 255.
_TINT = 20
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
            f"Figures of {len(stores)} results folders need one of their own: name it with "
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
            return name, [encoded(figure, form) for form in wanted]

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
    content = encoded(figure, _format_of(path))
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


def pixels(figure: Figure, dots_per_inch: float) -> NDArray[np.uint8]:
    """Red, green, blue and alpha of each pixel, shape (height, width, 4), from the top left.

    The figure is drawn once; `Figure.savefig` draws it twice to find its layout.
    """
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    before, figure.dpi = figure.dpi, dots_per_inch
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    figure.dpi = before
    return np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]


def png(drawn: NDArray[np.uint8], dots_per_inch: float) -> bytes:
    """A PNG file in 256 colours, which is enough for lines and bands: a third of the bytes.

    Args:
        drawn: of `pixels`; alpha is taken as opaque.
        dots_per_inch: of a print.
    """
    from PIL import Image

    # Pillow's other methods lose the colours of thin lines, or make a grey of white.
    few = (
        Image.fromarray(drawn)
        .convert("RGB")
        .quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    few.putpalette(_without_tints(few.getpalette() or []))
    written = io.BytesIO()
    few.save(written, format="png", dpi=(dots_per_inch, dots_per_inch))
    return written.getvalue()


def _without_tints(palette: Sequence[int]) -> bytes:
    """Greys that are not quite grey made grey: a tint of lines beside each other is seen."""
    import numpy as np

    colours = np.array(palette, np.uint8).reshape(-1, 3)
    tinted = np.ptp(colours.astype(int), axis=1) <= _TINT
    colours[tinted] = np.rint(colours[tinted].mean(axis=1, keepdims=True)).astype(np.uint8)
    return colours.tobytes()


def encoded(figure: Figure, form: Format) -> bytes:
    """The bytes of a figure's file; the same figure gives the same bytes."""
    # A display name may be in any script; what the font lacks is drawn as an empty box.
    with styled(), without_missing_letters():
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
