"""Runs whose answer is known, for the tests of comparisons."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from fake_results import Row, results, run, runs_table

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
    """At the same settings of the other axes, unless another mode is asked for."""
    return answer(results(rows), by, **{"mode": "matched", **options})


def compared(rows: Sequence[Row], *by: str, **options: Any) -> Comparison:
    """The only comparison that these runs allow."""
    (found,) = answers_of(rows, *by, **options).comparisons
    return found


def by_rate(curves: dict[str, dict[float, float]], seeds: int = 2) -> list[Row]:
    return [
        run(activation=name, learning_rate=rate, seed=seed, test=score)
        for name, curve in curves.items()
        for rate, score in curve.items()
        for seed in range(seeds)
    ]


def crossed(seeds: int = 3) -> list[Row]:
    """The error doubles with the rate; batch norm does nothing; relu fails at the high rate."""
    random = np.random.default_rng(0)
    return [
        run(
            activation=name,
            learning_rate=rate,
            batch_norm=norm,
            seed=seed,
            test=1 - error * float(np.exp(random.normal(0, 0.01))),
            outcome="at_chance" if (name, rate) == ("relu", 0.1) and seed else "learned",
        )
        for name in ("relu", "elu")
        for rate, error in ((0.01, 0.02), (0.1, 0.04))
        for norm in (False, True)
        for seed in range(seeds)
    ]


def grid(seeds: int = 3, **axes: Any) -> list[Row]:
    """Every combination, with a little noise and no interaction."""
    random = np.random.default_rng(0)
    rows = []
    for each in itertools.product(*axes.values()):
        places = [values.index(value) for values, value in zip(axes.values(), each, strict=True)]
        given = dict(zip(axes, each, strict=True))
        for seed in range(seeds):
            score = 1 - 0.03 * 1.2 ** sum(places) * float(np.exp(random.normal(0, 0.01)))
            rows.append(run(seed=seed, test=score, **given))
    return rows


RATES = (0.001, 0.01, 0.1)
FOUR_AXES = runs_table(
    grid(
        activation=("relu", "elu"),
        learning_rate=RATES,
        initializer=("he_normal", "he_uniform"),
        batch_norm=(False, True),
    )
)
