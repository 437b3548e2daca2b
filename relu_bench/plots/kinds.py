"""Every kind of figure, one entry each: a new one is one more entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare import Selection, effects, layers, views
from relu_bench.compare.layers import STEP_MEASURE
from relu_bench.components.registry import nearest
from relu_bench.errors import ReluBenchError
from relu_bench.plots import (
    arriving,
    comparison,
    dead_units,
    gradient_by_depth,
    gradient_by_time,
    heatmaps,
    interaction,
    learned_slopes,
    main_effects,
    output_mean,
    pareto,
    pooled,
    profile,
    score_by_rate,
    sparsity,
    steadiness,
    time_to_target,
)
from relu_bench.plots.pages import Page
from relu_bench.plots.wanted import Wanted, by_every_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of figure.

    Attributes:
        title: what it shows, for lists.
        rows: the table of the results that it is made of beside the runs of its page; None where
            these are all that it takes.
        draw: `(page, rows, width=, with_title=, where=)` makes the figure of one page, without
            `rows` where there are none.
        measure: the column of layers.csv without which a run has nothing to show; empty for a
            figure of what every run has.
        tells: the rule by which it is drawn without being asked for; None for always. With a
            `measure` a function of `compare.variant_layers` of the experiment, else of its runs.
        judged: `(results, runs)` makes the table that `tells` judges of the runs of one experiment,
            where that is another one.
        absent: why there may be nothing to draw.
        pages: `(runs, wanted)` makes the pages of the runs of one experiment. It raises
            ReluBenchError with the reason where these runs allow none.
        numbers: `(page, rows)`, as for `draw`, says the main numbers of one page in words, for who
            cannot see it; None for the lowest and the highest mean.
        over_two_axes: whether `wanted.over` chooses what it shows.
    """

    title: str
    rows: Callable[[Selection], DataFrame] | None
    draw: Callable[..., Figure]
    measure: str = ""
    tells: Callable[[DataFrame], bool] | None = None
    judged: Callable[[Selection, DataFrame], DataFrame] | None = None
    absent: str = ""
    pages: Callable[[DataFrame, Wanted], Sequence[Page]] = by_every_axis
    numbers: Callable[..., str] | None = None
    over_two_axes: bool = False

    def tables(self, results: Selection, page: Page) -> tuple[DataFrame, ...]:
        """What `draw` and `numbers` take behind the page: the rows of its runs, where needed."""
        if self.rows is None:
            return ()
        rows = self.rows(results)
        return (rows[rows["run_id"].isin(page.runs["run_id"])],)


_NO_PROBES = "no run has measurements of its layers (`probes: false`, or an older version)"

KINDS: Mapping[str, Kind] = {
    "comparison": Kind(
        title=comparison.TITLE,
        rows=lambda results: results.epochs,
        draw=comparison.comparison,
    ),
    "learning-rate": Kind(
        title=score_by_rate.TITLE,
        rows=None,
        draw=score_by_rate.score_by_rate,
        tells=views.rates_vary,
        pages=score_by_rate.pages_by_rate,
        numbers=score_by_rate.numbers,
    ),
    "heatmap": Kind(
        title=heatmaps.TITLE,
        rows=None,
        draw=heatmaps.heatmaps,
        tells=effects.a_grid,
        pages=heatmaps.pages_of_cells,
        numbers=heatmaps.numbers,
        over_two_axes=True,
    ),
    "interaction": Kind(
        title=interaction.TITLE,
        rows=None,
        draw=interaction.interaction,
        tells=effects.an_interaction,
        pages=interaction.pages_of_interaction,
        numbers=interaction.numbers,
        over_two_axes=True,
    ),
    "effects": Kind(
        title=main_effects.TITLE,
        rows=None,
        draw=main_effects.main_effects,
        tells=effects.effects_can_be_told,
        pages=main_effects.pages_of_effects,
        numbers=main_effects.numbers,
    ),
    "pareto": Kind(
        title=pareto.TITLE,
        rows=None,
        draw=pareto.pareto,
        tells=pareto.tells,
        pages=pareto.by_machine,
        numbers=pareto.numbers,
    ),
    "profile": Kind(
        title=profile.TITLE,
        rows=None,
        draw=profile.profile,
        tells=profile.tells,
        pages=pooled.by_variant,
        numbers=profile.numbers,
    ),
    "time": Kind(
        title=time_to_target.TITLE,
        rows=lambda results: results.epochs_in_plan_order,
        draw=time_to_target.time_to_target,
        tells=arriving.tells,
        judged=arriving.judged,
        pages=arriving.pages_with_validation,
        numbers=arriving.numbers,
    ),
    "dead-units": Kind(
        title=dead_units.TITLE,
        rows=lambda results: results.layers,
        draw=dead_units.dead_units,
        measure="inactive_fraction",
        tells=layers.units_fall_silent,
        absent=_NO_PROBES,
    ),
    "gradient": Kind(
        title=gradient_by_depth.TITLE,
        rows=lambda results: results.layers,
        draw=gradient_by_depth.gradient_by_depth,
        measure="gradient_rms",
        tells=layers.gradients_fade,
        absent=_NO_PROBES,
    ),
    "time-gradient": Kind(
        title=gradient_by_time.TITLE,
        rows=lambda results: results.layers,
        draw=gradient_by_time.gradient_by_time,
        measure=STEP_MEASURE,
        tells=layers.fades_or_grows,
        judged=layers.variant_steps,
        absent="no run of a recurrent model has measurements by time step",
        pages=gradient_by_time.pages_of_steps,
        numbers=gradient_by_time.numbers,
    ),
    "slopes": Kind(
        title=learned_slopes.TITLE,
        rows=lambda results: results.layers,
        draw=learned_slopes.learned_slopes,
        measure="slope_mean",
        tells=layers.slopes_are_learned,
        absent="no activation of a probed run learns slopes",
    ),
    "output-mean": Kind(
        title=output_mean.TITLE,
        rows=lambda results: results.layers,
        draw=output_mean.output_mean,
        measure="out_mean",
        tells=layers.outputs_are_off_centre,
        absent=_NO_PROBES,
    ),
    "sparsity": Kind(
        title=sparsity.TITLE,
        rows=lambda results: results.layers,
        draw=sparsity.sparsity,
        measure=sparsity.MEASURE,
        tells=layers.active_shares_differ,
        absent=_NO_PROBES,
    ),
    "steadiness": Kind(
        title=steadiness.TITLE,
        rows=lambda results: results.layers_and_scores,
        draw=steadiness.steadiness,
        measure=steadiness.MEASURE,
        tells=layers.gradients_share_signs,
        absent="no kernel of a run got a gradient, or all were stored without probes",
    ),
}


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The kinds that were asked for, in the order of the table; `all` stands for every one.

    Raises:
        ReluBenchError: for a name that is none of them.
    """
    for name in names:
        if name not in (*KINDS, ALL):
            raise ReluBenchError(
                f"--kind {name!r} is no kind of figure.{_meant(name)} "
                f"Known: {', '.join((*KINDS, ALL))}."
            )
    return tuple(kind for kind in KINDS if kind in names or ALL in names)


def _meant(name: str) -> str:
    """` Did you mean ...?` for the kinds that begin with `name`, contain it, or are similar."""
    word = name.lower().replace("_", "-")
    found = [kind for kind in KINDS if word and kind.startswith(word)]
    # One or two letters stand in many kinds by chance.
    found = found or [kind for kind in KINDS if len(word) > 2 and word in kind]
    if found:
        return f" Did you mean {' or '.join(map(repr, found))}?"
    return nearest(name, (*KINDS, ALL))
