import pandas as pd
import pytest
from fake_results import epochs_of, epochs_table, run, runs_table
from matplotlib.figure import Figure

from relu_bench import stats
from relu_bench.compare import Scale, final_scores, run_curves, scale_of
from relu_bench.figures.limits import (
    any_cut,
    curve_limits,
    dead_limits,
    mean_limits,
    outside,
    score_limits,
)

ACCURACY = scale_of("accuracy")
RMSE = Scale("RMSE", higher_is_better=False, factor=1.0, unit="")


SECONDS = Scale("seconds per epoch", higher_is_better=False, factor=1.0, unit="s")


def scores(*values: float) -> pd.DataFrame:
    runs = runs_table([run(seed=seed, test=value) for seed, value in enumerate(values)])
    return final_scores(runs, ["activation"])


def single(*ends: float, epochs: int = 4) -> pd.DataFrame:
    rows = [run(seed=seed, epochs=epochs) for seed in range(len(ends))]
    table = []
    for row, end in zip(rows, ends, strict=True):
        table += epochs_of(row, [0.1, *[end - 0.02 / (1 + n) for n in range(epochs)]])
    return run_curves(runs_table(rows), epochs_table(table), [])


def test_scores_hold_every_run_and_the_ends_of_the_interval() -> None:
    table = scores(0.970, 0.972, 0.974, 0.976, 0.978)

    low, high = score_limits(table, ACCURACY)

    assert low < table["low"].min() < 0.971
    assert high > 0.978
    assert high - low < 0.02


def test_the_wide_interval_of_two_seeds_does_not_squash_them() -> None:
    low, high = score_limits(scores(0.97, 0.98), ACCURACY)

    assert (low, high) == pytest.approx((0.964, 0.986), abs=0.001)


def test_no_interval_draws_the_axis_beyond_what_can_be() -> None:
    assert score_limits(scores(0.7, 1.0), ACCURACY)[1] < 1.05
    assert score_limits(scores(0.0, 0.3), ACCURACY)[0] > -0.05


def test_a_bad_run_is_cut() -> None:
    low, high = score_limits(scores(0.970, 0.972, 0.974, 0.976, 0.978, 0.98, 0.11), ACCURACY)

    assert 0.95 < low < 0.97
    assert high > 0.98


def test_a_run_that_is_better_than_all_others_is_never_cut() -> None:
    assert score_limits(scores(0.11, 0.111, 0.112, 0.113, 0.97), ACCURACY)[1] > 0.97


def test_where_lower_is_better_the_high_side_is_cut() -> None:
    low, high = score_limits(scores(0.9, 0.91, 0.92, 0.93, 0.94, 5.0, 0.2), RMSE)

    assert low < 0.2
    assert high < 2


def test_one_value_has_an_axis_around_it() -> None:
    low, high = score_limits(scores(0.97), ACCURACY)

    assert low < 0.97 < high


def test_curves_leave_out_epoch_0_and_the_first_training_mean() -> None:
    low, high = curve_limits(single(0.97, 0.972, 0.974), ACCURACY)

    assert 0.94 < low < 0.951
    assert 0.969 < high < 0.98


def test_curves_of_one_or_two_epochs_are_shown_whole() -> None:
    low, _ = curve_limits(single(0.97, 0.972, epochs=2), ACCURACY)

    assert low < 0.1


def test_a_bad_curve_is_cut() -> None:
    low, _ = curve_limits(single(0.97, 0.972, 0.974, 0.976, 0.13), ACCURACY)

    assert low > 0.9


def test_outside_counts_both_sides() -> None:
    assert outside([0.1, 0.5, 0.6, 0.9, 0.95], (0.5, 0.8)) == (1, 2)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_an_axis_ends_where_a_score_can_be_no_better_or_worse(value: float) -> None:
    low, high = score_limits(scores(value, value, value), ACCURACY)

    assert low < value < high
    axes = Figure().add_subplot()
    axes.set_xlim(low, high)
    assert all(-1e-9 <= tick <= 1 + 1e-9 for tick in axes.get_xticks() if low <= tick <= high)
    beyond = min(value - low, high - value)
    assert 0.02 * (high - low) < beyond < 0.1 * (high - low)


