"""The whole output of `check` and `run --dry-run`."""

from pathlib import Path

import pytest
from expecting import Invoke
from idx_folders import write_idx_folder

from relu_bench.training import estimate

pytestmark = pytest.mark.tensorflow


@pytest.fixture(autouse=True)
def steady_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores, on which every plan takes 75 seconds: the estimate has tests of its own."""
    monkeypatch.setattr(estimate, "seconds", lambda *_: 75.4)
    monkeypatch.setattr("relu_bench.machine.hardware.available_cores", lambda: 2)


PLAN = """\
study: valid
  runs      12 = 4 settings × 3 seeds
  dataset   digits
  axis      activation: relu, prelu(initial=0.25)
  axis      learning_rate: 0.1, 0.01
  programs  2 to compile
    1  activation=relu: 6 runs
    2  activation=prelu(initial=0.25): 6 runs
  model     mlp(hidden=[128, 64]) (program 1), 109,386 parameters
    layer               type        output   parameters
    inputs              InputLayer  28×28×1           0
    flatten             Flatten     784               0
    dense_1             Dense       128         100,480
    dense_1_activation  Activation  128               0
    dense_2             Dense       64            8,256
    dense_2_activation  Activation  64                0
    output              Dense       10              650
  model     mlp(hidden=[128, 64]) (program 2), 109,578 parameters
    layer               type        output   parameters
    inputs              InputLayer  28×28×1           0
    flatten             Flatten     784               0
    dense_1             Dense       128         100,480
    dense_1_activation  PReLU       128             128
    dense_2             Dense       64            8,256
    dense_2_activation  PReLU       64               64
    output              Dense       10              650
  time      about 75 s with 2 workers
"""


def test_a_plan(invoke: Invoke) -> None:
    Path("study.yaml").write_text(
        "dataset: digits\nactivation: [relu, prelu]\nlearning_rate: [0.1, 0.01]\nseeds: 3\n"
    )
    assert invoke("check", "study.yaml") == (0, PLAN, "")
    assert invoke("run", "study.yaml", "--dry-run") == (0, PLAN, "")
    assert not Path("results").exists()


def test_one_run_on_a_folder_of_ones_own(invoke: Invoke) -> None:
    write_idx_folder(Path("tiny"), (8, 9))
    Path("own.yaml").write_text(
        "dataset: ./tiny\nmodel: mlp(hidden=[5])\nbatch_norm: true\nseeds: 1\nepochs: 1\n"
    )
    ended = invoke("check", "own.yaml", "--jobs", "1", "--set", "activation=swish")
    assert ended == (
        0,
        "own: valid\n"
        "  runs      1 = 1 setting × 1 seed\n"
        "  dataset   ./tiny\n"
        "  programs  1 to compile\n"
        "    1  1 run\n"
        "  model     mlp(hidden=[5]), 403 parameters\n"
        "    layer               type                output  parameters\n"
        "    inputs              InputLayer          8×9×1            0\n"
        "    flatten             Flatten             72               0\n"
        "    dense_1             Dense               5              365\n"
        "    dense_1_batch_norm  BatchNormalization  5               20\n"
        "    dense_1_activation  Activation          5                0\n"
        "    output              Dense               3               18\n"
        "  time      about 75 s with 1 worker\n",
        "relu-bench: warning: batch norm with momentum 0.99 for 1 step on ./tiny: its moving "
        "statistics need about 500 to settle, and validation uses them; train longer or lower "
        "batch_norm_momentum\n",
    )


def test_long_axes_are_shortened_and_what_shares_a_network_stands_together(
    invoke: Invoke,
) -> None:
    Path("wide.yaml").write_text(
        "dataset: [digits, mnist]\nmodel: mlp(hidden=[5])\nbatch_size: [32, 64]\n"
        "learning_rate: log(0.001, 0.1, 9)\ntrain_samples: [null, 100]\nseeds: 1\n"
    )
    ended = invoke("check", "wide.yaml", "--set", "optimizer=sgd")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[1:15] == [
        "  runs      72 = 72 settings × 1 seed",
        "  dataset   varies",
        "  axis      dataset: digits, mnist",
        "  axis      learning_rate: 0.001, 0.00177827941004, 0.00316227766017, "
        "0.0056234132519, 0.01, 0.0177827941004, 0.0316227766017, 0.056234132519, "
        "... (9 values)",
        "  axis      batch_size: 32, 64",
        "  axis      train_samples: null, 100",
        "  programs  8 to compile",
        "    1  dataset=digits, batch_size=32, train_samples=null: 9 runs",
        "    2  dataset=digits, batch_size=32, train_samples=100: 9 runs",
        "    3  dataset=digits, batch_size=64, train_samples=null: 9 runs",
        "    4  dataset=digits, batch_size=64, train_samples=100: 9 runs",
        "    5  dataset=mnist, batch_size=32, train_samples=null: 9 runs",
        "    6  dataset=mnist, batch_size=32, train_samples=100: 9 runs",
        "    7  dataset=mnist, batch_size=64, train_samples=null: 9 runs",
    ]
    assert ended.out.count("  model     ") == 1


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.4, "0 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (5399, "90 min"),
        (5400, "1.5 h"),
        (1e6, "277.8 h"),
    ],
)
def test_the_time_is_told_in_its_unit(
    seconds: float, shown: str, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def estimated(specs: tuple[object, ...], jobs: int, _data_dir: object) -> float:
        asked.append(jobs)
        return seconds

    monkeypatch.setattr(estimate, "seconds", estimated)
    Path("c.yaml").write_text("dataset: digits\nseeds: 3\n")
    ended = invoke("check", "c.yaml", "--jobs", "8")
    assert ended.out.splitlines()[-1] == f"  time      about {shown} with 3 workers"
    assert asked == [3]  # no more workers than runs


@pytest.mark.parametrize("name", ["quickstart", "variants", "tuning", "cnn"])
def test_the_shipped_configs_are_valid(name: str, invoke: Invoke) -> None:
    invoke("init", name)
    ended = invoke("check", f"{name}.yaml")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{name}: valid\n")
