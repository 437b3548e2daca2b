"""When the runs of a page reach the target of `relu-bench compare`, and whether that tells much."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Selection
from relu_bench.compare.selection import PLACE
from relu_bench.compare.time_to_accuracy import Arrivals, TimeToAccuracy, arrivals, medians
from relu_bench.compare.views import Shared, arrivals_differ, shared_settings, time_profiles
from relu_bench.errors import ReluBenchError
from relu_bench.plots.pages import Page
from relu_bench.plots.pooled import by_variant, pooled_axes
from relu_bench.plots.style import Look, number
from relu_bench.plots.wanted import Wanted

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class Arriving:
    """When the runs of a page arrive.

    Attributes:
        page: the page, of runs with rows in epochs.csv.
        epochs: these, of `Selection.epochs_in_plan_order`.
    """

    page: Page
    epochs: DataFrame

    @property
    def anything(self) -> bool:
        """Whether any run has rows."""
        return len(self.epochs) > 0

    @cached_property
    def shared(self) -> Shared:
        """The runs at the settings that all variants have."""
        return shared_settings(self.page.runs, "level", pooled_axes(self.page))

    @cached_property
    def arrived(self) -> Arrivals:
        """When these arrive; the baseline is the variant of the run that was planned first."""
        runs = self.shared.runs.assign(variant=self.shared.runs["level"])
        first = self.epochs.drop_duplicates("run_id").set_index("run_id")[PLACE]
        ordered = runs.assign(place=runs["run_id"].map(first)).sort_values("place", kind="stable")
        baseline = str(ordered["variant"].iloc[0])
        return arrivals(runs, self.epochs, self.page.metric, baseline)

    @cached_property
    def medians(self) -> tuple[TimeToAccuracy, ...]:
        """One for each variant, the fastest first."""
        return medians(self.arrived, self.page.order)

    def profiles(self, column: str) -> DataFrame:
        """Of `time_profiles`, with the name of the `line`."""
        table = time_profiles(self.arrived.runs, "variant", column)
        return table.assign(line=table["variant"])

    @property
    def look(self) -> Mapping[str, Look]:
        """The look of each variant that is there."""
        there = {row.variant for row in self.medians}
        return {level: self.page.look[level] for level in self.page.order if level in there}

    @property
    def last(self) -> int:
        """The last epoch that any run was asked for."""
        return int(self.shared.runs["epochs"].max())


def arriving(page: Page, epochs: DataFrame) -> Arriving:
    """The page with those of its runs alone that have rows in epochs.csv."""
    there = page.runs["run_id"].isin(epochs["run_id"].unique()) | (page.runs["status"] == "failed")
    runs = page.runs[there]
    return Arriving(replace(page, runs=runs), epochs[epochs["run_id"].isin(runs["run_id"])])


def pages_with_validation(runs: DataFrame, wanted: Wanted) -> list[Page]:
    """The pages of `pooled.by_variant`, of the runs that held something out for validation.

    Raises:
        ReluBenchError: when none did, or there are no two variants.
    """
    held_out = compare.score(runs, "val").notna()
    if not held_out.any():
        raise ReluBenchError("nothing was held out for validation")
    there = held_out | (runs["status"] == "failed")
    return by_variant(runs if there.all() else runs[there], wanted)


def judged(results: Selection, runs: DataFrame) -> DataFrame:
    """What `tells` judges: when each run of an experiment arrives.

    Returns:
        One row a run: page, variant, epoch; none where nothing can be compared. Pages whose target
        a run reaches before training are left out: their baseline learned nothing.
    """
    import pandas as pd

    nothing = pd.DataFrame({"page": [], "variant": [], "epoch": []})
    try:
        found = pages_with_validation(runs, Wanted())
    except ReluBenchError:
        return nothing
    epochs = results.epochs_in_plan_order
    tables = [
        shown.arrived.runs.assign(page=shown.page.part)
        for shown in (arriving(page, epochs) for page in found)
        if shown.anything
    ]
    return pd.concat([each for each in tables if (each["epoch"] > 0).all()] or [nothing])


def tells(arrived: DataFrame) -> bool:
    """On some page, variants differ in when their runs arrive, by the rule of `arrivals_differ`."""
    return any(arrivals_differ(rows, "variant") for _, rows in arrived.groupby("page"))


def numbers(page: Page, epochs: DataFrame) -> str:
    """The target, and the fastest and the slowest median, for who sees no figure."""
    shown = arriving(page, epochs)
    if not shown.anything:
        return ""
    said = [f"{row.variant}, {median_in_words(row)}" for row in shown.medians]
    return (
        f"Target: {shown.arrived.measure.title} of {target_of(shown)}. "
        f"Median epochs to it: fastest {said[0]}; slowest {said[-1]}."
    )


def target_of(shown: Arriving) -> str:
    """The target as figures write it."""
    found = shown.arrived
    return number(found.target / found.measure.scale.factor, found.measure.scale)


def median_in_words(row: TimeToAccuracy, before: str = "epoch ") -> str:
    """The median epoch, and how many runs never arrive; where most do not, nor does the median."""
    never = f"never: {row.runs - row.reached} of {row.runs}"
    if math.isinf(row.epochs):
        return never
    return f"{before}{row.epochs:g}" + (f", {never}" if row.reached < row.runs else "")
