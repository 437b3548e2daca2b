"""What the probes saw inside the networks: dead units, gradients, slopes, mean outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from relu_bench import compare, stats
from relu_bench.compare import Scale, Selection
from relu_bench.compare.layers import STEP_MEASURE, fates, first_by_last, run_steps
from relu_bench.compare.measures import measure_of
from relu_bench.figures import marks, notes
from relu_bench.figures.canvas import Grid, Panel, Picture, evenly, flowing
from relu_bench.figures.limits import Limits, level_limits
from relu_bench.figures.marks import row_places
from relu_bench.figures.pages import Page, pages
from relu_bench.figures.style import QUIET, Sheet, numbered, show_powers, whole_numbers
from relu_bench.store import columns
from relu_bench.wording import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

DEAD_TITLE = "inactive and dead units, and zeros in the outputs"
GRADIENT_TITLE = "gradient by depth"
STEPS_TITLE = "gradient by time step"
OUTPUT_TITLE = "mean output by layer"
SLOPES_TITLE = "learned slopes"
AT_START, AT_END = "at initialization", "after training"
BY = ("strip", "level")

_MEANINGS = {column.name: column.meaning for column in columns.LAYERS}
# Inches.
_PANEL = 1.6
_HEIGHT = 1.35
_LONE_HEIGHT = 1.7
# What multiplies small panels of time steps, before any other axis.
_STRIPS = "recurrent_initializer"
_PLAIN = Scale("", higher_is_better=True, factor=1.0, unit="")
_SHARE = Scale("", higher_is_better=False, factor=100.0, unit="%")
# A narrower axis would make a mountain of nothing.
_LEAST_SHARE = 0.02
_NEXT_TO_NONE = 0.0005
# Up to this many decades, the axis of gradients ends at powers of ten.
_FEW_DECADES = 3.0
_MARGIN = 0.05


@dataclass(frozen=True, eq=False)
class Layers:
    """The hidden layers of one page.

    Attributes:
        page: the page.
        results: which it is of.
        sheet: it is drawn for.
        measures: what is drawn; a layer without the first is left out.
    """

    page: Page
    results: Selection
    sheet: Sheet
    measures: Sequence[str]

    @cached_property
    def single(self) -> DataFrame:
        """Of `compare.run_layers`, by strip and level."""
        table = compare.run_layers(self.page.runs, self.results.layers, BY)
        return table.dropna(subset=[self.measures[0]])

    @property
    def ends(self) -> DataFrame:
        """`single` at initialization and after training alone, named in `moment`."""
        import pandas as pd

        ends = {AT_START: self.single[self.single["epoch"] == 0], AT_END: self._last}
        return pd.concat([rows.assign(moment=name) for name, rows in ends.items()])

    @property
    def _last(self) -> DataFrame:
        return self.single[self.single["last"]]

    @property
    def columns(self) -> int:
        """How many panels stand in a row."""
        return max(2, int(self.sheet.width / _PANEL))

    @property
    def pairs(self) -> int:
        """How many panels stand in a row where two belong together."""
        return max(2, self.columns * 2 // 3)

    @property
    def last_epoch(self) -> int:
        """Of any run on the page."""
        return int(self.single["epoch"].max()) if len(self.single) else 1

    def names(self, strip: str) -> list[str]:
        """The hidden layers of a strip, the first of the network first."""
        those = self.single[self.single["strip"] == strip]
        return list(those.groupby("layer")["depth"].min().sort_values(kind="stable").index)

    def over_runs(
        self, table: DataFrame, fine: Sequence[str], measure: str, middle: Literal["mean", "median"]
    ) -> DataFrame:
        """The points of one measure: mean with ± 1 sd, or median with the smallest and largest."""
        spread = compare.over_runs(table, [*BY, *fine], measure)
        if middle == "mean":
            low, high = spread["mean"] - spread["sd"], spread["mean"] + spread["sd"]
        else:
            several = spread["n"] > 1
            low, high = spread["lowest"].where(several), spread["highest"].where(several)
        return spread.assign(value=spread[middle], low=low, high=high)

    def picture(
        self, subject: str, grids: Sequence[Grid], note: Sequence[str], words: str = ""
    ) -> Picture:
        """The panels with what all figures of layers say."""
        title, details = notes.title(self.page, subject, self.sheet.where)
        lines = [
            *note,
            *notes.diverged_layers(self.page),
            *notes.unprobed(compare.without_probes(self.page.runs, self.results.layers)),
            *notes.missing(self.page),
            notes.crowd(self.page),
        ]
        return Picture(
            title=title,
            details=details,
            grids=grids,
            legend=notes.legend_of(self.page, set(self.single["level"])),
            legend_title=notes.hue_title(self.page),
            note=" ".join(line for line in lines if line),
            words=words or lowest_and_highest(self._last, self.measures[0]),
        )


def lowest_and_highest(last: DataFrame, measure: str) -> str:
    """The lowest and the highest mean over the layers after training, for who sees no figure."""
    means = last.groupby(["level", "strip"])[measure].mean().dropna()
    ends = notes.ends(means, lambda value: f"{value:.3g}")
    return f"After training, the {_MEANINGS[measure]}, mean over layers: {ends}." if ends else ""


def band_in_words(table: DataFrame, middle: str, band: str) -> str:
    """What lines and bands are.

    Args:
        table: of `Layers.over_runs`.
        middle: what a line shows, as `means`.
        band: what a band shows, as `± 1 sd`.
    """
    if not len(table):
        return ""
    sizes = table.groupby(list(BY))["n"].max()
    if sizes.max() == 1:
        return "One seed: no bands."
    return f"Lines: {middle} over {notes.seeds(sizes)}; bands: {band}."


def dead_units(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """Inactive units and zeros by epoch, a panel a layer; below, who is dead before and after."""
    shown = Layers(page, results, sheet, ["inactive_fraction", "sparsity"])
    labels = {"inactive_fraction": "inactive (%)", "sparsity": "zeros (%)"}
    tables = {
        measure: _within_all(shown.over_runs(shown.single, ["layer", "epoch"], measure, "mean"))
        for measure in labels
    }
    most = shown.columns if len(page.strips) < 3 or shown.columns < 4 else shown.columns // 2
    groups = []
    for strip in page.strips:
        names = evenly(shown.names(strip), most)
        parts = [
            [
                _share_panel(shown, tables[measure], (strip, name), label, heading=not number)
                for name in names
            ]
            for number, (measure, label) in enumerate(labels.items())
        ]
        together = len(names) * len(labels) <= shown.columns
        groups += [[panel for part in parts for panel in part]] if together else parts
    grids = [Grid(flowing([group for group in groups if group] or [[_empty()]], shown.columns))]
    fate = fates(page.runs, results.layers, BY)
    rows, left_out = _fates(shown, fate)
    note = [
        band_in_words(tables["inactive_fraction"], "means", "±\u00a01\u00a0sd"),
        "Inactive: units whose derivative is 0 on every sample of the probe set. Zeros: share of "
        "exact zeros among a layer's outputs. Dead: inactive, and no learned slope could revive "
        "them; of all hidden layers, counted on the whole training part, hollow before training "
        "and filled after it, bars ±\u00a01\u00a0sd. Beside them: units that fell silent and that "
        "came back from one epoch to the next, on the probe set, sums over all epochs, means over "
        "the seeds.",
        left_out,
        *_layers_in_words(shown, most),
    ]
    return shown.picture(DEAD_TITLE, [*grids, *rows], note)


def _within_all(table: DataFrame) -> DataFrame:
    """Bands of shares, which end at none and at all."""
    return table.assign(low=table["low"].clip(0, 1), high=table["high"].clip(0, 1))


def _empty() -> Panel:
    return Panel(draw=marks.say_nothing_is_there)


def _share_panel(
    shown: Layers, table: DataFrame, place: tuple[str, str], label: str, *, heading: bool
) -> Panel:
    strip, layer = place
    rows = table[(table["strip"] == strip) & (table["layer"] == layer)].assign(
        x=lambda points: points["epoch"]
    )
    limits = _share_limits(table)
    first = heading and layer == shown.names(strip)[0] and strip

    def draw(axes: Axes) -> None:
        marks.lines(axes, rows, shown.page.look)
        axes.set_xlim(0, shown.last_epoch)
        axes.set_ylim(*limits)
        whole_numbers(axes.xaxis)
        numbered(axes.yaxis, _SHARE, 4)

    lone = len(shown.page.strips) == 1
    return Panel(
        draw=draw,
        heading=f"{strip}\n{layer}" if first else layer,
        height=_LONE_HEIGHT if lone else _HEIGHT,
        x="epoch",
        y=label,
    )


def _share_limits(table: DataFrame) -> Limits:
    """From 0, with room for a line that lies on it, as far as the bands, at most to 1."""
    top = min(1.0, max(_LEAST_SHARE, *_largest(table)))
    return -0.04 * top, 1.04 * top


def _largest(table: DataFrame) -> Iterator[float]:
    for name in ("value", "high"):
        if table[name].notna().any():
            yield float(table[name].max())


def _fates(shown: Layers, fate: DataFrame) -> tuple[list[Grid], str]:
    """Rows of the levels of which any unit is dead or changes, and who has no row."""
    import pandas as pd

    moments = {0: "dead_before", 1: "dead_after"}
    parts = [
        fate[[*BY, name]].rename(columns={name: "dead"}).assign(x=x) for x, name in moments.items()
    ]
    dead = _within_all(shown.over_runs(pd.concat(parts), ["x"], "dead", "mean"))
    counts = fate.groupby(list(BY))[["died", "revived"]].mean()
    moved = {key: (float(died), float(revived)) for key, died, revived in counts.itertuples()}
    busy = {str(level) for level in dead.loc[dead["value"] >= _NEXT_TO_NONE, "level"]}
    busy |= {str(level) for level in counts[counts.sum(axis=1) > 0].index.get_level_values("level")}
    there = [level for level in shown.page.order if level in set(dead["level"])]
    levels = [level for level in there if level in busy]
    if not levels:
        return [], "No unit is dead before or after training, or falls silent." if there else ""
    limits = _dead_limits(dead)
    columns = 2 if shown.sheet.wide and len(shown.page.strips) > 1 else 1
    between = ", " if shown.sheet.wide and columns == 1 else ",\n"
    panels = []
    for strip in shown.page.strips:
        its = [level for level in levels if (strip, level) in moved]
        texts = {level: between.join(_fate_in_words(moved[strip, level])) for level in its}
        places = row_places(its, shown.sheet.width / columns, texts=texts)
        rows = dead[dead["strip"] == strip]

        def draw(axes: Axes, rows: DataFrame = rows, places: marks.RowPlaces = places) -> None:
            marks.rows(axes, rows, shown.page.look, places, limits)
            numbered(axes.xaxis, _SHARE, 5)

        heading = "dead units" if not strip else f"{strip}\ndead units"
        panels.append([Panel(draw=draw, heading=heading, height=places.height, x="dead (%)")])
    missing = len(there) - len(levels)
    names = [level for level in there if level not in busy]
    who = " and ".join(names) if missing <= 2 else f"{missing} variants"
    left_out = (
        f"{who} {plural(missing, 'has', 'have')} no dead unit, before and after, and so no row."
        if missing
        else ""
    )
    off = notes.off_axis(dead["value"], limits, "mean", _SHARE)
    return [Grid(flowing(panels, columns))], " ".join([left_out, *off]).strip()


def _dead_limits(dead: DataFrame) -> Limits:
    """From 0 as far as the marks, but for a few far out, with their bars as far as these."""
    some = dead.loc[dead["value"] >= _NEXT_TO_NONE]
    top = max(
        _LEAST_SHARE / 2, stats.robust_range(some["value"], ["high"])[1] if len(some) else 0.0
    )
    within = some[some["value"] <= top]
    bars = float(within["high"].max()) if within["high"].notna().any() else 0.0
    top = min(1.0, max(top, min(bars, 2 * top)))
    return -0.03 * top, 1.04 * top


def _fate_in_words(died_and_revived: Sequence[float]) -> list[str]:
    """`7.4 fell silent` and `5.3 came back`; nothing of what was not counted, or where none did."""
    if not any(units > 0 for units in died_and_revived):
        return []
    counts = zip(died_and_revived, ("fell silent", "came back"), strict=True)
    return [
        f"{units:.0f} {what}" if units >= 10 or units == round(units) else f"{units:.1f} {what}"
        for units, what in counts
        if math.isfinite(units)
    ]


def _layers_in_words(shown: Layers, most: int) -> Iterator[str]:
    there = max((len(shown.names(strip)) for strip in shown.page.strips), default=0)
    if there > most:
        yield f"Of {there} hidden layers, {most} are shown, evenly spaced."


def gradient(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """The gradient of each hidden layer, a panel before and one after training."""
    shown = Layers(page, results, sheet, ["gradient_rms"])
    metric = str(page.runs["metric"].dropna().iloc[0])
    unit = measure_of(metric, "test_loss").scale.unit
    table = shown.over_runs(shown.ends, ["moment", "depth"], "gradient_rms", "median")
    return _log_picture(
        shown,
        table.assign(x=table["depth"]),
        GRADIENT_TITLE,
        (f"gradient ({unit})", "hidden layer, from the input"),
        "Gradient: root mean square, over samples and units, of the derivative of one sample's "
        "loss by the pre-activation.",
    )


def _log_picture(
    shown: Layers,
    table: DataFrame,
    title: str,
    labels: tuple[str, str],
    meaning: str,
    *,
    words: str = "",
) -> Picture:
    """Medians on a log axis, a panel before and one after training, of each strip.

    Args:
        shown: the layers.
        table: of `Layers.over_runs` by moment, with x.
        title: of the figure.
        labels: of the y and of the x axis.
        meaning: of what is shown, for the note.
        words: the main numbers; by default those of the layers.
    """
    limits = log_limits(table)
    # What is exactly 0 has no place on the axis, and breaks its line there.
    there = table["value"] > 0
    positive = table.assign(
        value=table["value"].where(there),
        low=table["low"].clip(lower=limits[0] / 10).where(there),
        high=table["high"].where(there),
        zero=table["value"] <= 0,
    )
    panels = [
        [
            _log_panel(shown, positive, (strip, moment), limits, labels)
            for moment in (AT_START, AT_END)
        ]
        for strip in shown.page.strips
    ]
    note = [
        meaning,
        band_in_words(table, "medians", "smallest to largest"),
        "▾ at the lower edge: a median of exactly 0." if (table["value"] <= 0).any() else "",
        *notes.off_axis(positive["value"].dropna(), limits, "median", _PLAIN),
    ]
    return shown.picture(title, [Grid(flowing(panels, shown.pairs))], note, words)


def _log_panel(
    shown: Layers,
    table: DataFrame,
    place: tuple[str, str],
    limits: Limits,
    labels: tuple[str, str],
) -> Panel:
    strip, moment = place
    rows = table[(table["strip"] == strip) & (table["moment"] == moment)]
    deepest = int(table["x"].max()) if len(table) else 1

    def draw(axes: Axes) -> None:
        log_axis(axes, limits)
        if not rows["value"].notna().any():
            marks.say_nothing_is_there(axes)
        marks.lines(axes, rows, shown.page.look, marked=True)
        marks.at_lower_edge(axes, rows[rows["zero"]], shown.page.look)
        depth_axis(axes, deepest)

    return Panel(
        draw=draw,
        heading=f"{strip}\n{moment}" if strip and moment == AT_START else moment,
        height=2.2 if len(shown.page.strips) == 1 else _HEIGHT,
        x=labels[1],
        y=labels[0],
    )


def log_axis(axes: Axes, limits: Limits) -> None:
    """A logarithmic y axis with a few powers of ten."""
    from matplotlib.ticker import LogLocator

    axes.set_yscale("log")
    axes.set_ylim(*limits)
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    show_powers(axes.yaxis)


def depth_axis(axes: Axes, deepest: int) -> None:
    """Numbers of layers, from the first hidden one on."""
    margin = min(max(0.3, 0.03 * deepest), 0.9)  # 0 is no layer
    axes.set_xlim(1 - margin, deepest + margin)
    whole_numbers(axes.xaxis, 8)


def log_limits(table: DataFrame) -> Limits:
    """An axis of powers of ten that holds the medians and their bands, but for a few far out."""
    positive = table.loc[table["value"] > 0, "value"]
    if not len(positive):
        return 1e-3, 1.0
    logs = positive.map(math.log10)
    low, high = stats.robust_range(logs)
    ends = table.loc[table["value"] > 0, ["low", "high"]]
    bands = ends.to_numpy(float)
    bands = bands[bands > 0]
    if len(bands):
        span = max(high - low, 1.0)
        low = max(min(low, math.log10(bands.min())), low - span)
        high = min(max(high, math.log10(bands.max())), high + span)
    if high - low < _FEW_DECADES:
        low, high = math.floor(low), math.ceil(high)
        return 10.0**low, 10.0 ** max(high, low + 1)
    margin = _MARGIN * (high - low)
    return 10.0 ** (low - margin), 10.0 ** (high + margin)


def output_mean(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """The mean output of each hidden layer, a panel before and one after training."""
    shown = Layers(page, results, sheet, ["out_mean"])
    table = shown.over_runs(shown.ends, ["moment", "depth"], "out_mean", "mean")
    table = table.assign(x=table["depth"])
    limits = level_limits(table["value"])
    panels = [
        [
            _level_panel(shown, table, (strip, moment), limits, "mean output")
            for moment in (AT_START, AT_END)
        ]
        for strip in page.strips
    ]
    note = [
        "Mean output: over the units and the samples of the probe set; 0 is zero-centred.",
        band_in_words(table, "means", "±\u00a01\u00a0sd"),
        *notes.off_axis(table["value"], limits, "mean", _PLAIN),
    ]
    return shown.picture(OUTPUT_TITLE, [Grid(flowing(panels, shown.pairs))], note)


def slopes(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """Learned slopes by epoch, a panel a layer, with a band from the smallest to the largest."""
    shown = Layers(page, results, sheet, ["slope_mean"])
    group = ["layer", "epoch"]
    table = shown.over_runs(shown.single, group, "slope_mean", "mean")
    ends = shown.single.groupby([*BY, *group]).agg(
        low=("slope_min", "min"), high=("slope_max", "max")
    )
    table = table.drop(columns=["low", "high"]).merge(ends.reset_index(), on=[*BY, *group])
    table = table.assign(x=table["epoch"])
    limits = level_limits([*table["low"], *table["high"], *table["value"]])
    panels = [
        [
            _level_panel(shown, table, (strip, layer), limits, "slope", first=number == 0)
            for number, layer in enumerate(evenly(shown.names(strip), shown.columns))
        ]
        for strip in page.strips
    ]
    sizes = table.groupby(list(BY))["n"].max() if len(table) else [1]
    note = [
        f"Lines: means over the units and {notes.seeds(sizes)}; bands: from the smallest slope of "
        "any unit and seed to the largest.",
        *_layers_in_words(shown, shown.columns),
        *notes.off_axis(table["value"], limits, "mean", _PLAIN),
    ]
    groups = [group for group in panels if group] or [[_empty()]]
    return shown.picture(SLOPES_TITLE, [Grid(flowing(groups, shown.columns))], note)


def _level_panel(
    shown: Layers,
    table: DataFrame,
    place: tuple[str, str],
    limits: Limits,
    label: str,
    *,
    first: bool | None = None,
) -> Panel:
    """Values on both sides of 0, over depth at one moment, or over epochs in one layer."""
    strip, part = place
    by_depth = "moment" in table
    rows = table[(table["strip"] == strip) & (table["moment" if by_depth else "layer"] == part)]
    deepest = int(table["x"].max()) if len(table) else 1
    begins = part == AT_START if first is None else first

    def draw(axes: Axes) -> None:
        if not len(rows):
            marks.say_nothing_is_there(axes)
        marks.lines(axes, rows, shown.page.look, marked=by_depth)
        axes.set_ylim(*limits)
        numbered(axes.yaxis, _PLAIN, 4)
        axes.axhline(0, color=QUIET, lw=0.6, zorder=0.9)
        if by_depth:
            depth_axis(axes, deepest)
        else:
            axes.set_xlim(0, shown.last_epoch)
            whole_numbers(axes.xaxis)

    return Panel(
        draw=draw,
        heading=f"{strip}\n{part}" if strip and begins else part,
        height=_LONE_HEIGHT if len(shown.page.strips) == 1 else _HEIGHT,
        x="hidden layer, from the input" if by_depth else "epoch",
        y=label,
    )


def pages_of_steps(runs: DataFrame, sheet: Sheet) -> list[Page]:
    """The pages of one experiment: small multiples over the recurrent initializers.

    Each setting of the axes that are neither these nor the first one is a page of its own.
    """
    varying = compare.axes(runs)
    others = [name for name in varying[1:] if name != _STRIPS]
    if _STRIPS not in varying[1:] or not others:
        return pages(runs, sheet.most_strips)
    named = compare.with_variant(runs, others, "part")
    parts = dict.fromkeys(named.sort_values(others, kind="stable", na_position="first")["part"])
    return [
        replace(page, part=", ".join(text for text in (str(part), page.part) if text))
        for part in parts
        for page in pages(runs[named["part"] == part], sheet.most_strips)
    ]


def time_gradient(page: Page, results: Selection, sheet: Sheet) -> Picture:
    """The gradient by each time step's state, a panel before and one after training."""
    import pandas as pd

    shown = Layers(page, results, sheet, ["gradient_rms"])
    steps = run_steps(page.runs, results.layers, BY)
    ends = ((AT_START, steps[steps["epoch"] == 0]), (AT_END, steps[steps["last"]]))
    single = pd.concat([rows.assign(moment=moment) for moment, rows in ends])
    table = shown.over_runs(single, ["moment", "step"], STEP_MEASURE, "median")
    return _log_picture(
        shown,
        table.assign(x=table["step"]),
        STEPS_TITLE,
        ("gradient (nats)", "time step of the sequence"),
        "Gradient: root mean square, over samples and units, of the derivative of one sample's "
        "loss by the state at that step; the output layer reads the last one.",
        words=_steps_in_words(steps),
    )


def _steps_in_words(steps: DataFrame) -> str:
    """The lowest and the highest ratio of the first step's gradient to the last one's."""
    sentences = []
    for moment, rows in ((AT_START, steps[steps["epoch"] == 0]), (AT_END, steps[steps["last"]])):
        ratios = first_by_last(rows, BY).sort_values(kind="stable")
        if not len(ratios):
            continue
        told = [
            f"{ratios.iloc[at]:.3g} ({_level_at_strip(*ratios.index[at])})"
            for at in ((0,) if len(ratios) == 1 else (0, -1))
        ]
        between = f"between {told[0]} and {told[1]}" if len(told) > 1 else told[0]
        sentences.append(
            f"The gradient by the first step's state, {moment}, is {between} times that by the "
            "last one's."
        )
    return " ".join(sentences)


def _level_at_strip(strip: str, level: str) -> str:
    return " at ".join(text for text in (level, strip) if text)
