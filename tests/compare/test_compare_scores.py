import math

import numpy as np
import pytest
from fake_results import failed, run, runs_table
from scipy import stats as scipy_stats

from relu_bench.compare import completed, final_scores, scale_of, score
from relu_bench.errors import ReluBenchError


def test_a_diverged_run_counts_as_the_constant_guess() -> None:
    runs = runs_table([run(test=0.97, val=0.96), run(seed=1, outcome="diverged"), failed(seed=2)])

    assert score(runs, "test").tolist()[:2] == [0.97, 0.1135]
    assert score(runs, "val").tolist()[:2] == [0.96, 0.1124]
    assert math.isnan(score(runs, "test").iloc[2])


def test_a_run_at_chance_counts_as_what_it_reached() -> None:
    assert score(runs_table([run(test=0.098, outcome="at_chance")]), "test").tolist() == [0.098]


def test_where_nothing_was_held_out_there_is_no_validation_score() -> None:
    runs = runs_table([run(validation_split=0.0), run(validation_split=0.0, outcome="diverged")])

    assert score(runs, "val").isna().all()


def test_a_diverged_run_without_a_guess_is_an_error_and_not_dropped() -> None:
    runs = runs_table([run(outcome="diverged", guess_test_accuracy=None, run_id="r123")])

    with pytest.raises(ReluBenchError, match="Run r123 diverged, but its constant guess is not"):
        score(runs, "test")


def test_only_failed_runs_are_not_completed() -> None:
    runs = runs_table([run(), run(seed=1, outcome="diverged"), failed(seed=2)])

    assert completed(runs)["seed"].tolist() == [0, 1]


def test_final_scores_have_the_interval_of_their_group() -> None:
    values = [0.971, 0.974, 0.98]
    runs = runs_table(
        [run(seed=seed, test=value) for seed, value in enumerate(values)]
        + [run(activation="tanh", test=0.9), failed(activation="tanh", seed=1)]
    )

    scores = final_scores(runs, ["activation"])

    relu = scores[scores["activation"] == "relu"]
    expected = scipy_stats.t.interval(0.95, 2, loc=np.mean(values), scale=scipy_stats.sem(values))
    assert relu["value"].tolist() == values
    assert relu["mean"].tolist() == pytest.approx([np.mean(values)] * 3)
    assert relu["low"].tolist() == pytest.approx([expected[0]] * 3)
    assert relu["high"].tolist() == pytest.approx([expected[1]] * 3)
    tanh = scores[scores["activation"] == "tanh"]
    assert tanh[["value", "mean"]].to_numpy().tolist() == [[0.9, 0.9]]
    assert tanh[["low", "high"]].isna().all(axis=None)


def test_a_diverged_run_is_in_the_mean_of_its_group() -> None:
    runs = runs_table([run(test=0.97), run(seed=1, outcome="diverged")])

    scores = final_scores(runs, ["activation"])

    assert scores["mean"].tolist() == pytest.approx([(0.97 + 0.1135) / 2] * 2)
    assert scores["outcome"].tolist() == ["learned", "diverged"]
    assert scores["guess"].tolist() == [0.1135, 0.1135]


def test_accuracy_is_read_in_percent() -> None:
    scale = scale_of("accuracy")

    assert (scale.title, scale.factor, scale.suffix) == ("accuracy", 100.0, " (%)")
    assert scale.higher_is_better


def test_a_target_is_below_a_score_or_above_an_error() -> None:
    assert scale_of("accuracy").near(0.99) == "99\u00a0% of"
    assert scale_of("rmse").near(0.99) == "1.01 times"
