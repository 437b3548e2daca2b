from dataclasses import replace

from fake_results import failed, results, run

from relu_bench.compare import Selection
from relu_bench.plots.narrowing import ANY, narrowing

# Ten activations are crowded, so that each further axis has figures of its own.
ACTIVATIONS = [f"elu(alpha={number}.0)" for number in range(1, 11)]


def words(found: Selection) -> str:
    return narrowing(found, found.runs, 8)


def test_the_values_with_the_best_validation_are_the_example() -> None:
    rows = [
        run(
            activation=activation,
            initializer=initializer,
            batch_norm=batch_norm,
            test=0.9 - batch_norm / 10,
            val=0.8 + batch_norm / 10 + (initializer == "variance_scaling(mode=fan_in, scale=2.0)"),
        )
        for activation in ACTIVATIONS
        for initializer in ("he_normal", "variance_scaling(mode=fan_in, scale=2.0)")
        for batch_norm in (False, True)
    ]

    assert words(results(rows)) == (
        f"{ANY}, such as --where 'initializer=variance_scaling(mode=fan_in, scale=2.0)' "
        "--where batch_norm=True"
    )


def test_a_number_has_all_of_its_digits_and_a_display_name_is_its_label() -> None:
    rows = [
        run(activation=activation, learning_rate=rate, val=0.9 + rate)
        for activation in ACTIVATIONS
        for rate in (0.0123456789, 0.02345678901)
    ]
    assert words(results(rows)) == f"{ANY}, such as --where learning_rate=0.02345678901"

    named = [run(activation=each, initializer=name) for each in ACTIVATIONS for name in ("A", "B")]
    found = replace(results(named), stored={"initializer": {"A": "he_normal", "B": "zeros"}})
    assert words(found) == f"{ANY}, such as --where initializer=he_normal"


def test_without_a_best_there_is_no_example() -> None:
    assert words(results([run(activation=each) for each in ACTIVATIONS])) == ANY
    rows = [run(activation=each, learning_rate=r) for each in ACTIVATIONS for r in (0.1, 0.2)]
    assert words(results([{**row, "val_accuracy": None} for row in rows])) == ANY
    lost = [failed(activation=each, learning_rate=r) for each in ACTIVATIONS for r in (0.1, 0.2)]
    assert words(results(lost)) == ANY
