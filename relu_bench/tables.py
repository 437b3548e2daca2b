"""One table, written in six ways: for a terminal, as Markdown, LaTeX, CSV, JSON and HTML.

Cells are texts as readers see them, or values for programs. The nested JSON of `compare`, and the
CSVs of a store, are no tables of this kind.
"""

from __future__ import annotations

import csv
import functools
import io
import itertools
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from relu_bench.wording import as_yaml, broken, wrapped

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

Mark = Literal["best", "undecided", ""]
"""How a row stands against the best: it, or practically equal to it; not told apart; the rest."""

SIGNS: Mapping[Mark, str] = {"best": "*", "undecided": "?", "": " "}


@dataclass(frozen=True)
class Head:
    """A column.

    Attributes:
        text: its head, and its name in CSV and JSON.
        align: of its cells, where letters have one width, in Markdown and in LaTeX.
        wraps: whether a terminal may break its cells over several lines, at blanks.
        form: `code` and `math` are set as such in Markdown and LaTeX; the cells of `math` are
            LaTeX, trusted as such.
    """

    text: str
    align: Literal["left", "right"] = "left"
    wraps: bool = False
    form: Literal["text", "code", "math"] = "text"


@dataclass(frozen=True)
class Table:
    """A table, the first column of which names the rows.

    Attributes:
        caption: what it shows; may be empty.
        heads: of the columns.
        rows: cells; None, NaN and the empty text are what does not exist.
        marks: of each row; none where rows are not ranked.
        notes: sentences that a reader must know beside it.
    """

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Any, ...], ...]
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def texts(self) -> list[list[str]]:
        """The cells as a reader sees them."""
        return [[_text(cell) for cell in row] for row in self.rows]

    @property
    def all_marks(self) -> tuple[Mark, ...]:
        """One for each row, also where none is ranked."""
        unmarked: tuple[Mark] = ("",)
        return self.marks or unmarked * len(self.rows)

    def without_empty_columns(self) -> Table:
        """Itself without columns in which no row has anything."""
        kept = [place for place in range(len(self.heads)) if any(row[place] for row in self.texts)]
        heads = tuple(self.heads[place] for place in kept)
        rows = tuple(tuple(row[place] for place in kept) for row in self.rows)
        return replace(self, heads=heads, rows=rows)

    def first(self, most: int, where: str) -> Table:
        """Itself, or its first `most` rows with a note that says `where` the others are."""
        count = len(self.rows)
        if count <= most:
            return self
        note = f"Shown are {most:,} of {count:,} rows; {where}."
        return replace(
            self, rows=self.rows[:most], marks=self.marks[:most], notes=(*self.notes, note)
        )


def table(
    caption: str,
    heads: Sequence[str | Head],
    rows: Iterable[Sequence[Any]],
    marks: Sequence[Mark] = (),
    notes: Sequence[str] = (),
) -> Table:
    """A table; a head that is a text is aligned to the left in front, else to the right."""
    whole = tuple(
        head if isinstance(head, Head) else Head(head, "right" if place else "left")
        for place, head in enumerate(heads)
    )
    return Table(caption, whole, tuple(map(tuple, rows)), tuple(marks), tuple(notes))


def of_records(records: Sequence[Mapping[str, Any]]) -> Table:
    """A table of values, one row a record; a column for each key of any."""
    heads = list(dict.fromkeys(key for record in records for key in record))
    return table("", heads, [[record.get(key) for key in heads] for record in records])


# For a terminal.

_NARROWEST = 16
_STYLES: Mapping[Mark, str] = {"best": "\x1b[1m", "undecided": "\x1b[3m", "": ""}
_PLAIN = "\x1b[0m"


