"""Tables as Markdown and as LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from relu_bench.compare.latex_letters import code_points, in_latex
from relu_bench.compare.sections import Mark, Section

_MARKDOWN = "\\`*_{}[]<>#|~$&"


def markdown(section: Section) -> list[str]:
    """A title and a table; the best in bold, what is not told apart from it in italics.

    Without a row the title stands alone.
    """
    if not section.rows:
        return [f"**{markdown_text(section.title)}**"]
    heads = " | ".join(markdown_text(head) for head in section.heads)
    lines = [f"**{markdown_text(section.title)}**", "", f"| {heads} |"]
    lines.append(f"| --- |{' ---: |' * (len(section.heads) - 1)}")
    for (name, *cells), mark in zip(section.rows, section.marks, strict=True):
        shown = " | ".join([_markdown_name(name, mark), *map(markdown_text, cells)])
        lines.append(f"| {shown} |")
    return lines


def markdown_list(sentences: Sequence[str]) -> list[str]:
    """Sentences as a list."""
    return [f"- {markdown_text(sentence)}" for sentence in sentences]


def markdown_heading(text: str) -> str:
    """A heading of the second level."""
    return f"## {markdown_text(text)}"


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it stands."""
    return "".join(f"\\{character}" if character in _MARKDOWN else character for character in text)


def _markdown_name(name: str, mark: Mark) -> str:
    around = {"best": "**", "undecided": "*", "": ""}[mark]
    return f"{around}{markdown_text(name)}{around}"


def latex(section: Section, heading: str, notes: Sequence[str] = ()) -> list[str]:
    r"""A `table` with booktabs rules; the best in bold, what is not told apart from it in italics.

    Needs `\usepackage{booktabs}`, and UTF-8 as LaTeX has it by default. Without a row it is a
    paragraph. A comment above says which letters pdfLaTeX does not set.
    """
    title = section.title[:1].lower() + section.title[1:]
    said = _not_set(" ".join([heading, title, *notes, *section.heads, *chain(*section.rows)]))
    if not section.rows:
        return [*said, "", latex_text(" ".join([f"{heading}: {title}.", *notes])), ""]
    lines = [
        *said,
        r"\begin{table}[htbp]",
        r"  \centering",
        f"  \\caption{{{latex_text(f'{heading}: {title}.')}}}",
        r"  \small",
        f"  \\begin{{tabular}}{{l{'r' * (len(section.heads) - 1)}}}",
        r"    \toprule",
        f"    {_latex_row(section.heads)}",
        r"    \midrule",
    ]
    for (name, *cells), mark in zip(section.rows, section.marks, strict=True):
        command = {"best": r"\textbf", "undecided": r"\textit", "": ""}[mark]
        shown = f"{command}{{{latex_text(name)}}}" if command else latex_text(name)
        # Behind the two backslashes above, LaTeX would take these for their arguments.
        shown = f"{{}}{shown}" if shown[:1] in ("[", "*") else shown
        lines.append(f"    {' & '.join([shown, *map(_latex_cell, cells)])} \\\\")
    lines += [r"    \bottomrule", r"  \end{tabular}"]
    if notes:
        lines.append(f"  \\par\\smallskip\\footnotesize {latex_text(' '.join(notes))}")
    return [*lines, r"\end{table}"]


def latex_text(text: str) -> str:
    """Text that LaTeX sets as it stands, whatever characters it holds."""
    return in_latex(text)


def _not_set(text: str) -> list[str]:
    """A comment on the letters that stand as code points, if any."""
    codes = code_points(text)
    if not codes:
        return []
    named = ", ".join(
        f"{code} ({letter})" if (letter := chr(int(code[2:], 16))).isprintable() else code
        for code in codes
    )
    return [
        f"% pdfLaTeX does not set these letters, which stand as their code points: {named}.",
        "% XeLaTeX and LuaLaTeX set the letters themselves, with a font that has them.",
    ]


def _latex_row(cells: Sequence[str]) -> str:
    return f"{' & '.join(latex_text(cell) for cell in cells)} \\\\"


def _latex_cell(cell: str) -> str:
    """A negative number has a minus, not a hyphen."""
    text = latex_text(cell)
    parts = [
        f"${part}$" if part[:1] in "+-" and part[1:2].isdigit() and "$" not in part else part
        for part in text.split(" ")
    ]
    return " ".join(parts)
