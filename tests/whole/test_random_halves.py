"""Real networks on real images: halves of the test set differ as the images' variance says."""

import base64
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import make_plan
from relu_bench.stats.crossed import crossed_mean_squares
from relu_bench.training.trainer import Trainer

SEEDS, HALVES = 6, 1000
PLACE = Path(os.environ.get("RELU_BENCH_DATA", "/nonexistent"))


def right_by_variant(data: dict[str, tuple[object, ...]]) -> dict[str, NDArray[np.float64]]:
    """(seeds, samples), 1 where a run is right, of two variants that are trained briefly."""
    trainer = Trainer(PLACE if PLACE.is_dir() else None, xla=False)
    found = {}
    for activation in ("relu", "tanh"):
        axes = {"model": ("mlp(hidden=[16])",), "activation": (activation,), **data}
        plan = make_plan(Experiment("halves", axes, seeds=tuple(range(SEEDS)), probes=False))
        rows = [row for spec in plan for row in trainer.train(spec).test_samples]
        packed = [np.frombuffer(base64.b64decode(row["correct"]), np.uint8) for row in rows]
        bits = np.unpackbits(np.stack(packed), axis=-1, count=rows[0]["samples"])
        found[activation] = bits.astype(np.float64)
    return found


def test_the_difference_between_halves_is_as_large_as_expected() -> None:
    """The seeds are the same in both, so that their own part cancels.

    Var(D_A - D_B) = V_A + V_B for a random cut in two of a fixed set: each half's mean has the
    variance s² / E · (1 - E / 2E), and the covariance of the two doubles it.
    """
    if (PLACE / "mnist").is_dir():
        data = {"dataset": ("mnist",), "epochs": (1,), "train_samples": (4000,)}
    else:
        data = {"dataset": ("digits",), "epochs": (6,)}
    right = right_by_variant(data)
    differences = right["tanh"] - right["relu"]
    random, samples = np.random.default_rng(0), differences.shape[1]
    inside = 0
    for _ in range(HALVES):
        order = random.permutation(samples)
        halves = order[: samples // 2], order[samples // 2 :]
        first, second = (crossed_mean_squares(differences[:, half]) for half in halves)
        spread = np.sqrt(first.samples_variance + second.samples_variance)
        inside += bool(abs(first.mean - second.mean) <= 1.96 * spread)
    assert 0.93 <= inside / HALVES <= 0.97
