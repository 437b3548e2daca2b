"""Which figures are drawn of which results, under which names, and what is said of others."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from fake_results import Row, epochs_of, failed, results, run
from PIL import Image, ImageChops, ImageStat

from relu_bench.compare.selection import Table
from relu_bench.errors import ReluBenchError, StoreError
from relu_bench.figures import draw, folder_for, save
from relu_bench.figures.saving import pixels
from relu_bench.figures.style import Sheet, styled

PAIR = [run(seed=s, activation=a) for a in ("relu", "tanh") for s in (0, 1)]


def names(rows: list[Row], **given: object) -> list[str]:
    return [name for name, _ in draw(results(rows, **given))]  # type: ignore[arg-type]


def test_one_figure_for_each_experiment_in_alphabetical_order() -> None:
    rows = [*PAIR, *({**row, "experiment": "a.b"} for row in PAIR)]

    assert names(rows) == ["a.b-comparison", "variants-comparison"]


def test_names_carry_conditions_and_parts_and_are_safe_in_a_file_system() -> None:
    rows = [run(activation=a, dataset=d) for a in ("relu", "tanh") for d in ("mnist", "/my data")]

    assert names(rows, where=("initializer=he_normal", "seed=0")) == [
        "variants-comparison-initializer-he_normal-seed-0-my-data",
        "variants-comparison-initializer-he_normal-seed-0-mnist",
    ]


def test_names_are_unique_where_capitals_make_no_difference() -> None:
    rows = [*PAIR, *({**row, "experiment": "Variants"} for row in PAIR)]

    assert names(rows) == ["Variants-comparison", "variants-comparison-2"]


def test_a_name_that_is_cut_is_told_from_that_of_another_call() -> None:
    many = tuple(f"activation=elu(alpha=0.{n})" for n in range(1, 9))
    one, other, short = (names(PAIR, where=(*some, "seed=0"))[0] for some in (many, many[::-1], ()))

    assert len(one) == len(other) == 150
    assert one != other
    assert one.rpartition("-")[0].startswith("variants-comparison-activation-elu-alpha-0.1")
    assert short == "variants-comparison-seed-0"


def test_an_experiment_without_a_completed_run_says_so_beside_the_others() -> None:
    found = results([*PAIR, failed(experiment="broken")])

    assert draw(found).notices == ("broken: no completed run, so there is nothing to draw",)
    assert [name for name, _ in draw(found)] == ["variants-comparison"]


def test_nothing_to_draw_at_all_is_an_error() -> None:
    with pytest.raises(ReluBenchError) as caught:
        draw(results([failed(experiment="broken")]))

    assert str(caught.value) == (
        "There is nothing to draw.\nbroken: no completed run, so there is nothing to draw"
    )


def test_more_figures_than_anybody_looks_at_are_refused() -> None:
    rows = [
        run(activation=a, learning_rate=rate / 1000, batch_size=size)
        for a in ("relu", "tanh")
        for rate in range(1, 31)
        for size in range(10, 20)
    ]

    with pytest.raises(ReluBenchError) as caught:
        draw(results(rows), ["comparison"])

    assert str(caught.value) == (
        "There is nothing to draw.\n"
        "variants: no comparison figure: more than 24 would be needed for its axes "
        "(activation, learning_rate, batch_size); narrow it with --where KEY=VALUE"
    )


def test_many_figures_of_a_kind_are_drawn_only_when_asked_for() -> None:
    rows = [
        run(activation=f"elu(alpha={number}.0)", learning_rate=rate / 1000, val=0.9 + rate / 1000)
        for number in range(1, 11)
        for rate in range(1, 10)
    ]
    found = draw(results(rows))

    assert "comparison" not in {kind for _, kind, _ in found.drawings}
    assert any(
        line.startswith("variants: no comparison")
        and line.endswith(
            "figure: 9 would be needed for its axes (activation, learning_rate); --kind draws them "
            "all; narrow it with --where KEY=VALUE"
        )
        for line in found.notices
    )
    assert len(draw(results(rows), ["comparison"])) == 9


def test_layers_that_no_figure_could_show_are_not_read() -> None:
    rows = [
        run(activation=f"elu(alpha={number}.0)", learning_rate=rate / 1000)
        for number in range(1, 11)
        for rate in range(1, 10)
    ]
    made = results(rows)
    given = made.rows

    def rows_of(table: Table) -> pd.DataFrame:
        assert table != "layers"
        return given(table)

    found = replace(made, rows=rows_of)

    notices = " ".join(draw(found).notices)
    assert "no comparison, time-gradient figure: 9 would be needed" in notices


def test_runs_without_epochs_are_said() -> None:
    found = results(PAIR, epochs_of(PAIR[0], [0.1, 0.9, 0.95, 0.96]))

    assert draw(found).notices == (
        "variants: 3 runs have no rows in epochs.csv and so no learning curve",
    )


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_same_results_give_the_same_bytes(form: str, tmp_path: Path) -> None:
    files = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        (path,) = save(draw(results(PAIR)), folder, [form])  # type: ignore[list-item]
        files.append(path.read_bytes())
        assert path == folder / f"variants-comparison.{form}"

    assert files[0] == files[1]
    assert len(files[0]) > 5_000


def test_text_in_an_svg_is_text(tmp_path: Path) -> None:
    (path,) = save(draw(results(PAIR)), tmp_path, ["svg"])

    text = path.read_text(encoding="utf-8")
    assert "test accuracy (%)" in text
    assert "variants: learning curves" in text


def test_a_png_is_as_wide_as_asked_for(tmp_path: Path) -> None:
    (path,) = save(draw(results(PAIR), sheet=Sheet(width=7.5)), tmp_path)

    header = path.read_bytes()[:24]
    assert header[:4] == b"\x89PNG"
    assert int.from_bytes(header[16:20], "big") == 1500


def test_a_png_has_a_palette_and_looks_the_same(tmp_path: Path) -> None:
    ((_, figure),) = draw(results(PAIR))
    (path,) = save([("a", figure)], tmp_path)
    with styled():
        full = Image.fromarray(pixels(figure, 200))
    full.save(tmp_path / "full.png")

    with Image.open(path) as small:
        assert small.mode == "P"
        apart = ImageChops.difference(small.convert("RGB"), full.convert("RGB"))
        assert max(ImageStat.Stat(apart).rms) < 2
    assert path.stat().st_size < (tmp_path / "full.png").stat().st_size / 2


def test_a_user_s_own_style_changes_nothing(tmp_path: Path) -> None:
    (plain,) = save(draw(results(PAIR)), tmp_path / "a")
    with matplotlib.rc_context({"lines.linewidth": 9.0, "font.size": 30.0}):
        (styled,) = save(draw(results(PAIR)), tmp_path / "b")
        assert matplotlib.rcParams["lines.linewidth"] == 9.0

    assert styled.read_bytes() == plain.read_bytes()


def test_figures_of_one_store_go_into_its_folder() -> None:
    assert folder_for([Path("results")], None) == Path("results/plots")
    assert folder_for([Path("a"), Path("b")], Path("c")) == Path("c")


def test_figures_of_several_stores_need_a_folder() -> None:
    with pytest.raises(ReluBenchError, match=r"Figures of 2 results folders .* --out FOLDER"):
        folder_for([Path("a"), Path("b")], None)


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_drawn(tmp_path: Path) -> None:
    occupied = tmp_path / "plots"
    occupied.write_text("a file")
    figures = draw(results(PAIR))

    with pytest.raises(StoreError, match=r"cannot be written to .*plots .*--out FOLDER"):
        next(save(figures, occupied))

    assert len(list(figures)) == 1


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "variants-comparison.png").mkdir()

    with pytest.raises(StoreError, match=r"cannot be written to .*comparison\.png"):
        next(save(draw(results(PAIR)), tmp_path))


def test_plotting_imports_neither_tensorflow_nor_pyplot() -> None:
    code = (
        "import sys; from fake_results import results, run; from relu_bench import figures;"
        "from pathlib import Path; import tempfile;"
        "folder = Path(tempfile.mkdtemp());"
        "list(figures.save(figures.draw(results([run(), run(seed=1)])), folder));"
        "print([name for name in ('tensorflow', 'keras', 'matplotlib.pyplot', 'scipy.stats')"
        " if name in sys.modules])"
    )
    helpers = Path(__file__).parents[1] / "compare"

    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(helpers)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[]\n"
