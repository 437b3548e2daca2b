"""Every kind of figure, one entry each: a new one is one more entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from relu_bench.compare import Selection, effects, views
from relu_bench.compare.layers import (
    STEP_MEASURE,
    active_shares_differ,
    fades_or_grows,
    gradients_fade,
    gradients_share_signs,
    outputs_are_off_centre,
    slopes_are_learned,
    units_fall_silent,
    variant_steps,
)
from relu_bench.components.registry import nearest
from relu_bench.errors import ReluBenchError
from relu_bench.figures import by_setting, heatmap, layers, scores, steadiness, targets, trade_offs
from relu_bench.figures.canvas import Picture
from relu_bench.figures.pages import Page, by_every_axis, by_variant
from relu_bench.figures.style import Sheet

if TYPE_CHECKING:
    from pandas import DataFrame


Question = Literal["variants", "settings", "inside"]
"""Which variant is better, what the other settings do to that, and what happens in the layers."""
QUESTIONS: tuple[Question, ...] = get_args(Question)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of figure.

    Attributes:
        title: what it shows, for lists.
        draw: `(page, results, sheet)` makes the picture of one page.
        answers: the question that it answers, if that is one of those of every experiment. Of the
            kinds that answer the same one, the first that tells something is drawn unasked.
        measure: the column of layers.csv without which a run has nothing to show; empty for a
            figure of what every run has.
        tells: the rule by which it has something to tell of an experiment; None for always. With a
            `measure` a function of `compare.variant_layers` of the experiment, else of its runs.
        judged: `(results, runs)` makes the table that `tells` judges of the runs of one experiment,
            where that is another one.
        absent: why there may be nothing to draw.
        pages: `(runs, sheet)` makes the pages of the runs of one experiment. It raises
            ReluBenchError with the reason where these runs allow none.
        over_two_axes: whether `sheet.over` chooses what it shows.
    """

    title: str
    draw: Callable[[Any, Selection, Sheet], Picture]
    answers: Question | None = None
    measure: str = ""
    tells: Callable[[DataFrame], bool] | None = None
    judged: Callable[[Selection, DataFrame], DataFrame] | None = None
    absent: str = ""
    pages: Callable[[DataFrame, Sheet], Sequence[Page]] = by_every_axis
    over_two_axes: bool = False


ALL = "all"
_NO_PROBES = "no run has measurements of its layers (`probes: false`, or an older version)"

KINDS: Mapping[str, Kind] = {
    "comparison": Kind(
        title=scores.TITLE,
        draw=scores.comparison,
        answers="variants",
    ),
    "learning-rate": Kind(
        title=by_setting.RATE_TITLE,
        draw=by_setting.by_rate,
        answers="settings",
        tells=views.rates_vary,
        pages=by_setting.pages_by_rate,
    ),
    "heatmap": Kind(
        title=heatmap.TITLE,
        draw=heatmap.heatmap,
        answers="settings",
        tells=effects.a_grid,
        pages=heatmap.pages_of_cells,
        over_two_axes=True,
    ),
    "interaction": Kind(
        title=by_setting.INTERACTION_TITLE,
        draw=by_setting.interaction,
        tells=effects.an_interaction,
        pages=by_setting.pages_of_interaction,
        over_two_axes=True,
    ),
    "effects": Kind(
        title=by_setting.EFFECTS_TITLE,
        draw=by_setting.main_effects,
        tells=effects.effects_can_be_told,
        pages=by_setting.pages_of_effects,
    ),
    "pareto": Kind(
        title=trade_offs.TITLE,
        draw=trade_offs.pareto,
        tells=trade_offs.tells,
        pages=trade_offs.by_machine,
    ),
    "profile": Kind(
        title=targets.PROFILE_TITLE,
        draw=targets.profile,
        tells=targets.profile_tells,
        pages=by_variant,
    ),
    "time": Kind(
        title=targets.TIME_TITLE,
        draw=targets.time_to_target,
        tells=targets.arrivals_tell,
        judged=targets.arrivals_judged,
        pages=targets.pages_with_validation,
    ),
    "time-gradient": Kind(
        title=layers.STEPS_TITLE,
        draw=layers.time_gradient,
        answers="inside",
        measure=STEP_MEASURE,
        tells=fades_or_grows,
        judged=variant_steps,
        absent="no run of a recurrent model has measurements by time step",
        pages=layers.pages_of_steps,
    ),
    "dead-units": Kind(
        title=layers.DEAD_TITLE,
        draw=layers.dead_units,
        answers="inside",
        measure="inactive_fraction",
        tells=units_fall_silent,
        absent=_NO_PROBES,
    ),
    "gradient": Kind(
        title=layers.GRADIENT_TITLE,
        draw=layers.gradient,
        answers="inside",
        measure="gradient_rms",
        tells=gradients_fade,
        absent=_NO_PROBES,
    ),
    "slopes": Kind(
        title=layers.SLOPES_TITLE,
        draw=layers.slopes,
        answers="inside",
        measure="slope_mean",
        tells=slopes_are_learned,
        absent="no activation of a probed run learns slopes",
    ),
    "output-mean": Kind(
        title=layers.OUTPUT_TITLE,
        draw=layers.output_mean,
        answers="inside",
        measure="out_mean",
        tells=outputs_are_off_centre,
        absent=_NO_PROBES,
    ),
    "sparsity": Kind(
        title=steadiness.SPARSITY_TITLE,
        draw=steadiness.sparsity,
        answers="inside",
        measure="sparsity",
        tells=active_shares_differ,
        absent=_NO_PROBES,
    ),
    "steadiness": Kind(
        title=steadiness.STEADINESS_TITLE,
        draw=steadiness.steadiness,
        answers="inside",
        measure="same_sign_fraction",
        tells=gradients_share_signs,
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
