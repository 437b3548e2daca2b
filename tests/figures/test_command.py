from pathlib import Path

import pytest
import typer
from fake_results import Row, relu_like, rising, run, write_store
from typer.testing import CliRunner

from relu_bench.cli.plot import plot
from relu_bench.errors import ReluBenchError

APP = typer.Typer()
APP.command()(plot)
PAIR = [run(seed=s, activation=a) for a in ("relu", "tanh") for s in (0, 1)]


def store(folder: Path, rows: list[Row] | None = None) -> Path:
    rows = PAIR if rows is None else rows
    return write_store(folder, rows, [epoch for row in rows for epoch in rising(row)])


def call(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(APP, [str(each) for each in arguments], catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def test_the_paths_are_printed_one_a_line(tmp_path: Path) -> None:
    folder = store(tmp_path / "reference")

    code, out, err = call(folder, "--format", "png", "--format", "svg")

    paths = [folder / "plots" / f"variants-comparison.{form}" for form in ("png", "svg")]
    assert (code, out, err) == (0, "".join(f"{path}\n" for path in paths), "")
    assert all(path.is_file() for path in paths)


def test_results_is_the_default_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store(Path("results"))

    assert call() == (0, f"{Path('results/plots/variants-comparison.png')}\n", "")


def test_notices_go_to_stderr(tmp_path: Path) -> None:
    rows = [*PAIR, run(seed=2, activation="relu", processor="another")]

    code, out, err = call(store(tmp_path, rows), "--out", tmp_path / "figures")

    assert code == 0
    assert out == f"{tmp_path / 'figures' / 'variants-comparison.png'}\n"
    assert err == (
        "variants: runs differ in processor (a processor, another); --where KEY=VALUE keeps one\n"
    )


def test_where_narrows_the_runs(tmp_path: Path) -> None:
    _, out, _ = call(store(tmp_path), "--where", "activation=relu", "--format", "svg")

    path = Path(out.strip())
    assert path.name == "variants-comparison-activation-relu.svg"
    assert "tanh" not in path.read_text(encoding="utf-8")


def test_title_and_width(tmp_path: Path) -> None:
    _, out, _ = call(store(tmp_path), "--no-title", "--width", "7.5", "--format", "svg")

    text = Path(out.strip()).read_text(encoding="utf-8")
    assert 'width="540pt"' in text
    assert "variants:" not in text


def test_several_stores_need_out(tmp_path: Path) -> None:
    stores = store(tmp_path / "a"), store(tmp_path / "b")

    with pytest.raises(ReluBenchError, match="name it with --out FOLDER"):
        call(*stores)


def probed_store(folder: Path) -> Path:
    epochs = [epoch for row in PAIR for epoch in rising(row)]
    return write_store(folder, PAIR, epochs, [layer for row in PAIR for layer in relu_like(row)])


def test_what_tells_something_is_drawn_by_default(tmp_path: Path) -> None:
    code, out, err = call(probed_store(tmp_path))

    names = [Path(line).name for line in out.splitlines()]
    assert names == ["variants-comparison.png", "variants-dead-units.png"]
    assert (code, err) == (0, "")
    assert all(Path(line).is_file() for line in out.splitlines())


def test_kinds_can_be_chosen(tmp_path: Path) -> None:
    folder = probed_store(tmp_path)

    _, out, err = call(folder, "--kind", "output-mean", "--kind", "slopes", "--kind", "gradient")

    names = [Path(line).name for line in out.splitlines()]
    assert names == ["variants-gradient.png", "variants-output-mean.png"]
    assert err == "variants: no slopes figure: no activation of a probed run learns slopes\n"


def crossed_store(folder: Path) -> Path:
    return store(
        folder,
        [
            run(seed=seed, activation=name, learning_rate=rate, batch_norm=norm)
            for name in ("relu", "tanh")
            for rate in (0.001, 0.01)
            for norm in (False, True)
            for seed in (0, 1)
        ],
    )


def test_two_axes_can_be_chosen(tmp_path: Path) -> None:
    folder = crossed_store(tmp_path)

    code, out, err = call(folder, "--kind", "heatmap", "--axes", "batch_norm, activation")

    path = folder / "plots" / "variants-heatmap-batch_norm-activation.png"
    assert (code, out, err) == (0, f"{path}\n", "")
    assert path.is_file()


def test_what_is_no_axis_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    folder = crossed_store(tmp_path)

    with pytest.raises(ReluBenchError) as caught:
        call(folder, "--kind", "heatmap", "--axes", "batch_norm,learning-rate")

    assert str(caught.value) == (
        "There is nothing to draw.\n"
        "variants: no heatmap figure: --axes 'batch_norm,learning-rate': 'learning-rate' is no "
        "axis. Did you mean 'learning_rate'? These vary: activation, learning_rate, batch_norm."
    )
    assert not (folder / "plots").exists()


def test_an_unknown_kind_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    folder = probed_store(tmp_path)

    with pytest.raises(ReluBenchError, match="Did you mean 'gradient'"):
        call(folder, "--kind", "gradients")

    assert not (folder / "plots").exists()


@pytest.mark.parametrize(
    "arguments", [["--width", "1"], ["--width", "wide"], ["--format", "bmp"], ["--kind"]]
)
def test_a_wrong_option_is_refused(arguments: list[str], tmp_path: Path) -> None:
    code, out, err = call(store(tmp_path), *arguments)

    assert code == 2
    assert out == ""
    assert arguments[0] in err
