"""`run --confirm` as a user calls it, from the choice to the comparison, on digits."""

import json
import shutil
from pathlib import Path

import pytest
from commands import numbers
from expecting import called

from relu_bench.store import Store, read

NAME = "trained-confirm"


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    """A folder of the caller's own with the trained config and its results."""
    return shutil.copytree(trained, tmp_path / "copy")


def confirmed(folder: Path, *arguments: str) -> list[tuple[str, float, int, bool]]:
    """Activation, learning rate, seed, and whether it was skipped, of each run."""
    done = called("run", "config.yaml", "--confirm", *arguments, "--json", cwd=folder)
    assert done.code == 0, done.err
    runs = [json.loads(line) for line in done.out.splitlines()]
    assert {each["experiment"] for each in runs} == {NAME}
    return sorted(
        (each["activation"], each["learning_rate"], each["seed"], each["skipped"]) for each in runs
    )


def test_the_best_settings_are_trained_on_fresh_seeds_and_compared(copied: Path) -> None:
    before = numbers(copied / "results", "trained")
    runs = read(copied / "results", "runs")
    runs = runs[runs["experiment"] == "trained"]
    means = runs.groupby(["activation", "learning_rate"])["val_accuracy"].mean()
    best = {name: its.droplevel("activation").idxmax() for name, its in means.groupby("activation")}
    dry = called("run", "config.yaml", "--confirm", "2", "--dry-run", cwd=copied)
    assert dry.code == 0
    assert f"{NAME}: valid\n  runs      4 = 2 settings × 2 seeds" in dry.out
    assert f"relu with learning_rate={best['relu']:g}" in dry.err

    found = confirmed(copied, "2", "--jobs", "1")
    assert found == sorted(
        (name, rate, seed, False) for name, rate in best.items() for seed in (3, 4)
    )
    # A larger number adds seeds at the same settings.
    found = confirmed(copied, "3")
    assert [(seed, skipped) for *_, seed, skipped in found] == [
        (3, True),
        (4, True),
        (5, False),
    ] * 2
    assert numbers(copied / "results", "trained") == before
    table = called("compare", "results", "--where", f"experiment={NAME}", cwd=copied)
    assert table.code == 0
    assert f"{NAME}: test accuracy" in table.out


def test_an_interrupted_confirmation_is_resumed(copied: Path) -> None:
    """By --resume alone, which takes it for any other experiment of the folder."""
    confirmed(copied, "2")
    whole = numbers(copied / "results", NAME)
    store = Store(copied / "results")
    (plan,) = (plan for plan in store.plans() if plan.experiment == NAME)
    again = shutil.copytree(copied, copied.parent / "again")
    shutil.rmtree(again / "results")
    fresh = Store(again / "results")
    fresh.prepare()
    fresh.keep_plan(NAME, plan.config, plan.run_ids)
    assert called("run", "--resume", "results", "--quiet", cwd=again).code == 0
    assert numbers(again / "results", NAME) == whole
