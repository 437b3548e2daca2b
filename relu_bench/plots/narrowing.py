"""Which `--where` conditions leave so few settings that they fit one figure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.plots.pages import roles

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.compare import Selection

ANY = "--where KEY=VALUE"


def narrowing(results: Selection, runs: DataFrame, most_strips: int) -> str:
    """Conditions on the axes that would have a figure for each of their values, as they are typed.

    With those of these values that have the best mean validation score for an example, unless no
    axis has figures of its own, or nothing says which are best.

    Args:
        results: what `runs` are part of.
        runs: all those of one experiment.
        most_strips: how many small multiples stand in one figure.
    """
    names = list(roles(runs, most_strips).pages)
    done = compare.completed(runs)
    if not names or done["metric"].nunique() != 1:
        return ANY
    means = compare.score(done, "val").groupby([done[name] for name in names]).mean().dropna()
    if not len(means):
        return ANY
    higher = compare.scale_of(str(done["metric"].iloc[0])).higher_is_better
    best = means.index[int((means if higher else -means).to_numpy().argmax())]
    values = best if isinstance(best, tuple) else (best,)
    conditions = [
        f"--where {shlex.quote(f'{name}={_typed(results, name, value)}')}"
        for name, value in zip(names, values, strict=True)
    ]
    return f"{ANY}, such as {' '.join(conditions)}"


def _typed(results: Selection, name: str, value: object) -> str:
    """A value as `--where` takes it: the label behind a display name, all digits of a number."""
    if isinstance(value, float):
        return f"{value:.12g}"
    text = str(value)
    return results.stored.get(name, {}).get(text, text)
