"""Verdicts that hold whenever one looks, as `run` and `compare` come to them."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from relu_bench.compare.anytime import Looked, Looks, looked_at
from relu_bench.compare.measures import measure_of
from relu_bench.compare.observations import OUTCOMES, Observations

TABLES, VARIANTS, MOST = 150, 3, 100
MARGIN = 0.1
LEARNED, FAILED, MISSING = (OUTCOMES.index(name) for name in ("learned", "failed", "missing"))

Draw = Callable[[np.random.Generator, float], NDArray[np.float64]]


def observed(scores: NDArray[np.float64], outcomes: object = LEARNED) -> Observations:
    """(variants, seeds) of scores as those of one setting; the baseline is the last variant."""
    names = tuple(f"v{number}" for number in range(len(scores)))
    codes = np.broadcast_to(np.asarray(outcomes, np.int8), scores.shape)
    seeds = tuple(range(scores.shape[1]))
    return Observations(names, ("",), seeds, scores[:, np.newaxis], codes[:, np.newaxis])


def looked(
    scores: NDArray[np.float64], outcomes: object = LEARNED, most: int | None = MOST
) -> tuple[Looked, ...]:
    looks = Looks(MARGIN, 0.01, len(scores) - 1, most)
    return looked_at(observed(scores, outcomes), len(scores) - 1, measure_of("accuracy"), looks)


def normal(random: np.random.Generator, truth: float) -> NDArray[np.float64]:
    """Accuracies in per cent with an sd of 0.15 points over the seeds."""
    scores = random.normal(97.7, 0.15, (VARIANTS + 1, MOST))
    return scores + np.array([*[truth] * VARIANTS, 0.0])[:, np.newaxis]


def binomial(random: np.random.Generator, truth: float) -> NDArray[np.float64]:
    """Accuracies in per cent of 10,000 images."""
    shares = 0.977 + np.array([*[truth / 100] * VARIANTS, 0.0])[:, np.newaxis]
    return random.binomial(10_000, shares, (VARIANTS + 1, MOST)) / 100


@pytest.mark.parametrize("draw", [normal, binomial])
@pytest.mark.parametrize("truth", [0.0, MARGIN])
def test_error_rates_of_the_decision_that_the_command_makes(draw: Draw, truth: float) -> None:
    """Ends when all is decided: the plan's stopping rule, and the limit where it comes first."""
    random = np.random.default_rng(15)
    alarms = covered = equal = 0
    for _ in range(TABLES):
        found = looked(draw(random, truth))
        false = {"worse"} if truth else {"better", "worse"}
        alarms += any(each.verdict in false for each in found)
        covered += all(each.low <= truth <= each.high for each in found)
        equal += sum(each.verdict == "practically equal" for each in found)
    # At most 5 % each: three standard errors of so few tables are 5 % more.
    assert alarms <= 0.05 * TABLES
    assert covered >= 0.95 * TABLES
    if truth == MARGIN:
        assert equal <= 0.05 * TABLES * VARIANTS


def test_only_the_first_seeds_that_both_have_count() -> None:
    scores = normal(np.random.default_rng(1), 0.5)
    outcomes = np.full(scores.shape, LEARNED)
    whole = looked(scores)
    outcomes[0, 17:] = MISSING  # the first variant was decided at 15
    outcomes[1, 12] = MISSING  # of the second, a run is missing still
    first, second, third = looked(scores, outcomes)
    assert first.look == whole[0].look == 15
    assert (second.verdict, second.look, second.stored) == ("undecided", 10, 12)
    assert third == whole[2]


def test_a_lower_score_may_be_the_better_one() -> None:
    scores = normal(np.random.default_rng(1), 0.5)
    looks = Looks(MARGIN, 0.0, VARIANTS, MOST)
    for each in looked_at(observed(scores), VARIANTS, measure_of("rmse"), looks):
        assert each.verdict == "worse"
        assert 0 < each.low < each.difference < each.high
        assert each.low < each.narrow_low < each.narrow_high < each.high


def test_a_single_look_takes_all_seeds_that_both_have() -> None:
    scores = normal(np.random.default_rng(1), 0.5)[:, :33]
    outcomes = np.full(scores.shape, LEARNED)
    outcomes[0, 5] = MISSING
    outcomes[1, 5] = FAILED
    scores[[0, 1], 5] = np.nan
    first, second, third = looked(scores, outcomes, most=None)
    assert (first.look, first.n, first.failed) == (32, 32, 0)
    assert (second.look, second.n, second.failed) == (33, 32, 1)
    assert (third.look, third.n) == (33, 33)
    assert {each.verdict for each in (first, second, third)} == {"better"}


def test_no_interval_has_ends_before_15_seeds() -> None:
    for most in (MOST, None):
        for each in looked(normal(np.random.default_rng(1), 0.5)[:, :10], most=most):
            assert (each.verdict, each.low, each.high) == ("undecided", -np.inf, np.inf)
            assert each.is_open(MOST)
    (none,) = looked(np.full((2, 0), np.nan))
    assert (none.look, none.n) == (0, 0)
