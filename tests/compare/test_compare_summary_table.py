import io

import pytest
from fake_results import Row, failed, run, runs_table
from rich.console import Console

from relu_bench.cli.summary import show_summary, summary_text
from relu_bench.compare import summarize

ROWS = [
    run(seed=0, test=0.97, val=0.96),
    run(seed=1, test=0.98, val=0.97),
    run(seed=0, activation="leaky_relu(negative_slope=0.01)", test=0.975, val=0.966),
    run(seed=0, activation="tanh", test=0.95, val=0.94),
    run(seed=1, activation="tanh", outcome="diverged"),
    run(seed=2, activation="tanh", outcome="at_chance", test=0.1, val=0.1),
    failed(seed=2, activation="relu"),
]


def shown(rows: list[Row], *, terminal: bool, width: int = 80) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=terminal, no_color=True)
    show_summary(summarize(runs_table(rows)), console)
    return stream.getvalue()


def test_plain_text_is_aligned_and_says_what_it_holds() -> None:
    assert shown(ROWS, terminal=False) == (
        "variant                          learned/n     validation           test  seconds\n"
        "leaky_relu(negative_slope=0.01)        1/1          96.60          97.50      2.5\n"
        "relu                                   2/2   96.50 ± 0.71   97.50 ± 0.71      2.5\n"
        "tanh                                   1/3  38.41 ± 48.14  38.78 ± 48.69      2.5\n"
        "Accuracy (%): mean ± sd over the seeds. Sorted by validation.\n"
        "Diverged, counted as the constant guess: tanh (1 of 3).\n"
        "Not better than the constant guess: tanh (1 of 3).\n"
        "Failed, missing from the means: relu (1 of 3).\n"
    )


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_the_terminal(width: int) -> None:
    rows = [
        run(
            activation=activation,
            initializer="variance_scaling(distribution=untruncated_normal, mode=fan_in, scale=0.3)",
            learning_rate=0.0001 * number,
            seed=seed,
        )
        for number, activation in enumerate(("leaky_relu(negative_slope=0.01)", "relu"), start=1)
        for seed in (0, 1)
    ]
    rows += [run(initializer="zeros", seed=seed) for seed in (0, 1)]

    lines = shown(rows, terminal=True, width=width).splitlines()

    assert max(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) for line in lines) <= width
    assert sum("97.00 ± 0.00" in line for line in lines) == 3


def test_the_terminal_s_table_holds_the_same_numbers() -> None:
    text = shown(ROWS, terminal=True)

    assert "38.78 ± 48.69" in text
    assert "1/3" in text
    assert "Failed, missing from the means: relu (1 of 3)." in text


def test_nothing_held_out_is_said_and_its_column_is_empty() -> None:
    rows = [run(validation_split=0.0, test=0.97, seed=seed) for seed in (0, 1)]

    text = summary_text(summarize(runs_table(rows)))

    assert text.splitlines()[1].split() == ["relu", "2/2", "97.00", "±", "0.00", "2.5"]
    assert "Sorted by test: nothing was held out." in text


def test_a_variant_that_always_failed_has_a_row_without_numbers() -> None:
    text = summary_text(summarize(runs_table([failed()])))

    assert text.splitlines()[1].split() == ["relu", "0/0"]
    assert "Failed, missing from the means: relu (1 of 1)." in text


def test_a_long_list_of_names_is_cut() -> None:
    rows = [run(learning_rate=0.1 * n, outcome="diverged") for n in range(1, 12)]

    assert "and 3 more variants." in summary_text(summarize(runs_table(rows)))
