"""A report as one HTML file: no request leaves it, and no text of the results becomes markup."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from relu_bench import tables
from relu_bench.report.document import Document
from relu_bench.report.terms import INSIDE, STATISTICS
from relu_bench.wording import counted

_TEMPLATES = "templates"


def render(document: Document) -> str:
    """The whole page; the same document gives the same bytes.

    Every text is escaped. The Content-Security-Policy lets the browser fetch nothing, and take
    the script and the style with these hashes alone, so that even a text that slipped through could
    do nothing.
    """
    import jinja2
    from markupsafe import Markup

    folder = resources.files("relu_bench.report") / _TEMPLATES
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (folder / "report.js").read_text(encoding="utf-8")
    style = (folder / "report.css").read_text(encoding="utf-8")
    page = environment.get_template("report.html.jinja")
    return page.render(
        document=document,
        shown=tables.html,
        counted=counted,
        statistics=STATISTICS,
        inside_terms=[term for term in INSIDE if term.word in _heads(document)],
        script=Markup(script),
        style=Markup(style),
        script_hash=_hash(script),
        style_hash=_hash(style),
    )


def _hash(text: str) -> str:
    """As a Content-Security-Policy names what it allows."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _heads(document: Document) -> set[str]:
    return {head.text for each in document.inside if each.table for head in each.table.heads}
