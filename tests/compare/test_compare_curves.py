import pandas as pd
import pytest
from fake_results import epochs_of, epochs_table, failed, run, runs_table

from relu_bench.compare import curves, run_curves


def of(table: pd.DataFrame, split: str, *names: str) -> list[list[float]]:
    rows = table[table["split"] == split].sort_values("epoch")
    return [rows[name].tolist() for name in names]


def test_the_training_mean_of_an_epoch_stands_at_its_middle_and_validation_at_its_end() -> None:
    row = run(epochs=3)
    epochs = epochs_table(epochs_of(row, [0.1, 0.8, 0.9, 0.95], [0.11, 0.85, 0.91, 0.94]))

    single = run_curves(runs_table([row]), epochs, ["activation"])

    assert of(single, "train", "x", "value") == [[0, 0.5, 1.5, 2.5], [0.1, 0.8, 0.9, 0.95]]
    assert of(single, "val", "x", "value") == [[0, 1, 2, 3], [0.11, 0.85, 0.91, 0.94]]


def test_mean_and_sd_are_over_the_runs_of_a_group() -> None:
    rows = [run(seed=0), run(seed=1), run(seed=2), run(activation="tanh")]
    ends = [0.90, 0.92, 0.97, 0.5]
    epochs = [r for row, end in zip(rows, ends, strict=True) for r in epochs_of(row, [0.1, end])]
    single = run_curves(runs_table(rows), epochs_table(epochs), ["activation"])

    table = curves(single, ["activation"])

    relu = table[(table["activation"] == "relu") & (table["split"] == "val")]
    assert relu["n"].tolist() == [3, 3]
    assert relu["mean"].tolist() == pytest.approx([0.1, 0.93])
    assert relu["sd"].tolist() == pytest.approx([0.0, pd.Series(ends[:3]).std()])
    tanh = table[table["activation"] == "tanh"]
    assert tanh["n"].tolist() == [1] * 4
    assert tanh["sd"].isna().all()


def test_a_diverged_run_goes_on_at_the_constant_guess() -> None:
    row = run(outcome="diverged", epochs=4)
    epochs = epochs_table(epochs_of(row, [0.1, 0.6, None]))

    single = run_curves(runs_table([row]), epochs, [])

    assert of(single, "train", "epoch", "value") == [
        [0, 1, 2, 3, 4],
        [0.1, 0.6, 0.1124, 0.1124, 0.1124],
    ]
    assert of(single, "val", "value") == [[0.1, 0.6, 0.1124, 0.1124, 0.1124]]


def test_without_validation_a_diverged_run_goes_on_at_the_guess_on_test() -> None:
    row = run(outcome="diverged", epochs=2, validation_split=0.0)
    single = run_curves(runs_table([row]), epochs_table(epochs_of(row, [0.1, None])), [])

    assert single["split"].unique().tolist() == ["train"]
    assert of(single, "train", "value") == [[0.1, 0.1135, 0.1135]]


def test_a_diverged_run_is_in_the_mean_of_every_epoch() -> None:
    rows = [run(epochs=3), run(seed=1, outcome="diverged", epochs=3)]
    epochs = epochs_of(rows[0], [0.1, 0.9, 0.92, 0.94]) + epochs_of(rows[1], [0.1, None])

    table = curves(run_curves(runs_table(rows), epochs_table(epochs), []), [])

    assert of(table, "val", "n") == [[2, 2, 2, 2]]
    assert of(table, "val", "mean")[0] == pytest.approx(
        [0.1, (0.9 + 0.1124) / 2, (0.92 + 0.1124) / 2, (0.94 + 0.1124) / 2]
    )


def test_failed_runs_and_epochs_of_other_runs_stay_out() -> None:
    row = run()
    stray = run(seed=7)
    epochs = epochs_table([*epochs_of(row, [0.1, 0.9]), *epochs_of(stray, [0.3, 0.4])])

    single = run_curves(runs_table([row, failed(seed=1)]), epochs, ["seed"])

    assert single["seed"].unique().tolist() == [0]
    assert of(single, "train", "value") == [[0.1, 0.9]]


def test_no_epochs_give_no_curves() -> None:
    single = run_curves(runs_table([run()]), epochs_table([]), ["activation"])

    assert len(single) == 0
    assert len(curves(single, ["activation"])) == 0


def test_runs_of_several_metrics_have_no_common_curves() -> None:
    rows = runs_table([run(), run(seed=1, metric="rmse")])

    with pytest.raises(ValueError, match="expected one in common"):
        run_curves(rows, epochs_table([]), [])
