"""Names in any script compile with pdfLaTeX."""

import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from comparing import answers_of, noisy
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.compare import to_latex
from relu_bench.compare.latex_letters import code_points, in_latex

EXPRESSIBLE = [
    "βeta-ReLU αβγ ΑΩ",
    "10⁻³ ≤ x² ≥ α₁ → µ ± ≠ ∞",
    "e\u0301 x\u0302 σ\u0302 ά ǎ ș j\u0327",
    "Ångström ÉÇ Łódź – “a” ‘b’ 1 − 2",
    "zażółć gęślą đ «x»",
    "ℝ ｆｕｌｌ ﬁ ⅓ x⁽ⁿ⁻¹⁾ ᵝ",
]
NOT_SET = ["激活函数 ReLU", "שלום relu", "Релу", "👍🏽\u200d", "\u0301 alone", "e\u0301\u0302"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("βeta αβγ", r"$\beta$eta $\alpha \beta \gamma$"),
        ("ΑΩ", r"$\mathrm{A} \Omega$"),
        ("10⁻³ ≤ x²", r"10$^{-3}$ $\leq$ x$^{2}$"),
        ("α₁²", r"$\alpha$$_{1}$$^{2}$"),
        ("xᵝⁿ", r"x$^{\beta n}$"),
        ("e\u0301", "é"),
        ("x\u0302 i\u030a j\u0323", r"\^{x} \r{\i} \d{j}"),
        ("ά σ\u0302", r"$\acute{\alpha}$ $\hat{\sigma}$"),
        ("ą ǫ", r"{\fontencoding{T1}\selectfont ą} {\fontencoding{T1}\selectfont \k{o}}"),
        ("ÅŁé“”’", "ÅŁé“”’"),
        ("→ µ − –", r"$\rightarrow$ $\mu$ $-$ --"),
        ("ℝ ｘ％ ﬁ ⅓", r"R x\% fi 1/3"),
        ("激活 ReLU", r"\texttt{U+6FC0 U+6D3B} ReLU"),
        ("ế", r"\texttt{U+1EBF}"),
        ("é\u0302", r"é\texttt{U+0302}"),
        ("a\u200bb\ufe0f\U000e0100", "ab"),
        ("a\u2003b\u2028c\td", "a b c d"),
        ("\x00\ud800", r"\texttt{U+0000 U+D800}"),
        ("_\x7f", r"\_\texttt{U+007F}"),
    ],
)
def test_how_letters_are_written(text: str, shown: str) -> None:
    assert in_latex(text) == shown


def test_forms_of_one_name_are_written_alike() -> None:
    for text in EXPRESSIBLE:
        assert in_latex(unicodedata.normalize("NFD", text)) == in_latex(text)


@pytest.mark.parametrize("text", EXPRESSIBLE)
def test_what_can_be_expressed_has_no_code_point(text: str) -> None:
    assert code_points(text) == []
    assert "U+" not in in_latex(text)


@given(st.text())
def test_whatever_is_given_is_balanced_and_of_known_letters(text: str) -> None:
    shown = in_latex(text)

    plain = re.sub(r"\\[\\{}$%&#_]|\\textbackslash\{\}", "", shown)
    assert plain.count("{") == plain.count("}")
    assert plain.count("$") % 2 == 0
    assert all(
        letter.isascii() or letter in "†‡•‰€™℠№“”‘’ȷ" or "¡" <= letter <= "ſ" for letter in shown
    )
    assert "\n" not in shown
    for code in code_points(text):
        assert code in shown


def test_a_comment_names_what_is_not_set_above_the_table() -> None:
    text = to_latex(answers_of(noisy(["激活函数", "relu", "tanh\ue000"], 3)))

    lines = text.splitlines()
    tables = [place for place, line in enumerate(lines) if line == r"\begin{table}[htbp]"]
    assert len(tables) == 3
    for place in tables:
        what, remedy = lines[place - 2 : place]
        assert what.startswith("% pdfLaTeX does not set these letters")
        assert "U+6FC0 (激), U+6D3B (活), U+51FD (函), U+6570 (数)" in what
        assert "U+E000" in what
        assert "\ue000" not in what
        assert remedy.startswith("% XeLaTeX and LuaLaTeX")
    body = [line for line in lines if not line.startswith("%")]
    assert "激" not in "".join(body)
    assert r"\texttt{U+6FC0 U+6D3B U+51FD U+6570}" in "".join(body)


def test_without_such_letters_there_is_no_comment() -> None:
    text = to_latex(answers_of(noisy(EXPRESSIBLE, 3)))

    comments = [line for line in text.splitlines() if line.startswith("%")]
    assert comments == ["% Needs \\usepackage{booktabs}."]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
@pytest.mark.parametrize("preamble", ["", "\\usepackage[T1]{fontenc}"])
def test_names_in_any_script_compile(preamble: str, tmp_path: Path) -> None:
    table = to_latex(answers_of(noisy([*EXPRESSIBLE, *NOT_SET], 3)), methods=True)
    (tmp_path / "paper.tex").write_text(
        f"\\documentclass{{article}}\\usepackage{{booktabs}}{preamble}\\begin{{document}}\n"
        f"\\listoftables\n{table}\n\\end{{document}}\n",
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
