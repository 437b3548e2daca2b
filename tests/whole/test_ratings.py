"""Ratings from the config to the report, all commands, beside a data set with classes."""

import json
import re
from pathlib import Path

import pytest
from expecting import called

CONFIG = """
experiment: both
cases:
  - dataset: synthetic_ratings(users=60, items=40, ratings_per_user=20)
    model: recommender(hidden=[16, 8], tower=8)
  - dataset: digits
    model: mlp(hidden=[16])
activation: [relu, tanh]
learning_rate: [0.01, 1000.0]
optimizer: sgd
batch_size: 32
epochs: 3
seeds: 2
"""
LABEL = "synthetic_ratings(items=40, noise=0.5, ratings_per_user=20, users=60)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the config and a store of its 16 runs."""
    folder = tmp_path_factory.mktemp("ratings")
    (folder / "config.yaml").write_text(CONFIG)
    done = called("run", "config.yaml", "--jobs", "1", cwd=folder)
    assert done.code == 0, done.err
    (folder / "stdout").write_text(done.out)
    return folder


def test_the_summary_has_each_task_in_its_unit(folder: Path) -> None:
    said = (folder / "stdout").read_text()
    assert "Accuracy (%) and RMSE (rating): mean ± sd over the seeds." in said
    errors = re.findall(
        rf"^\w+, {re.escape(LABEL)}.* rmse +\d/2 +(0\.\d{{4}}|1\.\d{{4}}) ±", said, re.M
    )
    assert len(errors) == 4
    assert errors == sorted(errors)
    assert "Diverged, counted as the constant guess: " in said


def test_status_and_data(folder: Path) -> None:
    row = json.loads(called("status", "results", "--format", "json", cwd=folder).out)
    assert (row["planned"], row["completed"], row["missing"]) == (16, 16, 0)
    assert row["diverged"] >= 4
    shown = called("data", "synthetic_ratings(noise=0.25)", cwd=folder).out
    assert "checked, 40,000 + 10,000 ratings by 12 features" in shown
    assert "synthetic (not real), needs no network; best reachable RMSE 0.25" in shown


def test_each_task_has_its_table(folder: Path) -> None:
    done = called("compare", "results", "--format", "json", cwd=folder)
    assert done.code == 0, done.err
    tables = {each["dataset"]: each for each in json.loads(done.out)["comparisons"]}
    assert {name: each["metric"] for name, each in tables.items()} == {
        LABEL: "test_rmse",
        "digits": "test_accuracy",
    }
    ratings = tables[LABEL]
    assert (ratings["margin"], ratings["unit"]) == (0.005, "rating")
    assert ratings["higher_is_better"] is False
    assert ratings["test_samples"] == 240
    assert all(each["diverged"] == 2 for each in ratings["variants"])
    means = [each["mean"] for each in ratings["variants"]]
    assert means == sorted(means)
    text = called("compare", "results", "--metric", "test_mae", cwd=folder)
    assert "test MAE (rating) by activation; lower is better" in text.out
    assert "both: not compared by activation: --metric 'test_mae' is no score" in text.err


def test_each_task_has_its_figures_and_the_report_both(folder: Path) -> None:
    kinds = [part for kind in ("comparison", "heatmap", "gradient") for part in ("--kind", kind)]
    done = called("plot", "results", *kinds, "--format", "svg", cwd=folder)
    assert done.code == 0, done.err
    names = [Path(line).name for line in done.out.splitlines()]
    assert len(names) == 6
    assert sum("synthetic_ratings" in name for name in names) == 3
    for line in done.out.splitlines():
        ratings = "synthetic_ratings" in line
        drawn = (folder / line).read_text()
        assert ("RMSE" in drawn or "squared rating" in drawn) == ratings
        assert ("accuracy" in drawn or "nats" in drawn) == (not ratings)
    report = called("report", "results", cwd=folder)
    assert report.code == 0, report.err
    page = (folder / "results" / "report.html").read_text()
    assert "test RMSE (rating) by activation; lower is better" in page
    assert "test accuracy (%) by activation" in page
