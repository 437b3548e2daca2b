"""The rows of epochs.csv, each with its run's place in the plans that asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.compare.kept import kept
from relu_bench.compare.questions import places
from relu_bench.compare.results import Results

if TYPE_CHECKING:
    from pandas import DataFrame

PLACE = "place"


@kept(most=1)
def epochs_in_plan_order(results: Results) -> DataFrame:
    """The rows of epochs.csv with a column `place`: by which the first variant is found.

    As in a comparison: unplanned runs come after planned ones.
    """
    order = results.runs[["run_id"]].assign(**{PLACE: places(results)})
    by_id = order.drop_duplicates("run_id").set_index("run_id")[PLACE]
    return results.epochs.assign(**{PLACE: results.epochs["run_id"].map(by_id)})
