from pathlib import Path

import pytest
import typer
from fake_results import Row, rising, run, write_store
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

    with pytest.raises(ReluBenchError, match="say where they shall go with --out FOLDER"):
        call(*stores)


@pytest.mark.parametrize(
    "arguments", [["--width", "1"], ["--width", "wide"], ["--format", "bmp"], ["--kind"]]
)
def test_a_wrong_option_is_refused(arguments: list[str], tmp_path: Path) -> None:
    code, out, err = call(store(tmp_path), *arguments)

    assert code == 2
    assert out == ""
    assert arguments[0] in err
