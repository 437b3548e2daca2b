"""The paragraph for a paper says what was done, and nothing that was not."""

from typing import Any

import pytest
from comparing import compared, noisy, variants
from fake_results import Row, failed, run

from relu_bench.compare import methods_paragraph

ORDER = "see the training data in the same order"


def said_of(rows: list[Row], *by: str, **options: Any) -> str:
    return methods_paragraph(compared(rows, *by, **options)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("test_accuracy", "test accuracy of the last epoch's weights."),
        ("val_accuracy", "validation accuracy of the last epoch's weights."),
        ("train_accuracy", "training accuracy, over the last epoch's batches as trained."),
        (
            "best_epoch_test_accuracy",
            "test accuracy of the best epoch, which validation chooses.",
        ),
    ],
)
def test_the_measure_names_the_weights_that_it_is_of(metric: str, said: str) -> None:
    rows = [{**row, "best_epoch_test_accuracy": 0.9} for row in noisy(["relu", "elu"], 3)]

    assert f"The measure is {said}" in said_of(rows, metric=metric)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("train_samples", (1000, None)),
        ("split_seed", ("0", "1")),
        ("validation_split", (0.1, 0.2)),
    ],
)
def test_the_order_of_the_data_is_the_same_only_where_the_data_are(
    name: str, values: tuple[Any, ...]
) -> None:
    rows = [row for value in values for row in noisy(["relu", "elu"], 4, **{name: value})]

    assert "from the same random stream." in said_of(rows, name)
    assert f"and, at the same setting, {ORDER}." in said_of(rows, "activation")
    assert ORDER not in said_of(rows, "activation", mode="tuned")
    assert f"from the same random stream and {ORDER}." in said_of(noisy(["relu", "elu"], 4))


def test_runs_without_a_counterpart_are_counted() -> None:
    rows = noisy(["relu", "elu"], 5)
    beside = [run(bias_initializer=bias, seed=seed) for bias in ("ones", "he") for seed in (0, 1)]
    lone = noisy(["relu", "elu"], 5, bias_initializer="ones")

    assert "counterparts" not in said_of(rows)
    assert "For want of counterparts, 4 runs are in no mean and 4 runs are in no difference." in (
        said_of([*rows, *beside], "activation")
    )
    # The last seed of elu is missing at one setting: its mean has no such seed.
    assert "For want of counterparts, 1 run is in no mean and 1 run is in no difference." in (
        said_of([*rows, *lone[:-1]], "activation")
    )
    assert "counterparts" not in said_of([*rows, *beside], "activation", mode="tuned")


def test_failed_runs_are_missing_and_said() -> None:
    rows = noisy(["relu", "elu", "tanh"], 4)

    assert "missing" not in said_of(rows)
    one = said_of([*rows, failed(activation="elu", seed=4)])
    assert "1 run is missing: the program ended with an error." in one
    assert "in 12 runs with 4 seeds" in one


def test_combinations_are_told_apart_from_their_parts() -> None:
    pairs = [("relu", "he_normal"), ("tanh", "glorot_normal")]
    rows = [row for name, each in pairs for row in noisy([name], 3, initializer=each)]

    text = said_of(rows)
    assert (
        "We compared combinations of activation and initializer (relu, he_normal; tanh, "
        "glorot_normal) on mnist" in text
    )
    assert "The comparison with the baseline (relu, he_normal) was made by" in text


def test_labels_with_commas_are_told_apart() -> None:
    label = "threshold(default_value=0.0, threshold=1.0)"

    assert f"We compared the activation (relu; {label})" in said_of(
        variants({"relu": [0.98] * 3, label: [0.9] * 3})
    )


def test_names_of_axes_have_no_underscores() -> None:
    rows = [run(learning_rate=rate, seed=seed) for rate in (0.1, 0.01) for seed in range(3)]

    text = said_of(rows, "learning_rate")
    assert "We compared the learning rate (0." in text
    assert "learning_rate" not in text


def test_one_comparison_is_one() -> None:
    rows = [row for norm in (False, True) for row in noisy(["relu"], 4, batch_norm=norm)]

    one = said_of(rows, "batch_norm")
    assert "The comparison with batch norm false was made by a two-sided paired t test" in one
    assert "Holm" not in one
    assert "The 2 comparisons with relu were made by" in said_of(noisy(["relu", "elu", "tanh"], 4))


def test_a_split_of_each_seed_is_said_to_be_one() -> None:
    text = said_of(noisy(["relu", "elu"], 3, split_seed="seed"))

    assert "; a new split for each seed)" in text
    assert "split seed" not in text


def test_a_loss_has_no_guess() -> None:
    rows = noisy(["relu", "elu"], 3)

    assert "count as the constant guess; none was left out" in said_of(rows)
    loss = said_of(rows, metric="test_loss")
    assert "guess" not in loss
    assert "No run's loss was infinite or undefined; none was left out" in loss


def test_one_seed_has_no_tests_to_tell_of() -> None:
    text = said_of(variants({"relu": [0.97], "elu": [0.98], "tanh": [0.96]}))

    assert "Each number is of one seed, so there are no intervals and no tests." in text
    for untrue in ("comparisons with", "t test", "deviation", "practically"):
        assert untrue not in text
