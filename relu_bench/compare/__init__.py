"""Store(s) in, comparisons out: pure on DataFrames, but for `load`, which reads them.

`results` reads stores, `selection` narrows them, `notices` says what must not be averaged silently,
`variants` finds the axes, `scores` says what a run counts as, `summary` and `curves` are the
comparisons.
"""

from relu_bench.compare.curves import curves, run_curves
from relu_bench.compare.results import Results, load, once_each
from relu_bench.compare.scores import Scale, completed, final_scores, scale_of, score
from relu_bench.compare.summary import summarize
from relu_bench.compare.variants import as_texts, axes, broken, label, texts, with_variant

__all__ = [
    "Results",
    "Scale",
    "as_texts",
    "axes",
    "broken",
    "completed",
    "curves",
    "final_scores",
    "label",
    "load",
    "once_each",
    "run_curves",
    "scale_of",
    "score",
    "summarize",
    "texts",
    "with_variant",
]
