"""Letters that the font lacks are named, and no others."""

import warnings
from pathlib import Path

import pytest
import typer
from fake_results import results, rising, run, write_store
from matplotlib.figure import Figure
from typer.testing import CliRunner

from relu_bench.cli.plot import plot
from relu_bench.figures.missing_letters import notices
from relu_bench.figures.saving import Format, pixels
from relu_bench.figures.style import styled
from relu_bench.store.plans import KeptPlan, keep

CHINESE = "激活函数 ReLU"
KNOWN = "βeta αβγ 10⁻³ ≤ é e\u0301 Å Ł µ − → “a” שלום\u200d Релу"
APP = typer.Typer()
APP.command()(plot)


def said(*names: str, formats: tuple[Format, ...] = ("png",), **given: str) -> tuple[str, ...]:
    runs = [run(activation=name, seed=seed, **given) for name in names for seed in (0, 1)]
    return notices(results(runs).displayed().runs, formats)


def warned_of(text: str) -> bool:
    """Whether matplotlib itself complains when it draws the text."""
    with styled(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure = Figure(figsize=(2, 1))
        figure.text(0, 0, text)
        pixels(figure, 50)
    return any("missing from font" in str(each.message) for each in caught)


def test_the_line_names_letters_and_names() -> None:
    assert said("relu", CHINESE, "数 2") == (
        "in PNG files, letters that their font lacks are empty boxes: 激, 活, 函, 数 in "
        f"'{CHINESE}', '数 2'; --format svg keeps them as text",
    )


def test_what_is_long_is_cut() -> None:
    names = [f"{chr(0x4E00 + n)}{chr(0x5E00 + n)}" for n in range(7)]

    (line,) = said(*names)

    assert " and 2 more in '" in line
    assert line.endswith("' and 4 more; --format svg keeps them as text")
    assert line.count("'") == 6


@pytest.mark.parametrize(
    ("formats", "files"),
    [(("pdf",), "PDF"), (("png", "pdf"), "PNG and PDF"), (("png", "svg"), "PNG")],
)
def test_only_files_that_lose_letters_are_named(formats: tuple[Format, ...], files: str) -> None:
    (line,) = said(CHINESE, formats=formats)

    assert line.startswith(f"in {files} files, ")


def test_nothing_is_lost_in_svg() -> None:
    assert said(CHINESE, formats=("svg",)) == ()


@pytest.mark.parametrize("field", ["experiment", "dataset", "initializer"])
def test_whatever_a_figure_names_is_looked_at(field: str) -> None:
    (line,) = said("relu", **{field: CHINESE})

    assert repr(CHINESE) in line


@pytest.mark.parametrize(
    "letter",
    [*KNOWN, *CHINESE, "👍", "ᚠ", "ቃ", "\u0327", "\ufe0f", "\U000e0100", "\u2066", "\ue000"],
)
def test_matplotlib_says_the_same(letter: str) -> None:
    assert bool(said(f"a{letter}")) is warned_of(f"a{letter}")


def test_names_that_the_font_has_are_not_mentioned() -> None:
    assert said("relu", KNOWN) == ()


def test_plain_names_need_no_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matplotlib.font_manager.get_font", pytest.fail)

    assert said("relu", "leaky_relu(negative_slope=0.01)") == ()


@pytest.mark.parametrize(("form", "lost"), [("png", True), ("svg", False)])
def test_the_command_tells_of_a_display_name(tmp_path: Path, form: str, lost: bool) -> None:
    rows = [run(activation=name, seed=seed) for name in ("relu", "tanh") for seed in (0, 1)]
    write_store(tmp_path, rows, [epoch for row in rows for epoch in rising(row)])
    config = {"labels": {"relu": CHINESE}}
    keep(tmp_path, KeptPlan("variants", config, tuple(row["run_id"] for row in rows)))

    done = CliRunner().invoke(APP, [str(tmp_path), "--format", form], catch_exceptions=False)

    assert done.exit_code == 0
    assert done.stdout == f"{tmp_path / 'plots' / f'variants-comparison.{form}'}\n"
    line = (
        "in PNG files, letters that their font lacks are empty boxes: 激, 活, 函, 数 in "
        f"'{CHINESE}'; --format svg keeps them as text\n"
    )
    assert done.stderr == (line if lost else "")
