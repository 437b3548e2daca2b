"""An interrupted sweep is a balanced one: its seeds are complete for every setting, from 0 on."""

import sys
from collections import Counter
from pathlib import Path

import pytest
from commands import interrupt, numbers, rest_said, said_until, started

from relu_bench.execution.executor import SEEDS_AHEAD

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="interrupts processes of Linux"
)

CONFIG = """
experiment: balanced
dataset: digits
model: mlp(hidden=[8])
activation: [relu, tanh, elu]
learning_rate: [0.01, 0.001]
epochs: 2
probes: false
seeds: 8
"""
A_SEED, SEEDS, JOBS = 6, 8, 2
"""Runs of a seed, seeds, workers."""


def unbalanced(results: Path) -> int:
    """Runs that lack although a run was begun that is more than two seeds ahead of them."""
    done = Counter(int(row["seed"]) for row in numbers(results)["runs"])
    return sum(A_SEED - done[seed] for seed in range(max(done) - SEEDS_AHEAD))


def test_an_interrupted_sweep_has_complete_seeds(tmp_path: Path) -> None:
    (tmp_path / "balanced.yaml").write_text(CONFIG, encoding="utf-8")
    results = tmp_path / "results"
    stored = 0
    for seeds in (2, 4):  # the second time only missing runs wait
        with started("run", "balanced.yaml", "--jobs", str(JOBS), cwd=tmp_path) as process:
            said_until(process, f"[{seeds * A_SEED - stored}/")
            interrupt(process)
            rest_said(process)
            assert process.wait(timeout=30) == 130
        stored = len(numbers(results)["runs"])
        assert seeds * A_SEED <= stored < SEEDS * A_SEED
        # For each worker the run that it had, and one that had ended and was not stored yet.
        assert unbalanced(results) <= 2 * JOBS
