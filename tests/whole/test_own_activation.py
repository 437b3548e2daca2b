"""A function of the user's own from the config to the figure."""

import json
from pathlib import Path

import pytest
from commands import numbers, relu_bench
from expecting import called

from relu_bench.compare.selection import select
from relu_bench.store import read

CONFIG = """
experiment: own
dataset: digits
model: mlp(hidden=[8])
activation: [relu, acts/mine.py:leaky]
learning_rate: 0.01
epochs: 1
seeds: 1
"""
LEAKY = """\
import tensorflow as tf

print("this must not reach the results")

def leaky(x):
    print("nor must this, while the function is traced or called")
    return tf.where(x > 0, x, {slope} * x)

def halved(x):
    return x[:, ::2]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of relu, two versions of a function and a wrong one, all gone."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "acts").mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    both = "activation=relu,acts/mine.py:leaky,acts/mine.py:halved"
    for number, (slope, sets) in enumerate(((0.25, ()), (0.5, ("--set", both)))):
        (folder / "acts" / "mine.py").write_text(LEAKY.format(slope=slope))
        done = relu_bench("run", "config.yaml", *sets, "--jobs", "1", "--json", cwd=folder)
        assert done.returncode == number, done.stderr
        (folder / f"stdout-{number}").write_text(done.stdout)
    (folder / "acts" / "mine.py").unlink()
    return folder


def test_two_versions_in_one_store_are_two_variants(folder: Path) -> None:
    runs = read(folder / "results", "runs")
    runs = runs[runs["status"] == "completed"]
    assert len(runs) == 3
    relu, *own = sorted(set(runs["activation"]), key=lambda label: label != "relu")
    assert relu == "relu"
    assert all(label.startswith("mine.py:leaky(source=") for label in own)
    assert len(own) == 2
    accuracies = runs.groupby("activation")["train_loss"].apply(tuple)
    assert len(set(accuracies)) == 3
    layers = read(folder / "results", "layers")
    assert set(layers["run_id"]) == set(runs["run_id"])


def test_a_wrong_function_fails_its_runs_and_no_others(folder: Path) -> None:
    runs = read(folder / "results", "runs")
    failed = runs[runs["status"] == "failed"]
    assert len(failed) == 1
    for label, error in zip(failed["activation"], failed["error"], strict=True):
        assert label.startswith("mine.py:halved(source=")
        assert error == (
            f"ActivationError: {label}: it returned the shape (3, 2) for the shape (3, 4); "
            "expected is the same shape"
        )


def test_the_standard_output_holds_the_results_alone(folder: Path) -> None:
    for number, skipped in enumerate((0, 1)):
        lines = (folder / f"stdout-{number}").read_text().splitlines()
        objects = [json.loads(line) for line in lines]
        assert sum(each["skipped"] for each in objects) == skipped


def test_readers_need_no_file(folder: Path) -> None:
    done = called("plot", "results", cwd=folder)
    assert done.code == 0, done.err
    runs = read(folder / "results", "runs")
    for label in runs["activation"].unique():
        chosen = select(runs, [f"activation={label}"])
        assert set(chosen["activation"]) == {label}


def test_a_config_whose_file_is_gone_is_wrong(folder: Path) -> None:
    done = called("run", "config.yaml", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("relu-bench: config.yaml, line 5, activation: there is no file")


def test_check_tries_the_function_before_it_says_valid(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(LEAKY.format(slope=0.25))
    (tmp_path / "c.yaml").write_text("dataset: digits\nactivation: mine.py:halved\n")
    done = called("check", "c.yaml", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].endswith(
        "it returned the shape (3, 2) for the shape (3, 4); expected is the same shape"
    )


MEDDLING = """\
import os, subprocess
from pathlib import Path
import keras, numpy, random
import tensorflow as tf

os.write(1, b"native code must not reach the results\\n")
subprocess.run(["echo", "nor a command"])
keras.config.set_floatx("float16")
keras.config.set_image_data_format("channels_first")
keras.mixed_precision.set_global_policy("mixed_bfloat16")
numpy.random.default_rng = lambda *seed: None
tf.random.set_seed(1)
tf.config.run_functions_eagerly(True)
os.environ["XLA_FLAGS"] = "--xla_cpu_enable_fast_math=true"
os.chdir("/")
keras.layers.Dense.call = lambda layer, x: x

def meddle(x):
    return tf.nn.relu(x)
"""


def test_no_run_without_the_file_is_touched_by_what_it_does(folder: Path, tmp_path: Path) -> None:
    """Runs of relu and of another file have the bits that they have without its company."""
    (tmp_path / "acts").mkdir()
    (tmp_path / "acts" / "mine.py").write_text(LEAKY.format(slope=0.5))
    (tmp_path / "meddling.py").write_text(MEDDLING)
    (tmp_path / "config.yaml").write_text(CONFIG.replace("[relu", "[meddling.py:meddle, relu"))
    done = relu_bench("run", "config.yaml", "--jobs", "1", "--json", cwd=tmp_path)
    assert all(json.loads(line) for line in done.stdout.splitlines())
    alone, beside = numbers(folder / "results"), numbers(tmp_path / "results")
    known = {row["run_id"] for row in alone["runs"]} & {row["run_id"] for row in beside["runs"]}
    assert len(known) == 2
    for table, rows in beside.items():
        found = [row for row in rows if row["run_id"] in known]
        assert found == [row for row in alone[table] if row["run_id"] in known]
