import pandas as pd
import pytest
from fake_results import Row, epochs_of, failed, relu_like, results, run
from inside_results import FOUR, lines_of, names, page_of, runs_of, words
from matplotlib.figure import Figure
from test_plots_inside import laid_out, nothing_overflows

from relu_bench.plots.epochs_to_target import median_epoch
from relu_bench.plots.steadiness import steadiness

KERNELS: Row = {
    "same_sign_fraction": lambda epoch, number: 0.2 * number if epoch == 0 else 0.1,
    "update_cosine": lambda epoch, number: 0.4 * number - 0.2 if epoch > 1 else None,
}
PANELS = [
    "same sign, at initialization",
    "same sign, after training",
    "successive updates",
    "epochs to the target",
]


def drawn(
    rows: list[Row], curves: dict[int, list[float | None]] | None = None, width: float = 10.0
) -> Figure:
    """The figure of these runs; `curves` by seed, else each reaches 0.9 in epoch 3."""
    done = [row for row in rows if row["status"] == "completed"]
    layers = [layer for row in done for layer in relu_like(row, **KERNELS)]
    usual: list[float | None] = [0.1, 0.5, 0.8, 0.9]
    epochs = [
        epoch for row in done for epoch in epochs_of(row, (curves or {}).get(row["seed"], usual))
    ]
    rows_of = results(rows, epochs, layers).layers_and_scores
    figure = laid_out(steadiness(page_of(rows), rows_of, width=width))
    nothing_overflows(figure)
    return figure


def test_signs_by_layer_updates_by_epoch_and_epochs_to_the_target() -> None:
    rows = runs_of(FOUR[:2], val=0.9)

    figure = drawn(rows)

    assert names(figure) == PANELS
    start, end, updates, reached = figure.axes
    assert lines_of(start)["relu"] == pytest.approx([0.2, 0.4])
    assert lines_of(end)["relu"] == pytest.approx([0.1, 0.1])
    assert lines_of(updates)["relu"] == pytest.approx([0.4, 0.4])
    assert [axes.get_xlabel() for axes in figure.axes] == ["layer", "layer", "epoch", "epoch"]
    assert {line.get_xdata()[0] for line in reached.get_lines() if line.get_label() in FOUR} == {3}  # type: ignore[index]
    assert "Target: validation accuracy of 89.10 %, 99 % of the mean" in words(figure)


def test_runs_that_never_get_there_are_shown_and_counted() -> None:
    rows = runs_of(FOUR[:2], val=0.9)

    figure = drawn(rows, {2: [0.1, 0.2, 0.3, 0.4]})

    assert [text.get_text() for text in figure.axes[-1].texts] == ["2/3", "2/3"]
    assert "never" in [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert "2 of 6 runs never do." in words(figure)


def test_runs_without_any_gradient_have_no_line_and_are_counted_as_never_there() -> None:
    rows = runs_of(FOUR[:2], val=0.9)
    layers = [
        layer
        for row in rows
        for layer in relu_like(row, **(KERNELS if row["activation"] == FOUR[0] else {}))
    ]
    ends = {FOUR[0]: 0.9, FOUR[1]: 0.1}
    epochs = [e for row in rows for e in epochs_of(row, [0.1, 0.1, 0.1, ends[row["activation"]]])]

    figure = laid_out(steadiness(page_of(rows), results(rows, epochs, layers).layers_and_scores))

    assert list(lines_of(figure.axes[0])) == [FOUR[0]]
    assert [text.get_text() for text in figure.axes[-1].texts] == ["0/3"]
    assert "3 runs have no gradient in any layer, and so no line." in words(figure)


def test_without_validation_there_is_no_target() -> None:
    figure = drawn(runs_of(validation_split=0.0))

    assert names(figure) == PANELS[:3]
    assert "Nothing was held out, so there is no target." in words(figure)


def test_strips_share_their_panels_names() -> None:
    rows = [row for rate in (0.1, 0.01) for row in runs_of(learning_rate=rate)]

    figure = drawn(rows)

    assert names(figure) == PANELS
    assert len(figure.axes) == 8
    assert "learning_rate=0.1" in words(figure)
    assert all(axes.get_xlabel() == "" for axes in figure.axes[:4])


def test_a_narrow_figure_has_two_panels_in_a_row() -> None:
    assert len(drawn(runs_of(), width=3.5).axes) == 4


def test_diverged_failed_and_unprobed_runs_are_named() -> None:
    rows = [
        *runs_of(FOUR[:2]),
        run(seed=7, outcome="diverged"),
        run(seed=8, probes=False),
        failed(seed=9),
    ]

    text = words(drawn(rows))

    assert "1 run diverged (relu: 1 of 5)" in text
    assert "1 failed run is missing." in text


@pytest.mark.parametrize(
    ("epochs", "said"),
    [
        ([3.0, 4.0], "3.5"),
        ([3.0, None, 4.0], "4, 2/3"),
        ([None, None], "never"),
        ([2.0, None, None], "never, 1/3"),
    ],
)
def test_the_median_counts_never_as_later_than_any(epochs: list[float | None], said: str) -> None:
    assert median_epoch(pd.DataFrame({"epoch": epochs}, dtype="float64")) == said
