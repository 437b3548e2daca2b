"""The report in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browsing
import pytest
from browsing import MARKS
from reporting import HOSTILE, HOSTILE_LABEL, document_of, pairs_of, store_of
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from relu_bench.report import render, write

pytestmark = MARKS
ACTIVATIONS = (HOSTILE_LABEL, "tanh", "elu(alpha=1.0)", "leaky_relu(negative_slope=0.01)")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    rows = [
        *pairs_of(ACTIVATIONS, experiment=HOSTILE),
        *pairs_of(ACTIVATIONS, experiment=HOSTILE, learning_rate=0.1),
    ]
    written = folder / "report.html"
    write(render(document_of(store_of(folder, rows))), written)
    return written


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    started = browsing.started(tmp_path_factory.mktemp("profile"))
    yield started
    started.quit()


@pytest.fixture
def page(browser: Chrome, path: Path) -> Chrome:
    """The report as it is after loading, at 1400 pixels."""
    look(browser, width=1400)
    browser.get(path.as_uri())
    # On a busy machine, Chromium says that it has loaded a page before that page's script has run.
    WebDriverWait(browser, 30).until(lambda _: many(browser, "th button"))
    return browser


def look(browser: Chrome, **given: Any) -> None:
    size = {"width": given.get("width", 1400), "height": 900}
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 1, "mobile": False}
    )
    scheme = {"name": "prefers-color-scheme", "value": given.get("scheme", "light")}
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"media": given.get("media", ""), "features": [scheme]}
    )


def one(page: Chrome, selector: str) -> WebElement:
    return page.find_element("css selector", selector)


def many(page: Chrome | WebElement, selector: str) -> list[WebElement]:
    return page.find_elements("css selector", selector)


def column(page: Chrome, table: str, number: int) -> list[str]:
    cells = many(page, f"{table} tbody tr > :nth-child({number})")
    return [str(cell.get_attribute("textContent")).lstrip("*?") for cell in cells]


def test_nothing_leaves_the_page_and_nothing_complains(page: Chrome, path: Path) -> None:
    page.get_log("browser")
    page.get_log("performance")
    page.refresh()
    for button in many(page, "#tables th button"):
        button.click()

    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert {url for url in asked if not url.startswith("data:")} == {path.as_uri()}
    assert page.get_log("browser") == []


def test_hostile_names_stay_text(page: Chrome) -> None:
    assert page.title == f"{HOSTILE}: report of relu-bench"
    assert one(page, "h1").text == HOSTILE
    assert len(many(page, "script")) == 1
    assert len(many(page, "img")) == len(many(page, "figure"))
    assert HOSTILE_LABEL in column(page, "#tables table", 1)


def test_a_click_sorts_by_value(page: Chrome) -> None:
    table = "#tables .scroll:nth-of-type(1) table"
    heads = [head.text for head in many(page, f"{table} thead th")]
    place = heads.index("mean") + 1
    before = column(page, table, place)
    assert before == sorted(before, key=float, reverse=True)
    head = one(page, f"{table} thead th:nth-child({place})")
    assert head.get_attribute("aria-sort") == "none"

    one(page, f"{table} thead th:nth-child({place}) button").click()

    assert head.get_attribute("aria-sort") == "ascending"
    assert column(page, table, place) == before[::-1]
    one(page, f"{table} thead th:nth-child({place}) button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(page, table, place) == before


def test_the_keyboard_sorts_names_and_one_head_at_a_time(page: Chrome) -> None:
    table = "#tables .scroll:nth-of-type(1) table"
    one(page, f"{table} thead th:nth-child(4) button").click()
    button = one(page, f"{table} thead th:nth-child(1) button")

    button.send_keys(Keys.ENTER)

    names = column(page, table, 1)
    assert names[:2] == ["elu(alpha=1.0)", "leaky_relu(negative_slope=0.01)"]
    button.send_keys(Keys.SPACE)
    assert column(page, table, 1) == names[::-1]
    sorts = [head.get_attribute("aria-sort") for head in many(page, f"{table} thead th")]
    assert [each for each in sorts if each != "none"] == ["descending"]
    outline = page.execute_script("return getComputedStyle(arguments[0]).outlineStyle", button)
    assert outline == "solid"


SORTED = """
const table = document.querySelector('#tables table');
const body = table.tBodies[0];
const place = 1;
[...body.rows].forEach((row, n) => { row.cells[place].textContent = arguments[0][n]; });
const button = table.tHead.rows[0].cells[place].querySelector('button');
const orders = [];
for (let n = 0; n < 2; n += 1) {
  button.click();
  orders.push([...body.rows].map((row) => row.cells[place].textContent));
}
return orders;
"""


@pytest.mark.parametrize(
    "ascending",
    [
        ["-20.28", "-0.02", "0.00", "+8.95"],
        ["<0.001", "0.001", "0.008", "1.000"],
        ["9–42", "36–233", "1,240–9,000", ">1,000,000"],
        ["-20.79 to -19.77", "-0.08 to +0.07", "+7.60 to +8.51", "+8.41 to +9.50"],
        ["9/30", "1/2", "9/10", "30/30"],
        ["7.75e-07", "0.041", "0.908", "12.5"],
        ["", "mlp(depth=3)", "mlp(depth=10)", "relu6"],
        ["2x", "3 runs", "a", "relu"],
    ],
)
def test_what_a_cell_is_sorted_by(page: Chrome, ascending: list[str]) -> None:
    given = [ascending[n] for n in (2, 0, 3, 1)]

    up, down = page.execute_script(SORTED, given)

    filled = [cell for cell in ascending if cell]
    empty = [cell for cell in ascending if not cell]
    assert up == [*filled, *empty]
    assert down == [*filled[::-1], *empty]


def test_every_figure_has_an_alternative_text(page: Chrome) -> None:
    figures = many(page, "figure img")

    assert len(figures) >= 2
    page.execute_script("document.querySelectorAll('details').forEach((each) => each.open = true)")
    for figure in figures:
        assert figure.aria_role in ("img", "image")
        assert figure.accessible_name.startswith("Figure: ")
        assert figure.rect["height"] > 100


def test_further_figures_are_folded_until_the_page_is_printed(page: Chrome) -> None:
    folded = many(page, "details")

    assert folded
    assert not any(each.get_attribute("open") for each in folded)
    page.execute_cdp_cmd("Page.printToPDF", {})
    assert all(each.get_attribute("open") for each in folded)


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_the_page_never_scrolls_sideways(page: Chrome, width: int) -> None:
    look(page, width=width)

    wide, shown = page.execute_script(
        "const page = document.documentElement; return [page.scrollWidth, page.clientWidth];"
    )
    assert wide <= shown <= width
    assert page.execute_script("scrollTo(500, 0); return scrollX;") == 0


def test_figures_stand_on_a_light_card_in_the_dark(page: Chrome) -> None:
    colour = "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor"
    light = page.execute_script(colour, "body")
    look(page, scheme="dark")

    assert light == "rgb(255, 255, 255)"
    assert page.execute_script(colour, "body") == "rgb(20, 23, 27)"
    assert page.execute_script(colour, ".figure") == "rgb(255, 255, 255)"


def test_paper_shows_all_of_a_table_and_no_navigation(page: Chrome) -> None:
    look(page, media="print", scheme="dark")
    style = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"

    assert page.execute_script(style, "nav", "display") == "none"
    assert page.execute_script(style, ".scroll", "overflowX") == "visible"
    assert page.execute_script(style, "body", "backgroundColor") == "rgb(255, 255, 255)"
