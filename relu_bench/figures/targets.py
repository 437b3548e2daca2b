"""Distributions over all settings: which scores runs reach, and when they reach a target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relu_bench import compare, stats
from relu_bench.compare import Scale, Selection
from relu_bench.compare.measures import seeds_added
from relu_bench.compare.time_to_accuracy import (
    SHARE,
    Arrivals,
    TimeToAccuracy,
    arrivals,
    medians,
)
from relu_bench.compare.views import (
    Shared,
    arrivals_differ,
    distance_from_best,
    profiles_differ,
    score_profiles,
    time_profiles,
)
from relu_bench.errors import ReluBenchError
from relu_bench.figures import marks, notes
from relu_bench.figures.canvas import Grid, Panel, Picture
from relu_bench.figures.limits import Limits, outside, with_margin
from relu_bench.figures.pages import PLANNED, Page, by_variant, shared
from relu_bench.figures.style import Sheet, number, numbered, whole_numbers
from relu_bench.wording import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame, Series

PROFILE_TITLE = "distribution of scores over all settings"
TIME_TITLE = "time to the target"
_SHARE = Scale("", higher_is_better=True, factor=100.0, unit="%")
# Inches.
_HEIGHT = 2.8
_NARROW_HEIGHT = 2.2
_TICK = 0.55
_ROW = 0.28
# Below this distance from the best score, nothing can be told apart: 1 of 100,000 samples.
_LEAST = 1e-5
_LEAST_TICKS = 4
# First digits of ticks, the coarsest first.
_DIGITS: tuple[tuple[float, ...], ...] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 1.5, 2, 3, 4, 5, 7),
    (1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9),
)
# Room behind the last arrival, so that its step can be seen.
_BEYOND = 1.04
_MOST_SQUASHED = 1.5


def profile(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """The share of a variant's runs that reach each score, all settings together."""
    del results  # the page has all that it takes
    scale = compare.scale_of(page.metric)
    pooled = shared(page)
    profiles = score_profiles(pooled.runs, "level")
    table = profiles.assign(x=place_of(profiles["score"], scale), value=profiles["share"])
    scores = compare.score(pooled.runs, "test")
    limits = with_margin(*stats.robust_range(place_of(scores, scale), ["low"]))
    most_ticks = max(2, int((sheet.width - 0.6) / _TICK))

    def draw(axes: Axes) -> None:
        share_axis(axes)
        axes.set_xlim(*limits)
        show_distances(axes, limits, scale, most_ticks)
        # A share holds up to the score that runs have, so steps go the other way.
        marks.steps(axes, table, page.look, until=True)

    panel = Panel(
        draw=draw,
        height=_HEIGHT if sheet.wide else _NARROW_HEIGHT,
        x=_axis_label(scale),
        y="share of runs (%)",
    )
    subject = f"distribution of test {scale.title} over all runs"
    title, details = notes.title(page, subject, sheet.where)
    beyond = outside(place_of(scores, scale), limits)[0]
    return Picture(
        title=title,
        details=details,
        grids=[Grid([[panel]])],
        legend=notes.legend_of(page, set(pooled.runs["level"])),
        legend_title=notes.hue_title(page),
        note=" ".join(text for text in _profile_note(page, pooled, scale, beyond) if text),
        words=_halves(pooled.runs, scores, scale),
    )


def profile_tells(runs: DataFrame) -> bool:
    """Variants were run at several settings, and their distributions differ.

    They differ where the shares of runs that reach some score are 10 percentage points apart.
    """
    try:
        found = [shared(page) for page in by_variant(runs, Sheet())]
    except ReluBenchError:
        return False
    return any(
        each.settings > 1 and profiles_differ(score_profiles(each.runs, "level"), "level")
        for each in found
    )


def share_axis(axes: Axes) -> None:
    """From no run to all of them."""
    axes.set_ylim(-0.02, 1.02)
    axes.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])