def test_curves_end_at_100_percent_too() -> None:
    _, high = curve_limits(single(1.005, 1.003, 1.001), ACCURACY)

    assert 1.0 < high < 1.001


def means(*each: tuple[float, float]) -> pd.DataFrame:
    """Means and half the widths of their intervals."""
    return pd.DataFrame(
        [(mean, mean - half, mean + half) for mean, half in each],
        columns=["mean", "low", "high"],
    )


def test_the_axis_of_means_holds_their_intervals() -> None:
    table = means((0.976, 0.0013), (0.977, 0.0009), (0.9765, 0.001))

    low, high = mean_limits(table, ACCURACY)

    assert table["low"].min() > low
    assert table["high"].max() < high
    assert high - low < 1.2 * (table["high"].max() - table["low"].min())
    assert not any_cut(table, (low, high))


def test_one_huge_interval_squashes_no_other() -> None:
    table = means((0.976, 0.0013), (0.977, 0.0009), (0.9765, 0.001), (0.9766, 0.02))

    low, high = mean_limits(table, ACCURACY)

    assert table["low"][:3].min() > low > 0.965
    assert table["high"][:3].max() < high < 0.985
    assert any_cut(table, (low, high))


def test_an_interval_that_is_a_little_wider_than_others_is_shown_whole() -> None:
    table = means(*((0.976 + 0.0004 * n, 0.0005) for n in range(10)), (0.9725, 0.004))

    assert stats.robust_range(table)[0] > 0.969
    assert 0.967 < mean_limits(table, ACCURACY)[0] < 0.9685


def test_a_mean_stands_clear_of_the_arrow_of_its_interval() -> None:
    table = means(*((0.97 + 0.001 * n, 0.0005) for n in range(8)), (0.964, 0.1))

    low, high = mean_limits(table, ACCURACY)

    assert any_cut(table, (low, high))
    assert 0.15 * (high - low) < 0.964 - low < 0.3 * (high - low)


def test_a_mean_that_comes_to_stand_on_the_axis_has_its_interval_there_too() -> None:
    good = [(0.97 + 0.0004 * n, 0.0005) for n in range(20)]
    table = means(*good, (0.9627, 0.0), (0.9622, 0.001))

    assert stats.robust_range(table["mean"], ["low"])[0] == 0.9627
    assert 0.96 < mean_limits(table, ACCURACY)[0] < 0.9612


def test_a_bad_mean_is_cut_with_its_interval() -> None:
    table = means((0.976, 0.001), (0.977, 0.001), (0.975, 0.001), (0.5, 0.1))

    low, high = mean_limits(table, ACCURACY)

    assert low > 0.97
    assert not any_cut(table, (low, high))


def test_means_without_intervals_have_an_axis() -> None:
    table = means((0.976, float("nan")), (0.977, float("nan")))

    assert mean_limits(table, ACCURACY) == pytest.approx((0.97595, 0.97705))


def test_no_interval_of_means_draws_the_axis_beyond_what_can_be() -> None:
    wide = means((0.97, 0.1), (0.98, 0.09))

    assert 1.0 < mean_limits(wide, ACCURACY)[1] < 1.01
    assert any_cut(wide, mean_limits(wide, ACCURACY))
    assert -0.05 < mean_limits(means((0.2, 0.5), (0.3, 0.5)), SECONDS)[0] < 0


def test_the_axis_of_dead_units_holds_their_intervals() -> None:
    def limits(*each: tuple[float, float]) -> tuple[float, float]:
        return dead_limits(pd.DataFrame(each, columns=["dead", "dead_high"]))

    assert limits((0.0, 0.0), (0.0, 0.0)) == (-0.0005, 0.01)
    assert limits((0.0, 0.0), (0.1, 0.19)) == pytest.approx((-0.0095, 0.1995))
    assert limits((0.1, 0.12), (0.11, 0.13), (0.12, 0.14), (0.13, 0.9))[1] < 0.2
    assert limits((0.9, 1.2))[1] == pytest.approx(1.05)
