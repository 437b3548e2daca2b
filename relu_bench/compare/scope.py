"""What the numbers of a comparison speak of: whose noise they hold, on which samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from relu_bench.compare import numbers
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.idle_settings import idle_settings
from relu_bench.compare.ranking import leading
from relu_bench.compare.scores import completed
from relu_bench.compare.test_set import called, dataset_of, is_known, rule_of_three, sampling_error

if TYPE_CHECKING:
    from pandas import DataFrame


def scope(comparison: Comparison) -> str:
    """The noise that the intervals are about, and the test set, which seeds do not change."""
    most = max(each.n for each in comparison.estimates)
    over = f"over {most:,} seeds" if most != 1 else "of which one seed shows nothing"
    text = f"The numbers speak of the noise {_noise(completed(comparison.question.runs))}, {over}"
    if "test" not in comparison.measure.column:
        return f"{text}, on the {comparison.measure.title.split()[0]} part."
    return f"{text}, on this fixed test set{_of_samples(comparison)}."


def _noise(runs: DataFrame) -> str:
    """Of training, and of what is drawn anew for each seed besides."""
    if "split_seed" in idle_settings(runs):
        return "of training"
    held_out = runs[runs["validation_split"] > 0]
    # With nothing held out, the seed of the split draws what a cap leaves of the training samples.
    what, of = ("split", "of the data") if len(held_out) else ("choice", "of training samples")
    drawn = runs["split_seed"] == "seed"
    if drawn.any():
        where = "" if drawn.all() else ", where split_seed is seed"
        return f"of training and of the {what}{'' if len(held_out) else f' {of}'}{where}"
    fixed = held_out if len(held_out) else runs
    count = len(fixed[["validation_split", "split_seed"]].drop_duplicates())
    return f"of training, with {f'one {what}' if count == 1 else f'{count} {what}s'} {of}"


def _of_samples(comparison: Comparison) -> str:
    """How large the test set is, and what that alone makes uncertain."""
    samples, dataset = comparison.test_samples, dataset_of(comparison.question.runs)
    if samples is None:
        return ""
    scale = comparison.measure.scale
    metric = comparison.measure.column.rpartition("_")[2]
    least, most = ("", "") if is_known(dataset) else ("at least ", "at most ")
    text = f" of {least}{samples:,} {called(dataset)}"
    score = comparison.estimates[leading(comparison.estimates)].mean / scale.factor
    if math.isnan(score):
        return text
    if metric == "accuracy" and score in (0.0, 1.0):
        without, rate = ("error", "error rate") if score else ("right answer", "accuracy")
        limit = scale.factor * rule_of_three(samples)
        return (
            f"{text}, without one {without}: by its size alone the true {rate} is at most about "
            f"{limit:.2g}\u00a0{scale.unit} (rule of three)"
        )
    error = scale.factor * sampling_error(score, samples, metric)
    if error == 0:
        return text
    return (
        f"{text}, whose own sampling error is {most}about ±{error:.2g}\u00a0{numbers.points(scale)}"
    )
