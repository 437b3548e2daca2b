"""Comparisons where lower is better, in the unit of a rating."""

import json
from typing import Any

import numpy as np
import pytest
from comparing import answers_of, compared, variants
from fake_results import Row, epochs_of, results, run

from relu_bench.compare import Answers, answer, summarize, to_json, to_text
from relu_bench.compare.effects import effects_of
from relu_bench.compare.measures import called, measure_of, sampling_error
from relu_bench.errors import ReluBenchError

RATINGS = "synthetic_ratings(items=500, noise=0.5, ratings_per_user=50, users=1000)"
GUESS = 1.0


def rated(rmse: float, *, outcome: str = "learned", **given: Any) -> Row:
    """A run on ratings."""
    there = outcome != "diverged"
    errors = {f"{part}_rmse": rmse if there else None for part in ("train", "val", "test")}
    return run(
        outcome=outcome,
        **{
            "dataset": RATINGS,
            "model": "recommender(hidden=[128, 64], tower=64)",
            "metric": "rmse",
            **dict.fromkeys(("train_accuracy", "val_accuracy", "test_accuracy", "test_loss")),
            **dict.fromkeys(("guess_val_accuracy", "guess_test_accuracy")),
            **errors,
            "test_mae": 0.8 * rmse if there else None,
            "test_loss": rmse**2 if there else None,
            "guess_val_rmse": GUESS,
            "guess_test_rmse": GUESS,
            "guess_test_mae": 0.8 * GUESS,
            **given,
        },
    )


def rows_of(scores: dict[str, list[float]], **given: Any) -> list[Row]:
    return [
        rated(score, activation=name, seed=seed, **given)
        for name, values in scores.items()
        for seed, score in enumerate(values)
    ]


SCORES = {
    "relu": [0.520, 0.522, 0.521, 0.519, 0.523],
    "elu": [0.510, 0.512, 0.511, 0.510, 0.513],
    "tanh": [0.560, 0.562, 0.5605, 0.5605, 0.563],
    "leaky_relu(negative_slope=0.01)": [0.521, 0.521, 0.521, 0.519, 0.524],
}


def said(answers: Answers) -> str:
    """All words, with single spaces between them."""
    return " ".join(" ".join(line for line in to_text(answers, details=True).split("\n")).split())


def test_the_lower_error_is_the_better_one() -> None:
    found = compared(rows_of(SCORES))
    assert [each.variant for each in found.estimates] == [
        "elu", "relu", "leaky_relu(negative_slope=0.01)", "tanh",
    ]  # fmt: skip
    verdicts = {pair.variant: pair.verdict for pair in found.pairs}
    assert verdicts == {
        "elu": "better",
        "tanh": "worse",
        "leaky_relu(negative_slope=0.01)": "practically equal",
    }
    by_name = {pair.variant: pair for pair in found.pairs}
    assert by_name["elu"].difference == pytest.approx(-0.0098)
    assert (by_name["elu"].improvement, by_name["tanh"].improvement) == (1.0, 0.0)
    assert by_name["tanh"].ratio == pytest.approx(0.5612 / 0.521)
    assert found.estimates[0].standing == "best"


def test_the_margin_is_that_of_the_metric_unless_it_is_given() -> None:
    rows = rows_of(SCORES)
    assert compared(rows).margin == 0.005
    assert compared(rows, margin=0.1).margin == 0.1
    assert {pair.verdict for pair in compared(rows, margin=0.1).pairs} == {"practically equal"}
    assert compared(variants({"relu": [0.97, 0.98], "tanh": [0.95, 0.96]})).margin == 0.1
    assert measure_of("auc").margin == 0.001


def test_the_words_and_units() -> None:
    text = said(answers_of(rows_of(SCORES)))
    assert "variants: test RMSE (rating) by activation; lower is better" in text
    assert "Minus relu, in rating" in text
    assert "better than relu: elu (-0.0098 rating); worse than relu: tanh (+0.0402" in text
    assert "practically equal (90 % interval within ±0.005 rating)" in text
    assert "Best: elu, 0.5112 rating" in text
    assert (
        "on this fixed test set of 10,000 ratings, whose sampling error is about "
        "±0.0071 rating." in text
    )
    assert "ratio: test RMSE by that of the baseline." in text
    assert "points" not in text


def test_the_sampling_errors_are_those_of_simulated_test_sets() -> None:
    random = np.random.default_rng(0)
    errors = random.normal(0, 0.7, (4000, 500))
    found = {
        "rmse": np.sqrt((errors**2).mean(axis=1)),
        "mae": np.abs(errors).mean(axis=1),
        "accuracy": (errors < 0.5).mean(axis=1),
    }
    for metric, values in found.items():
        half = sampling_error(float(values.mean()), 500, metric)
        assert half == pytest.approx(1.96 * values.std(), rel=0.05)


def test_what_samples_are_called() -> None:
    assert called("mnist") == "images"
    assert called(RATINGS) == "ratings"
    assert called("./folder") == called("unheard-of") == "samples"


