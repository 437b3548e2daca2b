import itertools

import pytest
from fake_results import Row, failed, run, runs_table

from relu_bench.figures.pages import MOST_ROWS, Page, pages, roles
from relu_bench.figures.style import MOST_LOOKS

RATES = [0.1, 0.01, 0.001, 0.0001]
INITIALIZERS = ["he_normal", "he_uniform", "glorot_normal", "random_normal(mean=0.0, stddev=0.05)"]
ACTIVATIONS = ["relu", "elu(alpha=1.0)", "tanh"]
MANY = [f"leaky_relu(negative_slope={n / 10})" for n in range(MOST_LOOKS + 5)]


def grid(**axes: list[object]) -> list[Row]:
    return [
        run(**dict(zip(axes, values, strict=True))) for values in itertools.product(*axes.values())
    ]


def of(rows: list[Row], **given: int) -> list[Page]:
    return pages(runs_table(rows), **given)


def test_one_axis_is_one_strip_ordered_by_validation() -> None:
    rows = [run(activation=a, val=v) for a, v in zip(ACTIVATIONS, (0.91, 0.93, 0.92), strict=True)]

    (page,) = of(rows)

    assert page.order == ("elu(alpha=1.0)", "tanh", "relu")
    assert page.ordered_by == "validation"
    assert page.strips == ("",)
    assert page.part == ""
    assert page.metric == "accuracy"


def test_the_order_is_that_of_the_mean_with_diverged_runs_as_the_guess() -> None:
    rows = [run(val=0.97), run(seed=1, outcome="diverged"), run(activation="tanh", val=0.8)]

    assert of(rows)[0].order == ("tanh", "relu")


def test_without_validation_the_order_is_that_of_test() -> None:
    rows = [
        run(activation=a, validation_split=0.0, test=v) for a, v in (("relu", 0.9), ("tanh", 0.95))
    ]

    (page,) = of(rows)

    assert (page.order, page.ordered_by) == (("tanh", "relu"), "test")


def test_numbers_stay_in_numerical_order() -> None:
    rows = [run(learning_rate=rate, val=1 - rate) for rate in RATES]

    (page,) = of(rows)

    assert page.order == ("0.0001", "0.001", "0.01", "0.1")
    assert page.ordered_by == ""
    assert page.hue == ("learning_rate",)


def test_the_tuning_grid_is_one_page_of_eight_strips() -> None:
    (page,) = of(grid(initializer=INITIALIZERS, learning_rate=RATES, batch_norm=[False, True]))

    assert page.hue == ("initializer",)
    assert set(page.order) == set(INITIALIZERS)
    assert page.strips == tuple(
        f"learning_rate={rate}, batch_norm={norm}"
        for rate in ("0.0001", "0.001", "0.01", "0.1")
        for norm in ("false", "true")
    )


def test_activation_is_the_hue_where_it_is_an_axis() -> None:
    parts = roles(runs_table(grid(initializer=INITIALIZERS, activation=ACTIVATIONS)))

    assert (parts.hue, parts.strips, parts.pages) == (("activation",), ("initializer",), ())


def test_each_activation_with_its_own_initializers_is_a_grid_over_the_third_axis() -> None:
    own = {"sigmoid": ["glorot_normal"], "relu": ["he_normal", "glorot_uniform"], "selu": ["lecun"]}
    rows = [
        row
        for activation, initializers in own.items()
        for row in grid(activation=[activation], initializer=initializers, learning_rate=RATES)
    ]

    (page,) = of(rows)

    assert page.hue == ("activation", "initializer")
    assert sorted(page.order) == [
        "relu, glorot_uniform",
        "relu, he_normal",
        "selu, lecun",
        "sigmoid, glorot_normal",
    ]
    assert page.strips == tuple(
        f"learning_rate={rate}" for rate in ("0.0001", "0.001", "0.01", "0.1")
    )


def test_more_strips_than_fit_become_pages_over_the_first_of_their_axes() -> None:
    found = of(
        grid(
            activation=ACTIVATIONS,
            initializer=INITIALIZERS,
            learning_rate=RATES,
            batch_norm=[False, True],
        )
    )

    assert sorted(page.part for page in found) == sorted(INITIALIZERS)
    assert {len(page.strips) for page in found} == {8}
    assert all(page.runs["initializer"].nunique() == 1 for page in found)


