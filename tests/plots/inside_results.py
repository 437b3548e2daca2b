"""Pages of made-up runs with layers, and what a figure of them says."""

from collections.abc import Sequence
from typing import Any

import matplotlib.text
import pandas as pd
from fake_results import Row, layers_table, relu_like, run, runs_table
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_bench.plots.pages import Page, pages

FOUR = ("relu", "elu(alpha=1.0)", "prelu(initial=0.25)", "tanh")
MANY = tuple(f"elu(alpha={n / 10})" for n in range(25))
SLOPES: Row = {
    "slope_mean": lambda epoch, number: 0.25 + 0.1 * epoch,
    "slope_min": lambda epoch, number: 0.25 - 0.1 * epoch,
    "slope_max": lambda epoch, number: 0.25 + 0.4 * epoch,
}


def runs_of(activations: Sequence[str] = FOUR, seeds: int = 3, **given: Any) -> list[Row]:
    """Runs of every activation and seed."""
    return [
        run(activation=name, seed=seed, **given) for name in activations for seed in range(seeds)
    ]


def page_of(rows: Sequence[Row]) -> Page:
    """The one page of these runs."""
    (page,) = pages(runs_table(rows))
    return page


def layers_of_all(rows: Sequence[Row], depth: int = 2, **changed: Any) -> pd.DataFrame:
    """The same measures in every completed run."""
    done = [row for row in rows if row["status"] == "completed"]
    return layers_table([layer for row in done for layer in relu_like(row, depth, **changed)])


def words(figure: Figure) -> str:
    """All text on a figure."""
    found = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
    return " ".join(" ".join(found).replace("\u00a0", " ").split())


def names(figure: Figure) -> list[str]:
    """What the panels are called, those without a name left out."""
    titles = [axes.get_title().strip() for axes in figure.axes]
    return [title.replace("\n(", "(").replace("\n", " ") for title in titles if title]


def lines_of(axes: Axes) -> dict[str, list[float]]:
    """The y values of each labelled line of a panel."""
    return {
        str(line.get_label()): [float(y) for y in line.get_ydata()]  # type: ignore[union-attr]
        for line in axes.get_lines()
        if not str(line.get_label()).startswith("_")
    }


def marks_of(axes: Axes, *, filled: bool) -> list[float]:
    """The x values of the hollow or the filled marks of a panel of rows, from the top down."""
    found = []
    for line in axes.get_lines():
        hollow = line.get_markerfacecolor() == "white"
        if line.get_marker() in ("None", "", "<", ">") or hollow == filled:
            continue
        found += list(zip(line.get_ydata(), line.get_xdata(), strict=True))  # type: ignore[arg-type]
    return [float(x) for _, x in sorted(found)]


def row_names(axes: Axes) -> list[str]:
    """What the rows of a panel are called, from the top down."""
    return [label.get_text().replace("\n", "") for label in axes.get_yticklabels()]