def terminal(given: Table, width: int | None = None, *, gap: int = 2, styled: bool = False) -> str:
    """Aligned lines; empty without a row. The caption and the notes are left to the caller.

    A long name goes on over several lines; a table of more columns than fit is cut into several,
    the names in front of each. Where a column wraps, it takes what the others leave instead. Not by
    `rich.table`, which takes 30 times as long for 3,000 variants (8 s against 0.3 s).

    Args:
        given: the table.
        width: characters; None for as many as it takes.
        gap: blanks between columns.
        styled: heads and the best in bold and the undecided in italics, by ANSI codes.
    """
    if not given.rows:
        return ""
    heads = [head.text for head in given.heads]
    rows = [heads, *_folded(given, width, gap)]
    names = _Names([row[0] for row in rows], given.marks)
    columns = [_widest(column) for column in zip(*rows, strict=True)]
    folding = any(head.wraps for head in given.heads)
    natural = names.width(columns[0] + 4) + sum(columns) + gap * len(columns)
    limit = natural if width is None or folding else width
    blocks = []
    for part in _parts(columns, limit - names.width(_NARROWEST), gap):
        taken = sum(columns[place] + gap for place in part)
        room = max(names.width(limit - taken), names.width(_NARROWEST))
        widths = [names.width(room), *(columns[place] for place in part)]
        aligned = [given.heads[place].align for place in (0, *part)]
        lines = []
        for name, row, mark in zip(
            names.broken(room), rows, ("best", *given.all_marks), strict=True
        ):
            drawn = _aligned([name, *(row[place] for place in part)], widths, aligned, gap)
            style = _STYLES[mark] if styled else ""
            lines += [f"{style}{line}{_PLAIN}" if style else line for line in drawn]
        blocks.append("\n".join(lines if any(heads) else lines[1:]))
    return "\n\n".join(blocks)


def _folded(given: Table, width: int | None, gap: int) -> list[list[str]]:
    """The cells as texts, those of a column that wraps in lines as long as the others leave."""
    texts = given.texts
    for place, head in enumerate(given.heads):
        if width is not None and head.wraps:
            others = [each for each in range(len(given.heads)) if each != place]
            columns = ([given.heads[each].text, *(row[each] for row in texts)] for each in others)
            room = max(width - sum(_widest(column) + gap for column in columns), _NARROWEST)
            for row in texts:
                lines = (wrapped(part, room) for part in row[place].split("\n"))
                row[place] = "\n".join(itertools.chain.from_iterable(lines))
    return texts


def _widest(cells: Iterable[str]) -> int:
    """The widest line of these cells, in letters of a terminal, where Chinese ones take two."""
    from rich.cells import cell_len

    return max(cell_len(line) for cell in cells for line in cell.split("\n"))


def _aligned(
    cells: Sequence[str], widths: Sequence[int], aligns: Sequence[str], gap: int
) -> list[str]:
    """A row as lines, as many as its cell of most lines has."""
    from rich.cells import cell_len

    lines = []
    for parts in itertools.zip_longest(*(cell.split("\n") for cell in cells), fillvalue=""):
        padded = []
        for part, width, align in zip(parts, widths, aligns, strict=True):
            blanks = " " * (width - cell_len(part))
            padded.append(f"{blanks}{part}" if align == "right" else f"{part}{blanks}")
        lines.append((" " * gap).join(padded).rstrip())
    return lines


class _Names:
    """The first column: the sign of each row's mark, if any row has one, and its name."""

    def __init__(self, names: Sequence[str], marks: Sequence[Mark]) -> None:
        self._names = names
        self._signs = [f"{SIGNS[mark]} " for mark in ("", *marks)] if marks else None

    def broken(self, room: int) -> list[str]:
        """Each over as many lines as it takes, so that they are `room` wide if they can be."""
        if self._signs is None:
            return [
                broken(name, room - 2).replace("\n", "\n  ") if len(name) > room else name
                for name in self._names
            ]
        return [
            sign
            + (name if len(name) + 2 <= room else broken(name, room - 4)).replace("\n", "\n    ")
            for sign, name in zip(self._signs, self._names, strict=True)
        ]

    def width(self, room: int) -> int:
        """What they take when they are broken for `room`."""
        return _widest(self.broken(room))


def _parts(columns: Sequence[int], room: int, gap: int) -> list[list[int]]:
    """The columns, but for the first, of each part of a table that is too wide for one."""
    parts: list[list[int]] = [[]]
    used = 0
    for place in range(1, len(columns)):
        if parts[-1] and used + columns[place] + gap > room:
            parts.append([])
            used = 0
        parts[-1].append(place)
        used += columns[place] + gap
    return parts


# As Markdown.

_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~$&]")
_AROUND: Mapping[Mark, str] = {"best": "**", "undecided": "*", "": ""}


