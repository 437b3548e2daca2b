"""What the figure of steadiness is made of: kernels, and when runs reach a target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare.layers import (
    NEARNESS,
    Target,
    epochs_to_target,
    run_kernels,
    run_layers,
    target,
)
from relu_bench.plots.pages import Page
from relu_bench.plots.style import number

if TYPE_CHECKING:
    from pandas import DataFrame

BY = ("strip", "level")


@dataclass(frozen=True, eq=False)
class SteadyRuns:
    """What one page shows of its runs.

    Attributes:
        page: the page.
        kernels: of `compare.layers.run_kernels`, by strip and level.
        target: the score to reach; None where nothing was held out.
        reached: of `compare.steadiness.epochs_to_target`; empty without a target.
    """

    page: Page
    kernels: DataFrame
    target: Target | None
    reached: DataFrame

    @property
    def cosines(self) -> DataFrame:
        """Cosine of successive updates, mean over the layers: strip, level, run_id, epoch, last."""
        group = [*BY, "run_id", "epoch", "last"]
        return self.kernels.groupby(group)["update_cosine"].mean().reset_index()

    def without_gradient(self) -> Iterator[str]:
        """How many runs got no gradient in any layer; nothing when there are none."""
        lost = set(self.reached["run_id"]) - set(self.kernels["run_id"])
        if lost:
            runs = "1 run has" if len(lost) == 1 else f"{len(lost)} runs have"
            yield f"{runs} no gradient in any layer, and so no line."

    def target_in_words(self, marks: str) -> Iterator[str]:
        """What the target is, what `marks` of it are, and how many runs never reach it."""
        if self.target is None:
            yield "Nothing was held out, so there is no target."
            return
        scale = compare.scale_of(self.page.metric)
        strip, level = self.target.group
        best = ", ".join(part for part in (level, strip) if part)
        never = int(self.reached["epoch"].isna().sum())
        count = f" {never} of {len(self.reached)} runs never do." if never else ""
        yield (
            f"Target: validation {scale.title} of {number(self.target.value, scale)}, "
            f"{scale.near(NEARNESS)} the mean that the best variant ({best}) has after its last "
            f"epoch; a run gets there with the first epoch that ends at it or better. "
            f"{marks}{count}"
        )


def steady_runs(page: Page, layers: DataFrame) -> SteadyRuns:
    """The probed runs of a page.

    Args:
        page: of `pages.pages`.
        layers: of `compare.Selection.layers_and_scores`; rows of other runs are ignored.
    """
    kernels = run_kernels(page.runs, layers, BY)
    wanted = target(page.runs, BY)
    value = wanted.value if wanted else float("nan")
    reached = epochs_to_target(page.runs, layers, BY, value)
    probed = {*kernels["run_id"], *run_layers(page.runs, layers, [])["run_id"]}
    reached = reached[reached["run_id"].isin(probed) & (wanted is not None)]
    return SteadyRuns(page, kernels, wanted, reached)
