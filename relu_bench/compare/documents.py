"""All of an answer as one text: for a terminal, as Markdown, as LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from relu_bench import tables
from relu_bench.compare.answers import Answers
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.further import Further, further_tables
from relu_bench.compare.methods import paragraph
from relu_bench.compare.sentences import Marks, in_words, legend, rank_words
from relu_bench.compare.short_answer import last_lines, short_answers
from relu_bench.compare.tables import circumstances, heading, rank_table, table_by_seed, tables_of
from relu_bench.tables import Table
from relu_bench.wording import wrapped

WIDTH = 80
# The marks of rows where they are shown by the face of the letters.
_FACES: Marks = ("Bold:", "italics:")


def text(
    answers: Answers,
    width: int = WIDTH,
    *,
    details: bool = False,
    in_columns: bool = False,
    methods: bool = False,
    styled: bool = False,
) -> str:
    """Lines at most `width` wide where labels allow it.

    Args:
        answers: of `answer`.
        width: characters.
        details: everything that is known of each comparison in place of the short answer.
        in_columns: one column a seed in place of the statistics.
        methods: the paragraph for a paper below each comparison.
        styled: the best in bold and the undecided in italics, by ANSI codes.
    """

    def lines(sentences: Sequence[str]) -> list[str]:
        return [line for each in sentences for line in wrapped(each, width, "  ")]

    def lines_of(table: Table) -> list[str]:
        drawn = tables.terminal(table, width, gap=1, styled=styled)
        caption = lines([table.caption]) if table.caption else []
        return ["", *caption, *([drawn] if drawn else []), *lines(table.notes)]

    found: list[str] = []
    shorts = () if details or in_columns else short_answers(answers)
    if not shorts:
        said: set[str] = set()
        for each, further in zip(answers.comparisons, answers.further, strict=True):
            found += [""] if found else []
            found += lines([heading(each), circumstances(each)])
            first, *others = _words(each, further, in_columns, methods, said=said)
            found += ["", *lines(first)] if first else []
            for table in _tables(each, in_columns) + _beside(each, further, in_columns):
                found += lines_of(table)
            for sentences in others:
                found += ["", *lines(sentences)] if sentences else []
    else:
        for short in shorts:
            found += [""] if found else []
            found += lines([short.heading, short.circumstances])
            found += ["", *lines(short.words)]
            found += lines_of(replace(short.table, caption=""))
            found += ["", *lines(short.notes)] if short.notes else []
            for each, further in short.whole:
                for table in further_tables(each, replace(further, robustness=())):
                    found += lines_of(table)
                found += ["", *lines([paragraph(each)])] if methods else []
    for ranks in answers.ranks:
        found += lines_of(replace(rank_table(ranks), notes=(rank_words(ranks),)))
    if shorts:
        found += ["", *lines(last_lines(shorts))]
    return "\n".join(found)


def markdown(answers: Answers, *, in_columns: bool = False, methods: bool = False) -> str:
    """Headings, tables and lists."""
    parts: list[str] = []
    said: set[str] = set()
    for each, further in zip(answers.comparisons, answers.further, strict=True):
        parts.append(f"## {tables.markdown_text(heading(each))}")
        parts.append(tables.markdown_text(circumstances(each)))
        parts += map(tables.markdown, _tables(each, in_columns))
        for table in _beside(each, further, in_columns):
            # An empty list of notes has its place as well.
            parts.append(tables.markdown(table) + ("" if table.notes else "\n"))
        words = _words(each, further, in_columns, methods, said=said, marks=_FACES)
        parts += ["\n".join(tables.markdown_list(its)) for its in words if its]
    for ranks in answers.ranks:
        parts += [tables.markdown(rank_table(ranks)), tables.markdown_text(rank_words(ranks))]
    return "\n\n".join(parts).rstrip("\n")


def latex(answers: Answers, *, in_columns: bool = False, methods: bool = False) -> str:
    r"""Tables with captions, to be read in by `\input`; sentences as notes below the last."""
    parts = []
    for each, further in zip(answers.comparisons, answers.further, strict=True):
        *others, last = _tables(each, in_columns)
        words = _words(each, further, in_columns, False, said=set(), marks=_FACES)
        last = replace(last, notes=tuple(line for sentences in words for line in sentences))
        caption = f"{heading(each)}; {circumstances(each)}"
        for table in [*others, last, *_beside(each, further, in_columns)]:
            parts.append(_latex(table, caption))
        if methods:
            parts += ["", tables.latex_text(paragraph(each)), ""]
    for ranks in answers.ranks:
        table = replace(rank_table(ranks), notes=(rank_words(ranks),))
        parts.append(_latex(table, "Across data sets"))
    notice = tables.beyond_pdflatex("".join(parts))
    comments = ["% Needs \\usepackage{booktabs}.", *([f"% {notice}"] if notice else [])]
    return "\n".join([*comments, *parts])


def _latex(table: Table, heading: str) -> str:
    title = table.caption[:1].lower() + table.caption[1:]
    return tables.latex(replace(table, caption=f"{heading}: {title}."))


def _tables(comparison: Comparison, in_columns: bool) -> list[Table]:
    return [table_by_seed(comparison)] if in_columns else tables_of(comparison)


def not_shown(answers: Answers, form: str, *, in_columns: bool = False) -> tuple[str, ...]:
    """A line that names the views that were asked for and have no place in this form, if any.

    Args:
        answers: of `answer`.
        form: `table`, `markdown`, `latex`, `csv` or `json`, which has all.
        in_columns: one column a seed in place of the statistics.
    """
    views = {
        "the time to accuracy": any(each.times is not None for each in answers.further),
        "the effects": any(each.effects is not None for each in answers.further),
    }
    names = " and ".join(name for name, asked in views.items() if asked)
    if not names or form == "json" or not (form == "csv" or in_columns):
        return ()
    where = "in CSV" if form == "csv" else "with --wide"
    return (f"not {where}, but with --format json: {names}",)


def _beside(comparison: Comparison, further: Further, in_columns: bool) -> list[Table]:
    return [] if in_columns else further_tables(comparison, further)


def _words(
    comparison: Comparison,
    further: Further,
    in_columns: bool,
    methods: bool,
    *,
    said: set[str],
    marks: Marks = ("*", "?"),
) -> list[Sequence[str]]:
    """The answer, its limits, what the columns are, what does not count, how it came about.

    What the columns are is said once: `said` holds the lines that stand under tables above. A part
    that there is not is empty.
    """
    verdicts, *limits = in_words(comparison)
    if in_columns:
        parts: list[Sequence[str]] = [[], [], []]
    else:
        new = [line for line in (*legend(comparison, marks), further.matters) if line not in said]
        said.update(new)
        parts = [[verdicts], limits, [line for line in new if line]]
    parts.append([f"Left out: {line}" for line in comparison.left_out])
    parts.append([paragraph(comparison)] if methods else [])
    return parts
