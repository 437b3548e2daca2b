"""What a figure shows, in words: for who cannot see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Selection
from relu_bench.plots import KINDS
from relu_bench.plots.style import number
from relu_bench.store import columns
from relu_bench.wording import counted, first_of

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from relu_bench.plots.pages import Page

_MOST_NAMED = 8
_MEANINGS = {column.name: column.meaning for column in columns.LAYERS}


def alternative(results: Selection, kind: str, page: Page) -> str:
    """The subject of a figure, what it tells apart, and its lowest and highest mean."""
    title = KINDS[kind].title
    experiment = ", ".join(part for part in (page.experiment, page.part) if part)
    runs = compare.completed(page.runs)
    count = len(runs)
    sentences = [
        f"Figure: {title}. Experiment {experiment}, {counted(count, 'run')}.",
        _levels(page),
    ]
    measure, numbers = KINDS[kind].measure, KINDS[kind].numbers
    if numbers is not None:
        sentences.append(numbers(page, *KINDS[kind].tables(results, page)))
    elif measure in results.layers:
        sentences.append(_inside(results.layers, page, measure))
    else:
        sentences.append(_scores(runs, page))
    return " ".join(sentence for sentence in sentences if sentence)


def _levels(page: Page) -> str:
    if not any(page.order):
        return ""
    names = [name.replace("_", " ") for name in page.hue] or ["activation"]
    levels = first_of(page.order, _MOST_NAMED, between="; ")
    parts = f", in {len(page.strips)} parts by the other settings" if len(page.strips) > 1 else ""
    return f"It shows {' and '.join(names)} {levels}{parts}."


def _scores(runs: DataFrame, page: Page) -> str:
    scale = compare.scale_of(page.metric)
    means = compare.score(runs, "test").groupby([runs["level"], runs["strip"]]).mean().dropna()
    ends = _ends(means, lambda value: number(value, scale))
    return f"Mean test {scale.title} after training: {ends}." if ends else ""


def _inside(layers: DataFrame, page: Page, measure: str) -> str:
    runs = compare.completed(page.runs)[["experiment", "run_id", "epochs", "level", "strip"]]
    rows = layers.dropna(subset=[measure]).merge(runs, on=["experiment", "run_id"])
    last = rows[rows["epoch"] == rows["epochs"]]
    means = last.groupby(["level", "strip"])[measure].mean().dropna()
    ends = _ends(means, lambda value: f"{value:.3g}")
    return f"After training, the {_MEANINGS[measure]}, mean over layers: {ends}." if ends else ""


def _ends(means: Series, shown: Callable[[float], str]) -> str:
    """The lowest and the highest of some means by level and strip, with what has them."""
    places = [" at ".join(str(part) for part in key if part) for key in means.index.to_list()]
    values = [float(value) for value in means]
    if len(values) < 2:
        return "".join(map(shown, values))
    ends = (("lowest", values.index(min(values))), ("highest", values.index(max(values))))
    return ", ".join(f"{word} {shown(values[at])} ({places[at]})" for word, at in ends)
