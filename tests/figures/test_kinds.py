import inspect
from typing import Any

import pytest
from fake_results import Row, layers_of, relu_like, results, run

from relu_bench.cli.plot import plot
from relu_bench.errors import ReluBenchError
from relu_bench.figures import ALL, KINDS, draw
from relu_bench.figures.kinds import chosen

PAIR = [run(seed=s, activation=a) for a in ("relu", "prelu(initial=0.25)") for s in (0, 1)]
GRID = [
    run(seed=s, activation=a, learning_rate=rate, test=0.96 + 0.01 * s + rate)
    for a in ("relu", "prelu(initial=0.25)")
    for rate in (0.001, 0.003, 0.01)
    for s in (0, 1)
]
QUIET: Row = {"inactive_fraction": 0.0, "dead_fraction": 0.0, "gradient_rms": 0.5}
SLOPES: Row = {"slope_mean": 0.3, "slope_min": 0.1, "slope_max": 0.5}
SIGNS: Row = {"same_sign_fraction": 0.5, "update_cosine": 0.5}


def drawn(
    rows: list[Row], kinds: tuple[str, ...] = (), depth: int = 2, **changed: Any
) -> list[str]:
    layers = [layer for row in rows for layer in relu_like(row, depth, **{**QUIET, **changed})]
    return [kind for _, kind, _ in draw(results(rows, layers=layers), kinds).drawings]


def test_where_variants_are_alike_only_the_comparison_is_drawn() -> None:
    assert drawn(PAIR) == ["comparison"]


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"inactive_fraction": 0.02}, "dead-units"),
        ({"depth": 3}, "gradient"),
        (SLOPES, "slopes"),
    ],
)
def test_what_tells_something_is_drawn_too(changed: Row, kind: str) -> None:
    assert drawn(PAIR, **changed) == ["comparison", kind]


def test_mean_outputs_that_differ_are_drawn_too() -> None:
    layers = [
        layer
        for row in PAIR
        for layer in relu_like(row, **QUIET, out_mean=0.5 * (len(row["activation"]) > 4))
    ]

    figures = draw(results(PAIR, layers=layers))

    assert [kind for _, kind, _ in figures.drawings] == ["comparison", "output-mean"]


def test_kinds_that_are_asked_for_are_drawn_alone_in_the_order_of_the_table() -> None:
    assert drawn(PAIR, ("gradient", "dead-units")) == ["dead-units", "gradient"]
    assert drawn(PAIR, ("comparison",), **SLOPES) == ["comparison"]
    everything = [kind for kind in KINDS if kind != "time-gradient"]  # of recurrent networks
    assert drawn(GRID, ("all",), **SLOPES, **SIGNS) == everything


def test_files_are_named_by_kind() -> None:
    layers = [layer for row in PAIR for layer in relu_like(row)]

    names = [name for name, _ in draw(results(PAIR, layers=layers), ["dead-units", "gradient"])]

    assert names == ["variants-dead-units", "variants-gradient"]


def test_the_comparison_alone_reads_no_layers() -> None:
    figures = draw(results(PAIR), ["comparison"])

    asked = (figures.results, *figures.results.experiments.values())
    assert not any("layers" in vars(each) for each in asked)


def test_a_kind_without_data_says_why_beside_the_others() -> None:
    layers = [layer for row in PAIR for layer in relu_like(row)]

    figures = draw(results(PAIR, layers=layers), ["comparison", "slopes"])

    assert [kind for _, kind, _ in figures.drawings] == ["comparison"]
    assert figures.notices == (
        "variants: no slopes figure: no activation of a probed run learns slopes",
    )


def test_nothing_but_kinds_without_data_is_an_error() -> None:
    with pytest.raises(ReluBenchError) as caught:
        draw(results(PAIR), ["dead-units"])

    assert str(caught.value) == (
        "There is nothing to draw.\nvariants: no dead-units figure: no run has measurements of its "
        "layers (`probes: false`, or an older version)"
    )


def test_runs_without_probes_are_counted_in_one_line() -> None:
    rows = [{**row, "probes": row["seed"] == 0} for row in PAIR]
    layers = [
        layer for row in rows for layer in (relu_like(row) if row["probes"] else layers_of(row))
    ]

    figures = draw(results(rows, layers=layers))

    assert figures.notices == (
        "variants: 2 runs were stored without probes: they are missing from the figures of layers",
    )
    assert draw(results(rows, layers=layers), ["comparison"]).notices == ()


def test_a_store_without_any_probes_has_its_comparison() -> None:
    rows = [{**row, "probes": None} for row in PAIR]
    layers = [layer for row in rows for layer in layers_of(row)]

    figures = draw(results(rows, layers=layers))

    assert [kind for _, kind, _ in figures.drawings] == ["comparison"]
    assert figures.notices == (
        "variants: 4 runs were stored without probes: there are no figures of layers",
    )


def test_a_page_without_data_is_left_out_of_a_kind() -> None:
    rows = [
        run(activation=name, dataset=data, probes=data == "mnist")
        for name in ("relu", "tanh")
        for data in ("mnist", "digits")
    ]
    layers = [
        layer for row in rows for layer in (relu_like(row) if row["probes"] else layers_of(row))
    ]

    names = [name for name, _, _ in draw(results(rows, layers=layers), ["all"]).drawings]

    assert "variants-dead-units-mnist" in names
    assert "variants-comparison-digits" in names
    assert "variants-dead-units-digits" not in names


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("dead-unit", " Did you mean 'dead-units'?"),
        ("dead_units", " Did you mean 'dead-units'?"),
        ("dead", " Did you mean 'dead-units'?"),
        ("Dead", " Did you mean 'dead-units'?"),
        ("units", " Did you mean 'dead-units'?"),
        ("gradients", " Did you mean 'gradient'?"),
        ("s", " Did you mean 'slopes' or 'sparsity' or 'steadiness'?"),
        ("al", " Did you mean 'all'?"),
        ("n", ""),
        ("", ""),
    ],
)
def test_an_unknown_kind_names_what_may_be_meant(name: str, meant: str) -> None:
    with pytest.raises(ReluBenchError) as caught:
        chosen([name])

    assert str(caught.value) == (
        f"--kind {name!r} is no kind of figure.{meant} Known: {', '.join((*KINDS, ALL))}."
    )


def test_the_help_names_every_kind() -> None:
    options = inspect.signature(plot, eval_str=True).parameters["kinds"].annotation.__metadata__
    listed = options[0].help.partition(". ")[0].replace(", or ", ", ").split(", ")

    assert listed == [*KINDS, ALL]


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_says_what_it_shows_and_why_it_may_be_missing(name: str) -> None:
    kind = KINDS[name]

    assert kind.title
    assert bool(kind.measure) == bool(kind.absent)
    assert kind.tells is not None or name == "comparison"
