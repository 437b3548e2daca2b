"""The comparisons as the report shows them: words, tables, and how the numbers came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relu_bench import compare
from relu_bench.compare import Answers, Mode, Selection
from relu_bench.compare.sentences import legend, rank_words
from relu_bench.compare.short_answer import ShortAnswer, short_answers
from relu_bench.compare.tables import circumstances, rank_table, tables_of
from relu_bench.errors import ReluBenchError
from relu_bench.tables import Table
from relu_bench.wording import counted

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Whole:
    """All of one comparison.

    Attributes:
        circumstances: on what, and how further axes are treated.
        words: the answer first, then its limits.
        tables: the scores, the differences, how sure they are.
        legend: what the columns and marks are.
        left_out: what does not count.
        methods: the paragraph for a paper.
    """

    circumstances: str
    words: tuple[str, ...]
    tables: tuple[Table, ...]
    legend: tuple[str, ...]
    left_out: tuple[str, ...]
    methods: str


@dataclass(frozen=True)
class Compared:
    """The answer to one question, or the ranks across data sets.

    Attributes:
        heading: what is compared.
        circumstances: on what, and how further axes are treated.
        words: the answer first, then on what it rests.
        table: the verdicts, or the ranks.
        notes: what else must be known of it.
        whole: the comparisons that it sums up; none for ranks.
    """

    heading: str
    circumstances: str
    words: tuple[str, ...]
    table: Table
    notes: tuple[str, ...] = ()
    whole: tuple[Whole, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What is asked of the results, as `relu-bench compare` takes it."""

    by: tuple[str, ...] = ()
    baseline: str | None = None
    metric: str | None = None
    margin: float | None = None
    mode: Mode | None = None

    @property
    def is_default(self) -> bool:
        """Whether nothing particular is asked for, so that no answer is no fault of the user's."""
        return not self.by and self.baseline is None and self.metric is None


def answered(results: Selection, asked: Asked) -> tuple[tuple[Compared, ...], tuple[str, ...]]:
    """The comparisons and what must be known beside them.

    Where nothing can be compared, the reason is the only notice beside those of the results.

    Raises:
        ReluBenchError: when `asked` names what is not there.
    """
    try:
        answers = compare.answer(
            results,
            asked.by,
            baseline=asked.baseline,
            metric=asked.metric,
            margin=asked.margin,
            mode=asked.mode,
        )
    except ReluBenchError as error:
        if not asked.is_default or len(compare.axes(compare.completed(results.runs))):
            raise
        return (), (*results.notices, str(error))
    return _compared(answers), answers.notices


def _compared(answers: Answers) -> tuple[Compared, ...]:
    ranks = [
        Compared(
            "Across data sets",
            ", ".join(each.datasets),
            (rank_words(each),),
            rank_table(each),
        )
        for each in answers.ranks
    ]
    return (*map(_of, short_answers(answers)), *ranks)


def _of(short: ShortAnswer) -> Compared:
    notes = (*short.notes, short.next_step) if short.next_step else short.notes
    return Compared(
        short.heading,
        short.circumstances,
        short.words,
        short.table,
        notes,
        tuple(
            Whole(
                circumstances(each),
                compare.in_words(each),
                tuple(tables_of(each)),
                legend(each),
                each.left_out,
                compare.methods_paragraph(each),
            )
            for each, _ in short.whole
        ),
    )


def facts(results: Selection) -> tuple[str, ...]:
    """One line for each experiment: its runs, what varies, and what all of them have in common."""
    return tuple(
        f"{experiment}: {_described(results, str(experiment))}"
        for experiment in sorted(results.runs["experiment"].unique())
    )


def _described(results: Selection, experiment: str) -> str:
    runs = results.runs[results.runs["experiment"] == experiment]
    axes = compare.axes(runs)
    varying = [
        f"{len(compare.texts(runs[name]))} values of {name.replace('_', ' ')}" for name in axes
    ]
    varying.append(_seeds(runs, axes))
    fixed = [_only(list(compare.texts(runs[name]).values())) for name in ("dataset", "model")]
    common = ", ".join(text for text in fixed if text)
    text = f"{counted(len(runs), 'run')}, {' × '.join(varying)}"
    return f"{text}; {common}" if common else text


def _seeds(runs: DataFrame, axes: Sequence[str]) -> str:
    """How many seeds each setting has: `10 seeds`, or `15 to 130 seeds`."""
    settings = runs.groupby(list(axes), dropna=False)["seed"] if axes else [("", runs["seed"])]
    counts = [its.nunique() for _, its in settings]
    most = counted(max(counts), "seed")
    return most if min(counts) == max(counts) else f"{min(counts)} to {most}"


def _only(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else ""