def markdown(given: Table) -> str:
    """The caption, the table and its notes; the best in bold, the undecided in italics.

    Without a row the caption stands alone.
    """
    lines = [f"**{markdown_text(given.caption)}**"] if given.caption else []
    if given.rows:
        lines += [""] if lines else []
        rules = ("---:" if head.align == "right" else "---" for head in given.heads)
        lines += [_piped(markdown_text(head.text) for head in given.heads), _piped(rules)]
    for cells, mark in zip(given.texts, given.all_marks, strict=True):
        name, *others = map(_markdown_cell, cells, given.heads)
        around = _AROUND[mark] if name else ""
        lines.append(_piped([f"{around}{name}{around}", *others]))
    if given.notes:
        lines += ["", *markdown_list(given.notes)]
    return "\n".join(lines)


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it stands, on one line."""
    return _MARKDOWN.sub(r"\\\g<0>", re.sub(r"[\r\n]+", " ", text))


def markdown_list(sentences: Sequence[str]) -> list[str]:
    """Sentences as a list."""
    return [f"- {markdown_text(sentence)}" for sentence in sentences]


def _piped(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_cell(text: str, head: Head) -> str:
    if not text or head.form == "text":
        return markdown_text(text)
    if head.form == "math":
        return "$" + text.replace("|", r"\vert ") + "$"
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    edge = " " if "`" in text else ""
    return f"{ticks}{edge}{text}{edge}{ticks}".replace("|", r"\|").replace("\n", " ")


# As LaTeX.

# Every sign that relu-bench itself writes: `tests/test_tables.py` finds a new one in our texts.
_LATEX = {
    "\\": r"\textbackslash{}", "_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "\N{NO-BREAK SPACE}": "~", "\N{SOFT HYPHEN}": "", "–": "--", "—": "---", "…": r"\dots{}",
    "‘": "`", "’": "'", "“": "``", "”": "''",
    "−": "$-$", "×": r"$\times$", "±": r"$\pm$", "·": r"$\cdot$", "≤": r"$\leq$", "≥": r"$\geq$",
    "≈": r"$\approx$", "∞": r"$\infty$", "√": r"$\surd$", "′": "$'$",
    "←": r"$\leftarrow$", "→": r"$\rightarrow$", "↑": r"$\uparrow$", "↓": r"$\downarrow$",
    "α": r"$\alpha$", "β": r"$\beta$", "γ": r"$\gamma$", "σ": r"$\sigma$",
    "µ": r"$\mu$", "μ": r"$\mu$",
    **{raised: f"$^{{{sign}}}$" for raised, sign in zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True)},
}  # fmt: skip
_NOT_IN_FIRST_ENCODING = "«»ÐðÞþ"


def latex(given: Table) -> str:
    r"""A `table` with booktabs rules; the best in bold, the undecided in italics, the notes below.

    Needs `\usepackage{booktabs}`, and UTF-8 as LaTeX has it by default. Without a row it is a
    paragraph. `beyond_pdflatex` says which letters need another program than pdfLaTeX.
    """
    if not given.rows:
        return "\n".join(["", latex_text(" ".join([given.caption, *given.notes])), ""])
    columns = "".join(head.align[0] for head in given.heads)
    heads = " & ".join(latex_text(head.text) for head in given.heads)
    lines = [
        r"\begin{table}[htbp]",
        r"  \centering",
        f"  \\caption{{{latex_text(given.caption)}}}",
        r"  \small",
        f"  \\begin{{tabular}}{{{columns}}}",
        r"    \toprule",
        rf"    {heads} \\",
        r"    \midrule",
    ]
    for cells, mark in zip(given.texts, given.all_marks, strict=True):
        name, *others = map(_latex_cell, cells, given.heads)
        command = {"best": r"\textbf", "undecided": r"\textit", "": ""}[mark]
        name = f"{command}{{{name}}}" if command else name
        # Behind the two backslashes above, LaTeX would take these for their arguments.
        name = f"{{}}{name}" if name[:1] in ("[", "*") else name
        lines.append(rf"    {' & '.join([name, *others])} \\")
    lines += [r"    \bottomrule", r"  \end{tabular}"]
    if given.notes:
        lines.append(rf"  \par\smallskip\footnotesize {latex_text(' '.join(given.notes))}")
    return "\n".join([*lines, r"\end{table}"])


def latex_text(text: str) -> str:
    """Text that LaTeX sets as it stands, on one line; what cannot be printed is lost."""
    return "".join(
        _LATEX.get(each, " " if each.isspace() else each if each.isprintable() else "")
        for each in unicodedata.normalize("NFC", text)
    )


def beyond_pdflatex(text: str) -> str:
    """A notice on letters of a LaTeX document that pdfLaTeX does not set, if there are any."""
    beyond = sorted({each for each in text if each > "ÿ" or each in _NOT_IN_FIRST_ENCODING})
    if not beyond:
        return ""
    return f"compile with XeLaTeX or LuaLaTeX: pdfLaTeX does not set {' '.join(beyond)}"


def _latex_cell(text: str, head: Head) -> str:
    """A negative number has a minus, not a hyphen."""
    if head.form == "math" and text:
        return f"${text}$"
    words = [
        f"${word}$" if re.match(r"[+-]\d[^$]*\Z", word) else word
        for word in latex_text(text).split(" ")
    ]
    shown = " ".join(words)
    return rf"\texttt{{{shown}}}" if head.form == "code" and text else shown


# For programs.

# What a spreadsheet takes for a formula; https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile("[=+\\-@\t\r＝＋－＠]")


def to_csv(given: Table) -> str:
    """A line a row below the heads; an empty cell for what does not exist.

    A list or an object is JSON in its cell. Text that a spreadsheet would take for a formula has an
    apostrophe in front.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head.text for head in given.heads)
    writer.writerows([_csv_cell(cell) for cell in row] for row in given.rows)
    return buffer.getvalue().removesuffix("\n")


