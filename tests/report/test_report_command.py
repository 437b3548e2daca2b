import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from reporting import Page, pairs_of, store_of
from typer.testing import CliRunner

from relu_bench.cli.report import report
from relu_bench.errors import ReluBenchError, StoreError

ROOT = Path(__file__).parents[2]
APP = typer.Typer()
APP.command()(report)

LOADED = """
import json, sys
from pathlib import Path
from relu_bench.cli.report import report
report([Path(sys.argv[1])], where=["experiment=variants"], out=Path(sys.argv[2]))
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def call(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(APP, [str(each) for each in arguments], catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def test_the_path_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store_of(Path("results"), pairs_of())

    assert call() == (0, f"{Path('results/report.html')}\n", "")
    page = Page(Path("results/report.html").read_text(encoding="utf-8"))
    assert page.texts["h1"] == ["variants"]


def test_notices_go_to_stderr(tmp_path: Path) -> None:
    rows = [*pairs_of(probes=False), *pairs_of(("elu",), probes=False, processor="another")]
    out = tmp_path / "mine.html"

    ended = call(store_of(tmp_path, rows, probed=False), "--out", out)

    assert ended == (
        0,
        f"{out}\n",
        "variants: runs differ in processor (a processor, another); --where KEY=VALUE keeps one\n"
        "variants: 9 runs were stored without probes: there are no figures of layers\n",
    )


def test_every_option_reaches_the_report(tmp_path: Path) -> None:
    rows = [*pairs_of(), *pairs_of(learning_rate=0.1), *pairs_of(learning_rate=1.0)]
    folder = store_of(tmp_path, rows)
    options = [
        "--by", "activation", "--baseline", "tanh", "--metric", "val_accuracy", "--margin", "0.5",
        "--mode", "tuned", "--where", "learning_rate=0.1", "--where", "learning_rate=1",
    ]  # fmt: skip

    code, out, _ = call(folder, *options)

    assert code == 0
    page = Page(Path(out.strip()).read_text(encoding="utf-8"))
    command = page.texts["code"][-1]
    assert command == f"relu-bench report {folder} {' '.join(options)}"
    assert any("each at its best setting of learning_rate" in text for text in page.texts["p"])


@pytest.mark.parametrize("name", ["runs.csv", "epochs.csv", "layers.csv"])
def test_a_damaged_file_is_an_error_and_no_notice(tmp_path: Path, name: str) -> None:
    folder = store_of(tmp_path, pairs_of())
    with (folder / name).open("a") as file:
        file.write("variants,x\n")

    with pytest.raises(StoreError, match=f"{name}, line"):
        call(folder)
    assert not list(folder.glob("*.html"))


def test_several_stores_without_out_are_refused_at_once(tmp_path: Path) -> None:
    folders = [store_of(tmp_path / name, pairs_of()) for name in ("a", "b")]

    with pytest.raises(ReluBenchError, match="--out FILE"):
        call(*folders)
    assert not list(tmp_path.rglob("*.html"))


def test_the_reference_results_need_no_tensorflow(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            LOADED,
            str(ROOT / "results" / "reference"),
            str(tmp_path / "report.html"),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = json.loads(done.stdout.splitlines()[-1])
    assert {"jinja2", "matplotlib"} <= set(loaded)
    assert not {"tensorflow", "keras", "sklearn", "dask"} & set(loaded)
