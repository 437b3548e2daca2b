import re
import zlib
from pathlib import Path
from typing import Any

import pytest
import typer
from crowding import cut_off, overlapping, smallest, visible_texts
from fake_results import Row, relu_like, results, rising, run, write_store
from matplotlib.figure import Figure
from typer.testing import CliRunner

from relu_bench.cli.plot import plot
from relu_bench.compare import Selection
from relu_bench.plots import KINDS, SHEETS, draw, save
from relu_bench.plots.style import LEAST_SIZE

APP = typer.Typer()
APP.command()(plot)
PAPER = SHEETS["paper"]
LAYERS: Row = {
    "slope_mean": 0.3,
    "slope_min": 0.1,
    "slope_max": 0.5,
    "same_sign_fraction": 0.5,
    "update_cosine": 0.5,
}
# Of recurrent networks, which the perceptrons here are not.
DRAWABLE = [name for name in KINDS if name != "time-gradient"]
OF_LAYERS = [name for name in DRAWABLE if KINDS[name].measure]


def grid_of(*rates: float, seeds: int = 2, **given: Any) -> Selection:
    """Three activations at each learning rate and seed, all with measurements of two layers."""
    names = ("relu", "prelu(initial=0.25)", "leaky_relu(negative_slope=0.01)")
    rows = [
        run(
            activation=name,
            seed=seed,
            learning_rate=rate,
            test=0.93 + 0.01 * number + 0.004 * seed + rate,
            val=0.93 + 0.01 * number + 0.003 * seed + rate,
            epochs=10,
            **given,
        )
        for number, name in enumerate(names)
        for rate in rates
        for seed in range(seeds)
    ]
    return results(rows, layers=[each for row in rows for each in relu_like(row, **LAYERS)])


def figure_of(loaded: Selection, kind: str) -> Figure:
    drawn = draw(loaded, [kind], width=PAPER.width, with_title=PAPER.with_title)
    return next(figure for _, figure in drawn)


@pytest.mark.parametrize("kind", DRAWABLE)
def test_every_kind_is_read_in_a_column_of_a_paper(kind: str) -> None:
    figure = figure_of(grid_of(0.001, 0.01), kind)
    texts = visible_texts(figure)

    assert figure.get_size_inches()[0] == pytest.approx(3.4)
    assert smallest(texts) >= LEAST_SIZE
    assert cut_off(figure, texts) == []
    assert list(overlapping(texts)) == []
    assert not [text for text, _ in texts if "variants" in text.get_text()]


@pytest.mark.parametrize("kind", ["comparison", *OF_LAYERS])
def test_one_setting_alone_is_read_there_too(kind: str) -> None:
    figure = figure_of(grid_of(0.001), kind)
    texts = visible_texts(figure)

    assert cut_off(figure, texts) == []
    assert list(overlapping(texts)) == []


@pytest.mark.parametrize("kind", ["comparison", "gradient", "steadiness"])
def test_fonts_are_embedded_and_none_is_of_type_3(kind: str, tmp_path: Path) -> None:
    loaded = grid_of(0.001)
    drawn = draw(loaded, [kind], width=PAPER.width, with_title=PAPER.with_title)

    (path,) = save(drawn, tmp_path, [PAPER.form])

    content = path.read_bytes()
    assert path.suffix == ".pdf"
    assert content.startswith(b"%PDF-")
    objects = content + b"".join(_streams(content))
    assert b"/Type3" not in objects
    assert b"/FontFile2" in objects  # TrueType
    assert len(re.findall(rb"/Type\s*/Font\b", objects)) >= 1


def _streams(content: bytes) -> list[bytes]:
    """What is compressed in a PDF, objects among it."""
    found = []
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            found.append(zlib.decompress(match[1]))
        except zlib.error:
            continue
    return found


def store(folder: Path) -> Path:
    rows = [run(seed=s, activation=a) for a in ("relu", "tanh") for s in (0, 1)]
    return write_store(folder, rows, [epoch for row in rows for epoch in rising(row)])


def paths_of(*arguments: object) -> list[Path]:
    done = CliRunner().invoke(APP, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return [Path(line) for line in done.stdout.splitlines()]


def test_the_paper_style_of_the_command(tmp_path: Path) -> None:
    (path,) = paths_of(store(tmp_path), "--style", "paper")

    assert path.name == "variants-comparison.pdf"
    (width,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+)", path.read_bytes())
    assert float(width) == pytest.approx(72 * 3.4)


def test_what_is_asked_for_goes_before_the_style(tmp_path: Path) -> None:
    arguments = ("--style", "paper", "--format", "svg", "--width", "5")
    (path,) = paths_of(store(tmp_path), *arguments)

    text = path.read_text(encoding="utf-8")
    assert 'width="360pt"' in text
    assert "variants:" not in text


def test_the_screen_style_is_the_default(tmp_path: Path) -> None:
    folder = store(tmp_path)
    (plain,) = paths_of(folder, "--out", tmp_path / "a", "--format", "svg")
    (screen,) = paths_of(folder, "--out", tmp_path / "b", "--format", "svg", "--style", "screen")

    assert plain.read_bytes() == screen.read_bytes()
    assert 'width="720pt"' in plain.read_text(encoding="utf-8")
    assert "variants:" in plain.read_text(encoding="utf-8")
