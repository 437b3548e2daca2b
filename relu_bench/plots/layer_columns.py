"""Layers in a few columns: by their names, or by their depth where networks differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.plots.inside import evenly

if TYPE_CHECKING:
    from pandas import DataFrame

_KEY = ["strip", "level"]


def layer_columns(single: DataFrame, most: int) -> tuple[list[str], DataFrame]:
    """Which layer of each row stands in which column.

    Networks of the same layers have columns of these layers. Of others, the first layer stands in
    the first column and the last in the last; one that no layer of a network is nearest to stays
    empty.

    Args:
        single: of `compare.run_layers` or `run_kernels`, by strip and level.
        most: how many columns there may be, at least 1.

    Returns:
        The columns' titles (none without layers), and a table strip, level, layer, column.
    """
    layers = single[[*_KEY, "layer", "depth"]].drop_duplicates()
    deepest = layers.groupby(_KEY)["depth"].max()
    if not len(layers):
        return [], layers.assign(column=0)[[*_KEY, "layer", "column"]]
    if deepest.nunique() == 1 and layers.groupby("depth")["layer"].nunique().max() == 1:
        names = evenly(list(layers.sort_values("depth", kind="stable")["layer"].unique()), most)
        shown = layers[layers["layer"].isin(names)]
        return names, shown.assign(column=shown["layer"].map(names.index))[
            [*_KEY, "layer", "column"]
        ]
    columns = min(most, int(deepest.max()))
    chosen = {of: _nearest(of, columns) for of in deepest.unique().tolist()}
    of_each = layers.join(deepest.rename("of"), on=_KEY)["of"]
    found = layers.assign(
        column=[
            chosen[of].get(depth, -1) for depth, of in zip(layers["depth"], of_each, strict=True)
        ]
    )
    return _titles(columns), found.loc[found["column"] >= 0, [*_KEY, "layer", "column"]]


def _nearest(deepest: int, columns: int) -> dict[int, int]:
    """The column of each layer that has one: evenly spaced, both ends among them."""
    if deepest <= columns:
        step = (columns - 1) / max(1, deepest - 1)
        return {depth: round((depth - 1) * step) for depth in range(1, deepest + 1)}
    names = evenly([str(depth) for depth in range(1, deepest + 1)], columns)
    return {int(name): column for column, name in enumerate(names)}


def _titles(columns: int) -> list[str]:
    between = [f"at {number}/{columns - 1} of the depth" for number in range(1, columns - 1)]
    return ["first layer", *between, "last layer"] if columns > 1 else ["last layer"]
