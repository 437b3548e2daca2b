"""`run --confirm` on hand-made stores: what is chosen from, which seeds are fresh, what stays."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_results import Row, failed, results, run, write_store

from relu_bench.compare import answer
from relu_bench.compare.confirming import confirmation
from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import Spec, make_plan
from relu_bench.config.planning import Planned
from relu_bench.errors import ReluBenchError
from relu_bench.execution.runner import experiment_of
from relu_bench.store.plans import KeptPlan, keep

AXES: dict[str, Any] = {
    "dataset": ("digits",),
    "model": ("mlp(hidden=[4])",),
    "activation": ("relu", "tanh"),
    "learning_rate": (0.1, 0.01),
}


def planned(seeds: int = 3, **axes: Any) -> Planned:
    experiment = Experiment("grid", {**AXES, **axes}, seeds=tuple(range(seeds)))
    return Planned(experiment, make_plan(experiment))


def row_of(spec: Spec, make: Callable[..., Row] = run, **given: Any) -> Row:
    cells = {name: value for name, value in spec.row().items() if value is not None}
    return make(experiment="grid", run_id=spec.run_id, **cells, **given)


def stored(folder: Path, plan: Planned, score: Callable[[Spec], float]) -> list[Row]:
    rows = [row_of(spec, val=score(spec)) for spec in plan.specs]
    write_store(folder, rows)
    return rows


def rates(found: Planned) -> dict[str, float]:
    return {spec.activation: spec.learning_rate for spec in found.specs}


def confirmed(plan: Planned, folder: Path, seeds: int = 2, **options: Any) -> tuple[Planned, str]:
    options |= {"command": "relu-bench run grid.yaml", "experiment_of": experiment_of}
    return confirmation(plan, folder, seeds=seeds, **options)


def relu_fast(spec: Spec) -> float:
    return 0.8 + 0.1 * ((spec.activation == "relu") == (spec.learning_rate == 0.1))


def test_the_best_settings_at_seeds_that_nobody_used(tmp_path: Path) -> None:
    """The store has a seed more than the config asks for now: that one is no fresh seed."""
    stored(tmp_path, planned(seeds=5), relu_fast)
    found, said = confirmed(planned(), tmp_path)
    assert rates(found) == {"relu": 0.1, "tanh": 0.01}
    assert [spec.seed for spec in found.specs] == [5, 6, 5, 6]
    assert said == (
        "grid-confirm: settings chosen by validation over 3 seeds: relu with learning_rate=0.1; "
        "tanh with learning_rate=0.01."
    )


def test_what_is_worse_when_higher_is_chosen_where_it_is_low(tmp_path: Path) -> None:
    """Root mean square errors; test scores have no part in the choice."""
    rows = [
        row_of(spec, metric="rmse", val_rmse=relu_fast(spec), test_rmse=1 - relu_fast(spec))
        for spec in planned().specs
    ]
    write_store(tmp_path, rows)
    assert rates(confirmed(planned(), tmp_path)[0]) == {"relu": 0.01, "tanh": 0.1}


def test_a_run_that_diverged_counts_as_the_constant_guess(tmp_path: Path) -> None:
    rows = stored(tmp_path, planned(), relu_fast)
    for place in (0, 1):  # relu at the rate 0.1
        rows[place] = row_of(planned().specs[place], outcome="diverged")
    write_store(tmp_path, rows)
    found, said = confirmed(planned(), tmp_path)
    assert rates(found)["relu"] == 0.01
    assert "over 3 seeds" in said


def test_a_seed_at_which_a_run_failed_does_not_count(tmp_path: Path) -> None:
    rows = stored(tmp_path, planned(), relu_fast)
    rows[0] = row_of(planned().specs[0], failed)
    write_store(tmp_path, rows)
    assert "over 2 seeds" in confirmed(planned(), tmp_path)[1]
    rows[4] = row_of(planned().specs[4], failed)  # of another setting and seed
    write_store(tmp_path, rows)
    with pytest.raises(ReluBenchError, match="Of 3 seeds, 1 is complete"):
        confirmed(planned(), tmp_path)


def test_runs_that_are_missing_are_named_with_the_command(tmp_path: Path) -> None:
    rows = stored(tmp_path / "some", planned(), relu_fast)
    write_store(tmp_path / "some", [*rows[:-2], {**rows[-1], "experiment": "other"}])
    for folder, missing in (("some", 2), ("none", 12)):
        with pytest.raises(ReluBenchError) as caught:
            confirmed(planned(), tmp_path / folder)
        assert str(caught.value) == (
            f"grid: {missing} of its 12 runs are not in {tmp_path / folder} yet, and settings are "
            "chosen by all of them. Train them first:\n  relu-bench run grid.yaml"
        )
    assert not (tmp_path / "none").exists()


def kept(folder: Path, found: Planned) -> None:
    run_ids = tuple(spec.run_id for spec in found.specs)
    keep(folder, KeptPlan(found.experiment.name, found.experiment.resolved(), run_ids))


def test_a_choice_is_not_made_anew(tmp_path: Path) -> None:
    """Not when there are more seeds by which another setting is better, nor without any run."""
    stored(tmp_path, planned(), relu_fast)
    first, _ = confirmed(planned(), tmp_path)
    kept(tmp_path, first)
    stored(tmp_path, planned(seeds=9), lambda spec: 1 - relu_fast(spec))
    for again in (planned(), planned(seeds=9), planned(seeds=20)):
        more, said = confirmed(again, tmp_path, seeds=4)
        assert rates(more) == rates(first)
        assert sorted({spec.seed for spec in more.specs}) == [3, 4, 5, 6]
        assert said.startswith("grid-confirm: settings chosen before: relu with")
        kept(tmp_path, more)
    fewer, _ = confirmed(planned(), tmp_path, seeds=2)
    assert [spec.run_id for spec in fewer.specs] == [spec.run_id for spec in first.specs]


def test_another_choice_takes_another_name(tmp_path: Path) -> None:
    stored(tmp_path, planned(), lambda spec: spec.learning_rate)
    kept(tmp_path, confirmed(planned(), tmp_path)[0])
    with pytest.raises(ReluBenchError, match="is not one setting for each learning_rate of what"):
        confirmed(planned(), tmp_path, by=["learning_rate"])
    with pytest.raises(ReluBenchError, match="is not one setting for each activation of what grid"):
        confirmed(planned(activation=("relu", "tanh", "selu")), tmp_path)


def test_two_choices_in_one_folder(tmp_path: Path) -> None:
    """As after a merge of two that were confirmed apart."""
    stored(tmp_path, planned(), relu_fast)
    one, _ = confirmed(planned(), tmp_path)
    stored(tmp_path, planned(), lambda spec: 1 - relu_fast(spec))
    other, _ = confirmed(planned(), tmp_path)
    for each in (one, other):
        kept(tmp_path, each)
    with pytest.raises(ReluBenchError, match="holds two choices of settings under the name grid-c"):
        confirmed(planned(), tmp_path)


def test_what_would_be_other_runs_today_is_no_choice(tmp_path: Path) -> None:
    stored(tmp_path, planned(), relu_fast)
    found, _ = confirmed(planned(), tmp_path)
    keep(tmp_path, KeptPlan("grid-confirm", found.experiment.resolved(), ("r000000000000",)))
    with pytest.raises(ReluBenchError, match="its runs are other runs today"):
        confirmed(planned(), tmp_path)


@pytest.mark.parametrize(
    ("by", "settings"),
    [
        (
            ("activation", "learning_rate"),
            [{"learning_rate": 0.1}, {"activation": "elu", "learning_rate": 0.1}, {}],
        ),
        # Two share the rate, two the activation: neither alone makes a pair.
        (
            ("activation", "initializer", "learning_rate"),
            [
                {"initializer": "he_normal", "learning_rate": 0.1},
                {"initializer": "he_uniform", "learning_rate": 0.01},
                {"initializer": "glorot_normal", "activation": "elu", "learning_rate": 0.1},
            ],
        ),
    ],
)
def test_each_variant_is_compared_at_its_setting(
    by: tuple[str, ...], settings: list[dict[str, Any]]
) -> None:
    if len(by) == 2:
        settings = [*settings[:2], {"activation": "tanh", "learning_rate": 0.01}]
    rows = [
        run(experiment="grid-confirm", dataset=dataset, seed=seed, test=0.9 + seed / 100, **setting)
        for dataset in ("mnist", "digits")
        for setting in settings
        for seed in range(4)
    ]
    found = answer(results(rows)).comparisons
    assert [each.question.by for each in found] == [by, by]
    for each in found:
        assert each.question.others == ()
        assert [pair.n for pair in each.pairs] == [4, 4]


def test_on_each_data_set_a_variant_has_a_setting_of_its_own() -> None:
    chosen = {("mnist", "relu"): 0.1, ("mnist", "elu"): 0.1, ("digits", "relu"): 0.01}
    rows = [
        run(dataset=dataset, activation=activation, learning_rate=rate, seed=seed)
        for (dataset, activation), rate in {**chosen, ("digits", "elu"): 0.1}.items()
        for seed in range(3)
    ]
    found = answer(results(rows)).comparisons
    assert [[pair.n for pair in each.pairs] for each in found] == [[3], [3]]


def test_an_empty_plan_of_the_name_is_none(tmp_path: Path) -> None:
    """An experiment that happens to have the name, and is no confirmation of this one."""
    stored(tmp_path, planned(), relu_fast)
    other = planned(activation=("relu",))
    kept(tmp_path, replace(other, experiment=replace(other.experiment, name="grid-confirm")))
    with pytest.raises(ReluBenchError, match="is there already"):
        confirmed(planned(), tmp_path)
