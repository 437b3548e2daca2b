import pytest
from fake_results import Row, failed, run, runs_table

from relu_bench.cli.summary import summary_table
from relu_bench.compare import summarize
from relu_bench.tables import terminal

ROWS = [
    run(seed=0, test=0.97, val=0.96),
    run(seed=1, test=0.98, val=0.97),
    run(seed=0, activation="leaky_relu(negative_slope=0.01)", test=0.975, val=0.966),
    run(seed=0, activation="tanh", test=0.95, val=0.94),
    run(seed=1, activation="tanh", outcome="diverged"),
    run(seed=2, activation="tanh", outcome="at_chance", test=0.1, val=0.1),
    failed(seed=2, activation="relu"),
]


def shown(rows: list[Row], width: int | None = None) -> str:
    table = summary_table(summarize(runs_table(rows)))
    return "\n".join([terminal(table, width), *table.notes])


def test_plain_text_is_aligned_and_says_what_it_holds() -> None:
    assert shown(ROWS) == (
        "variant                          learned/n     validation           test  seconds\n"
        "leaky_relu(negative_slope=0.01)        1/1          96.60          97.50      2.5\n"
        "relu                                   2/2   96.50 ± 0.71   97.50 ± 0.71      2.5\n"
        "tanh                                   1/3  38.41 ± 48.14  38.78 ± 48.69      2.5\n"
        "Accuracy (%): mean ± sd over the seeds. Sorted by validation.\n"
        "Diverged, counted as the constant guess: tanh (1 of 3).\n"
        "Not better than the constant guess: tanh (1 of 3).\n"
        "Failed, missing from the means: relu (1 of 3)."
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

    lines = terminal(summary_table(summarize(runs_table(rows))), width).splitlines()

    assert max(map(len, lines)) <= width
    assert sum("97.00 ± 0.00" in line for line in lines) == 3


def test_nothing_held_out_is_said_and_its_column_is_empty() -> None:
    rows = [run(validation_split=0.0, test=0.97, seed=seed) for seed in (0, 1)]

    text = shown(rows)

    assert text.splitlines()[1].split() == ["relu", "2/2", "97.00", "±", "0.00", "2.5"]
    assert "Sorted by test: nothing was held out." in text


def test_a_variant_that_always_failed_has_a_row_without_numbers() -> None:
    text = shown([failed()])

    assert text.splitlines()[1].split() == ["relu", "0/0"]
    assert "Failed, missing from the means: relu (1 of 1)." in text


def test_a_long_list_of_names_is_cut() -> None:
    rows = [run(learning_rate=0.1 * n, outcome="diverged") for n in range(1, 12)]

    assert "and 3 more variants." in shown(rows)