def to_json(given: Table) -> str:
    """An array with an object a row; null for what does not exist, `inf` or `-inf` as a text."""
    keys = [head.text for head in given.heads]
    rows = [dict(zip(keys, map(_json_value, row), strict=True)) for row in given.rows]
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False)


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if _is_nothing(cell):
        return ""
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else as_yaml(cell)


def _csv_cell(cell: Any) -> Any:
    if _is_nothing(cell):
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if _FORMULA.match(cell) else cell
    if isinstance(cell, list | tuple | dict):
        return json.dumps(_json_value(cell), ensure_ascii=False)
    return as_yaml(cell) if isinstance(cell, bool) else cell


def _json_value(cell: Any) -> Any:
    if isinstance(cell, Mapping):
        return {key: _json_value(each) for key, each in cell.items()}
    if isinstance(cell, list | tuple):
        return [_json_value(each) for each in cell]
    if _is_nothing(cell):
        return None
    return str(cell) if isinstance(cell, float) and math.isinf(cell) else cell


def _is_nothing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


# As HTML.

_HTML = """\
<div class="scroll" tabindex="0" role="region" aria-labelledby="{{ name }}">
<table class="{{ 'sortable' if table.rows | length > 1 else 'single' }}\
{{ ' ranked' if table.marks else '' }}{{ ' ' ~ kind if kind else '' }}">
<caption><span id="{{ name }}">{{ table.caption }}</span></caption>
<thead><tr>\
{% for head in table.heads %}<th scope="col">{{ head.text }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in table.texts %}
{% set mark = table.all_marks[loop.index0] %}
<tr{% if mark %} class="{{ mark }}"{% endif %}><th scope="row">\
{% if table.marks %}<span class="sign">{{ signs[mark].strip() }}</span>{% endif %}\
<span class="name">{{ row[0] | breakable }}</span></th>\
{% for cell in row[1:] %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
</div>
{% if table.notes %}
<p class="quiet">{{ table.notes | join(" ") }}</p>
{% endif %}
"""


def html(given: Table, name: str, kind: str = "") -> Markup:
    """The table in a region that scrolls, and its notes; every text is escaped.

    Args:
        given: the table.
        name: the id of its caption.
        kind: further classes of the style sheet.
    """
    from markupsafe import Markup

    return Markup(_html_template().render(table=given, name=name, kind=kind, signs=SIGNS))


def breakable(label: str) -> Markup:
    """A label, escaped, that may go on in the next line before `(` and after `,` and `=`."""
    from markupsafe import Markup

    return Markup("<wbr>").join(re.split(r"(?=\()|(?<=[,=])", label))


@functools.cache
def _html_template() -> Template:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["breakable"] = breakable
    return environment.from_string(_HTML)
