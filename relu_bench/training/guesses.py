"""The answer that takes no network, and whether a network beats it.

Keyed by `Task.guess`: always the commonest class of the training part, or always its mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from relu_bench import data, stats
from relu_bench.data.tasks import Guess

Array = NDArray[Any]


@dataclass(frozen=True)
class Judged:
    """What a network reached on some samples: its metrics, and its single output if it has one."""

    metrics: Mapping[str, float]
    outputs: Array | None


class ConstantGuess(Protocol):
    """One way to answer without a network."""

    def metrics(self, train_targets: Array, targets: Array) -> dict[str, float]:
        """What it reaches on `targets` (n,), by metric; it knows `train_targets` only."""
        ...

    def is_beaten(self, train_targets: Array, targets: Array, judged: Judged) -> bool:
        """Whether the network is better on `targets`, at the level of 1 %."""
        ...


class _Majority:
    """Always the commonest class; scores that do not differ have an area under the curve of 0.5."""

    def metrics(self, train_targets: Array, targets: Array) -> dict[str, float]:
        return {"accuracy": data.guess_accuracy(train_targets, targets), "auc": 0.5}

    def is_beaten(self, train_targets: Array, targets: Array, judged: Judged) -> bool:
        guess = data.guess_accuracy(train_targets, targets)
        correct = round(judged.metrics["accuracy"] * len(targets))
        return stats.better_than_guess(correct, len(targets), guess)


class _Mean:
    """Always the mean: the constant with the least squared error on the training part."""

    def metrics(self, train_targets: Array, targets: Array) -> dict[str, float]:
        errors = targets - _mean(train_targets)
        return {
            "rmse": float(np.sqrt(np.mean(errors**2))),
            "mae": float(np.mean(np.abs(errors))),
        }

    def is_beaten(self, train_targets: Array, targets: Array, judged: Judged) -> bool:
        if judged.outputs is None:
            raise ValueError("ratings are judged by the outputs, and there are none")
        return stats.errors_below_guess(
            (targets - judged.outputs.astype(np.float64)) ** 2,
            (targets - _mean(train_targets)) ** 2,
        )


GUESSES: Mapping[Guess, ConstantGuess] = {"majority": _Majority(), "mean": _Mean()}


def _mean(targets: Array) -> np.float64:
    return np.mean(targets, dtype=np.float64)
