from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from fake_results import layers_of, layers_table, relu_like, run, runs_table

from relu_bench.compare import layers, variant_layers

Rule = Callable[[pd.DataFrame], bool]
RULES: list[Rule] = [
    layers.units_fall_silent,
    layers.gradients_fade,
    layers.slopes_are_learned,
    layers.outputs_are_off_centre,
    layers.active_shares_differ,
    layers.gradients_share_signs,
]


def means(*variants: dict[str, Any], depth: int = 2) -> pd.DataFrame:
    """Of variants that differ in nothing but what is given."""
    rows = [run(activation=f"elu(alpha={n})") for n in range(len(variants))]
    same: dict[str, Any] = {"inactive_fraction": 0.0, "gradient_rms": 0.5}
    layers = [
        layer
        for row, given in zip(rows, variants, strict=True)
        for layer in relu_like(row, depth, **{**same, **given})
    ]
    return variant_layers(runs_table(rows), layers_table(layers))


@pytest.mark.parametrize("rule", RULES)
def test_variants_that_are_alike_tell_nothing(rule: Rule) -> None:
    assert not rule(means({}, {}))


@pytest.mark.parametrize("rule", RULES)
def test_without_measurements_nothing_is_told(rule: Rule) -> None:
    rows = [run(), run(activation="tanh")]
    layers = layers_table([layer for row in rows for layer in layers_of(row)])

    assert not rule(variant_layers(runs_table(rows), layers))


@pytest.mark.parametrize(("share", "told"), [(0.0, False), (0.0099, False), (0.01, True)])
def test_one_percent_of_inactive_units_in_one_layer_at_one_epoch(share: float, told: bool) -> None:
    somewhere = {"inactive_fraction": lambda e, n: share * (e == 2 and n == 1)}

    assert layers.units_fall_silent(means({}, somewhere)) is told
    assert layers.units_fall_silent(means(somewhere)) is told


@pytest.mark.parametrize(("difference", "told"), [(0.04, False), (0.06, True)])
def test_sparsity_that_differs_by_five_points(difference: float, told: bool) -> None:
    assert layers.units_fall_silent(means({}, {"sparsity": 0.5 + difference})) is told


def test_sparsity_that_differs_between_layers_only_is_no_difference_between_variants() -> None:
    rising = {"sparsity": lambda epoch, number: 0.3 * number}

    assert not layers.units_fall_silent(means(rising, rising))


@pytest.mark.parametrize(("depth", "told"), [(1, False), (2, False), (3, True), (50, True)])
def test_gradients_through_three_layers(depth: int, told: bool) -> None:
    assert layers.gradients_fade(means({}, depth=depth)) is told


@pytest.mark.parametrize(("factor", "told"), [(2.9, False), (3.1, True)])
def test_gradient_ratios_that_differ_by_a_factor_of_three(factor: float, told: bool) -> None:
    fading = {"gradient_rms": lambda epoch, number: 0.5 if number == 2 else 0.5 / factor}

    assert layers.gradients_fade(means({}, fading)) is told
    assert layers.gradients_fade(means(fading, {})) is told
    assert layers.gradients_fade(means(fading, fading)) is False


def test_gradients_count_at_initialization() -> None:
    later = {"gradient_rms": lambda epoch, number: 0.5 / (100 if epoch and number == 1 else 1)}

    assert not layers.gradients_fade(means({}, later))


def test_a_gradient_of_exactly_zero_differs_from_any_other() -> None:
    dead = {"gradient_rms": lambda epoch, number: 0.0 if number == 1 else 0.5}

    assert layers.gradients_fade(means({}, dead))


def test_slopes_of_any_variant() -> None:
    assert layers.slopes_are_learned(means({}, {"slope_mean": 0.25}))


@pytest.mark.parametrize(("difference", "told"), [(0.14, False), (0.16, True)])
def test_mean_outputs_a_quarter_of_their_deviation_apart(difference: float, told: bool) -> None:
    moved = {"out_mean": 0.4 - difference}  # the standard deviation is 0.6

    assert layers.outputs_are_off_centre(means({}, moved)) is told


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ([0.0, 0.1, 0.2, 0.3, 0.4], False),
        ([0.0, 0.1, 0.2, 0.3, 0.4, 0.44], False),
        ([0.0, 0.1, 0.2, 0.3, 0.4, 0.46], True),
        ([0.0] * 10, False),
    ],
)
def test_six_different_shares_of_active_outputs(shares: list[float], told: bool) -> None:
    variants = [{"sparsity": share} for share in shares]

    assert layers.active_shares_differ(means(*variants)) is told


def test_active_shares_count_at_both_ends_and_not_between() -> None:
    shares = [0.1 * n for n in range(7)]
    between = [{"sparsity": lambda epoch, _, n=n: n * (epoch == 1)} for n in shares]
    end = [{"sparsity": lambda epoch, _, n=n: n * (epoch == 3)} for n in shares]

    assert not layers.active_shares_differ(means(*between))
    assert layers.active_shares_differ(means(*end))


@pytest.mark.parametrize(("difference", "told"), [(0.24, False), (0.26, True)])
def test_gradients_of_one_sign_a_quarter_of_the_units_apart(difference: float, told: bool) -> None:
    one, other = {"same_sign_fraction": 0.1}, {"same_sign_fraction": 0.1 + difference}

    assert layers.gradients_share_signs(means(one, other)) is told


def test_mean_outputs_count_at_both_ends() -> None:
    between = {"out_mean": lambda epoch, number: 5.0 if epoch == 1 else 0.4}
    end = {"out_mean": lambda epoch, number: 5.0 if epoch == 3 else 0.4}

    assert not layers.outputs_are_off_centre(means({}, between))
    assert layers.outputs_are_off_centre(means({}, end))


def test_constant_outputs_that_are_equal_tell_nothing() -> None:
    assert not layers.outputs_are_off_centre(means({"out_std": 0.0}, {"out_std": 0.0}))
