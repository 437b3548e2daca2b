"""What `run --confirm` asks for, from what a results folder holds (`config.confirming`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from relu_bench import store
from relu_bench.compare.measures import completed, scale_of, score
from relu_bench.config import confirming, planning
from relu_bench.config.plan import varying
from relu_bench.config.planning import Planned
from relu_bench.errors import ConfigError, ReluBenchError
from relu_bench.store import Store
from relu_bench.wording import counted

if TYPE_CHECKING:
    from pandas import DataFrame

    from relu_bench.config.experiment import Experiment
    from relu_bench.store import KeptPlan

    ReadPlan = Callable[[KeptPlan, str], Experiment]


def confirmation(
    base: Planned,
    folder: Path,
    *,
    seeds: int,
    by: Sequence[str] = (),
    data_dir: Path | None = None,
    command: str,
    experiment_of: ReadPlan,
) -> tuple[Planned, str]:
    """The plan of fresh seeds at each variant's best setting, and which settings these are.

    The settings of a confirmation that the folder has been asked for before stay, and so does its
    first seed: a larger number of seeds adds to those that are there.

    Args:
        base: the experiment that is confirmed.
        folder: the results folder that has its runs.
        seeds: how many fresh ones, from the highest that was used on.
        by: the axes whose values are variants; the activation when empty.
        data_dir: where to look for data sets first.
        command: what trains the runs of `base`.
        experiment_of: of `execution.runner`, from which nothing here imports.

    Raises:
        ConfigError: it cannot be planned (`config.confirming`), or is begun with other settings.
        ReluBenchError: runs of `base` are missing, or there are too few seeds to choose by.
        StoreError: the folder cannot be read.
        DataError: a data folder cannot be read.
    """
    by = confirming.compared_axes(base.experiment, by)
    name = confirming.name_of(base.experiment.name)
    confirming.check_held_out(base)
    begun = _begun(folder, name, data_dir, experiment_of)
    if begun:
        chosen = confirming.kept_choice(begun[0], base, by)
        first = min(seed for plan in begun for seed in plan.experiment.seeds)
        why = "settings chosen before"
    else:
        choice = confirming.choose(base, by, _scores(base, folder, command))
        chosen, first = choice.specs, _first_fresh_seed(base, folder)
        why = f"settings chosen by validation over {counted(choice.seeds, 'seed')}"
    fresh = range(first, first + seeds)
    experiment = confirming.confirmation(base.experiment, chosen, fresh)
    (planned,) = planning.plan_experiments([(name, experiment)], data_dir)
    said = confirming.in_words(chosen, by, varying(base.experiment))
    return planned, f"{name}: {why}: {'; '.join(said)}."


def _begun(
    folder: Path, name: str, data_dir: Path | None, experiment_of: ReadPlan
) -> list[Planned]:
    """What the folder was asked for under this name; all of the same settings."""
    plans = [plan for plan in Store(folder).plans() if plan.experiment == name]
    place = f"{folder}: the kept plan of {name}"
    experiments = [(place, experiment_of(plan, place)) for plan in plans]
    found = list(planning.plan_experiments(experiments, data_dir))
    for planned, plan in zip(found, plans, strict=True):
        if set(plan.run_ids) - {spec.run_id for spec in planned.specs}:
            raise ConfigError(
                f"{place}: its runs are other runs today, since data or an own source file have "
                "changed since its settings were chosen. Choose anew under another name: train the "
                "experiment and confirm it with --set experiment=NAME."
            )
    if len({(str(each.experiment.axes), str(each.experiment.cases)) for each in found}) > 1:
        raise ConfigError(
            f"{folder} holds two choices of settings under the name {name}, of two folders that "
            "were merged, say. Confirm in one of these, or under another name: --set "
            "experiment=NAME."
        )
    return found


def _scores(base: Planned, folder: Path, command: str) -> Mapping[str, float]:
    """The validation score of each run of `base`, higher is better; none of one that failed."""
    name = base.experiment.name
    stored = Store(folder).stored()
    missing = sum((name, spec.run_id) not in stored for spec in base.specs)
    if missing:
        raise ReluBenchError(
            f"{name}: {missing:,} of its {counted(len(base.specs), 'run')} "
            f"are not in {folder} yet, and settings are chosen by all of them. Train them "
            f"first:\n  {command}"
        )
    runs = completed(_runs_of(name, folder))
    direction = runs["metric"].map(lambda metric: 1 if scale_of(metric).higher_is_better else -1)
    return dict(zip(runs["run_id"], direction * score(runs, "val"), strict=True))


def _first_fresh_seed(base: Planned, folder: Path) -> int:
    used = [*base.experiment.seeds, *_runs_of(base.experiment.name, folder)["seed"]]
    return 1 + max(map(int, used))


def _runs_of(experiment: str, folder: Path) -> DataFrame:
    runs = store.read(folder, "runs")
    return runs[runs["experiment"] == experiment]