def test_a_narrow_figure_takes_fewer_strips() -> None:
    rows = grid(initializer=INITIALIZERS, learning_rate=RATES, batch_norm=[False, True])

    found = of(rows, most_strips=3)

    assert [page.part for page in found] == [
        f"learning_rate={rate}" for rate in ("0.0001", "0.001", "0.01", "0.1")
    ]
    assert {page.strips for page in found} == {("batch_norm=false", "batch_norm=true")}


def test_one_axis_with_more_values_than_strips_goes_on_over_pages() -> None:
    rows = grid(activation=ACTIVATIONS, learning_rate=[n / 100 for n in range(1, 21)])

    found = of(rows)

    assert [(page.part, len(page.strips)) for page in found] == [
        ("1 of 3", 8),
        ("2 of 3", 8),
        ("3 of 3", 4),
    ]


def test_data_sets_never_share_a_page() -> None:
    found = of(grid(activation=ACTIVATIONS, dataset=["mnist", "fashion_mnist"]))

    assert [page.part for page in found] == ["fashion_mnist", "mnist"]
    assert all(page.runs["dataset"].nunique() == 1 for page in found)


def test_more_levels_than_looks_are_crowded_with_one_page_for_each_strip() -> None:
    found = of(grid(activation=MANY, batch_norm=[False, True]))

    assert [page.part for page in found] == ["batch_norm=false", "batch_norm=true"]
    assert all(page.crowded and page.strips == ("",) for page in found)
    assert all(len(page.order) == len(MANY) for page in found)


def test_more_levels_than_rows_go_on_over_pages() -> None:
    rates = [n / 1000 for n in range(1, MOST_ROWS + 4)]

    first, second = of(grid(learning_rate=rates))

    assert (len(first.order), len(second.order)) == (MOST_ROWS, 3)
    assert (first.part, second.part) == ("1 of 2", "2 of 2")
    assert set(second.runs["level"]) == set(second.order)


def test_an_axis_that_follows_from_the_hue_is_named_with_it() -> None:
    cases = (("relu", "he_normal", "standard"), ("selu", "lecun_normal", "alpha"))
    rows = [run(activation=a, initializer=i, dropout_kind=d) for a, i, d in cases]

    (page,) = of(rows)

    assert page.hue == ("activation", "initializer", "dropout_kind")
    assert set(page.order) == {
        "relu, he_normal, dropout_kind=standard",
        "selu, lecun_normal, dropout_kind=alpha",
    }


def test_a_cross_product_with_many_holes_is_a_list() -> None:
    pairs = (("relu", "he_normal"), ("relu", "zeros"), ("selu", "lecun_normal"), ("tanh", "zeros"))
    rows = [run(activation=a, initializer=i) for a, i in pairs]

    (page,) = of(rows)

    assert page.strips == ("",)
    assert len(page.order) == 4


def test_a_cross_product_with_one_hole_stays_a_grid() -> None:
    rows = grid(activation=ACTIVATIONS, learning_rate=RATES)[:-1]

    assert len(of(rows)[0].strips) == 4


def test_a_level_has_the_same_look_on_every_page() -> None:
    found = of(grid(activation=ACTIVATIONS, dataset=["mnist", "fashion_mnist"]))

    assert found[0].look == found[1].look
    assert len(set(found[0].look.values())) == 3


def test_failed_runs_are_on_the_page_and_a_page_of_them_alone_is_none() -> None:
    rows = [
        run(),
        failed(activation="tanh"),
        failed(dataset="digits"),
        failed(dataset="digits", activation="tanh"),
    ]

    (page,) = of(rows)

    assert page.part == "mnist"
    assert page.runs["status"].tolist() == ["completed", "failed"]


@pytest.mark.parametrize("rows", [[failed()], [failed(), failed(activation="tanh")]])
def test_without_a_completed_run_there_is_no_page(rows: list[Row]) -> None:
    assert of(rows) == []


def test_one_variant_is_one_level() -> None:
    (page,) = of([run(seed=0), run(seed=1)])

    assert (page.order, page.hue, page.strips) == (("relu",), (), ("",))
