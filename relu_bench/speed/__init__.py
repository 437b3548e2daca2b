"""What an activation costs: nanoseconds an element, forward and backward, without any training.

`measuring` is the whole: it takes `cells` (what is measured, on tensors how large), makes `work` of
each (eager, compiled, NumPy), times it in rounds, and `costs` makes medians of it. `tables` writes.
"""

from relu_bench.speed.cells import Size, chosen, given
from relu_bench.speed.costs import Cost
from relu_bench.speed.measuring import Settings, measure
from relu_bench.speed.tables import (
    FILE,
    conditions,
    explanations,
    frame,
    make_folder,
    tables_of,
    to_csv,
    to_json,
    to_markdown,
    write,
)

__all__ = [
    "FILE",
    "Cost",
    "Settings",
    "Size",
    "chosen",
    "conditions",
    "explanations",
    "frame",
    "given",
    "make_folder",
    "measure",
    "tables_of",
    "to_csv",
    "to_json",
    "to_markdown",
    "write",
]
