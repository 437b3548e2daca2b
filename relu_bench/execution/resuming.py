"""`run --resume RESULTS`: the plans that a store has kept, planned again from what it kept."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from relu_bench.config import planning
from relu_bench.config.experiment import Experiment, from_document
from relu_bench.config.planning import Planned
from relu_bench.config.settings import FIELDS
from relu_bench.config.yaml_source import Document
from relu_bench.data import is_path
from relu_bench.errors import ConfigError, StoreError
from relu_bench.store import KeptPlan, Store
from relu_bench.store.reading import check_is_store


def plan_kept(folder: Path, data_dir: Path | None = None) -> tuple[Planned, ...]:
    """Every run that any call asked this store for.

    Args:
        folder: a results folder.
        data_dir: where to look for data sets first.

    Raises:
        StoreError: it is no store, has no kept plan, or one that is damaged.
        ConfigError: a plan asks for other runs today, since data or own source have changed.
        DataError: a data folder cannot be read.
    """
    check_is_store(folder, lone=True)
    kept = Store(folder).plans()
    if not kept:
        raise StoreError(
            f"{folder} has no plans, so nothing tells what is missing: they are in its folder "
            "`plans`. Give the YAML instead: relu-bench run CONFIG --out " + str(folder)
        )
    names = [f"{folder}: the kept plan of {plan.experiment}" for plan in kept]
    experiments = [
        (name, experiment_of(plan, name)) for plan, name in zip(kept, names, strict=True)
    ]
    planned = planning.plan_experiments(experiments, data_dir)
    return tuple(_as_asked(*each) for each in zip(planned, kept, names, strict=True))


def experiment_of(plan: KeptPlan, name: str) -> Experiment:
    """The experiment that a kept plan says, read anew by the rules of any config.

    Raises:
        ConfigError: it is none, or a file of the user's own has changed; `name` is its place.
    """
    # As a value above the cases, a list of one would be an axis, which no case may name.
    values = {
        key: value[0] if key in FIELDS and isinstance(value, list) and len(value) == 1 else value
        for key, value in plan.config.items()
    }
    return from_document(Document(name, "", values, {}), default_name=plan.experiment)


def _as_asked(planned: Planned, kept: KeptPlan, name: str) -> Planned:
    """The planned runs that the call asked for: a shard asked for a part of them."""
    asked = set(kept.run_ids)
    specs = tuple(spec for spec in planned.specs if spec.run_id in asked)
    gone = len(asked) - len({spec.run_id for spec in specs})
    if gone:
        raise ConfigError(
            f"{name}: {gone} of its {len(asked)} runs are other runs today. {_why(planned)} "
            "What is stored stays as it is. Give the YAML to train the new runs beside it: "
            "relu-bench run CONFIG"
        )
    return replace(planned, specs=specs)


def _why(planned: Planned) -> str:
    folders = _folders(planned.experiment)
    if folders:
        listed = ", ".join(folders)
        return f"The content of {listed} has changed since (or that of an own source file)."
    return (
        "An own source file has changed since, or the store was written by a version of "
        "relu-bench that computes other numbers."
    )


def _folders(experiment: Experiment) -> Sequence[str]:
    groups = (experiment.axes, *experiment.cases)
    names = dict.fromkeys(str(name) for group in groups for name in group.get("dataset", ()))
    return [name for name in names if is_path(name)]
