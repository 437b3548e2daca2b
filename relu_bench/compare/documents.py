"""All of an answer as one text: for a terminal, as Markdown, as LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from relu_bench.compare import markup
from relu_bench.compare.answers import Answers
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.further import Further, further_sections
from relu_bench.compare.methods import paragraph
from relu_bench.compare.plain_text import WIDTH, lines_of, wrapped
from relu_bench.compare.sections import (
    Mark,
    Section,
    circumstances,
    heading,
    rank_section,
    sections,
    wide,
)
from relu_bench.compare.sentences import Marks, in_words, legend, rank_words

Line = tuple[str, Mark]
# The marks of rows where they are shown by the face of the letters.
_FACES: Marks = ("Bold:", "italics:")


def text_lines(
    answers: Answers, width: int = WIDTH, *, in_columns: bool = False, methods: bool = False
) -> list[Line]:
    """Lines at most `width` wide where labels allow it, each with the mark of its row.

    Args:
        answers: of `answer`.
        width: characters.
        in_columns: one column a seed in place of the statistics.
        methods: the paragraph for a paper below each comparison.
    """
    found: list[Line] = []
    said: set[str] = set()
    for each, beside in zip(answers.comparisons, answers.further, strict=True):
        found += [("", "")] if found else []
        found += _unmarked(wrapped([heading(each), circumstances(each)], width))
        for section in _sections(each, in_columns):
            found += [("", ""), *_unmarked([section.title]), *lines_of(section, width)]
        for section, notes in _beside(each, beside, in_columns):
            found += [("", ""), *_unmarked(wrapped([section.title], width))]
            found += [*lines_of(section, width), *_unmarked(wrapped(notes, width))]
        for sentences in _words(each, in_columns, methods, said):
            found += [("", ""), *_unmarked(wrapped(sentences, width))]
    for ranks in answers.ranks:
        section = rank_section(ranks)
        found += [("", ""), *_unmarked(wrapped([section.title], width)), *lines_of(section, width)]
        found += _unmarked(wrapped([rank_words(ranks)], width))
    return found


def markdown(answers: Answers, *, in_columns: bool = False, methods: bool = False) -> str:
    """Headings, tables and lists."""
    lines: list[str] = []
    said: set[str] = set()
    for each, beside in zip(answers.comparisons, answers.further, strict=True):
        lines += [markup.markdown_heading(heading(each)), ""]
        lines += [markup.markdown_text(circumstances(each)), ""]
        for section in _sections(each, in_columns):
            lines += [*markup.markdown(section), ""]
        for section, notes in _beside(each, beside, in_columns):
            lines += [*markup.markdown(section), "", *markup.markdown_list(notes), ""]
        for sentences in _words(each, in_columns, methods, said, _FACES):
            lines += [*markup.markdown_list(sentences), ""]
    for ranks in answers.ranks:
        lines += [
            *markup.markdown(rank_section(ranks)),
            "",
            markup.markdown_text(rank_words(ranks)),
            "",
        ]
    return "\n".join(lines).rstrip("\n")


def latex(answers: Answers, *, in_columns: bool = False, methods: bool = False) -> str:
    r"""Tables with captions, to be read in by `\input`; sentences as notes below the last."""
    lines = ["% Needs \\usepackage{booktabs}."]
    for each, beside in zip(answers.comparisons, answers.further, strict=True):
        parts = _sections(each, in_columns)
        caption = f"{heading(each)}; {circumstances(each)}"
        for section in parts:
            last = section is parts[-1]
            words = _words(each, in_columns, False, set(), _FACES) if last else []
            notes = [sentence for sentences in words for sentence in sentences]
            lines += markup.latex(section, caption, notes)
        for section, notes in _beside(each, beside, in_columns):
            lines += markup.latex(section, caption, notes)
        if methods:
            lines += ["", markup.latex_text(paragraph(each)), ""]
    for ranks in answers.ranks:
        lines += markup.latex(rank_section(ranks), "Across data sets", [rank_words(ranks)])
    return "\n".join(lines)


def _sections(comparison: Comparison, in_columns: bool) -> list[Section]:
    return [wide(comparison)] if in_columns else sections(comparison)


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


def _beside(
    comparison: Comparison, further: Further, in_columns: bool
) -> list[tuple[Section, list[str]]]:
    return [] if in_columns else further_sections(comparison, further)


def _words(
    comparison: Comparison,
    in_columns: bool,
    methods: bool,
    said: set[str],
    marks: Marks = ("*", "?"),
) -> list[Sequence[str]]:
    """The answer, what does not count, what the columns are, how it came about.

    What the columns are is said once: `said` holds the lines that stand under tables above.
    """
    parts: list[Sequence[str]] = []
    if not in_columns:
        parts.append(in_words(comparison))
        parts.append([line for line in legend(comparison, marks) if line not in said])
        said.update(parts[-1])
    parts.append([f"Left out: {line}" for line in comparison.left_out])
    if methods:
        parts.append([paragraph(comparison)])
    return [part for part in parts if part]


def _unmarked(lines: Sequence[str]) -> list[Line]:
    return [(line, "") for line in lines]
