"""The paragraph for a paper: how the numbers came about."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from relu_bench.compare.anytime_words import anytime_methods
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.measures import completed
from relu_bench.compare.pairs import LEVEL
from relu_bench.compare.questions import APART
from relu_bench.compare.variants import label_column, texts
from relu_bench.machine import provenance
from relu_bench.stats.differences import EXACT_TO, FLIPS
from relu_bench.stats.intervals import RESAMPLES
from relu_bench.store import columns
from relu_bench.wording import counted, difference_unit, series

if TYPE_CHECKING:
    from pandas import DataFrame


_MOST_NAMED = 8
# What decides which samples are trained on.
_PARTS = frozenset({"split_seed", "train_samples", "validation_split"})
# Of `models.MODELS`, which stands above this; a test holds them together.
RECURRENT_MODELS = frozenset({"rnn"})
_ACTED: Mapping[str, Callable[[DataFrame], bool]] = {
    "batch_norm_momentum": lambda runs: bool(runs["batch_norm"].any()),
    "dropout_kind": lambda runs: bool((runs["dropout"] > 0).any()),
    "recurrent_initializer": lambda runs: (
        not RECURRENT_MODELS.isdisjoint(
            model.partition("(")[0] for model in runs[label_column(runs, "model")].unique()
        )
    ),
    # A cap on the training samples is drawn by it too.
    "split_seed": lambda runs: bool(
        (runs["validation_split"] > 0).any() or runs["train_samples"].notna().any()
    ),
}


def paragraph(comparison: Comparison) -> str:
    """What was trained, compared and tested, and with what, in sentences."""
    return " ".join(
        [
            *_trained(comparison),
            *_treated(comparison),
            *_judged(comparison),
            *_not_default(comparison),
            _made_with(comparison),
        ]
    )


def _trained(comparison: Comparison) -> list[str]:
    question = comparison.question
    runs = completed(question.runs)
    seeds = sorted(int(seed) for seed in runs["seed"].unique())
    unsaid = {"seed", *APART, *question.by, *question.others, *idle_settings(runs)}
    fixed = [
        _setting(name, value)
        for name in columns.names(columns.SPEC)
        if name not in unsaid
        for value in [next(iter(texts(runs[name]).values()), "")]
        if value not in ("", "null")
    ]
    with_model = f" with {question.model}" if question.model else ""
    return [
        f"We compared {_compared(comparison)} on {question.dataset}{with_model} "
        f"({'; '.join(fixed)}), in {counted(len(runs), 'run')} with {_seeds(seeds)}.",
        f"At one seed all variants draw their weights from the same random stream"
        f"{_same_order(comparison)}.",
    ]


def _compared(comparison: Comparison) -> str:
    """`the activation (relu and elu)`, `combinations of activation and initializer (…; …)`."""
    by = [_spoken(name) for name in comparison.question.by]
    names = [each.variant for each in comparison.estimates]
    if len(names) > _MOST_NAMED:
        listed = f"{len(names)} values" if len(by) == 1 else f"{len(names)} of them"
    else:
        listed = "; ".join(names) if any("," in name for name in names) else series(names)
    what = f"the {by[0]}" if len(by) == 1 else f"combinations of {series(by)}"
    return f"{what} ({listed})"


def _setting(name: str, value: str) -> str:
    if name == "split_seed" and value == "seed":
        return "a new split for each seed"
    return f"{_spoken(name)} {value}"


def _same_order(comparison: Comparison) -> str:
    """That the data come in the same order, where the variants train on the same samples."""
    question = comparison.question
    if _PARTS.intersection(question.by):
        return ""
    if not _PARTS.intersection(question.others):
        return " and see the training data in the same order"
    if comparison.mode == "tuned":
        return ""
    return " and, at the same setting, see the training data in the same order"


def _treated(comparison: Comparison) -> list[str]:
    question = comparison.question
    others = series([_spoken(name) for name in question.others])
    lines = [f"The measure is {comparison.measure.title}{_measured(comparison)}."]
    if question.others and comparison.mode == "matched":
        lines.append(
            f"Differences were taken at the same {others} and the same seed and averaged within "
            "each seed."
        )
    elif question.others:
        lines.append(
            f"Each variant was tuned over {others}: for each seed the setting with the best mean "
            "validation score over the other seeds was chosen, and this seed's score reported. The "
            "standard errors and tests of differences are those of nested cross-validation over "
            "the seeds (Bates, Hastie and Tibshirani 2024), with n - 1 degrees of freedom."
        )
    if comparison.mode == "matched":
        lines += _without_counterpart(comparison)
    guessed = (
        "Runs whose loss was not finite count as the constant guess"
        if comparison.measure.guesses
        else "No run's loss was infinite or undefined"
    )
    lines.append(f"{guessed}; none was left out for failing to learn.")
    failed = int((question.runs["status"] == "failed").sum())
    if failed:
        lines.append(
            f"{counted(failed, 'run', 'is', 'are')} missing: the program ended with an error."
        )
    return lines


def _measured(comparison: Comparison) -> str:
    """On which weights."""
    column = comparison.measure.column
    if column.startswith("best_epoch"):
        return ", which validation chooses"
    if column.startswith("train"):
        return ", over the last epoch's batches as trained"
    return " of the last epoch's weights"


def _without_counterpart(comparison: Comparison) -> list[str]:
    """How many runs are in no mean, and in no difference, since others lack their setting or seed.

    Runs that repeat another's setting and seed count once.
    """
    runs = completed(comparison.question.runs)
    runs = runs[comparison.measure.values(runs).notna()]
    keys = runs[["variant", "cell", "seed"]].drop_duplicates()
    lone = {
        "no mean": len(keys) - sum(each.runs for each in comparison.estimates),
        "no difference": comparison.in_no_difference,
    }
    told = [
        f"{counted(count, 'run', 'is', 'are')} in {what}" for what, count in lone.items() if count
    ]
    return [f"For want of counterparts, {' and '.join(told)}."] if told else []


def _judged(comparison: Comparison) -> list[str]:
    if comparison.looks is not None:
        return anytime_methods(comparison)
    return [*_estimated(comparison), *_tested(comparison)]


def _estimated(comparison: Comparison) -> list[str]:
    if max(each.n for each in comparison.estimates) < 2:
        return ["Each number is of one seed, so there are no intervals and no tests."]
    bca = any(not math.isnan(each.bca_low) for each in comparison.estimates)
    also = f", and BCa bootstrap intervals ({RESAMPLES:,} resamples)" if bca else ""
    return [
        "The seed is the unit: we report the mean over the seeds, the standard deviation (n - 1), "
        f"and 95\u00a0% t intervals{also}."
    ]


def _tested(comparison: Comparison) -> list[str]:
    lines = []
    if comparison.tests:
        unit = difference_unit(comparison.measure.scale.unit)
        margin = f"±{comparison.margin:g} {unit}".strip()
        lines = [
            _tests(comparison),
            "Variants count as practically equal when the 90\u00a0% t interval of their "
            f"difference lies within {margin} (two one-sided tests at 5\u00a0% for each "
            "comparison).",
        ]
        if any(pair.unlearned or pair.unlearned_baseline for pair in comparison.pairs):
            lines.append(
                "Whether a variant fails to learn more often than the baseline was asked by "
                "McNemar's exact test over the seeds, with Holm's correction."
            )
        if comparison.tests > 1:
            lines.append(
                "Better and worse are held at 5\u00a0% for the table together, as are the "
                f"intervals of the differences (t at 1 - {LEVEL:g}/{comparison.tests})."
            )
    if comparison.tests and any(pair.same_as for pair in comparison.pairs):
        lines.append("Variants with the same scores at all seeds were counted once.")
    if any(each.letters for each in comparison.estimates):
        lines.append("Letters group variants that paired t tests of all pairs (Holm) do not part.")
    return lines


def _not_default(comparison: Comparison) -> list[str]:
    """What was chosen by whoever asked, which decides verdicts, and how the baseline was."""
    lines = []
    if comparison.best_as_baseline:
        lines.append("The baseline is the value with the best mean validation score.")
    if comparison.options:
        lines.append(f"Options that are not the defaults: {'; '.join(comparison.options)}.")
    return lines


def _tests(comparison: Comparison) -> str:
    by, tests = comparison.question.by, comparison.tests
    baseline = comparison.baseline
    if len(by) == 1 and by[0] != "activation":
        baseline = f"{_spoken(by[0])} {baseline}"
    elif len(by) > 1:
        baseline = f"the baseline ({baseline})"
    most = max(pair.n for pair in comparison.pairs)
    flips = "all flips" if most <= EXACT_TO else f"{FLIPS:,} random flips above n = {EXACT_TO}"
    one = "a two-sided paired t test on the differences per seed"
    beside = "" if comparison.nested else f", with a sign-flip test ({flips}) beside it, both"
    if tests == 1:
        return f"The comparison with {baseline} was made by {one}{beside} at the level {LEVEL:g}."
    return (
        f"Each of the {tests} comparisons with {baseline} was made by {one}{beside} with Holm's "
        f"correction at {LEVEL:g}."
    )


def _made_with(comparison: Comparison) -> str:
    runs = completed(comparison.question.runs)
    trained = [
        f"{title} {_values(runs[name].dropna().unique())}"
        for title, name in (
            ("relu-bench", "relu_bench_version"),
            ("TensorFlow", "tensorflow_version"),
            ("Keras", "keras_version"),
        )
        if runs[name].notna().any()
    ]
    hardware = _values(runs["processor"].dropna().unique()) or "an unknown processor"
    tools = [
        f"{title} {version}"
        for title in ("SciPy", "NumPy", "pandas")
        if (version := provenance.version_of(title.lower()))
    ]
    return (
        f"Runs were trained with {series(trained)} on {hardware}; statistics were computed with "
        f"{series(tools)}."
    )


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _values(values: object) -> str:
    return " and ".join(sorted(str(value) for value in values))  # type: ignore[attr-defined]


def _seeds(seeds: list[int]) -> str:
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{len(seeds)} seeds ({seeds[0]} to {seeds[-1]})"
    return f"{len(seeds)} seeds"


def idle_settings(runs: DataFrame) -> frozenset[str]:
    """The columns of settings that made no difference to any of these runs."""
    return frozenset(name for name, acted in _ACTED.items() if not acted(runs))
