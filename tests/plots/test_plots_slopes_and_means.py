import pytest
from fake_results import layers_table, relu_like
from inside_results import (
    FOUR,
    MANY,
    SLOPES,
    layers_of_all,
    lines_of,
    names,
    page_of,
    runs_of,
    words,
)
from matplotlib.axes import Axes

from relu_bench.plots.learned_slopes import learned_slopes
from relu_bench.plots.limits import level_limits
from relu_bench.plots.output_mean import output_mean


def bands(axes: Axes) -> list[tuple[float, float]]:
    """Lowest and highest point of each band."""
    found = []
    for band in axes.collections:
        heights = [float(y) for path in band.get_paths() for _, y in path.vertices]  # type: ignore[union-attr]
        found.append((min(heights), max(heights)))
    return found


def test_only_variants_that_learn_slopes_are_drawn_with_the_range_of_all_units() -> None:
    rows = runs_of()
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, **(SLOPES if "prelu" in row["activation"] else {}))
    ]

    figure = learned_slopes(page_of(rows), layers_table(layers))

    assert names(figure) == ["dense_1", "dense_2"]
    assert list(lines_of(figure.axes[0])) == [FOUR[2]]
    assert lines_of(figure.axes[0])[FOUR[2]] == pytest.approx([0.25, 0.35, 0.45, 0.55])
    assert bands(figure.axes[0]) == [pytest.approx((-0.05, 1.45))]
    legend = [text.get_text() for text in figure.subfigs[0].legends[0].get_texts()]
    assert legend == [FOUR[2]]
    assert (
        "Lines: means over the units and 3 seeds; bands: from the smallest slope of any unit and "
        "seed to the largest."
    ) in words(figure)


def test_one_seed_has_its_range_over_the_units() -> None:
    rows = runs_of(FOUR[:1], seeds=1)

    figure = learned_slopes(page_of(rows), layers_of_all(rows, **SLOPES))

    assert bands(figure.axes[0]) == [pytest.approx((-0.05, 1.45))]
    assert "over the units and 1 seed;" in words(figure)


def test_many_variants_have_one_range_over_all_layers() -> None:
    rows = runs_of(MANY[:9], seeds=1)

    figure = learned_slopes(page_of(rows), layers_of_all(rows, 3, **SLOPES))

    assert names(figure) == list(MANY[:9])
    assert all(len(axes.collections) == 1 for axes in figure.axes)
    assert list(lines_of(figure.axes[0])) == ["dense_1", "dense_2", "dense_3"]
    assert "of any unit, layer and seed" in words(figure)


def test_mean_outputs_at_both_ends_with_bands_of_one_deviation() -> None:
    rows = runs_of(FOUR[:1])
    layers = [
        layer
        for row in rows
        for layer in relu_like(
            row, out_mean=lambda epoch, n, seed=row["seed"]: 0.1 * seed + 0.1 * epoch
        )
    ]

    figure = output_mean(page_of(rows), layers_table(layers))

    start, end = figure.axes
    assert names(figure) == ["at initialization", "after training"]
    assert lines_of(start)["relu"] == pytest.approx([0.1, 0.1])
    assert lines_of(end)["relu"] == pytest.approx([0.4, 0.4])
    assert bands(end) == [pytest.approx((0.3, 0.5))]
    assert "bands: ± 1 sd" in words(figure)


def test_a_mean_output_far_out_is_said_in_words() -> None:
    rows = runs_of(seeds=1)
    means = dict(zip(FOUR, (0.3, 0.4, 0.5, 1e6), strict=True))
    layers = [
        layer for row in rows for layer in relu_like(row, 3, out_mean=means[row["activation"]])
    ]

    figure = output_mean(page_of(rows), layers_table(layers))

    assert figure.axes[0].get_ylim()[1] < 1
    assert words(figure).count("1 line goes on above") == 2


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([], (0.0, 1.0)),
        ([0.2, 0.4], (0.0, 0.4)),
        ([-0.2, -0.4, float("nan")], (-0.4, 0.0)),
        ([0.4] * 9 + [1.8], (0.0, 1.8)),
        ([*[0.3, 0.4, 0.5] * 3, 90.0], (0.0, 0.5)),
        ([*[0.1, 0.2, 0.3] * 3, -90.0], (0.0, 0.3)),
    ],
)
def test_an_axis_shows_zero_and_is_cut_only_where_few_would_squash_the_rest(
    values: list[float], shown: tuple[float, float]
) -> None:
    low, high = level_limits(values)

    margin = 0.05 * (shown[1] - shown[0])
    assert (low, high) == pytest.approx((shown[0] - margin, shown[1] + margin))