def test_other_scores_of_the_task_can_be_compared() -> None:
    rows = rows_of(SCORES)
    by_mae = compared(rows, metric="test_mae")
    assert by_mae.of_baseline.mean == pytest.approx(0.8 * 0.521)
    assert {pair.variant: pair.verdict for pair in by_mae.pairs}["elu"] == "better"
    loss = compared(rows, metric="test_loss")
    assert (loss.measure.scale.unit, loss.test_samples) == ("squared rating", None)
    with pytest.raises(ReluBenchError, match=r"There are: test_rmse, .*test_mae, .*train_loss\."):
        compared(rows, metric="test_accuracy")


def test_a_diverged_run_counts_as_the_guess() -> None:
    rows = [*rows_of({"relu": [0.52, 0.53], "elu": [0.51]})]
    rows.append(rated(0.0, activation="elu", seed=1, outcome="diverged"))
    found = compared(rows)
    assert [each.mean for each in found.estimates] == pytest.approx([0.525, 0.755])
    summary = summarize(results(rows).runs)
    assert summary["variant"].tolist() == ["relu", "elu"]
    assert summary["test_mean"].tolist() == pytest.approx([0.525, 0.755])
    with pytest.raises(ReluBenchError, match="such as --metric test_rmse"):
        compared(rows, metric="test_loss")


def test_the_time_to_an_error() -> None:
    rows = rows_of({"relu": [0.5, 0.5], "elu": [0.5, 0.5]})
    epochs = []
    for row in rows:
        falling = [1.0, 0.6, 0.505, 0.5] if row["activation"] == "elu" else [1.0, 0.7, 0.6, 0.5]
        epochs += [
            {**each, "val_rmse": value}
            for each, value in zip(epochs_of(row, [0.0] * 4), falling, strict=True)
        ]
    found = answer(results(rows, epochs), with_times=True)
    (further,) = found.further
    assert further.times is not None
    assert further.times.target == pytest.approx(0.5 / 0.99)
    assert {row.variant: row.epochs for row in further.times.rows} == {"elu": 2.0, "relu": 3.0}
    expected = "Time to a validation RMSE of 0.5051 rating, 1.01 times the final one of relu"
    assert expected in said(found)


def test_effects_are_on_the_error_itself() -> None:
    random = np.random.default_rng(1)
    rows = [
        rated(
            float(base * factor * random.normal(1, 0.001)),
            activation=name,
            learning_rate=rate,
            seed=seed,
        )
        for name, base in (("relu", 0.5), ("tanh", 0.51))
        for rate, factor in ((0.001, 1.0), (0.01, 1.2))
        for seed in range(3)
    ]
    runs = results(rows).runs
    found = effects_of(runs, ("activation", "learning_rate"), measure_of("rmse"))
    assert [effect.axes for effect in found.error.effects[:2]] == [
        ("learning_rate",), ("activation",),
    ]  # fmt: skip
    # log 1.2 and log 1.02 are all there is, but for the noise.
    assert found.error.effects[0].share == pytest.approx(0.988, abs=0.01)


def test_effects_name_the_error_that_they_are_on() -> None:
    rows = [
        rated(base + rate + 0.001 * seed, activation=name, learning_rate=rate, seed=seed)
        for name, base in (("relu", 0.5), ("tanh", 0.51))
        for rate in (0.001, 0.01)
        for seed in range(2)
    ]

    assert "Effects on the log of the test RMSE, where it learned" in said(
        answer(results(rows), with_effects=True)
    )


@pytest.mark.parametrize(
    ("metric", "column", "error"),
    [
        ("accuracy", None, "test error"),
        ("accuracy", "best_epoch_val_accuracy", "validation error of the best epoch"),
        ("accuracy", "test_auc", "1 − test AUC"),
        ("accuracy", "test_loss", "test loss"),
        ("rmse", "val_mae", "validation MAE"),
    ],
)
def test_how_far_from_perfect_has_a_name(metric: str, column: str | None, error: str) -> None:
    assert measure_of(metric, column, ("auc", "mae")).error == error


def test_a_store_of_two_tasks_is_compared_task_by_task() -> None:
    rows = [
        *rows_of(SCORES, experiment="both"),
        *variants(
            {name: [0.97 + 0.001 * seed for seed in range(5)] for name in SCORES},
            experiment="both",
        ),
    ]
    found = answers_of(rows)
    assert {each.measure.column for each in found.comparisons} == {"test_rmse", "test_accuracy"}
    assert {each.margin for each in found.comparisons} == {0.005, 0.1}
    written = json.loads(to_json(found))["comparisons"]
    assert {(each["unit"], each["higher_is_better"]) for each in written} == {
        ("rating", False), ("%", True),
    }  # fmt: skip
    summary = summarize(results(rows).runs)
    assert summary.groupby("metric").size().to_dict() == {"accuracy": 4, "rmse": 4}


def test_ranks_across_data_sets_know_the_direction() -> None:
    rows = [
        *rows_of(SCORES, model="mlp(hidden=[128, 64])"),
        *variants({"relu": [0.9] * 5, "elu": [0.95] * 5, "tanh": [0.8] * 5}),
    ]
    (ranks,) = answers_of(rows).ranks
    assert ranks.variants == ("elu", "relu", "tanh")
    assert ranks.ranks == (1.0, 2.0, 3.0)
