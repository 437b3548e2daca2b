import base64
import hashlib
import re
from dataclasses import replace
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporting import (
    HOSTILE,
    HOSTILE_LABEL,
    Page,
    document_of,
    pairs_of,
    store_of,
    with_failures,
)

from relu_bench.report import Document, render
from relu_bench.tables import breakable

HEADINGS = [
    "The answer",
    "The comparison in numbers",
    "Figures",
    "What happened inside the network",
    "Failures and diverged runs",
    "The config",
    "The environment",
    "How every number was computed",
    "The commands that reproduce it",
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    rows = [*with_failures(), *pairs_of(model="mlp(depth=3, width=8)")]
    return document_of(store_of(tmp_path_factory.mktemp("store"), rows))


@pytest.fixture(scope="module")
def html(document: Document) -> str:
    return render(document)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.declared == ["DOCTYPE html"]
    assert [tag for tag, _ in page.elements[:3]] == ["html", "head", "meta"]
    ids = page.ids()
    assert len(ids) == len(set(ids))
    for name in ("href", "aria-labelledby"):
        targets = [str(given[name]) for _, given in page.elements if name in given]
        inside = {each.removeprefix("#") for each in targets if each != "data:,"}
        assert targets
        assert inside <= set(ids)


def test_the_sections_stand_in_order_and_headings_skip_no_level(page: Page) -> None:
    assert page.texts["h2"] == HEADINGS
    assert len(page.texts["h1"]) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_tables_have_captions_and_scopes(page: Page) -> None:
    count = len(page.attributes("table"))
    assert count >= 8
    assert len(page.texts["caption"]) == count
    assert all(text.strip() for text in page.texts["caption"])
    assert all(given.get("scope") in ("col", "row") for given in page.attributes("th"))


def test_every_figure_has_an_alternative_text(document: Document, page: Page) -> None:
    drawn = [*document.scores, *document.inside_figures]
    images = page.attributes("img")

    assert [given["alt"] for given in images] == [each.alternative for each in drawn]
    assert page.texts["figcaption"] == [f"{each.name}.png" for each in drawn]
    assert len(drawn) >= 2


def test_figures_beyond_the_answer_are_folded(document: Document, page: Page) -> None:
    folded = [each for each in (*document.scores, *document.inside_figures) if each.further]

    assert {each.kind for each in folded} == {"time"}
    assert page.texts["summary"] == [f"{len(folded)} further figures: time"]
    for each in folded:
        assert any(f"{each.name}.png" in text for text in page.texts["details"])


def test_nothing_is_fetched(html: str, page: Page) -> None:
    assert not re.findall(r"""(?:https?|ftp|wss?):[^\s"'<>)]*""", html)
    assert not re.search(r"@import|url\(", html)
    assert not {"iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.elements}
    sources = [str(given["src"]) for _, given in page.elements if "src" in given]
    assert all(source.startswith("data:image/png;base64,iVBOR") for source in sources)
    assert [given["href"] for given in page.attributes("link")] == ["data:,"]


def test_the_policy_allows_nothing_but_this_script(page: Page) -> None:
    (policy,) = (
        str(given["content"])
        for given in page.attributes("meta")
        if given.get("http-equiv") == "Content-Security-Policy"
    )
    script, style = (
        base64.b64encode(hashlib.sha256(page.texts[tag][0].encode()).digest()).decode()
        for tag in ("script", "style")
    )

    assert policy == (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_no_attribute_is_a_script(page: Page) -> None:
    assert not any(name.startswith("on") for _, given in page.elements for name in given)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    rows = pairs_of((HOSTILE_LABEL, "tanh"), experiment=HOSTILE)
    html = render(document_of(store_of(tmp_path, rows)))
    page = Page(html)

    assert page.texts["h1"] == [HOSTILE]
    assert page.texts["title"] == [f"{HOSTILE}: report of relu-bench"]
    assert HOSTILE_LABEL in page.texts["span"]
    assert len(page.texts["script"]) == 1
    assert all(set(given) == {"src", "width", "height", "alt"} for given in page.attributes("img"))
    assert any(HOSTILE_LABEL in str(given["alt"]) for given in page.attributes("img"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_text_is_read_back_as_it_is(text: str) -> None:
    assert Page(f"<p>{breakable(text)}</p>").texts["p"] == [text]


def test_any_text_of_a_document_is_escaped(document: Document) -> None:
    nasty = "</style></script><script>1</script>&lt;"
    changed = replace(
        document, title=nasty, facts=(nasty,), where=(nasty,), notices=(nasty,), tools=nasty
    )
    page = Page(render(changed))

    assert page.texts["h1"] == [nasty]
    assert nasty in page.texts["li"]
    assert len(page.texts["script"]) == 1


def test_the_same_document_gives_the_same_bytes(document: Document, html: str) -> None:
    assert render(document) == html


def test_a_document_without_anything_is_still_a_page(document: Document) -> None:
    empty = replace(
        document,
        comparisons=(),
        scores=(),
        inside=(),
        inside_figures=(),
        configs=(),
        more_configs=3,
    )
    page = Page(render(empty))

    assert page.texts["h2"] == HEADINGS
    assert "There is nothing to compare." in page.texts["p"]
    assert "The results folder has kept no plan of these runs." in page.texts["p"]
    assert any(text.startswith("3 further calls") for text in page.texts["p"])


def _colours() -> list[dict[str, str]]:
    """The variables in light, dark and print, each with what it takes from light."""
    style = (resources.files("relu_bench.report") / "templates" / "report.css").read_text("utf-8")
    found: list[dict[str, str]] = []
    for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL):
        own = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block))
        found.append({**(found[0] if found else {}), **own})
    return found


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ground", ["ground", "panel", "best"])
@pytest.mark.parametrize("ink", ["text", "quiet", "accent"])
def test_contrast(ink: str, ground: str) -> None:
    themes = _colours()
    assert len(themes) == 3
    for theme in themes:
        light, dark = sorted((_luminance(theme[ink]), _luminance(theme[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
