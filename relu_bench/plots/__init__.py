"""Figures of stored results. One figure a file: `(Axes, DataFrame) -> Axes`.

`kinds` is the table of the figures, `worth` says which of them an experiment has something to show
in, `pages` decides what goes into which figure, `drawing` draws them and `saving` writes files.
`content` (learning curves and scores) and `inside` (layers) compute a page's numbers through
`compare`.
"""

from relu_bench.plots.drawing import Figures, draw
from relu_bench.plots.kinds import ALL, KINDS, Kind
from relu_bench.plots.saving import FORMATS, Format, folder_for, save
from relu_bench.plots.style import SHEETS, Sheet

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
    "folder_for",
    "save",
]