def _profile_note(page: Page, pooled: Shared, scale: Scale, beyond: int) -> Iterator[str]:
    runs = pooled.runs
    sizes = runs.groupby("level").size()
    each = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
    better = "at least" if scale.higher_is_better else "at most"
    settings = f", over {pooled.settings} settings" if pooled.settings > 1 else ""
    yield (
        f"Lines: share of a variant's runs whose test {scale.title} is {better} the value below, "
        f"{each} runs each{settings}."
    )
    yield _bands(runs)
    if beyond:
        yield f"{beyond} {plural(beyond, 'run lies', 'runs lie')} left of the axis."
    yield from notes.pooling(pooled)
    diverged = int((runs["outcome"] == "diverged").sum())
    if diverged:
        those = plural(diverged, "diverged run counts", "diverged runs count")
        yield f"{diverged} {those} as the constant guess."
    yield from notes.missing(page)
    yield notes.crowd(page)


def _bands(runs: DataFrame) -> str:
    group = "level" if "level" in runs else "variant"
    if runs.groupby(group)["seed"].nunique().max() == 1:
        return "One seed: no bands."
    if seeds_added(runs).any():
        return "No bands: they are for a fixed number of seeds, and here some were added."
    return "Bands: 95\u00a0% of the bootstrap over the seeds, pointwise."


def _halves(runs: DataFrame, scores: Series, scale: Scale) -> str:
    """What half of the runs of the best and of the worst variant reach."""
    halves = scores.groupby(runs["level"]).median()
    halves = halves.sort_values(ascending=not scale.higher_is_better, kind="stable")
    ends = [(str(halves.index[at]), float(halves.iloc[at])) for at in (0, -1)]
    said = [f"of {level} {number(value, scale)}" for level, value in ends]
    return f"Test {scale.title} that half of the runs reach: best {said[0]}, last {said[1]}."


# An axis of scores spaced by the logarithm of their distance from the best that can be: between 98
# and 99 % of right answers lies as much as between 80 and 90 %, half of the errors.


def place_of(scores: Series, scale: Scale) -> NDArray[np.float64]:
    """Where scores stand on the axis, the better the farther right.

    Minus the decimal logarithm of the distance from the best, or the score itself where no best is
    known. A distance below 0.00001 counts as that.
    """
    distances = distance_from_best(scores, scale)
    if distances is None:
        return np.asarray(scores, np.float64)
    return -np.log10(np.maximum(distances, _LEAST))


def show_distances(axes: Axes, limits: Limits, scale: Scale, most: int) -> None:
    """Write scores at round distances beside the axis, as many as there is room for."""
    if distance_from_best(np.zeros(1), scale) is None:
        numbered(axes.xaxis, scale, most)
        return
    distances = _round_distances(limits, most)
    shown = [1.0 - each if scale.higher_is_better else each for each in distances]
    axes.set_xticks(
        [-math.log10(each) for each in distances],
        [f"{scale.factor * each:.6g}" for each in shown],
    )


def _axis_label(scale: Scale) -> str:
    """The metric, its unit, and how the axis is spaced."""
    named = f"test {scale.title}{scale.suffix}"
    if distance_from_best(np.zeros(1), scale) is None:
        return named
    how = "error on a log scale" if scale.higher_is_better else "log scale, better to the right"
    return f"{named}, {how}"


