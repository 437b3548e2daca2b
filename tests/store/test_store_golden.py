"""A store that an older release has left is read, and added to, without loss.

`golden/VERSION` was written by that release, from `golden/config.yaml` on the embedded digits, with
a failed run of a third seed.
"""

import csv
import shutil
from pathlib import Path

import pytest
from store_samples import failed, record, run_id

from relu_bench.config.experiment import load
from relu_bench.config.plan import make_plan
from relu_bench.store import Store, read

GOLDEN = Path(__file__).with_name("golden")
VERSIONS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the store of a release."""
    return Path(shutil.copytree(GOLDEN / request.param, tmp_path / "results"))


def cells(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_it_is_read(old: Path) -> None:
    runs = read(old, "runs")
    assert runs["status"].tolist().count("completed") == 4
    assert runs.loc[runs["status"] == "failed", "error"].item().startswith("=the worker process")
    assert len(read(old, "epochs")) == 4 * 3
    assert len(read(old, "layers")) == 4 * 3 * 2
    assert len(Store(old).planned()["golden"]) == 5


def test_its_runs_are_the_runs_of_today(old: Path) -> None:
    """Otherwise a resumed sweep would train everything again."""
    experiment = load(GOLDEN / "config.yaml")
    completed = {key for key, status in Store(old).statuses().items() if status == "completed"}
    assert completed == {("golden", spec.run_id) for spec in make_plan(experiment)}


def test_it_is_added_to_without_loss(old: Path) -> None:
    before = {name: cells(old, name) for name in ("runs", "epochs", "layers")}
    store = Store(old)
    notices = store.prepare()
    assert any("written by another version of relu-bench; columns added" in n for n in notices)
    assert store.append(record(1))
    assert store.append(failed(2))
    assert store.copy_run(before["runs"][0]["run_id"], source="golden", target="two")
    for name, rows in before.items():
        now = cells(old, name)
        assert [{key: row[key] for key in rows[0]} for row in now[: len(rows)]] == rows
    assert store.statuses()["one", run_id(1)] == "completed"
    runs = read(old, "runs")
    assert len(runs) == len(before["runs"]) + 3
    # What that release did not record is empty, not a guess.
    assert runs["probes"].isna().any()
    assert not any(run.probes for run in Store(old).stored().values())
