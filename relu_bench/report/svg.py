"""Figures inside HTML: the SVG that matplotlib writes, fit to stand beside others in one page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from relu_bench.figures.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS_PER_INCH = 100  # of a heatmap's cells, which are no vectors
_SVG = "http://www.w3.org/2000/svg"
_LINK = "http://www.w3.org/1999/xlink"
_HREF = f"{{{_LINK}}}href"
_URL = re.compile(r"url\(#([^)]+)\)")
# Characters that XML does not allow, and that a label from a CSV may hold all the same.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# The date and the maker of a file, and rules that would hold for the whole page.
_DROPPED = (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style")


def svg_of(figure: Figure, prefix: str, label: str) -> str:
    """The figure as an `svg` element whose text can be selected.

    Args:
        figure: of `figures.draw`, made in its style: there a `$` is a `$`, and begins no formula.
        prefix: in front of every id, so that several figures in one page do not clash.
        label: the alternative text.
    """
    with styled(), warnings.catch_warnings():
        # A browser has fonts for what matplotlib's own lacks.
        warnings.filterwarnings(
            "ignore", message=r"Glyph .* missing from font", category=UserWarning
        )
        drawn = io.BytesIO()
        figure.savefig(
            drawn, format="svg", dpi=_DOTS_PER_INCH, metadata={"Date": None, "Creator": None}
        )
    return inlined(drawn.getvalue().decode(), prefix, label)


def inlined(text: str, prefix: str, label: str) -> str:
    """An SVG file as an element of HTML: no prologue, no style rules, ids of its own.

    Args:
        text: of the file, as matplotlib writes it.
        prefix: in front of every id that is referred to, which are numbered anew, since
            matplotlib's differ from call to call; other ids are dropped.
        label: the alternative text.
    """
    root = ElementTree.fromstring(_FORBIDDEN.sub("\ufffd", text))
    for parent in list(root.iter()):
        for child in [each for each in parent if each.tag in _DROPPED]:
            parent.remove(child)
    names = _names(root, prefix)
    for element in root.iter():
        _rename(element, names)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", label)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _LINK)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _names(root: ElementTree.Element, prefix: str) -> dict[str, str]:
    """A new name for each id that some element refers to, numbered in the order of the file."""
    used: set[str] = set()
    for element in root.iter():
        used.add(element.get(_HREF, "").removeprefix("#"))
        for value in element.attrib.values():
            used.update(_URL.findall(value))
    ids = [element.attrib["id"] for element in root.iter() if element.get("id") in used]
    return {name: f"{prefix}{number}" for number, name in enumerate(dict.fromkeys(ids), start=1)}


def _rename(element: ElementTree.Element, names: Mapping[str, str]) -> None:
    for name, value in list(element.attrib.items()):
        if name == "id":
            if value in names:
                element.set(name, names[value])
            else:
                del element.attrib[name]
        elif name == _HREF and value.startswith("#"):
            element.set(name, f"#{names[value[1:]]}")
        elif "url(#" in value:
            element.set(name, _URL.sub(lambda found: f"url(#{names[found[1]]})", value))
