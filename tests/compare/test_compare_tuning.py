import numpy as np
import pytest
from comparing import answers_of, compared, variants
from fake_results import Row, run

from relu_bench.compare import in_words
from relu_bench.errors import ReluBenchError


def grid(scores: dict[tuple[str, float], list[tuple[float, float]]]) -> list[Row]:
    """Runs with these (validation, test) accuracies by activation, learning rate and seed."""
    return [
        run(activation=name, learning_rate=rate, seed=seed, val=val, test=test)
        for (name, rate), values in scores.items()
        for seed, (val, test) in enumerate(values)
    ]


ROWS = grid(
    {
        ("relu", 0.1): [(0.99, 0.95), (0.90, 0.91), (0.90, 0.92)],
        ("relu", 0.01): [(0.94, 0.96), (0.94, 0.97), (0.94, 0.98)],
        ("relu", 0.001): [(0.80, 0.99), (0.80, 0.99), (0.80, 0.99)],
        ("elu", 0.01): [(0.90, 0.90), (0.90, 0.91), (0.90, 0.92)],
        ("elu", 0.001): [(0.91, 0.93), (0.91, 0.94), (0.91, 0.95)],
    }
)


def test_the_setting_of_each_seed_is_chosen_by_validation_on_the_others() -> None:
    found = compared(ROWS, "activation", mode="tuned")

    # Seed 0 alone makes 0.1 look best for relu: the others see it, seed 0 itself does not.
    assert [each.variant for each in found.estimates] == ["elu", "relu"]
    assert found.scores[0].tolist() == pytest.approx([93.0, 94.0, 95.0])
    assert found.scores[1].tolist() == pytest.approx([96.0, 91.0, 92.0])
    assert found.pairs[0].n == 3
    assert found.estimates[0].runs == 3


def test_it_shows_the_settings_and_warns_of_unequal_grids_and_edges() -> None:
    found = compared(ROWS, "activation", mode="tuned")
    relu, elu = found.tuning["relu"], found.tuning["elu"]

    assert (relu.settings, relu.setting, relu.times) == (3, "learning_rate=0.1", 2)
    assert (elu.settings, elu.setting, elu.times) == (2, "learning_rate=0.001", 3)
    words = " ".join(in_words(found))
    assert "elu was given 2 settings; learning_rate=0.001 was best for 3 of 3 seeds." in words
    assert "different numbers of settings (2 to 3)" in words
    assert "relu (learning_rate=0.1), elu (learning_rate=0.001)" in words


def test_a_best_setting_inside_the_grid_is_no_edge() -> None:
    rows = grid(
        {
            (name, rate): [(val, 0.9 + seed / 100) for seed in range(3)]
            for name in ("relu", "elu")
            for rate, val in ((0.1, 0.90), (0.01, 0.95), (0.001, 0.90))
        }
    )

    found = compared(rows, "activation", mode="tuned")

    assert found.tuning["relu"].setting == "learning_rate=0.01"
    assert found.tuning["relu"].edges == ()
    assert "edge" not in " ".join(in_words(found))


def test_a_diverged_run_counts_as_the_guess_in_the_choice() -> None:
    rows = grid({("relu", 0.01): [(0.9, 0.9)] * 4, ("elu", 0.01): [(0.9, 0.8)] * 4})
    rows += [run(activation="relu", learning_rate=0.1, seed=s, val=0.95) for s in range(3)]
    rows += [run(activation="relu", learning_rate=0.1, seed=3, outcome="diverged")]

    found = compared(rows, "activation", mode="tuned")

    assert found.tuning["relu"].setting == "learning_rate=0.01"
    assert found.tuning["relu"].times == 3
    assert found.of_baseline.diverged == 1


def test_a_failed_run_leaves_its_setting_out_for_its_seed_only() -> None:
    rows = grid(
        {
            ("relu", 0.1): [(0.95, 0.95)] * 4,
            ("relu", 0.01): [(0.9, 0.9)] * 4,
            ("elu", 0.1): [(0.9, 0.9)] * 4,
        }
    )
    rows[0] |= {"status": "failed", "outcome": None, "test_accuracy": None, "val_accuracy": None}

    found = compared(rows, "activation", mode="tuned")

    row = [each.variant for each in found.estimates].index("relu")
    assert found.scores[row].tolist() == pytest.approx([90.0, 95.0, 95.0, 95.0])


def test_tuning_takes_three_seeds_and_validation() -> None:
    with pytest.raises(ReluBenchError, match="at least 3 seeds; these runs have 2"):
        compared(variants({"relu": [0.9, 0.9], "elu": [0.9, 0.9]}), mode="tuned")
    rows = variants({"relu": [0.9] * 3, "elu": [0.9] * 3}, validation_split=0.0)
    with pytest.raises(ReluBenchError, match="nothing was held out"):
        compared(rows, mode="tuned")


def test_without_other_axes_tuned_is_matched() -> None:
    random = np.random.default_rng(1)
    rows = variants({name: random.normal(0.97, 0.01, 5).round(4).tolist() for name in ("a", "b")})
    for row in rows:
        row["activation"] = {"a": "relu", "b": "elu"}[row["activation"]]

    found = compared(rows, mode="tuned")
    words = in_words(found)

    assert found.pairs == compared(rows).pairs
    assert words[-1] == (
        "There is nothing to tune, since no other axis varies: the table is that of --mode matched."
    )
    assert words[:-1] == in_words(compared(rows))


@pytest.mark.parametrize("outcome", ["learned", "diverged"])
def test_without_validation_tuning_says_what_it_takes(outcome: str) -> None:
    rows = [
        run(
            activation=name,
            seed=seed,
            learning_rate=rate,
            validation_split=0.0,
            outcome=outcome if seed == 0 else "learned",
        )
        for name in ("relu", "elu")
        for seed in range(4)
        for rate in (0.1, 0.01)
    ]

    with pytest.raises(ReluBenchError, match="Run the config with validation_split above 0"):
        answers_of(rows, "activation", mode="tuned")