def _round_distances(limits: Limits, most: int) -> Sequence[float]:
    """Round numbers within the limits, falling: the finest ones for which there is room."""
    best: list[float] = []
    low, high = 10 ** -limits[1], 10 ** -limits[0]
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in _DIGITS:
        there = [
            digit * 10.0**power
            for power in powers
            for digit in digits
            if low <= digit * 10.0**power <= high
        ]
        if len(there) > most and len(best) >= 2:
            break
        best = there
        if len(best) >= max(_LEAST_TICKS, most // 2):
            break
    return sorted(best, reverse=True)


@dataclass(frozen=True, eq=False)
class Arriving:
    """When the runs of a page reach the target of `relu-bench compare`.

    Attributes:
        page: of runs with rows in epochs.csv.
        epochs: rows of epochs.csv; those of other runs are ignored.
    """

    page: Page
    epochs: DataFrame

    @cached_property
    def shared(self) -> Shared:
        """The runs at the settings that all variants have."""
        return shared(self.page)

    @cached_property
    def arrived(self) -> Arrivals:
        """When these arrive; the target is made of the baseline of the comparison."""
        runs = self.shared.runs.assign(variant=self.shared.runs["level"])
        there = set(runs["variant"])
        baseline = self.page.baseline
        if baseline not in there:
            baseline = str(runs.sort_values(PLANNED, kind="stable")["variant"].iloc[0])
        return arrivals(runs, self.epochs, self.page.metric, baseline)

    @cached_property
    def medians(self) -> tuple[TimeToAccuracy, ...]:
        """One for each variant, the fastest first."""
        return medians(self.arrived, self.page.order)

    def target(self) -> str:
        """As figures write it."""
        found = self.arrived
        return number(found.target / found.measure.scale.factor, found.measure.scale)

    def target_in_words(self) -> str:
        """What the target is made of."""
        found = self.arrived
        best = ", at its best setting" if self.shared.settings > 1 else ""
        return (
            f"Target: {found.measure.title} of {self.target()}, {found.measure.scale.near(SHARE)} "
            f"the final one of {found.baseline}, the baseline{best}."
        )


def arriving(page: Page, epochs: DataFrame) -> Arriving | None:
    """The page with those of its runs alone that have rows in epochs.csv; None without any.

    Runs without validation are left out too; None where nothing was held out.
    """
    there = page.runs["run_id"].isin(epochs["run_id"].unique())
    held_out = compare.score(page.runs, "val").notna()
    failed = page.runs["status"] == "failed"
    if not (there & held_out).any():
        return None
    return Arriving(replace(page, runs=page.runs[(there & held_out) | failed]), epochs)


def pages_with_validation(runs: DataFrame, sheet: Sheet) -> list[Page]:
    """The pages of `by_variant`, of the runs that held something out for validation.

    Raises:
        ReluBenchError: when none did, or there are no two variants.
    """
    held_out = compare.score(runs, "val").notna()
    if not held_out.any():
        raise ReluBenchError("nothing was held out for validation")
    there = held_out | (runs["status"] == "failed")
    return by_variant(runs if there.all() else runs[there], sheet)


def arrivals_judged(results: Selection, runs: DataFrame) -> DataFrame:
    """When each run of an experiment arrives, for `arrivals_tell`.

    Returns:
        One row a run: page, variant, epoch; none where nothing can be compared. Pages whose target
        a run reaches before training are left out: their baseline learned nothing.
    """
    import pandas as pd

    nothing = pd.DataFrame({"page": [], "variant": [], "epoch": []})
    try:
        found = pages_with_validation(runs, Sheet())
    except ReluBenchError:
        return nothing
    tables = [
        shown.arrived.runs.assign(page=shown.page.part)
        for shown in (arriving(page, results.epochs) for page in found)
        if shown is not None
    ]
    return pd.concat([each for each in tables if (each["epoch"] > 0).all()] or [nothing])


def arrivals_tell(arrived: DataFrame) -> bool:
    """On some page, variants differ in when their runs arrive, by the rule of `arrivals_differ`."""
    return any(arrivals_differ(rows, "variant") for _, rows in arrived.groupby("page"))


def time_to_target(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """Shares of runs that have arrived by epoch and by seconds, and below each run and median."""
    shown = arriving(page, results.epochs)
    if shown is None:
        title, details = notes.title(page, TIME_TITLE, sheet.where)
        panel = Panel(draw=marks.say_nothing_is_there)
        note = "No run has rows in epochs.csv."
        return Picture(title=title, details=details, grids=[Grid([[panel]])], note=note)
    found = shown.arrived
    last = float(shown.shared.runs["epochs"].max())
    panels = [_share_panel(shown, "epoch", last, "epoch", sheet)]
    if found.timed:
        panels.append(_share_panel(shown, "seconds", _last_seconds(found), "seconds", sheet))
    subject = f"time to a {found.measure.title} of {shown.target()}"
    title, details = notes.title(page, subject, sheet.where)
    said = [f"{row.variant}, {median_in_words(row)}" for row in shown.medians]
    return Picture(
        title=title,
        details=details,
        grids=[Grid([panels]), Grid([[arrival_rows(shown, last, sheet.width)]])],
        legend=notes.legend_of(page, {row.variant for row in shown.medians}),
        legend_title=notes.hue_title(page),
        note=" ".join(text for text in _time_note(shown) if text),
        words=f"Target: {found.measure.title} of {shown.target()}. Median epochs to it: fastest "
        f"{said[0]}; slowest {said[-1]}.",
    )


def _share_panel(shown: Arriving, column: str, last: float, label: str, sheet: Sheet) -> Panel:
    profiles = time_profiles(shown.arrived.runs, "variant", column)
    table = profiles.assign(level=profiles["variant"], value=profiles["share"])

    def draw(axes: Axes) -> None:
        share_axis(axes)
        axes.set_xlim(0.0, _BEYOND * last or 1.0)
        if column == "epoch":
            whole_numbers(axes.xaxis)
        else:
            numbered(axes.xaxis, _SECONDS)
        if not len(table):
            marks.say_nothing_is_there(axes)
        marks.steps(axes, table, shown.page.look)

    height = _HEIGHT if sheet.wide else _NARROW_HEIGHT
    return Panel(draw=draw, height=height, x=label, y="share of runs (%)")


_SECONDS = Scale("seconds", higher_is_better=False, factor=1.0, unit="s")


def _last_seconds(found: Arrivals) -> float:
    """The last time, or where a few later ones would squash the axis, the last of the others."""
    times = found.runs["seconds"].to_numpy(np.float64)
    times = times[np.isfinite(times)]
    if not times.size:
        return 1.0
    usual = stats.robust_range(times, ["high"])[1]
    return float(times.max()) if times.max() <= _MOST_SQUASHED * usual else usual


def arrival_rows(shown: Arriving, last: float, width: float, strip: str = "") -> Panel:
    """A row for each variant: the epoch of each run, the median, and how many never arrive.

    Args:
        shown: when runs arrive.
        last: the last epoch.
        width: of the panel with its names, in inches.
        strip: whose runs alone are shown; empty for all.
    """
    import pandas as pd

    runs = shown.arrived.runs.assign(level=shown.arrived.runs["variant"], outcome="learned")
    if strip:
        of_strip = shown.page.runs.loc[shown.page.runs["strip"] == strip, "run_id"]
        runs = runs[runs["run_id"].isin(of_strip)]
    levels = [level for level in shown.page.order if level in set(runs["level"])]
    if not levels:
        return Panel(draw=marks.say_nothing_is_there, heading=strip, height=_ROW, x="epoch")
    of_level = {level: runs[runs["level"] == level]["epoch"] for level in levels}
    texts = {level: _median_text(epochs) for level, epochs in of_level.items()}
    places = marks.row_places(levels, width, texts=texts, least=_ROW)
    halves = pd.DataFrame(
        [(level, 1, epochs.median(), math.nan, math.nan) for level, epochs in of_level.items()],
        columns=["level", "x", "value", "low", "high"],
    ).replace(math.inf, math.nan)
    dots = runs.assign(value=runs["epoch"])

    def draw(axes: Axes) -> None:
        limits = (-0.02 * last, 1.03 * last)
        marks.rows(axes, halves, shown.page.look, places, limits, dots=dots)
        whole_numbers(axes.xaxis)

    heading = f"{strip}\nepoch of arrival" if strip else "epoch of arrival"
    return Panel(draw=draw, heading=heading, height=places.height, x="epoch")


def _median_text(epochs: Series) -> str:
    never = int(np.isinf(epochs).sum())
    middle = float(epochs.median())
    if math.isinf(middle):
        return f"{never} of {len(epochs)} never"
    return f"{middle:g}" + (f", {never} of {len(epochs)} never" if never else "")


def median_in_words(row: TimeToAccuracy) -> str:
    """The median epoch, and how many runs never arrive; where most do not, nor does the median."""
    never = f"never: {row.runs - row.reached} of {row.runs}"
    if math.isinf(row.epochs):
        return never
    return f"epoch {row.epochs:g}" + (f", {never}" if row.reached < row.runs else "")


def _time_note(shown: Arriving) -> Iterator[str]:
    found = shown.arrived
    yield shown.target_in_words()
    if (found.runs["epoch"] <= 0).any():
        yield "Some runs reach it before training: the baseline learned little."
    yield "Lines: share of a variant's runs that have reached it so far."
    yield _bands(found.runs)
    yield "Below: a dot a run, and below the dots their median; never is later than any epoch."
    if found.timed:
        yield "Seconds: of training and validation, compiling aside."
        late = int((found.runs["seconds"].replace(math.inf, math.nan) > _last_seconds(found)).sum())
        if late:
            arrive = plural(late, "run arrives", "runs arrive")
            yield f"{late} {arrive} beyond the axis of seconds."
    else:
        yield "No seconds: the runs were made on several hosts, or with several numbers of jobs."
    yield from notes.pooling(shown.shared)
    yield from notes.missing(shown.page)
    yield notes.crowd(shown.page)
