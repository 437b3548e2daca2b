"""The runs at the settings that all variants have: what views over several settings may pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.compare.estimates import common
from relu_bench.compare.observations import observe
from relu_bench.compare.scores import completed

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.compare.measure import Measure
    from relu_bench.compare.questions import Question


def common_runs(question: Question, measure: Measure) -> DataFrame | None:
    """Completed runs of a question at common settings; None when there is no such setting."""
    observed = observe(question, measure)
    shared = common(observed)
    if not shared.comparable:
        return None
    cells = {cell for cell, kept in zip(observed.cells, shared.cells, strict=True) if kept}
    runs = completed(question.runs)
    return runs[runs["cell"].isin(cells)]
