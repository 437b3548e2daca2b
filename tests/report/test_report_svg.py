from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from relu_bench.figures.style import show_powers, styled
from relu_bench.report.svg import inlined, svg_of

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


def figure(text: str = "relu") -> Figure:
    with styled():
        drawn = Figure(figsize=(3, 2))
        axes = drawn.subplots()
        axes.plot([1, 2], [3, 4], marker="o", label=text)
        axes.fill_between([1, 2], [2, 3], [4, 5], hatch="//")
        axes.legend()
    return drawn


def test_text_stays_text() -> None:
    root = ElementTree.fromstring(svg_of(figure("</svg><script>alert(1)</script>]]>"), "f-", "x"))

    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "</svg><script>alert(1)</script>]]>" in texts


def test_a_dollar_is_a_dollar_and_powers_are_still_set() -> None:
    drawn = figure("$x^2$ at a$\\frac$b, 火")
    (axes,) = drawn.axes
    with styled():
        axes.set_yscale("log")
        axes.set_ylim(1e-3, 1e3)
        show_powers(axes.yaxis)
        axes.set_xticks([1, 2], ["$1", "$\\frac$"])
    root = ElementTree.fromstring(svg_of(drawn, "f-", "x"))

    texts = ["".join(element.itertext()).strip() for element in root.iter(f"{SVG}text")]
    assert {"$x^2$ at a$\\frac$b, 火", "$1", "$\\frac$", "10⁻³"} <= set(texts)
    assert not any("mathdefault" in text for text in texts)


def test_every_reference_points_into_the_figure_and_to_no_other() -> None:
    one, two = (svg_of(figure(), prefix, "x") for prefix in ("a-", "b-"))
    ids = []
    for text, prefix in ((one, "a-"), (two, "b-")):
        root = ElementTree.fromstring(text)
        own = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
        ids += own
        assert own
        assert all(each.startswith(prefix) for each in own)
        links = [element.attrib[HREF] for element in root.iter() if HREF in element.attrib]
        assert links
        assert {link[1:] for link in links} <= set(own)
        clips = {e.attrib["clip-path"][5:-1] for e in root.iter() if "clip-path" in e.attrib}
        assert clips
        assert clips <= set(own)
    assert len(ids) == len(set(ids))


def test_nothing_in_it_holds_for_the_whole_page() -> None:
    text = svg_of(figure(), "f-", "Two lines & a band")
    root = ElementTree.fromstring(text)

    assert text.startswith("<svg ")
    assert not list(root.iter(f"{SVG}style"))
    assert not list(root.iter(f"{SVG}metadata"))
    assert (root.get("role"), root.get("aria-label")) == ("img", "Two lines & a band")
    assert root.get("viewBox") == "0 0 216 144"
    assert root.get("width") is None


@given(st.text())
def test_any_label_is_carried_over(label: str) -> None:
    label = label.encode("utf-8", "replace").decode()
    text = inlined('<svg xmlns="http://www.w3.org/2000/svg"><text>\x07a</text></svg>', "f-", label)

    allowed = "".join(c for c in label if c in "\t\n\r" or c >= " ")
    if allowed == label and not {"\ufffe", "\uffff"} & set(label):
        root = ElementTree.fromstring(text)
        assert root.get("aria-label") == label
        assert root[0].text == "\ufffda"
