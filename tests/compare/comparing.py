"""Runs whose answer is known, for the tests of comparisons."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from fake_results import Row, results, run

from relu_bench.compare import Answers, Comparison, answer


def variants(scores: dict[str, Sequence[float]], **given: Any) -> list[Row]:
    """One run for each activation and seed, with that test accuracy."""
    return [
        run(activation=name, seed=seed, test=score, **given)
        for name, values in scores.items()
        for seed, score in enumerate(values)
    ]


def noisy(names: Sequence[str], seeds: int, step: float = 0.0, **given: Any) -> list[Row]:
    """Accuracies as of 10,000 images, each name `step` worse than the one before."""
    random = np.random.default_rng(seeds)
    return variants(
        {
            name: np.round(random.normal(0.97 - place * step, 0.001, seeds), 4).tolist()
            for place, name in enumerate(names)
        },
        **given,
    )


def answers_of(rows: Sequence[Row], *by: str, **options: Any) -> Answers:
    return answer(results(rows), by, **options)


def compared(rows: Sequence[Row], *by: str, **options: Any) -> Comparison:
    """The only comparison that these runs allow."""
    (found,) = answers_of(rows, *by, **options).comparisons
    return found
