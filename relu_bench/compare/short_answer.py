"""The answer first, and short: what a person reads before all details."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from relu_bench.compare.answers import Answers
from relu_bench.compare.anytime_words import looking_in_words
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.further import Further
from relu_bench.compare.other_samples import other_samples_range
from relu_bench.compare.sentences import learned_words, scope, skewed, verdict_words
from relu_bench.compare.tables import circumstances, heading, verdict_table
from relu_bench.stats.nested import FEWEST_SEEDS
from relu_bench.tables import Table

_MORE = "--details adds sd, medians, sign-flip, r, P(better), seeds, letters, the legend."
_MORE_ANYTIME = "--details adds sd, medians, r, P(better), the legend."
_ADDS_SEEDS = "Undecided is not equal; relu-bench run CONFIG --until-resolved adds seeds."
_CONFIRMS = "relu-bench run CONFIG --confirm N compares the chosen settings on N new seeds."
_TUNED_SEEDS = (
    f"At best settings, intervals take {FEWEST_SEEDS} seeds: relu-bench run CONFIG --set seeds=5."
)
_MORE_SEEDS = "Seeds show what is noise: relu-bench run CONFIG --set seeds=5 trains more."
_MOST_LEFT_OUT = 3


@dataclass(frozen=True, eq=False)
class ShortAnswer:
    """The answer to one question.

    Attributes:
        whole: the comparisons that it sums up, each at its best setting first.
        heading: what is compared.
        circumstances: on what, and how further axes are treated.
        words: a sentence or two each: the verdicts, what did not learn, on what they rest.
        table: the verdicts, variant by variant.
        notes: what stands below it: averages, what matters most, what is left out.
        next_step: the command that goes on where something is undecided; else empty.
    """

    whole: tuple[tuple[Comparison, Further], ...]
    heading: str
    circumstances: str
    words: tuple[str, ...]
    table: Table
    notes: tuple[str, ...]
    next_step: str


def short_answers(answers: Answers) -> tuple[ShortAnswer, ...]:
    """One for each question.

    What its verdicts rest on, and what is left out, stands in the first of several that share it.
    """
    both = zip(answers.comparisons, answers.further, strict=True)
    found: list[ShortAnswer] = []
    said: set[str] = set()
    for _, its in groupby(both, key=lambda each: id(each[0].question)):
        whole = tuple(its)
        first, further = whole[0]
        verdicts = [_capital(verdict_words(each)) for each, _ in whole]
        grounds = [_capital(learned_words(first)), scope(first), other_samples_range(first)]
        caveats = [further.matters, skewed(first), *looking_in_words(first)]
        caveats += [line for each, _ in whole for line in _left_out(each)]
        found.append(
            ShortAnswer(
                whole,
                heading(first),
                circumstances(first),
                (verdicts[0], *_new(grounds, said)),
                verdict_table(first),
                (*verdicts[1:], *_new(caveats, said)),
                _what_decides(first),
            )
        )
    return tuple(found)


def last_lines(shorts: Sequence[ShortAnswer]) -> list[str]:
    """The commands that go on, and what the whole has beyond these answers: a line each."""
    steps = dict.fromkeys(short.next_step for short in shorts if short.next_step)
    fixed = any(each.looks is None for short in shorts for each, _ in short.whole)
    return [*steps, _MORE if fixed else _MORE_ANYTIME]


def _new(sentences: Sequence[str], said: set[str]) -> tuple[str, ...]:
    """Those that are not `said`, each once."""
    new = tuple(each for each in dict.fromkeys(sentences) if each and each not in said)
    said.update(new)
    return new


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _what_decides(comparison: Comparison) -> str:
    """The command that goes on where there is a single seed, or a comparison is undecided."""
    if max(each.n for each in comparison.estimates) < 2:
        return _MORE_SEEDS
    if all(pair.verdict != "undecided" for pair in comparison.pairs):
        return ""
    if comparison.looks is not None and comparison.looks.most is not None:
        return ""  # what goes on is said with what each lacks
    if not comparison.nested:
        return _ADDS_SEEDS
    return _CONFIRMS if any(pair.n >= FEWEST_SEEDS for pair in comparison.pairs) else _TUNED_SEEDS


def _left_out(comparison: Comparison) -> list[str]:
    lines = [f"Left out: {line}" for line in comparison.left_out[:_MOST_LEFT_OUT]]
    more = len(comparison.left_out) - _MOST_LEFT_OUT
    return [*lines, f"Left out: {more} further lines, by --details."] if more > 0 else lines
