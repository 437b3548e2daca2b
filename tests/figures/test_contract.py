"""What every figure keeps to, whatever the runs are and wherever it is read."""

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from crowding import cut_off, overlapping, smallest, visible_texts
from fake_results import results
from matplotlib.figure import Figure
from situations import FEW, SITUATIONS, runs_of, situation, with_tables

from relu_bench.components.labels import LabelError
from relu_bench.figures import draw
from relu_bench.figures.kinds import KINDS
from relu_bench.figures.style import LEAST_SIZE, SHEETS
from relu_bench.networks import activations, initializers, models, optimizers

SHEET = {"screen": SHEETS["screen"], "paper": replace(SHEETS["paper"], width=3.0)}


def figure_of(kind: str, name: str, sheet: str) -> Figure:
    """The first figure of a kind."""
    loaded = situation(name, by_step=kind == "time-gradient")
    _, figure = draw(loaded, [kind], SHEET[sheet])[0]
    assert isinstance(figure, Figure)
    return figure


@pytest.mark.parametrize("sheet", SHEET)
@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_read_without_stumbling(kind: str, name: str, sheet: str) -> None:
    figure = figure_of(kind, name, sheet)
    texts = visible_texts(figure)

    assert figure.get_size_inches()[0] == pytest.approx(SHEET[sheet].width)
    assert list(overlapping(texts)) == []
    assert cut_off(figure, texts) == []
    assert smallest(texts) >= LEAST_SIZE
    labelled(figure)
    told_apart(figure)


def labelled(figure: Figure) -> None:
    """Every axis whose numbers are shown says what they are; the names of rows speak alone."""
    for axes in figure.axes:
        ticks = axes.xaxis.get_tick_params()
        if axes.axison and axes.xaxis.get_visible() and ticks["labelbottom"]:
            assert axes.get_xlabel() or axes.get_ylabel()


def told_apart(figure: Figure) -> None:
    """No two entries of a legend differ by colour alone."""
    for legend in figure.legends:
        lines = legend.get_lines()
        assert len({str(line.get_marker()) for line in lines}) == len(lines)


DRAWN = """
import sys, hashlib
sys.path[:0] = sys.argv[1:3]
from situations import situation
from relu_bench.figures.kinds import KINDS
from relu_bench.figures.saving import png, pixels
from relu_bench.figures import draw
for kind in KINDS:
    _, figure = draw(situation("crowded", by_step=kind == "time-gradient"), [kind])[0]
    print(kind, hashlib.sha256(png(pixels(figure, 72), 72)).hexdigest())
"""


def test_two_processes_draw_the_same_bytes() -> None:
    here = Path(__file__).parent
    command = [sys.executable, "-c", DRAWN, str(here), str(here.parent / "compare")]
    begun = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2")
    ]
    one, other = (process.communicate()[0] for process in begun)

    assert len(one.splitlines()) == len(KINDS)
    assert one == other


LEAST = {"activation": "relu", "initializer": "zeros", "optimizer": "sgd", "model": "cnn"}
REGISTRIES = {
    "activation": (activations, activations.ACTIVATIONS),
    "initializer": (initializers, initializers.INITIALIZERS),
    "optimizer": (optimizers, optimizers.OPTIMIZERS),
    "model": (models, models.MODELS),
}


def longest(axis: str) -> str:
    """The longest label that a registry writes by itself."""
    module, table = REGISTRIES[axis]
    labels = []
    for name in table:
        with suppress(LabelError):  # what another field takes, or what needs parameters
            labels.append(module.canonical(name))
    return max(labels, key=len)


@pytest.mark.parametrize(
    "kind", ["comparison", "learning-rate", "heatmap", "interaction", "pareto"]
)
@pytest.mark.parametrize("axis", REGISTRIES)
def test_the_longest_label_of_every_registry_fits_the_narrowest_figure(
    axis: str, kind: str
) -> None:
    given = {"relu": LEAST[axis], FEW[1]: longest(axis)}
    rows = [
        {**row, "activation": "relu", axis: given[row["activation"]]}
        for row in runs_of(FEW[:2], (0.001, 0.003, 0.01), 2)
    ]
    _, figure = draw(results(rows), [kind], SHEET["paper"])[0]
    texts = visible_texts(figure)

    shown = ["".join(text.get_text().split()) for text, _ in texts]
    assert any(longest(axis).replace(" ", "") in text for text in shown)
    assert list(overlapping(texts)) == []
    assert cut_off(figure, texts) == []


def test_no_interval_is_called_a_plain_one_where_seeds_were_added() -> None:
    """Whatever can be drawn of such runs; of usual ones, each kind of interval is there."""
    notes = {}
    for marked in (False, True):
        rows = [{**row, "seeds_added": True} if marked else row for row in runs_of(FEW, seeds=16)]
        drawn = draw(with_tables(rows), ["all"], SHEETS["screen"])
        notes[marked] = " ".join(
            text.get_text().replace("\n", " ")
            for _, each in drawn
            for text, _ in visible_texts(each)
        )
    for words in ("t interval", "Bands: 95"):
        assert words in notes[False]
        assert words not in notes[True]
    assert "95\u00a0% anytime-valid intervals" in notes[True]
    assert "No bands" in notes[True]
