r"""Any text in what pdfLaTeX sets without a package, from the LaTeX of 2020 on.

Greek letters, relations and raised digits become mathematics, rare accents become commands. What is
left, such as Chinese, stands as its code points: `\texttt{U+4E2D}`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Literal

# `wide_font` is for letters that LaTeX's first font encoding, OT1, lacks and T1 has.
Kind = Literal["text", "math", "raised", "lowered", "wide_font", "code"]
Piece = tuple[Kind, str]

_AROUND: dict[Kind, tuple[str, str]] = {
    "text": ("", ""),
    "math": ("$", "$"),
    "raised": ("$^{", "}$"),
    "lowered": ("$_{", "}$"),
    "wide_font": (r"{\fontencoding{T1}\selectfont ", "}"),
    "code": (r"\texttt{", "}"),
}


def _table(words: str) -> dict[str, str]:
    each = words.split()
    return dict(zip(each[::2], each[1::2], strict=True))


_TEXT = _table(
    r"""
    \ \textbackslash{} _ \_ % \% & \& # \# $ \$ { \{ } \} ~ \textasciitilde{} ^ \textasciicircum{}
    < \textless{} > \textgreater{} | \textbar{} ‐ - ‒ -- – -- — --- ― --- … \dots{} ⁄ /
    """
) | {"\u00a0": "~", "\u202f": r"\,", "\u2009": r"\,", "\u00ad": r"\-"}
_MATH = _table(
    r"""
    α \alpha β \beta γ \gamma δ \delta ε \varepsilon ζ \zeta η \eta θ \theta ι \iota κ \kappa
    λ \lambda μ \mu µ \mu ν \nu ξ \xi ο o π \pi ρ \rho σ \sigma ς \varsigma τ \tau υ \upsilon
    φ \varphi χ \chi ψ \psi ω \omega ϵ \epsilon ϑ \vartheta ϕ \phi ϱ \varrho ϖ \varpi ϰ \kappa
    Α \mathrm{A} Β \mathrm{B} Γ \Gamma Δ \Delta Ε \mathrm{E} Ζ \mathrm{Z} Η \mathrm{H} Θ \Theta
    Ι \mathrm{I} Κ \mathrm{K} Λ \Lambda Μ \mathrm{M} Ν \mathrm{N} Ξ \Xi Ο \mathrm{O} Π \Pi
    Ρ \mathrm{P} Σ \Sigma Τ \mathrm{T} Υ \Upsilon Φ \Phi Χ \mathrm{X} Ψ \Psi Ω \Omega
    − - ± \pm ∓ \mp × \times ÷ \div · \cdot ⋅ \cdot ∗ \ast ∘ \circ ° {}^\circ ⋆ \star ★ \star
    ∙ \bullet √ \surd ∞ \infty ∂ \partial ∇ \nabla ∆ \Delta ∑ \sum ∏ \prod ∫ \int ℓ \ell ℏ \hbar
    ≤ \leq ≥ \geq ⩽ \leq ⩾ \geq ≪ \ll ≫ \gg ≠ \neq ≈ \approx ≡ \equiv ∼ \sim ≃ \simeq ≅ \cong
    ∝ \propto ∈ \in ∉ \notin ∅ \emptyset ∪ \cup ∩ \cap ⊂ \subset ⊆ \subseteq ⊃ \supset ⊇ \supseteq
    ∧ \wedge ∨ \vee ¬ \neg ∀ \forall ∃ \exists ⊕ \oplus ⊖ \ominus ⊗ \otimes ⊙ \odot ⊥ \perp
    ∥ \parallel ‖ \| ∣ \mid ∖ \setminus ⟨ \langle ⟩ \rangle ⌊ \lfloor ⌋ \rfloor ⌈ \lceil ⌉ \rceil
    ← \leftarrow → \rightarrow ↔ \leftrightarrow ↑ \uparrow ↓ \downarrow ↗ \nearrow ↘ \searrow
    ⇐ \Leftarrow ⇒ \Rightarrow ⇔ \Leftrightarrow ↦ \mapsto ′ {}^\prime ″ {}^{\prime\prime}
    """
)
_WIDE_FONT = "«»ÐðÞþĐđĄąĘęĮįŲųŊŋ„‚‹›"
# Latin 1 and Latin Extended A, with these exceptions and these others.
_SET = {*map(chr, range(0xA1, 0x180)), *"ȷ†‡•‰€™℠№“”‘’"} - {*"¹²³ĦħĸĿŀŉŦŧſ", *_WIDE_FONT}
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u",
    "\u0307": ".", "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v",
}  # fmt: skip
_ACCENTS_BELOW = {"\u0323": "d", "\u0327": "c", "\u0331": "b", "\u0326": "textcommabelow"}
_OGONEK = "\u0328"
_MATH_ACCENTS = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar",
    "\u0306": "breve", "\u0307": "dot", "\u0308": "ddot", "\u030c": "check", "\u20d7": "vec",
}  # fmt: skip
_SHIFTS: dict[str, Kind] = {"<super>": "raised", "<sub>": "lowered"}


def in_latex(text: str) -> str:
    """Text that LaTeX sets as it stands, whatever characters it holds; it is brought to NFC."""
    shown = ""
    for kind, pieces in groupby(_pieces(text), key=lambda piece: piece[0]):
        between = " " if kind in ("math", "code") else ""
        before, behind = _AROUND[kind]
        shown += f"{before}{between.join(piece for _, piece in pieces)}{behind}"
    return shown


def code_points(text: str) -> list[str]:
    """Those that stand in place of a letter in `in_latex(text)`, as `U+4E2D`, in order, each once.

    Empty where pdfLaTeX sets all of the text.
    """
    return list(dict.fromkeys(shown for kind, shown in _pieces(text) if kind == "code"))


def _pieces(text: str) -> Iterator[Piece]:
    if text.isascii() and text.isprintable():
        yield from (("text", _TEXT.get(character, character)) for character in text)
        return
    for letter in _letters(unicodedata.normalize("NFC", text)):
        yield from _of_letter(letter)


def _letters(text: str) -> Iterator[str]:
    """Each character with the combining marks behind it."""
    letter = ""
    for character in text:
        if letter and not unicodedata.combining(character):
            yield letter
            letter = ""
        letter += character
    if letter:
        yield letter


def _of_letter(letter: str) -> Iterator[Piece]:
    alone = _of_character(letter) if len(letter) == 1 else None
    if alone is None:
        alone = _accented(unicodedata.normalize("NFD", letter))
    if alone is not None:
        yield from alone
    elif len(letter) > 1:
        yield from _of_letter(letter[0])
        yield from (_code(mark) for mark in letter[1:])
    else:
        yield from _alike(letter)


def _of_character(character: str) -> list[Piece] | None:
    """How it is set as one; None for not at all."""
    if character in _TEXT:
        return [("text", _TEXT[character])]
    if character in _MATH:
        return [("math", _MATH[character])]
    if character in _WIDE_FONT:
        return [("wide_font", character)]
    if character in _SET or (character.isascii() and character.isprintable()):
        return [("text", character)]
    if character.isspace():
        return [("text", " ")]
    return [] if _is_invisible(character) else None


def _is_invisible(character: str) -> bool:
    """Whether it only says how others are drawn, as a joiner does."""
    selects = unicodedata.name(character, "").startswith("VARIATION SELECTOR")
    return selects or unicodedata.category(character) == "Cf"


def _accented(decomposed: str) -> list[Piece] | None:
    """How a letter with one accent is set; None where LaTeX has no command for it."""
    base, marks = decomposed[0], decomposed[1:]
    if base.isascii() and base.isalpha():
        if marks in _ACCENTS:
            dotless = f"\\{base}" if base in "ij" else base
            return [("text", f"\\{_ACCENTS[marks]}{{{dotless}}}")]
        if marks in _ACCENTS_BELOW:
            return [("text", f"\\{_ACCENTS_BELOW[marks]}{{{base}}}")]
        if marks == _OGONEK:
            return [("wide_font", f"\\k{{{base}}}")]
    if base in _MATH and base.isalpha() and marks in _MATH_ACCENTS:
        return [("math", f"\\{_MATH_ACCENTS[marks]}{{{_MATH[base]}}}")]
    return None


def _alike(character: str) -> Iterator[Piece]:
    """As the plainer letters that Unicode says it is a form of; else its code point."""
    form, _, rest = unicodedata.decomposition(character).partition(" ")
    if not form.startswith("<"):
        yield _code(character)
        return
    pieces = list(_pieces("".join(chr(int(code, 16)) for code in rest.split())))
    if form in _SHIFTS and all(_in_mathematics(*piece) for piece in pieces):
        # A letter behind a command would be taken for a part of its name.
        ends = ((shown, " " if shown[:1] == "\\" else "") for _, shown in pieces)
        yield from ((_SHIFTS[form], f"{shown}{end}") for shown, end in ends)
    elif any(kind == "code" for kind, _ in pieces):
        yield _code(character)
    else:
        yield from pieces


def _in_mathematics(kind: Kind, shown: str) -> bool:
    return kind == "math" or (kind == "text" and shown.isascii())


def _code(character: str) -> Piece:
    return "code", f"U+{ord(character):04X}"
