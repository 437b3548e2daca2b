"""Figures of stored results. One figure a file: `(Axes, DataFrame) -> Axes`.

`pages` decides what goes into which figure, `content` computes its numbers through `compare`,
`comparison` puts the panels together, `saving` writes files.
"""

from relu_bench.plots.drawing import KINDS, Kind, draw, notices
from relu_bench.plots.saving import FORMATS, Format, folder_for, save

__all__ = ["FORMATS", "KINDS", "Format", "Kind", "draw", "folder_for", "notices", "save"]
