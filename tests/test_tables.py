"""Whatever a cell holds, each of the six formats shows it and nothing else."""

import ast
import csv
import io
import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len, split_text

from relu_bench import tables
from relu_bench.tables import Head, Table, table

PACKAGE = Path(__file__).parents[1] / "relu_bench"

AWKWARD = {
    "pipe": "a|b",
    "ampersand": "a & b &amp; c",
    "dollar": "$x$ costs $5",
    "newline": "a\nb",
    "formula": "=1+1",
    "command": "@SUM(A1)",
    "html": "<script>alert(1)</script>",
    "wide": "激活函数",
    "markdown": r"a_b%c&d#e$f{g}h~i^j\k|l<m>*n*`o` [x](y)",
    "comma": 'a, "b"',
    "bracket": "[x]",
    "star": "*x",
    "blank": "a  b",
    "empty": "",
    "none": None,
    "nan": math.nan,
    "number": 1234567,
    "negative": "-0.06",
    "truth": True,
}


def of(cell: Any) -> Table:
    """The cell as the best name, and as another cell of a row that is not told apart from it."""
    return table("Caption", ("name", "n"), [(cell, 1), ("relu", cell)], ("best", "undecided"))


def as_read(cell: Any) -> str:
    """What a reader is to see of it."""
    if cell is None or cell is True or isinstance(cell, float):
        return "true" if cell is True else ""
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


