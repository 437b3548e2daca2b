"""The report on paper, as Chromium prints it."""

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import browsing
import pytest
from browsing import MARKS
from comparing import noisy
from reporting import document_of, pairs_of, store_of
from selenium.webdriver import Chrome

from relu_bench.report import render, write

pytestmark = [
    *MARKS,
    pytest.mark.skipif(
        shutil.which("pdftotext") is None,
        reason="pdftotext is not installed: apt-get install poppler-utils",
    ),
]
# Enough for tables over several pages, and for a figure that is higher than a page is wide.
NAMES = [f"own_{number:02}" for number in range(40)]
# In inches.
A4, A5_LYING, LETTER = (8.27, 11.69), (8.27, 5.83), (8.5, 11.0)
HEADINGS = """
return [...document.querySelectorAll('h2, h3, summary, caption')].map((each) => each.innerText);
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    folder = tmp_path_factory.mktemp("store")
    rows = [
        *noisy(NAMES, 3, 0.001, experiment="many"),
        *pairs_of(experiment="tuning"),
        *pairs_of(experiment="tuning", learning_rate=0.01),
        *pairs_of(experiment="tuning", learning_rate=0.1),
    ]
    path = folder / "report.html"
    write(render(document_of(store_of(folder, rows))), path)
    browser = browsing.started(tmp_path_factory.mktemp("profile"))
    browser.get(path.as_uri())
    yield browser
    browser.quit()


def printed(page: Chrome, folder: Path, width: float, height: float) -> list[str]:
    """The text of each page of this size in inches, its lines as they stand."""
    sheet = {"paperWidth": width, "paperHeight": height}
    path = folder / "report.pdf"
    path.write_bytes(base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", sheet)["data"]))
    command = ["pdftotext", "-layout", str(path), "-"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    return done.stdout.split("\f")[:-1]


def headings(page: Chrome) -> list[str]:
    return [plain(heading) for heading in page.execute_script(HEADINGS)]


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def before_figures(pages: list[str]) -> list[str]:
    first = next(n for n, text in enumerate(pages) if re.search("^Figures$", text, re.MULTILINE))
    return pages[:first]


@pytest.mark.parametrize(("sheet", "least"), [(A4, 1), (LETTER, 1), (A5_LYING, 4)])
def test_the_head_of_a_table_stands_on_each_of_its_pages(
    page: Chrome, tmp_path: Path, sheet: tuple[float, float], least: int
) -> None:
    row = re.compile(r"^[ *?]*own_\d\d  +\d", re.MULTILINE)
    continued = 0
    for text in before_figures(printed(page, tmp_path, *sheet)):
        first = row.search(text)
        if first is not None:
            above = text[: first.start()]
            assert re.search(r"^ *activation  +\w", above, re.MULTILINE), text
            continued += not re.search("Scores|Minus|How sure", above)
    assert continued >= least


@pytest.mark.parametrize("height", [10.5 + 0.5 * step for step in range(6)])
def test_no_page_ends_with_a_heading(page: Chrome, tmp_path: Path, height: float) -> None:
    pages = [plain(text) for text in printed(page, tmp_path, 8.5, height)]

    known = tuple(headings(page))
    assert len(known) > 10
    for text in pages:
        assert text != ""
        assert not text.endswith(known), text[-200:]


@pytest.mark.parametrize("height", [3.5 + 0.25 * step for step in range(6)])
def test_no_heading_is_divided(page: Chrome, tmp_path: Path, height: float) -> None:
    pages = [plain(text) for text in before_figures(printed(page, tmp_path, 8.5, height))]

    whole = " ".join(pages)
    for heading in set(headings(page)):
        assert sum(text.count(heading) for text in pages) == whole.count(heading), heading
