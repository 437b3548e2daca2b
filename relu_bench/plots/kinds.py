"""Every kind of figure, one entry each: a new one is one more entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench.compare import Results, telling
from relu_bench.compare.steadiness import layers_and_scores
from relu_bench.components import nearest
from relu_bench.errors import ReluBenchError
from relu_bench.plots import (
    comparison,
    dead_units,
    gradient_by_depth,
    learned_slopes,
    output_mean,
    sparsity,
    steadiness,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of figure.

    Attributes:
        title: what it shows, for lists.
        rows: the table of the results that it is made of.
        draw: `(page, rows, width=, with_title=, where=)` makes the figure of one page.
        measure: the column of layers.csv without which a run has nothing to show; empty for a
            figure of what every run has.
        tells: the rule by which it is drawn without being asked for, a function of
            `compare.variant_layers` of the experiment; None for always.
        absent: why there may be nothing to draw.
    """

    title: str
    rows: Callable[[Results], DataFrame]
    draw: Callable[..., Figure]
    measure: str = ""
    tells: Callable[[DataFrame], bool] | None = None
    absent: str = ""


_NO_PROBES = "no run has measurements of its layers (`probes: false`, or an older version)"

KINDS: Mapping[str, Kind] = {
    "comparison": Kind(
        title=comparison.TITLE,
        rows=lambda results: results.epochs,
        draw=comparison.comparison,
    ),
    "dead-units": Kind(
        title=dead_units.TITLE,
        rows=lambda results: results.layers,
        draw=dead_units.dead_units,
        measure="inactive_fraction",
        tells=telling.units_fall_silent,
        absent=_NO_PROBES,
    ),
    "gradient": Kind(
        title=gradient_by_depth.TITLE,
        rows=lambda results: results.layers,
        draw=gradient_by_depth.gradient_by_depth,
        measure="gradient_rms",
        tells=telling.gradients_fade,
        absent=_NO_PROBES,
    ),
    "slopes": Kind(
        title=learned_slopes.TITLE,
        rows=lambda results: results.layers,
        draw=learned_slopes.learned_slopes,
        measure="slope_mean",
        tells=telling.slopes_are_learned,
        absent="no activation of a probed run learns slopes",
    ),
    "output-mean": Kind(
        title=output_mean.TITLE,
        rows=lambda results: results.layers,
        draw=output_mean.output_mean,
        measure="out_mean",
        tells=telling.outputs_are_off_centre,
        absent=_NO_PROBES,
    ),
    "sparsity": Kind(
        title=sparsity.TITLE,
        rows=lambda results: results.layers,
        draw=sparsity.sparsity,
        measure=sparsity.MEASURE,
        tells=telling.active_shares_differ,
        absent=_NO_PROBES,
    ),
    "steadiness": Kind(
        title=steadiness.TITLE,
        rows=layers_and_scores,
        draw=steadiness.steadiness,
        measure=steadiness.MEASURE,
        tells=telling.gradients_share_signs,
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
