import numpy as np
import pytest

from relu_bench.data.tasks import CLASSIFICATION, RATINGS, TWO_CLASSES
from relu_bench.training.objectives import GUESSES, Measured


def test_every_task_finds_its_guess_and_it_knows_every_metric() -> None:
    train = np.array([1, 1, 0], np.uint8)
    for task in (CLASSIFICATION, TWO_CLASSES, RATINGS):
        found = GUESSES[task.guess].metrics(train, train)
        assert set(task.metrics) <= set(found)


def test_the_mean_guess_knows_the_training_part_only() -> None:
    train, test = np.array([1, 2, 3], np.float32), np.array([4, 2], np.float32)
    assert GUESSES["mean"].metrics(train, test) == pytest.approx({"rmse": 2**0.5, "mae": 1.0})


def test_the_mean_is_the_best_constant_of_its_own_part() -> None:
    train = np.array([1, 1, 2, 5], np.float32)
    best = GUESSES["mean"].metrics(train, train)["rmse"]
    others = [np.sqrt(np.mean((train - value) ** 2)) for value in np.linspace(1, 5, 41)]
    assert best <= min(others) + 1e-6


def test_ratings_are_judged_by_a_paired_t_test() -> None:
    random = np.random.default_rng(0)
    targets = random.normal(3, 1, 400)
    guess = GUESSES["mean"]
    good = Measured(0.36, {}, 400, targets + random.normal(0, 0.6, 400))
    useless = Measured(1.25, {}, 400, 3 + random.normal(0, 0.5, 400))
    assert guess.is_beaten(targets, targets, good)
    assert not guess.is_beaten(targets, targets, useless)
    with pytest.raises(ValueError, match="judged by the outputs"):
        guess.is_beaten(targets, targets, Measured(0.36, {}, 400))
