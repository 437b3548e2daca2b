"""Store(s) in, comparisons out: pure on DataFrames, but for `load`, which reads them.

`selection` holds the runs, `variants` finds what varies among them, and `measures` says what a run
counts as. `answers` compares variants: `questions` are asked of `observations`, which `estimates`
and `pairs` turn into a `comparison`, `across` spans data sets, and `sentences`, `methods`,
`tables` and `records` say it. Beside it stand `effects`, `time_to_accuracy` and other `views`;
`layers` is what the probes saw inside the networks, and whether it is worth a look.
"""

from relu_bench.compare.answers import Answers, answer
from relu_bench.compare.comparison import Comparison, Mode
from relu_bench.compare.documents import WIDTH
from relu_bench.compare.documents import latex as to_latex
from relu_bench.compare.documents import markdown as to_markdown
from relu_bench.compare.documents import text as to_text
from relu_bench.compare.layers import over_runs, run_layers, variant_layers, without_probes
from relu_bench.compare.measures import Scale, completed, scale_of, score
from relu_bench.compare.methods import paragraph as methods_paragraph
from relu_bench.compare.records import to_csv, to_json
from relu_bench.compare.selection import Selection, load, once_each
from relu_bench.compare.sentences import in_words
from relu_bench.compare.variants import as_texts, axes, label_column, texts, with_variant
from relu_bench.compare.views import curves, final_scores, run_curves, summarize
from relu_bench.components.variant_label import label
from relu_bench.wording import broken

__all__ = [
    "WIDTH",
    "Answers",
    "Comparison",
    "Mode",
    "Scale",
    "Selection",
    "answer",
    "as_texts",
    "axes",
    "broken",
    "completed",
    "curves",
    "final_scores",
    "in_words",
    "label",
    "label_column",
    "load",
    "methods_paragraph",
    "once_each",
    "over_runs",
    "run_curves",
    "run_layers",
    "scale_of",
    "score",
    "summarize",
    "texts",
    "to_csv",
    "to_json",
    "to_latex",
    "to_markdown",
    "to_text",
    "variant_layers",
    "with_variant",
    "without_probes",
]
