"""What is measured: every activation in each mode, each pass and each size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from relu_bench.components.labels import LabelError, parse
from relu_bench.networks import activations
from relu_bench.speed.sizes import Size

Mode = Literal["compiled", "eager", "numpy"]
Passes = Literal["forward", "forward+backward"]
MODES: tuple[Mode, ...] = get_args(Mode)
PASSES: tuple[Passes, ...] = get_args(Passes)
REFERENCE = "relu"
"""The activation that all others are compared with; measured whether or not it is named."""


@dataclass(frozen=True)
class Cell:
    """One thing to measure. `activation` is a canonical label."""

    activation: str
    mode: Mode
    passes: Passes
    size: Size

    @property
    def reference(self) -> "Cell":
        """The same of relu."""
        return Cell(REFERENCE, self.mode, self.passes, self.size)


def cells(labels: Sequence[str], sizes: Sequence[Size]) -> list[Cell]:
    """Every cell of these labels and relu, from the smallest size on.

    A function of the user's own has no NumPy formula, so it has no cells in that mode.
    """
    return [
        Cell(label, mode, passes, size)
        for size in sorted(sizes, key=lambda size: size.elements)
        for label in dict.fromkeys((REFERENCE, *labels))
        for mode in MODES
        for passes in PASSES
        if not (mode == "numpy" and parse(label).is_own)
    ]


def short(label: str) -> str:
    """The bare name of an activation with its default parameters, else the whole label."""
    name = parse(label).name
    try:
        return name if activations.canonical(name) == label else label
    except LabelError:
        return label