class Cells(HTMLParser):
    """The texts of the cells, by row, and all tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.inside = False
        self.sign = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.sign = dict(attrs).get("class") == "sign"
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.sign = False
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside and not self.sign:
            self.rows[-1][-1] += data


def read_terminal(given: Table) -> list[list[str]]:
    """By where the second column begins, in letters as wide as on a terminal, without the marks."""
    lines = tables.terminal(given).split("\n")
    width = max(cell_len(cell) for _, cell in given.texts)
    begins = max(map(cell_len, lines)) - width
    parts = [split_text(line, begins) for line in lines]
    assert [first[:2] for first, _ in parts] == ["  ", "* ", "? "]
    return [[first[2:].rstrip(), second.lstrip()] for first, second in parts]


def read_markdown(given: Table) -> list[list[str]]:
    html = MarkdownIt("commonmark").enable("table").render(tables.markdown(given))
    assert html.count("<table>") == 1
    return Cells(html).rows


def read_html(given: Table) -> list[list[str]]:
    cells = Cells(str(tables.html(given, "name")))
    assert "script" not in cells.tags
    return cells.rows


def read_csv(given: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(tables.to_csv(given))))


def read_json(given: Table) -> list[list[Any]]:
    rows = json.loads(tables.to_json(given), parse_constant=pytest.fail)
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def read_latex(given: Table) -> list[list[str]]:
    """As LaTeX would set it, without its commands."""
    found = []
    for line in tables.latex(given).split("\n"):
        if line.endswith(r"\\"):
            cells = re.split(r"(?<!\\)&", line.strip().removesuffix(r"\\"))
            found.append([unset(cell.strip()) for cell in cells])
    return found


def unset(text: str) -> str:
    text = text.removeprefix("{}")
    text = re.sub(r"\\text(?:bf|it)\{(.*)\}\Z", r"\1", text)
    text = re.sub(r"(?<!\\)\$([^$]*[^$\\])\$", r"\1", text)
    for name, sign in {
        "backslash{}": "\\", "asciitilde{}": "~", "asciicircum{}": "^", "less{}": "<",
        "greater{}": ">", "bar{}": "|",
    }.items():  # fmt: skip
        text = text.replace(f"\\text{name}", f"\0{sign}")
    return re.sub(r"\\([_%&#${}])", r"\1", text).replace("\0", "")


Read = Callable[[Table], list[list[Any]]]
FORMATS: dict[str, Read] = {
    "terminal": read_terminal,
    "markdown": read_markdown,
    "latex": read_latex,
    "csv": read_csv,
    "json": read_json,
    "html": read_html,
}


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_holds_an_awkward_cell(form: str, name: str) -> None:
    cell = AWKWARD[name]
    expected: Any = as_read(cell)
    if form in ("markdown", "latex"):
        expected = expected.replace("\n", " ")
    elif form == "json":
        expected = None if cell is None or isinstance(cell, float) else cell
    elif form == "csv" and name == "number":
        expected = str(cell)
    elif form == "csv" and name in ("formula", "command", "negative"):
        expected = f"'{expected}"
    if form == "terminal" and name == "newline":
        assert tables.terminal(of(cell)).split("\n")[1:] == [
            "* a     1",
            "    b",
            "? relu  a",
            "        b",
        ]
        return

    heads, (name_cell, one), (relu, other_cell) = FORMATS[form](of(cell))

    assert (heads, str(one), relu) == (["name", "n"], "1", "relu")
    assert name_cell == other_cell == expected


@pytest.mark.parametrize("form", ["terminal", "markdown", "latex", "csv", "html"])
def test_a_table_without_rows(form: str) -> None:
    given = table("Caption", ("name", "n"), [], notes=["Why."])
    written = {
        "terminal": "",
        "markdown": "**Caption**\n\n- Why.",
        "latex": "\nCaption Why.\n",
        "csv": "name,n",
        "html": None,
    }[form]
    writers: dict[str, Callable[[Table], str]] = {
        "terminal": tables.terminal,
        "markdown": tables.markdown,
        "latex": tables.latex,
        "csv": tables.to_csv,
        "html": lambda each: str(tables.html(each, "name")),
    }
    found = writers[form](given)
    assert written is None or found == written
    if form == "html":
        assert '<p class="quiet">Why.</p>' in found


def test_captions_notes_and_marks_are_written() -> None:
    given = replace(of("x_y"), notes=("A & B.", "C."))

    assert tables.markdown(given).split("\n") == [
        "**Caption**",
        "",
        "| name | n |",
        "| --- | ---: |",
        r"| **x\_y** | 1 |",
        r"| *relu* | x\_y |",
        "",
        r"- A \& B.",
        "- C.",
    ]
    latex = tables.latex(given)
    assert r"\caption{Caption}" in latex
    assert r"\begin{tabular}{lr}" in latex
    assert r"\textbf{x\_y} & 1 \\" in latex
    assert r"\textit{relu} & x\_y \\" in latex
    assert r"\footnotesize A \& B. C." in latex
    html = str(tables.html(given, "place", kind="words"))
    assert '<span id="place">Caption</span>' in html
    assert 'class="sortable ranked words"' in html
    assert '<tr class="best"><th scope="row"><span class="sign">*</span>' in html
    assert '<p class="quiet">A &amp; B. C.</p>' in html
    assert tables.terminal(given) == "  name    n\n* x_y     1\n? relu  x_y"
    assert "\x1b[1m* x_y" in tables.terminal(given, styled=True)


def test_code_and_mathematics() -> None:
    heads = (Head("name", form="code"), Head("f(x)", form="math"))
    given = Table("", heads, (("a|b", "|x|"), ("a`b_c", ""), ("", r"\max(x, 0)")))

    assert tables.markdown(given).split("\n")[2:] == [
        r"| `a\|b` | $\vert x\vert $ |",
        "| `` a`b_c `` |  |",
        r"|  | $\max(x, 0)$ |",
    ]
    assert r"\texttt{a`b\_c} &  \\" in tables.latex(given)
    assert r"$\max(x, 0)$ \\" in tables.latex(given)


def test_values_for_programs() -> None:
    given = tables.of_records(
        [{"a": True, "b": math.inf, "c": [1, math.nan]}, {"b": 0.1, "c": {"x": None}, "d": "-x"}]
    )

    assert tables.to_csv(given) == ('a,b,c,d\ntrue,inf,"[1, null]",\n,0.1,"{""x"": null}",\'-x')
    assert json.loads(tables.to_json(given)) == [
        {"a": True, "b": "inf", "c": [1, None], "d": None},
        {"a": None, "b": 0.1, "c": {"x": None}, "d": "-x"},
    ]


def test_columns_without_anything_are_left_out() -> None:
    rows = [("a", None, "1", math.nan), ("b", "", "", 2.0)]
    found = table("", ["name", "p", "n", "sd"], rows, ["best", ""]).without_empty_columns()
    assert [head.text for head in found.heads] == ["name", "n", "sd"]
    assert found.texts == [["a", "1", ""], ["b", "", "2.0"]]
    assert found.marks == ("best", "")


def test_a_long_table_is_cut_and_says_so() -> None:
    given = table("t", ("a",), [(n,) for n in range(5)], ("best",) * 5, ("Means.",))

    cut = given.first(2, "the file has all")

    assert (len(cut.rows), len(cut.marks)) == (2, 2)
    assert cut.notes == ("Means.", "Shown are 2 of 5 rows; the file has all.")
    assert given.first(5, "") is given


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("marked", [True, False])
def test_a_terminal_s_table_is_as_wide_as_it(marked: bool, width: int) -> None:
    names = ["relu", "variance_scaling(distribution=untruncated, mode=fan_in, scale=0.3)"]
    heads = ("name", *(f"column {number}" for number in range(9)))
    given = table("", heads, [(name, *"123456789") for name in names], ("", "") if marked else ())

    text = tables.terminal(given, width)

    parts = text.split("\n\n")
    assert len(parts) > 1
    assert max(map(len, text.split("\n"))) <= width
    assert all("relu" in part and "distribution" in part for part in parts)
    assert [part.split("\n")[0].split()[1:] for part in parts] != []
    assert re.findall(r"column \d", text) == [f"column {number}" for number in range(9)]


def test_what_wraps_leaves_the_other_columns_whole() -> None:
    given = table("", ("name", Head("text", wraps=True), Head("end")), [("a", "word " * 30, "z")])

    lines = tables.terminal(given, 40).split("\n")

    assert max(map(len, lines)) <= 40
    assert lines[1].startswith("a  ")
    assert lines[1].endswith("z")


# LaTeX.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("_%&#${}", r"\_\%\&\#\$\{\}"),
        ("a\\b~c^d", r"a\textbackslash{}b\textasciitilde{}c\textasciicircum{}d"),
        ("±0.1\u00a0points, 1–2", r"$\pm$0.1~points, 1--2"),
        ("1 − test AUC", "1 $-$ test AUC"),
        ("αβ ≤ 10⁻³ → µ …", r"$\alpha$$\beta$ $\leq$ 10$^{-}$$^{3}$ $\rightarrow$ $\mu$ \dots{}"),
        ("e\u0301 Å", "é Å"),
        ("a\u2003b\u2028c\td\n", "a b c d "),
        ("\x00_\x7f\u200b", r"\_"),
        ("激活", "激活"),
    ],
)
def test_how_latex_has_it(text: str, shown: str) -> None:
    assert tables.latex_text(text) == shown


def test_a_notice_names_what_pdflatex_does_not_set() -> None:
    assert tables.beyond_pdflatex("abc äöü ²") == ""
    assert tables.beyond_pdflatex("激活 «λ»") == (
        "compile with XeLaTeX or LuaLaTeX: pdfLaTeX does not set « » λ 活 激"
    )


NOT_IN_TABLES = {
    "config/overrides.py", "config/yaml_source.py", "store/cells.py",
}  # fmt: skip
"""What these compare with is in the user's files or in a store's cells."""
ONLY_IN_FIGURES = set("▴▵▸▾▿◂○")
ONLY_COMPARED_WITH = set("＋－＝＠«»ÐðÞþ\N{SOFT HYPHEN}")


def string_literals(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documented:
            yield str(node.value)


def letters_of_our_own() -> set[str]:
    """Every letter beyond ASCII that stands in our texts, and those that the redesign names."""
    found = {
        letter
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).as_posix() not in NOT_IN_TABLES
        for text in string_literals(path)
        for letter in text
        if not letter.isascii()
    }
    return (found | set("−×±≤≥≈·…–→↑↓²µαβγσ")) - ONLY_IN_FIGURES - ONLY_COMPARED_WITH


def test_every_letter_that_relu_bench_writes_itself_is_set() -> None:
    for letter in letters_of_our_own():
        shown = tables.latex_text(letter)
        assert shown, f"U+{ord(letter):04X}"
        assert not tables.beyond_pdflatex(shown), f"{letter} U+{ord(letter):04X}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
@pytest.mark.parametrize("preamble", ["", "\\usepackage[T1]{fontenc}"])
def test_pdflatex_sets_it(preamble: str, tmp_path: Path) -> None:
    latin = map(chr, range(0xA1, 0x100))
    names = [*map(str, AWKWARD.values()), *letters_of_our_own(), *latin]
    rows = [(name, "-0.5") for name in names if not tables.beyond_pdflatex(tables.latex_text(name))]
    text = "\n".join(
        tables.latex(table("A & B", ("name", "n"), rows[first : first + 40], notes=["50 % ± 1"]))
        for first in range(0, len(rows), 40)
    )
    (tmp_path / "paper.tex").write_text(
        f"\\documentclass{{article}}\\usepackage{{booktabs}}{preamble}\\begin{{document}}\n"
        f"\\listoftables\n{text}\n\\end{{document}}\n",
        encoding="utf-8",
    )

    for _ in ("the list of tables is written", "and read"):
        done = subprocess.run(
            ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper.tex"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:]
    assert "Missing character" not in (tmp_path / "paper.log").read_text("utf-8", "replace")
