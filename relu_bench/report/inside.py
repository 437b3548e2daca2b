"""What happened inside the networks: one table of each experiment, data set and model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Selection
from relu_bench.compare.layers import active_share, fates
from relu_bench.compare.questions import APART
from relu_bench.tables import Table, table

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_ROWS = 300
# What each column of the table is; those without any value are left out.
MEANINGS = {
    "dead before (%)": "share of dead units of all hidden layers before training: their derivative "
    "is 0 on every sample of the training part, and no learned slope could revive them",
    "dead after (%)": "the same after training",
    "fell silent": "how often a unit's derivative became 0 on the whole probe set from one epoch "
    "to the next, sum over the epochs",
    "came back": "how often a silent unit came back, likewise",
    "zeros after (%)": "share of exact zeros among the outputs of the hidden layers after training",
    "gradient, first/last": "before training, the root mean square of the gradient that reaches "
    "the first hidden layer by that of the last: far below 1 it vanishes, far above 1 it explodes; "
    "the median over the runs",
    "slope after": "mean learned negative slope after training",
}


@dataclass(frozen=True)
class Inside:
    """What the probes saw in the runs of one experiment, data set and model.

    Attributes:
        subject: which these are.
        words: what stands out.
        table: one row a setting, the most dead units first; None without measurements.
    """

    subject: str
    words: tuple[str, ...]
    table: Table | None


def inside(results: Selection) -> tuple[Inside, ...]:
    """What the probes saw, for each experiment, data set, model and numerics revision."""
    found = []
    for part in _parts(results.runs):
        layers = results.experiments[str(part["experiment"].iloc[0])].layers
        names = compare.axes(part)
        named = compare.with_variant(part, names)
        rows = _measured(named, layers)
        subject = _subject(part)
        if len(rows):
            measured = _table(rows, named, names or ("activation",), subject)
            found.append(Inside(subject, tuple(_words(rows)), measured))
        else:
            found.append(Inside(subject, ("No run has measurements of its layers.",), None))
    return tuple(found)


def _parts(runs: DataFrame) -> Iterator[DataFrame]:
    """The runs that may stand in one table, in natural order: a depth of 3 before one of 10."""
    ranks = []
    for name in APART:
        order = {text: rank for rank, text in enumerate(compare.texts(runs[name]).values())}
        ranks.append(compare.as_texts(runs[name]).map(order))
    *settings, revision = ranks
    for _, part in runs.groupby(settings, sort=True):
        if APART[-1] not in compare.axes(part):
            yield part
            continue
        for _, rows in part.groupby(revision.loc[part.index], sort=True):
            yield rows


def _subject(part: DataFrame) -> str:
    shown = [str(next(iter(compare.texts(part[name]).values()))) for name in APART[:3]]
    return ", ".join(shown)


def _measured(named: DataFrame, layers: DataFrame) -> DataFrame:
    """One row a variant with the columns `runs` and those of `MEANINGS`, NaN for what is not."""
    single = compare.run_layers(named, layers, ["variant"])
    by_run = fates(named, layers, ["variant"])
    groups = by_run.groupby("variant", sort=False)
    last = single[single["last"]]
    done = compare.completed(named)
    found = groups.size().to_frame("runs")
    zeros = 1 - active_share(last.dropna(subset=["sparsity"]), ["variant"])
    means = {
        "dead before (%)": 100 * groups["dead_before"].mean(),
        "dead after (%)": 100 * groups["dead_after"].mean(),
        "fell silent": groups["died"].mean(),
        "came back": groups["revived"].mean(),
        "zeros after (%)": 100 * zeros,
        "gradient, first/last": done.groupby("variant")["initial_gradient_ratio"].median(),
        "slope after": last.groupby("variant")["slope_mean"].mean(),
    }
    return found.assign(**{name: values.reindex(found.index) for name, values in means.items()})


def _table(rows: DataFrame, named: DataFrame, names: Sequence[str], subject: str) -> Table:
    """The settings of each variant, one column an axis, and what was measured."""
    settings = named.drop_duplicates("variant").set_index("variant")
    texts = {name: compare.as_texts(settings[name]).to_dict() for name in names}
    measured = [name for name in MEANINGS if rows[name].notna().any()]
    ordered = rows.sort_values("dead after (%)", ascending=False, kind="stable")
    cells = [
        (
            *(str(texts[name][variant]) for name in names),
            int(row["runs"]),
            *(_cell(name, float(row[name])) for name in measured),
        )
        for variant, row in ordered.to_dict("index").items()
    ]
    heads = (*(name.replace("_", " ") for name in names), "runs", *measured)
    whole = table(f"{subject}: means over the runs of each row", heads, cells)
    return whole.first(MOST_ROWS, "the others have no more dead units; layers.csv has all")


def _cell(name: str, value: float) -> str:
    if math.isnan(value):
        return ""
    if name.endswith("(%)"):
        return f"{value:.2f}"
    return f"{value:.1f}" if name in ("fell silent", "came back") else f"{value:.3g}"


def _words(rows: DataFrame) -> Iterator[str]:
    """The most dead units, and the weakest and the strongest gradient."""
    after = rows["dead after (%)"].dropna()
    if len(after) and after.max() == 0:
        yield "No hidden unit was dead after training in any run."
    elif len(after):
        worst = after.idxmax()
        before = float(rows["dead before (%)"].to_dict()[worst])
        started = "" if math.isnan(before) else f" ({before:.2f}\u00a0% before)"
        having = int((after > 0).sum())
        yield (
            f"{having} of {len(after)} settings have dead units after training; most of all "
            f"{worst}, with {after.max():.2f}\u00a0% of its hidden units{started}."
        )
    ratios = rows["gradient, first/last"].dropna()
    if len(ratios) == 1:
        yield (
            "Before training the gradient that reaches the first hidden layer is "
            f"{ratios.iloc[0]:.3g} times that of the last."
        )
    elif len(ratios):
        yield (
            "Before training the gradient that reaches the first hidden layer is between "
            f"{ratios.min():.3g} ({ratios.idxmin()}) and {ratios.max():.3g} ({ratios.idxmax()}) "
            "times that of the last."
        )
