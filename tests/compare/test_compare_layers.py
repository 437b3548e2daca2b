"""Inside the network: what the probes saw."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest
from fake_results import (
    Row,
    failed,
    layers_of,
    layers_table,
    relu_like,
    results,
    run,
    runs_table,
)

from relu_bench.compare import over_runs, run_layers, variant_layers, without_probes
from relu_bench.compare.layers import (
    STEP_MEASURE,
    active_shares_differ,
    fades_or_grows,
    fates,
    first_by_last,
    generalization,
    gradients_fade,
    gradients_share_signs,
    outputs_are_off_centre,
    run_kernels,
    run_steps,
    slopes_are_learned,
    units_fall_silent,
    variant_steps,
)
from relu_bench.report.inside import inside

PAIR = [run(seed=seed, activation=name) for name in ("relu", "tanh") for seed in (0, 1)]
WIDTHS = {"dense_1": 100, "dense_2": 50, "output": 10}
Rule = Callable[[pd.DataFrame], bool]
RULES: list[Rule] = [
    units_fall_silent,
    gradients_fade,
    slopes_are_learned,
    outputs_are_off_centre,
    active_shares_differ,
    gradients_share_signs,
]
RNN = "rnn(sequence=rows, units=64)"
SCORED = [
    run(seed=s, activation=a, val=v) for a, v in (("relu", 0.9), ("tanh", 0.8)) for s in (0, 1)
]


def of(rows: list[dict[str, object]]) -> pd.DataFrame:
    return layers_table([layer for row in rows for layer in relu_like(row)])


def test_layers_are_numbered_from_the_input_and_the_output_is_none() -> None:
    single = run_layers(runs_table(PAIR), of(PAIR), ["activation"])

    assert len(single) == 4 * 4 * 2
    assert single[["layer", "depth"]].drop_duplicates().to_numpy().tolist() == [
        ["dense_1", 1],
        ["dense_2", 2],
    ]
    assert single.loc[single["last"], "epoch"].unique().tolist() == [3]


def test_a_convolution_goes_before_a_dense_layer_of_the_same_number() -> None:
    rows = relu_like(PAIR[0], depth=3)
    names = {"dense_1": "conv_1", "dense_2": "conv_2", "dense_3": "dense_1"}
    renamed = [{**row, "layer": names.get(row["layer"], row["layer"])} for row in rows]

    single = run_layers(runs_table(PAIR), layers_table(renamed), [])

    start = single[single["epoch"] == 0]
    assert start["layer"].tolist() == ["conv_1", "conv_2", "dense_1"]
    assert start["depth"].tolist() == [1, 2, 3]


def test_rows_without_a_measure_and_of_other_runs_do_not_count() -> None:
    diverged = run(seed=7, outcome="diverged")
    rows = [*PAIR[:1], diverged, failed(seed=8)]
    layers = layers_table([*relu_like(PAIR[0]), *relu_like(diverged), *relu_like(run(seed=9))])

    single = run_layers(runs_table(rows), layers, ["seed"])

    assert single.loc[single["seed"] == 7, "epoch"].unique().tolist() == [0]
    assert set(single["seed"]) == {0, 7}
    assert not single.loc[single["seed"] == 7, "last"].any()


def test_one_run_under_two_experiments_is_told_apart() -> None:
    rows = [run(experiment="a"), run(experiment="b")]
    runs = runs_table(rows)

    single = run_layers(runs.assign(name=runs["experiment"]), of(rows), ["name"])

    assert single.groupby("name").size().to_dict() == {"a": 8, "b": 8}
    assert single["depth"].max() == 2


def test_values_over_the_runs_of_a_group() -> None:
    layers = [
        layer
        for row, value in zip(PAIR, (1.0, 3.0, 5.0, None), strict=True)
        for layer in layers_of(row, 1, out_mean=value, sparsity=0.0)
    ]
    single = run_layers(runs_table(PAIR), layers_table(layers), ["activation"])

    spread = over_runs(single[single["epoch"] == 0], ["activation"], "out_mean").set_index(
        "activation"
    )

    assert spread.loc["relu"].tolist() == [2, 2.0, pytest.approx(2**0.5), 2.0, 1.0, 3.0]
    assert spread.loc["tanh", ["n", "mean", "lowest", "highest"]].tolist() == [1, 5.0, 5.0, 5.0]
    assert pd.isna(spread.loc["tanh", "sd"])


def test_means_of_each_variant_are_over_its_seeds() -> None:
    means = variant_layers(runs_table(PAIR), of(PAIR))

    assert set(means["variant"]) == {"relu", "tanh"}
    assert len(means) == 2 * 4 * 2
    assert means.loc[means["last"], "inactive_fraction"].tolist() == pytest.approx([0.06] * 4)
    assert means["slope_mean"].isna().all()


def test_runs_without_probes_are_counted_and_a_probed_run_without_numbers_is_not() -> None:
    rows = [
        PAIR[0],
        {**PAIR[1], "probes": False},
        {**PAIR[2], "probes": None},
        PAIR[3],  # says that it was probed: every number may have been infinite
        failed(seed=9, probes=False),
    ]
    runs = runs_table(rows)
    bare = [layer for row in rows[1:4] for layer in layers_of(row)]
    layers = layers_table([*relu_like(PAIR[0]), *bare])

    assert without_probes(runs, layers) == 2
    assert without_probes(runs.assign(probes=pd.NA), layers) == 3
    assert without_probes(runs.drop(columns="probes"), layers) == 3


def layers_with(row: Row, **measures: object) -> pd.DataFrame:
    """Two hidden layers of different width; the output layer has no measure."""
    rows = layers_of(row, **measures)
    for layer in rows:
        layer["units"] = WIDTHS[layer["layer"]]
    return layers_table(rows)


def test_shares_are_of_all_hidden_units_and_counts_are_sums_over_layers_and_epochs() -> None:
    row = run()
    layers = layers_with(
        row,
        dead_fraction=lambda epoch, number: {0: 0.0, 1: 0.9, 2: 0.9, 3: 0.1 * number}[epoch],
        died=lambda epoch, number: 5 * number if epoch else None,
        revived=lambda epoch, number: 1 if epoch == 2 else (0 if epoch else None),
    )

    (fate,) = fates(runs_table([row]), layers, ["activation"]).to_dict("records")

    assert fate["activation"] == "relu"
    assert fate["units"] == 150
    assert fate["dead_before"] == 0
    assert fate["dead_after"] == pytest.approx((0.1 * 100 + 0.2 * 50) / 150)
    assert fate["died"] == 3 * (5 + 10)
    assert fate["revived"] == 2


def test_a_run_that_diverged_has_no_share_after_training() -> None:
    row = run(outcome="diverged")

    (fate,) = fates(runs_table([row]), layers_with(row, dead_fraction=0.2), []).to_dict("records")

    assert fate["dead_before"] == pytest.approx(0.2)
    assert pd.isna(fate["dead_after"])


def test_a_layer_without_a_number_leaves_the_whole_without_one() -> None:
    row = run()
    layers = layers_with(
        row,
        dead_fraction=lambda epoch, number: None if number == 2 else 0.2,
        out_mean=0.1,
    )

    (fate,) = fates(runs_table([row]), layers, []).to_dict("records")

    assert pd.isna(fate["dead_before"])
    assert pd.isna(fate["dead_after"])


def test_a_run_without_probes_has_no_fate() -> None:
    row = run(probes=False)

    assert not len(fates(runs_table([row]), layers_with(row), []))


def test_what_was_not_counted_is_no_count_of_zero() -> None:
    rows = [run(seed=0), run(seed=1)]
    layers = pd.concat(
        [
            layers_with(rows[0], dead_fraction=0.1, died=0),
            layers_with(
                rows[1], dead_fraction=0.1, revived=lambda epoch, number: 2 if epoch else None
            ),
        ]
    )

    first, second = fates(runs_table(rows), layers, ["seed"]).to_dict("records")

    assert (first["seed"], second["seed"]) == (0, 1)
    assert first["died"] == 0
    assert pd.isna(first["revived"])
    assert pd.isna(second["died"])
    assert second["revived"] == 2 * 2 * 3


def test_active_shares_are_weighted_by_units_at_both_ends() -> None:
    row = run(test=0.95)  # its training accuracy is 0.96
    layers = relu_like(row, sparsity=lambda epoch, number: 0.2 * number if epoch == 3 else 0.6)
    for layer in layers:
        layer["units"] = 300 if layer["layer"] == "dense_1" else 100

    (found,) = generalization(runs_table([row]), layers_table(layers), ["seed"]).to_dict("records")

    assert found["active_before"] == pytest.approx(0.4)
    assert found["active_after"] == pytest.approx(1 - (0.2 * 300 + 0.4 * 100) / 400)
    assert found["gap"] == pytest.approx(0.01)
    assert found["test"] == 0.95


def test_diverged_and_unprobed_runs_are_left_out_and_those_at_chance_are_named() -> None:
    rows = [
        run(seed=0),
        run(seed=1, outcome="diverged"),
        run(seed=2, probes=False),
        run(seed=3, outcome="at_chance", test=0.1),
    ]
    layers = [
        layer for row in rows for layer in (relu_like(row) if row["probes"] else layers_of(row))
    ]

    found = generalization(runs_table(rows), layers_table(layers), ["seed"])

    assert dict(zip(found["seed"], found["outcome"], strict=True)) == {
        0: "learned",
        3: "at_chance",
    }


def test_runs_of_two_metrics_have_no_gap_in_common() -> None:
    rows = [run(), run(seed=1, metric="rmse")]

    with pytest.raises(ValueError, match="expected one in common"):
        generalization(runs_table(rows), layers_table([]), [])


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

    assert units_fall_silent(means({}, somewhere)) is told
    assert units_fall_silent(means(somewhere)) is told


@pytest.mark.parametrize(("difference", "told"), [(0.04, False), (0.06, True)])
def test_sparsity_that_differs_by_five_points(difference: float, told: bool) -> None:
    assert units_fall_silent(means({}, {"sparsity": 0.5 + difference})) is told


def test_sparsity_that_differs_between_layers_only_is_no_difference_between_variants() -> None:
    rising = {"sparsity": lambda epoch, number: 0.3 * number}

    assert not units_fall_silent(means(rising, rising))


@pytest.mark.parametrize(("depth", "told"), [(1, False), (2, False), (3, True), (50, True)])
def test_gradients_through_three_layers(depth: int, told: bool) -> None:
    assert gradients_fade(means({}, depth=depth)) is told


@pytest.mark.parametrize(("factor", "told"), [(2.9, False), (3.1, True)])
def test_gradient_ratios_that_differ_by_a_factor_of_three(factor: float, told: bool) -> None:
    fading = {"gradient_rms": lambda epoch, number: 0.5 if number == 2 else 0.5 / factor}

    assert gradients_fade(means({}, fading)) is told
    assert gradients_fade(means(fading, {})) is told
    assert gradients_fade(means(fading, fading)) is False


def test_gradients_count_at_initialization() -> None:
    later = {"gradient_rms": lambda epoch, number: 0.5 / (100 if epoch and number == 1 else 1)}

    assert not gradients_fade(means({}, later))


def test_a_gradient_of_exactly_zero_differs_from_any_other() -> None:
    dead = {"gradient_rms": lambda epoch, number: 0.0 if number == 1 else 0.5}

    assert gradients_fade(means({}, dead))


def test_slopes_of_any_variant() -> None:
    assert slopes_are_learned(means({}, {"slope_mean": 0.25}))


@pytest.mark.parametrize(("difference", "told"), [(0.14, False), (0.16, True)])
def test_mean_outputs_a_quarter_of_their_deviation_apart(difference: float, told: bool) -> None:
    moved = {"out_mean": 0.4 - difference}  # the standard deviation is 0.6

    assert outputs_are_off_centre(means({}, moved)) is told


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

    assert active_shares_differ(means(*variants)) is told


def test_active_shares_count_at_both_ends_and_not_between() -> None:
    shares = [0.1 * n for n in range(7)]
    between = [{"sparsity": lambda epoch, _, n=n: n * (epoch == 1)} for n in shares]
    end = [{"sparsity": lambda epoch, _, n=n: n * (epoch == 3)} for n in shares]

    assert not active_shares_differ(means(*between))
    assert active_shares_differ(means(*end))


@pytest.mark.parametrize(("difference", "told"), [(0.24, False), (0.26, True)])
def test_gradients_of_one_sign_a_quarter_of_the_units_apart(difference: float, told: bool) -> None:
    one, other = {"same_sign_fraction": 0.1}, {"same_sign_fraction": 0.1 + difference}

    assert gradients_share_signs(means(one, other)) is told


def test_mean_outputs_count_at_both_ends() -> None:
    between = {"out_mean": lambda epoch, number: 5.0 if epoch == 1 else 0.4}
    end = {"out_mean": lambda epoch, number: 5.0 if epoch == 3 else 0.4}

    assert not outputs_are_off_centre(means({}, between))
    assert outputs_are_off_centre(means({}, end))


def test_constant_outputs_that_are_equal_tell_nothing() -> None:
    assert not outputs_are_off_centre(means({"out_std": 0.0}, {"out_std": 0.0}))


def runs_of(activations: Sequence[str] = ("relu", "tanh"), seeds: int = 3) -> list[Row]:
    return [
        run(activation=name, seed=seed, model=RNN) for name in activations for seed in range(seeds)
    ]


def steps_of(row: Row, gradient: Callable[[int, int], float | None], count: int = 5) -> list[Row]:
    """Rows by time step at both ends: `gradient` is a function of (epoch, step)."""
    key = {name: row[name] for name in ("experiment", "run_id")}
    return [
        {
            **key,
            "epoch": epoch,
            "layer": f"recurrent_1_step_{step}",
            "units": 64,
            "time_step": step,
            STEP_MEASURE: gradient(epoch, step),
        }
        for epoch in (0, row["epochs"])
        for step in range(1, count + 1)
    ]


def test_the_rows_of_both_ends_with_their_step() -> None:
    (row,) = runs_of(("relu",), 1)
    table = layers_table(
        [*relu_like(row, 1), *steps_of(row, lambda epoch, step: 10.0 * epoch + step, count=2)]
    )
    found = run_steps(runs_table([row]), table, ["activation"])
    assert found.to_dict("list") == {
        "activation": ["relu"] * 4,
        "run_id": [row["run_id"]] * 4,
        "outcome": ["learned"] * 4,
        "epoch": [0, 0, 3, 3],
        "last": [False, False, True, True],
        "step": [1, 2, 1, 2],
        STEP_MEASURE: [1.0, 2.0, 31.0, 32.0],
    }


def test_a_store_without_recurrent_runs_has_none() -> None:
    row = run()
    assert not len(run_steps(runs_table([row]), layers_table(relu_like(row)), []))
    assert not fades_or_grows(
        variant_steps(results([row], layers=relu_like(row)), runs_table([row]))
    )


def test_no_reader_of_layers_sees_them() -> None:
    rows = runs_of()
    plain = [layer for row in rows for layer in relu_like(row, 1, same_sign_fraction=0.25)]
    mixed = [
        layer
        for row in rows
        for layer in [
            *relu_like(row, 1, same_sign_fraction=0.25),
            *steps_of(row, lambda epoch, step: 1.0),
        ]
    ]
    runs, tables = runs_table(rows), [layers_table(plain), layers_table(mixed)]
    for reader in (run_layers, run_kernels, fates):
        plain_rows, mixed_rows = (
            reader(runs, table, ["activation"]).reset_index(drop=True) for table in tables
        )
        pd.testing.assert_frame_equal(plain_rows, mixed_rows)
        assert len(plain_rows)
    plain_means, mixed_means = (variant_layers(runs, table) for table in tables)
    pd.testing.assert_frame_equal(plain_means, mixed_means)
    assert [without_probes(runs, table) for table in tables] == [0, 0]
    told = [inside(results(rows, layers=layers)) for layers in (plain, mixed)]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("factor", "told"), [(1.0, False), (0.12, False), (0.08, True), (9.0, False), (11.0, True)]
)
def test_it_is_told_where_a_gradient_shrinks_or_grows_tenfold(factor: float, told: bool) -> None:
    rows = runs_of()
    layers = [
        layer
        for row in rows
        for layer in steps_of(
            row,
            lambda epoch, step, row=row: (  # type: ignore[misc]
                factor if (epoch, step, row["activation"]) == (3, 1, "tanh") else 1.0
            ),
        )
    ]
    loaded = results(rows, layers=layers)
    assert fades_or_grows(variant_steps(loaded, loaded.runs)) == told


def test_the_ratio_is_a_median_over_the_runs_that_have_one() -> None:
    rows = runs_of(("relu",), 4)
    layers = [
        layer
        for number, row in enumerate(rows)
        for layer in steps_of(
            row,
            lambda epoch, step, number=number: (  # type: ignore[misc]
                (1.0, 2.0, 9.0, 5.0)[number] if step == 1 else (2.0, 2.0, 2.0, 0.0)[number]
            ),
        )
    ]
    steps = run_steps(runs_table(rows), layers_table(layers), ["activation"])
    assert first_by_last(steps[steps["epoch"] == 0], ["activation"]).to_dict() == {"relu": 1.0}


def test_kernels_count_the_output_layer_and_hidden_measures_do_not_count() -> None:
    row = run()
    hidden = relu_like(row)
    kernels = layers_of(row, 3, same_sign_fraction=lambda epoch, number: 0.1 * number)
    rows = [
        {**kernel, "layer": "output"} if kernel["layer"] == "dense_3" else kernel
        for kernel in kernels
        if kernel["layer"] != "output"
    ]

    found = run_kernels(runs_table([row]), layers_table(rows), ["seed"])
    start = found[found["epoch"] == 0]

    assert start["layer"].tolist() == ["dense_1", "dense_2", "output"]
    assert start["depth"].tolist() == [1, 2, 3]
    assert start["same_sign_fraction"].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert found["last"].sum() == 3
    assert not len(run_kernels(runs_table([row]), layers_table(hidden), []))
    assert not len(run_layers(runs_table([row]), layers_table(rows), []))
