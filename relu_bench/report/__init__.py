"""`relu-bench report`: results as one HTML file that a colleague reads without installing anything.

`document` composes what stands in it, as data, from `answering` (the comparisons in words and
tables), `drawings` (figures as PNG with `alternatives` in words), `inside` (what the probes saw),
`outcomes` (failures), `origin` (configs and machines) and `commands`. `rendering` makes HTML of it
with the files in `templates/`, and `writing` puts it in its place.
"""

from relu_bench.report.answering import Asked
from relu_bench.report.document import Document, compose
from relu_bench.report.rendering import render
from relu_bench.report.writing import path_for, write

__all__ = ["Asked", "Document", "compose", "path_for", "render", "write"]
