"""Figures of stored results.

A kind (`kinds`) is a title, the rule by which it tells something, its pages, and a function that
makes the `canvas.Picture` of one page: panels that draw tidy tables by `marks`, a legend, a note of
`notes`, and the main numbers in words. `canvas` puts a picture together, `saving` writes files,
`pages` decides what goes into which figure, `limits` where axes end, `style` how things look.
`drawing` says which kinds an experiment has something to show in, and draws them.
"""

from relu_bench.figures.drawing import Figures, draw
from relu_bench.figures.kinds import ALL, KINDS, Kind
from relu_bench.figures.saving import FORMATS, Format, encoded, folder_for, save
from relu_bench.figures.style import SHEETS, Sheet

__all__ = [
    "ALL",
    "FORMATS",
    "KINDS",
    "SHEETS",
    "Figures",
    "Format",
    "Kind",
    "Sheet",
    "draw",
    "encoded",
    "folder_for",
    "save",
]
