"""Where the runs come from: the configs that asked for them, and what they ran on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relu_bench.compare import Selection
from relu_bench.machine import provenance
from relu_bench.store import columns
from relu_bench.store.plans import KeptPlan
from relu_bench.tables import Table, table

MOST_ENVIRONMENTS = 50
MOST_CONFIGS = 25
_CIRCUMSTANCES = {
    "processor": "processor",
    "host": "host",
    "relu_bench_version": "relu-bench",
    "tensorflow_version": "TensorFlow",
    "keras_version": "Keras",
    "git_commit": "commit",
    "numerics": "numerics",
}
_TOOLS = ("NumPy", "pandas", "SciPy", "statsmodels", "matplotlib")


@dataclass(frozen=True)
class Config:
    """One call of `relu-bench run`, as it was resolved.

    Attributes:
        experiment: its name.
        file: what the YAML may be saved as.
        text: YAML that asks for the same runs.
        runs: how many runs the call asked for.
        stored: how many of them are among the results.
    """

    experiment: str
    file: str
    text: str
    runs: int
    stored: int


def configs(results: Selection) -> tuple[tuple[Config, ...], int]:
    """The kept plans that asked for any of these runs, the largest first; how many more there are.

    Raises:
        StoreError: when a plan is damaged.
    """
    there = set(results.runs["run_id"])
    wanted = [plan for plan in results.plans if there.intersection(plan.run_ids)]
    wanted.sort(key=lambda plan: (plan.experiment, -len(plan.run_ids)))
    texts: dict[str, KeptPlan] = {}
    for plan in wanted:
        texts.setdefault(yaml_of(plan.config), plan)
    taken: set[str] = set()
    found = [
        Config(
            plan.experiment,
            _file(plan.experiment, taken),
            text,
            len(plan.run_ids),
            len(there.intersection(plan.run_ids)),
        )
        for text, plan in list(texts.items())[:MOST_CONFIGS]
    ]
    return tuple(found), len(texts) - len(found)


def yaml_of(config: Mapping[str, Any]) -> str:
    """A resolved config as YAML that can be run, a list of one as its value."""
    import yaml

    first = ("experiment", *columns.names(columns.SPEC)[1:], "cases", "seeds")
    order = [name for name in first if name in config]
    order += [name for name in config if name not in order]
    lines = {name: _plain(name, config[name]) for name in order}
    dumped = yaml.safe_dump(
        lines, sort_keys=False, allow_unicode=True, default_flow_style=None, width=76
    )
    return str(dumped).rstrip("\n")


def _plain(name: str, value: Any) -> Any:
    if name == "seeds" and value == list(range(len(value))):
        return len(value)
    if name == "cases":
        return [{key: _plain(key, each) for key, each in case.items()} for case in value]
    alone = isinstance(value, list) and len(value) == 1 and name != "seeds"
    return value[0] if alone else value


def _file(experiment: str, taken: set[str]) -> str:
    """`variants.yaml`, or `variants-2.yaml` where several calls have one name."""
    candidate, number = f"{experiment}.yaml", 1
    while candidate in taken:
        number += 1
        candidate = f"{experiment}-{number}.yaml"
    taken.add(candidate)
    return candidate


def environments(results: Selection) -> Table:
    """Each combination of machine and versions, with its runs and when they were made."""
    runs = results.runs
    names = list(_CIRCUMSTANCES)
    rows = [
        (
            *("" if value != value or value is None else str(value) for value in key),  # noqa: PLR0124
            len(part),
            _minute(part["started_at"].min()),
            _minute(part["started_at"].max()),
            f"{part['train_seconds'].sum() / 60:,.1f}",
        )
        for key, part in runs.astype({"numerics": object}).groupby(names, dropna=False, sort=True)
    ]
    heads = (*_CIRCUMSTANCES.values(), "runs", "first (UTC)", "last (UTC)", "minutes")
    whole = table("What the runs were made with", heads, rows)
    return whole.first(MOST_ENVIRONMENTS, "runs.csv has all")


def _minute(time: Any) -> str:
    """`2026-01-31 12:59` of the store's ISO 8601; empty where it is missing."""
    return time[:16].replace("T", " ") if isinstance(time, str) else ""


def tools() -> str:
    """The versions that this report was computed with."""
    versions = [
        f"{title} {version}"
        for title in ("relu-bench", *_TOOLS)
        if (version := provenance.version_of(title.lower()))
    ]
    return ", ".join(versions)
