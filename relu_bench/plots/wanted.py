"""What is asked of figures beyond their kind, and the pages of the kinds that show every axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.plots.comparison import SIDE_BY_SIDE, WIDTH
from relu_bench.plots.pages import MOST_STRIPS, Page, pages

if TYPE_CHECKING:
    from pandas import DataFrame

_MOST_STRIPS_IN_A_COLUMN = 3


@dataclass(frozen=True)
class Wanted:
    """What a kind makes its pages by.

    Attributes:
        width: of a figure, in inches.
        over: the two axes that a figure over two axes shows; empty for its own choice.
    """

    width: float = WIDTH
    over: tuple[str, ...] = ()

    @property
    def most_strips(self) -> int:
        """How many small multiples stand in one figure."""
        return MOST_STRIPS if self.width >= SIDE_BY_SIDE else _MOST_STRIPS_IN_A_COLUMN


def by_every_axis(runs: DataFrame, wanted: Wanted) -> list[Page]:
    """The pages of one experiment, each axis playing the part that `pages.roles` gives it."""
    return pages(runs, wanted.most_strips)
