"""The paragraph for a paper: how the numbers came about."""

from __future__ import annotations

import math

from relu_bench import columns, provenance
from relu_bench.compare import numbers
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.idle_settings import idle_settings
from relu_bench.compare.questions import APART
from relu_bench.compare.scores import completed
from relu_bench.compare.variants import texts
from relu_bench.compare.verdicts import LEVEL
from relu_bench.stats.bootstrap import RESAMPLES
from relu_bench.stats.sign_flip import EXACT_TO, FLIPS

_MOST_NAMED = 8


def paragraph(comparison: Comparison) -> str:
    """What was trained, compared and tested, and with what, in sentences."""
    return " ".join(
        [
            *_trained(comparison),
            *_treated(comparison),
            *_estimated(comparison),
            *_tested(comparison),
            _made_with(comparison),
        ]
    )


def _trained(comparison: Comparison) -> list[str]:
    question = comparison.question
    runs = completed(question.runs)
    names = [each.variant for each in comparison.estimates]
    listed = _series(names[:_MOST_NAMED]) if len(names) <= _MOST_NAMED else f"{len(names)} values"
    seeds = sorted(int(seed) for seed in runs["seed"].unique())
    unsaid = {"seed", *APART, *question.by, *question.others, *idle_settings(runs)}
    fixed = [
        f"{name.replace('_', ' ')} {value}"
        for name in columns.names(columns.SPEC)
        if name not in unsaid
        for value in [next(iter(texts(runs[name]).values()), "")]
        if value not in ("", "null")
    ]
    with_model = f" with {question.model}" if question.model else ""
    return [
        f"We compared the {', '.join(question.by)} ({listed}) on {question.dataset}{with_model} "
        f"({'; '.join(fixed)}), in {len(runs):,} runs with {_seeds(seeds)}.",
        "At one seed all variants draw their weights from the same random stream and see the "
        "training data in the same order.",
    ]


def _treated(comparison: Comparison) -> list[str]:
    question, metric = comparison.question, comparison.measure.title
    others = _series([name.replace("_", " ") for name in question.others])
    lines = [f"The measure is {metric} of the last epoch's weights."]
    if "best epoch" in metric:
        lines = [f"The measure is {metric}, which validation chooses."]
    if question.others and comparison.mode == "matched":
        lines.append(
            f"Differences were taken at the same {others} and the same seed and averaged within "
            "each seed."
        )
    elif question.others:
        lines.append(
            f"Each variant was tuned over {others}: for each seed the setting with the best mean "
            "validation score over the other seeds was chosen, and this seed's score reported."
        )
    lines.append(
        "Runs whose loss was not finite count as the constant guess; none was left out for failing "
        "to learn."
    )
    return lines


def _estimated(comparison: Comparison) -> list[str]:
    bca = any(not math.isnan(each.bca_low) for each in comparison.estimates)
    also = f", and BCa bootstrap intervals ({RESAMPLES:,} resamples)" if bca else ""
    return [
        "The seed is the unit: we report the mean over the seeds, the standard deviation (n - 1), "
        f"and 95\u00a0% t intervals{also}."
    ]


def _tested(comparison: Comparison) -> list[str]:
    if not comparison.pairs:
        return []
    tests = comparison.tests
    compared = f"{tests} comparison{'' if tests == 1 else 's'} with {comparison.baseline}"
    most = max(pair.n for pair in comparison.pairs)
    flips = "all flips" if most <= EXACT_TO else f"{FLIPS:,} random flips above n = {EXACT_TO}"
    unit = numbers.points(comparison.measure.scale)
    margin = f"±{comparison.margin:g} {unit}".strip()
    lines = [
        f"The {compared} were made by two-sided paired t tests on the differences per seed, with "
        f"sign-flip tests ({flips}) beside them, both with Holm's correction at {LEVEL:g}.",
        "Variants count as practically equal when the 90\u00a0% t interval of their difference "
        f"lies within {margin} (two one-sided tests at 5\u00a0%).",
    ]
    if any(each.letters for each in comparison.estimates):
        lines.append("Letters group variants that paired t tests of all pairs (Holm) do not part.")
    return lines


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
        f"Runs were trained with {_series(trained)} on {hardware}; statistics were computed with "
        f"{_series(tools)}."
    )


def _values(values: object) -> str:
    return " and ".join(sorted(str(value) for value in values))  # type: ignore[attr-defined]


def _series(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _seeds(seeds: list[int]) -> str:
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{len(seeds)} seeds ({seeds[0]} to {seeds[-1]})"
    return f"{len(seeds)} seeds"
