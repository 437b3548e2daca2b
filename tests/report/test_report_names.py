"""Display names in the report, hostile ones too."""

from pathlib import Path

from fake_results import Row, relu_like, rising, write_store
from reporting import HOSTILE, HOSTILE_LABEL, Page, pairs_of

from relu_bench import compare
from relu_bench.report import compose, render
from relu_bench.store.plans import KeptPlan, keep

# As long as a display name may be.
NASTY = "</td><script>alert(1)</script>$x_1$ & %"


def page_of(folder: Path, rows: list[Row], names: dict[str, str]) -> str:
    write_store(
        folder,
        rows,
        [epoch for row in rows for epoch in rising(row)],
        [layer for row in rows for layer in relu_like(row, died=2.0, revived=1.0)],
    )
    config = {"experiment": "variants", "activation": list(names), "labels": names}
    keep(folder, KeptPlan("variants", config, tuple(row["run_id"] for row in rows)))
    return render(compose(compare.load([folder])))


def test_names_stand_in_words_tables_and_figures(tmp_path: Path) -> None:
    text = page_of(tmp_path, pairs_of(), {"relu": "Rectifier", "tanh": "Tangens"})

    assert text.count("Tangens") > 5
    assert any("Tangens" in str(given["alt"]) for given in Page(text).attributes("img"))
    assert "Minus Rectifier" in text
    assert "labels: {relu: Rectifier, tanh: Tangens}" in text  # the config


def test_a_hostile_name_stays_text(tmp_path: Path) -> None:
    assert len(NASTY) <= 40
    text = page_of(tmp_path, pairs_of(), {"relu": NASTY, "tanh": "a_b^2 \\frac{$"})

    page = Page(text)
    assert "<script>alert" not in text
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    for name in (NASTY, "a_b^2 \\frac{$"):
        assert any(name in str(given["alt"]) for given in page.attributes("img"))
    assert any(NASTY in each for each in [*page.texts["td"], *page.texts["th"]])


def test_labels_of_a_hostile_store_that_are_no_names_are_not_used(tmp_path: Path) -> None:
    long = {"relu": HOSTILE_LABEL * 2, "tanh": f"{HOSTILE}\n"}
    text = page_of(tmp_path, pairs_of(), long)

    assert any("relu; tanh" in str(given["alt"]) for given in Page(text).attributes("img"))
    assert HOSTILE not in text
