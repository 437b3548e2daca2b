"""Texts of the user's own from the folder to figure and report."""

import json
import re
from pathlib import Path

import pytest
from expecting import called
from text_folders import small_texts, write_lines

CONFIG = """
experiment: own
dataset: ./reviews
model: text(embedding=8, hidden=[16, 8])
activation: [relu, tanh]
learning_rate: 0.001
batch_size: 16
epochs: 10
dropout: 0.0
seeds: 2
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with texts, a config and the results of its runs."""
    folder = tmp_path_factory.mktemp("text")
    write_lines(folder / "reviews", small_texts(100))
    (folder / "config.yaml").write_text(CONFIG)
    done = called("run", "config.yaml", "--jobs", "1", "--json", cwd=folder)
    assert done.code == 0, done.err
    runs = [json.loads(line) for line in done.out.splitlines()]
    assert len(runs) == 4
    for run in runs:
        assert run["dataset"] == "./reviews"
        assert run["outcome"] == "learned"
        assert 0.9 < run["test_auc"] <= 1
        assert run["dropout"] == 0
    return folder


def test_data_check_and_dry_run(folder: Path) -> None:
    done = called("data", "./reviews", cwd=folder)
    assert done.code == 0
    assert done.out.startswith("./reviews: checked, 160 + 40 texts of 100")
    assert "classes from 0: neg, pos" in done.out
    checked = called("check", "config.yaml", cwd=folder)
    assert checked.code == 0
    assert re.search(r"^ +embedding +Embedding +100×8 +80,000$", checked.out, re.MULTILINE)
    assert called("run", "config.yaml", "--dry-run", cwd=folder).code == 0


def test_comparison_figures_and_report(folder: Path) -> None:
    compared = called("compare", "results", cwd=folder)
    assert compared.code == 0, compared.err
    assert "None is shown to be better or worse than relu" in compared.out
    by_auc = called("compare", "results", "--metric", "test_auc", cwd=folder)
    assert by_auc.code == 0, by_auc.err
    kinds = ("--kind", "comparison", "--kind", "dead-units")
    drawn = called("plot", "results", *kinds, cwd=folder)
    assert drawn.code == 0, drawn.err
    for kind in ("comparison", "dead-units"):
        assert (folder / "results" / "plots" / f"own-{kind}.png").stat().st_size > 10_000
    reported = called("report", "results", cwd=folder)
    assert reported.code == 0, reported.err
    assert "./reviews" in (folder / "results" / "report.html").read_text(encoding="utf-8")


def test_the_same_texts_elsewhere_are_trained_no_second_time(folder: Path) -> None:
    (folder / "reviews").rename(folder / "moved")
    done = called("run", "config.yaml", "--set", "dataset=./moved", "--json", cwd=folder)
    assert done.code == 0, done.err
    assert all(json.loads(line)["skipped"] for line in done.out.splitlines())
    (folder / "moved").rename(folder / "reviews")


def test_diagnose_says_that_it_takes_perceptrons_only(folder: Path) -> None:
    done = called("diagnose", "config.yaml", cwd=folder)
    assert done.code == 2
    assert "diagnose simulates perceptrons only, not model text(" in done.err


def test_a_text_file_that_is_wrong_ends_before_any_training(folder: Path) -> None:
    (folder / "bad.csv").write_bytes(b"text,label\nna\xefve,pos\n")
    done = called("run", "config.yaml", "--set", "dataset=./bad.csv", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "relu-bench: bad.csv: not UTF-8, the first wrong byte is 0xef in line 2; save it as"
        " UTF-8.\nCorrect it, and run again.\n"
    )
