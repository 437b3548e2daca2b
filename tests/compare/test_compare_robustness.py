import math
from typing import Any

import pytest
from comparing import answers_of, compared
from fake_results import Row, failed, run

from relu_bench.compare import Mode, text_lines
from relu_bench.compare.views import Robustness, robustness

Curve = dict[float, float]


def at_rates(name: str, curve: Curve, **given: Any) -> list[Row]:
    """Two seeds at each learning rate, with that test accuracy."""
    return [
        run(activation=name, learning_rate=rate, seed=seed, test=score, **given)
        for rate, score in curve.items()
        for seed in range(2)
    ]


def flat(*rates: float, score: float = 0.97) -> Curve:
    return dict.fromkeys(rates, score)


def bands(rows: list[Row], **options: Any) -> dict[str, Robustness]:
    found = robustness(compared(rows, "activation", **options))
    return {each.variant: each for each in found}


def test_each_variant_keeps_the_learning_rates_that_it_was_given() -> None:
    rows = [
        *at_rates("relu", {**flat(0.001, 0.01, 0.1), 1.0: 0.5}),
        *at_rates("tanh", flat(0.001, 0.01, 0.1, 1.0)),
        *at_rates("selu", flat(0.001, 0.01, 0.1)),
    ]

    found = bands(rows)

    assert {name: each.rates for name, each in found.items()} == {"relu": 4, "tanh": 4, "selu": 3}
    assert found["relu"].band.decades == pytest.approx(2 + 1 / 47)
    assert not found["relu"].band.open_high
    assert found["tanh"].band.decades == pytest.approx(3.0)
    assert found["tanh"].band.open_high
    assert found["selu"].band.decades == pytest.approx(2.0)
    assert found["selu"].band.open_high


def test_the_best_of_all_may_lie_at_a_learning_rate_of_its_own() -> None:
    rows = [*at_rates("relu", flat(0.01, 0.1)), *at_rates("tanh", {**flat(0.01, 0.1), 1.0: 0.99})]

    found = bands(rows)

    assert math.isnan(found["relu"].band.low)
    assert found["tanh"].best_rate == 1.0


def test_variants_without_a_common_learning_rate_have_bands() -> None:
    found = bands([*at_rates("relu", flat(0.1, 1.0)), *at_rates("selu", flat(0.001, 0.01))])

    assert {name: each.band.decades for name, each in found.items()} == {
        "relu": pytest.approx(1.0),
        "selu": pytest.approx(1.0),
    }


def test_scores_are_of_settings_that_every_variant_has_at_each_of_its_learning_rates() -> None:
    """With batch norm, which one rate lacks, accuracies would be others."""
    rows = [
        *at_rates("relu", flat(0.01, 0.1, 1.0), batch_norm=False),
        *at_rates("relu", flat(0.01, 0.1, score=0.5), batch_norm=True),
        *at_rates("tanh", flat(0.01, 0.1), batch_norm=False),
        *at_rates("tanh", flat(0.01, 0.1, score=0.9), batch_norm=True),
    ]

    found = bands(rows)

    assert found["relu"].band.decades == pytest.approx(2.0)
    assert found["tanh"].band.decades == pytest.approx(1.0)


def test_without_a_setting_that_all_have_at_each_rate_there_are_no_bands() -> None:
    rows = [
        *at_rates("relu", flat(0.01), batch_norm=False),
        *at_rates("relu", flat(0.1), batch_norm=True),
        *at_rates("tanh", flat(0.01, 0.1), batch_norm=True),
    ]

    assert bands(rows) == {}


def test_a_rate_at_which_every_run_failed_is_none_that_a_variant_was_given() -> None:
    rows = [
        *at_rates("relu", flat(0.01, 0.1)),
        *at_rates("tanh", flat(0.01, 0.1)),
        *[failed(activation="tanh", learning_rate=1.0, seed=seed) for seed in range(2)],
        *[failed(activation="elu", learning_rate=rate, seed=0) for rate in (0.01, 0.1)],
    ]

    assert {name: each.rates for name, each in bands(rows).items()} == {"relu": 2, "tanh": 2}


@pytest.mark.parametrize(
    ("mode", "ends"),
    [
        ("matched", "at each of its learning rates."),
        ("tuned", "at each of its learning rates, not of the best alone."),
    ],
)
def test_it_says_over_which_settings_it_speaks(mode: Mode, ends: str) -> None:
    rows = [
        run(activation=name, learning_rate=rate, batch_norm=norm, seed=seed, test=0.97)
        for name in ("relu", "tanh")
        for rate in (0.01, 0.1)
        for norm in (False, True)
        for seed in range(3)
    ]

    lines = [line for line, _ in text_lines(answers_of(rows, "activation", mode=mode))]

    title = "Robustness to the learning rate, over all settings that all variants have"
    assert title in lines
    text = " ".join(line.strip() for line in lines)
    assert (
        f"Each score is the mean over the settings of batch_norm that every variant has {ends}"
        in text
    )
    assert "the band runs to the edge of the learning rates that the variant was given." in text


def test_where_only_the_learning_rate_varies_there_is_nothing_to_pool() -> None:
    rows = [*at_rates("relu", flat(0.01, 0.1)), *at_rates("tanh", flat(0.01, 0.1))]

    lines = [line for line, _ in text_lines(answers_of(rows, "activation"))]

    assert "Robustness to the learning rate" in lines
    assert not any(line.startswith("Each score is the mean") for line in lines)
