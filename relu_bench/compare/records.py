"""A comparison as data: one record a variant, for CSV and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from relu_bench.compare.answers import Answers
from relu_bench.compare.anytime_words import anytime_record
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.further import further_record
from relu_bench.compare.methods import paragraph
from relu_bench.compare.sentences import in_words, rank_words
from relu_bench.tables import of_records
from relu_bench.tables import to_csv as table_to_csv
from relu_bench.wording import difference_unit

Record = dict[str, Any]
# Said once a record, by the estimate or the comparison.
_NOT_OF_PAIR = ("variant", "baseline")
# Fields of both an estimate and a pair, under the pair's own names.
_PAIR_NAMES = {
    name: f"difference_{name}" for name in ("n", "sd", "low", "high", "narrow_low", "narrow_high")
}


def records(comparison: Comparison) -> list[Record]:
    """One record a variant, the best first: its scores and its difference from the baseline.

    Scores are in the column `unit`, differences in the same; None for what does not exist.
    """
    pairs = {pair.variant: pair for pair in comparison.pairs}
    blank = dict.fromkeys(_of_pair(comparison.pairs[0])) if pairs else {}
    found = []
    for estimate in comparison.estimates:
        pair = pairs.get(estimate.variant)
        told = comparison.tuning.get(estimate.variant)
        tuned = {} if told is None else {**asdict(told), "edges": ", ".join(told.edges)}
        row = {**_asked(comparison), **asdict(estimate), **tuned}
        row |= blank if pair is None else _of_pair(pair)
        found.append(_finite({**row, **anytime_record(comparison, estimate.variant)}))
    return found


def wide_records(comparison: Comparison) -> list[Record]:
    """One record a variant with its score at each seed, in columns `seed_0` and so on."""
    return [
        _finite(
            {
                **_asked(comparison),
                "variant": estimate.variant,
                **{
                    f"seed_{seed}": float(value)
                    for seed, value in zip(comparison.seeds, row, strict=True)
                },
            }
        )
        for estimate, row in zip(comparison.estimates, comparison.scores, strict=True)
    ]


def to_csv(comparisons: Sequence[Comparison], *, wide: bool = False) -> str:
    """All records of all comparisons with one head; an empty cell for what does not exist."""
    rows = [row for each in comparisons for row in (wide_records if wide else records)(each)]
    # Its truth values are those of Python, as this CSV has always had them.
    return table_to_csv(
        of_records([{**row, "higher_is_better": str(row["higher_is_better"])} for row in rows])
    )


def to_json(answers: Answers, *, wide: bool = False, methods: bool = False) -> str:
    """One object: the comparisons, the ranks across data sets and the notices."""
    tables = []
    for each, beside in zip(answers.comparisons, answers.further, strict=True):
        table: Record = {
            **_asked(each),
            "tests": each.tests,
            "test_samples": each.test_samples,
            "variants": (wide_records if wide else records)(each),
            "words": list(in_words(each)),
            "left_out": list(each.left_out),
            **_json_ready(further_record(beside)),
            **({"methods": paragraph(each)} if methods else {}),
        }
        for variant in table["variants"]:
            for name in _asked(each):
                del variant[name]
        tables.append(table)
    ranks = [
        {
            **{name: value for name, value in asdict(each).items() if name not in _BY_VARIANT},
            "p": _number(each.p),
            "variants": [
                {"variant": variant, "rank": rank, "p_holm": _number(p)}
                for variant, rank, p in zip(each.variants, each.ranks, each.against, strict=True)
            ],
            "words": rank_words(each),
        }
        for each in answers.ranks
    ]
    content = {"comparisons": tables, "ranks": ranks, "notices": list(answers.notices)}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


_BY_VARIANT = ("variants", "ranks", "against")


def _json_ready(value: Any) -> Any:
    """Records within records, with None for what does not exist: never reached is null too."""
    if isinstance(value, Mapping):
        return {name: _json_ready(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(each) for each in value]
    return _number(value)


def _asked(comparison: Comparison) -> Record:
    question, measure = comparison.question, comparison.measure
    return {
        "experiment": question.experiment,
        "dataset": question.dataset,
        "model": question.model,
        "numerics": question.numerics,
        "by": ", ".join(question.by),
        "others": ", ".join(question.others),
        "mode": comparison.mode,
        "metric": measure.column,
        "unit": measure.scale.unit,
        "difference_unit": difference_unit(measure.scale.unit),
        "higher_is_better": measure.scale.higher_is_better,
        "margin": comparison.margin,
        "baseline": comparison.baseline,
    }


def _of_pair(pair: Any) -> Record:
    return {
        _PAIR_NAMES.get(name, name): value
        for name, value in asdict(pair).items()
        if name not in _NOT_OF_PAIR
    }


def _finite(record: Mapping[str, Any]) -> Record:
    return {name: _number(value) for name, value in record.items()}


def _number(value: Any) -> Any:
    """Floats to 12 digits: the 13th is rounding of the percentage; None for NaN and infinity."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.12g}") if math.isfinite(value) else None
