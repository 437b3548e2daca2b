"""`run --confirm`: each variant at its best setting, and the plan of fresh seeds there. Pure.

The best of many settings has a score that is too good on the seeds it was chosen on, and the more
so the more settings a variant had. So the choice is made once, by validation, and what is compared
are seeds that took no part in it.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from relu_bench.components.registry import nearest_field
from relu_bench.components.variant_label import label
from relu_bench.config.experiment import MOST_RUNS, NAME, Experiment
from relu_bench.config.plan import Spec, varying
from relu_bench.config.planning import Planned
from relu_bench.config.settings import FIELDS
from relu_bench.errors import ConfigError, show
from relu_bench.wording import as_yaml, counted, plural

SUFFIX = "-confirm"
FEWEST_SEEDS = 2
"""Of a choice, and of what it is confirmed on."""

# As in `stats`: equal means come to other last digits by other sums.
_DIGITS = 10
# A variant is compared on one data set with one model, unless models are what is compared.
_APART = ("dataset", "model")
_LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Choice:
    """One setting for each variant.

    Attributes:
        specs: a run of each chosen setting, of any seed, in the order of the plan.
        seeds: how many seeds it was chosen on; of several data sets or models the fewest.
    """

    specs: tuple[Spec, ...]
    seeds: int


def name_of(experiment: str) -> str:
    """The name of the experiment that confirms another one.

    Raises:
        ConfigError: it would be too long.
    """
    name = f"{experiment}{SUFFIX}"
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{show(name)} has {len(name)} characters, and the name of an experiment at most 64: "
            "give the experiment a shorter one, by the line `experiment: NAME` or with --set "
            "experiment=NAME, and train it under that name, which copies what is stored."
        )
    return name


def compared_axes(experiment: Experiment, by: Sequence[str]) -> tuple[str, ...]:
    """The axes whose values are variants: `by`, or the activation where that varies.

    Raises:
        ConfigError: one of them does not vary, or none is named and the activation does not.
    """
    there = [name for name in varying(experiment) if name != "dataset"]
    listed = f"These vary: {', '.join(there)}." if there else "Nothing varies."
    wanted = tuple(dict.fromkeys(name.strip() for name in by))
    if not wanted and "activation" not in there:
        raise ConfigError(
            f"{experiment.name}: --confirm takes each activation at its best setting, and here the "
            f"activation does not vary. Say with --by AXIS what is compared. {listed}"
        )
    for name in wanted:
        if name == "dataset" or name not in FIELDS:
            why = "is no axis that could be compared"
        elif name not in there:
            why = "does not vary"
        else:
            continue
        nearest = "" if name in FIELDS else nearest_field(name, FIELDS)
        raise ConfigError(f"{experiment.name}: --by {show(name)} {why}.{nearest} {listed}")
    return wanted or ("activation",)


def check_held_out(planned: Planned) -> None:
    """Whether every run has validation samples to choose by.

    Raises:
        ConfigError: one has none.
    """
    if any(spec.validation_split == 0 for spec in planned.specs):
        raise ConfigError(
            f"{planned.experiment.name}: --confirm chooses settings by validation, and with "
            "validation_split 0 nothing is held out for it. Train with --set validation_split=0.2, "
            "say, and confirm that."
        )


def choose(planned: Planned, by: Sequence[str], scores: Mapping[str, float]) -> Choice:
    """The setting of each variant with the best mean validation score.

    The mean is over the seeds at which every setting has a score, of those on the same data set
    with the same model. Of a tie the setting that comes first in the plan is taken.

    Args:
        planned: the experiment whose settings are chosen from.
        by: of `compared_axes`.
        scores: of runs by run_id, higher is better; one that is missing or NaN is none.

    Raises:
        ConfigError: fewer than two seeds are complete.
    """
    specs: list[Spec] = []
    fewest = len(planned.experiment.seeds)
    for settings in _in_parts(planned, by):
        seeds = _complete_seeds(settings, scores)
        fewest = min(fewest, len(seeds))
        best: dict[Any, tuple[float, Spec]] = {}
        for setting in settings if len(seeds) >= FEWEST_SEEDS else ():
            mean = round(fmean(scores[setting[seed].run_id] for seed in seeds), _DIGITS)
            spec = next(iter(setting.values()))
            variant = _values(spec, by)
            if variant not in best or mean > best[variant][0]:
                best[variant] = mean, spec
        specs += [spec for _, spec in best.values()]
    if fewest < FEWEST_SEEDS:
        raise ConfigError(_too_few(planned, fewest))
    return Choice(tuple(specs), fewest)


def _too_few(planned: Planned, complete: int) -> str:
    planned_seeds = len(planned.experiment.seeds)
    remedy = (
        "Train it with more, such as --set seeds=5"
        if planned_seeds < FEWEST_SEEDS
        else "Runs that failed are done again by --retry-failed"
    )
    return (
        f"{planned.experiment.name}: --confirm chooses settings by their mean validation score, "
        f"over at least {FEWEST_SEEDS} seeds at which every setting has one. Of "
        f"{counted(planned_seeds, 'seed')}, {complete} {plural(complete, 'is', 'are')} complete. "
        f"{remedy}."
    )


def kept_choice(kept: Planned, base: Planned, by: Sequence[str]) -> tuple[Spec, ...]:
    """The settings of a confirmation that was begun before, one spec of each.

    Raises:
        ConfigError: they are not one setting for each variant of `base`.
    """
    chosen = [next(iter(setting.values())) for setting in _settings(kept.specs)]
    # The seeds of a confirmation are others: the same setting has the same run at the same seed.
    seed = base.experiment.seeds[0]
    there = {spec.run_id for spec in base.specs if spec.seed == seed}
    known = all(spec.model_copy(update={"seed": seed}).run_id in there for spec in chosen)
    of_each = [(_part(spec, by), _values(spec, by)) for spec in chosen]
    asked = {(_part(spec, by), _values(spec, by)) for spec in base.specs}
    if not known or len(of_each) != len(asked) or set(of_each) != asked:
        raise ConfigError(
            f"{kept.experiment.name} is there already, and is not one setting for each "
            f"{' and '.join(by)} of what {base.experiment.name} asks for now. A choice that was "
            "made stays: give the same config and --by as then, or another name for both, by --set "
            "experiment=NAME."
        )
    return tuple(chosen)


def confirmation(base: Experiment, chosen: Sequence[Spec], seeds: Sequence[int]) -> Experiment:
    """The experiment that trains the chosen settings at these seeds: each of them is a case.

    Raises:
        ConfigError: its name is too long, a seed too large, or it has too many runs.
    """
    name = name_of(base.name)
    if seeds[-1] > _LARGEST_SEED or len(seeds) * len(chosen) > MOST_RUNS:
        raise ConfigError(
            f"{name}: {counted(len(seeds), 'fresh seed')} from {seeds[0]} on, at "
            f"{counted(len(chosen), 'setting')}, are more than there may be: seeds go up to 2**32 "
            f"- 1, and one experiment has at most {MOST_RUNS:,} runs."
        )
    given = {*base.axes, *(field for case in base.cases for field in case)}
    values = {
        field: tuple(dict.fromkeys(getattr(spec, field) for spec in chosen))
        for field in FIELDS
        if field in given
    }
    differing = [field for field, its in values.items() if len(its) > 1]
    cases = [{field: (getattr(spec, field),) for field in differing} for spec in chosen]
    used = {value for its in values.values() for value in its}
    return replace(
        base,
        name=name,
        axes={field: its for field, its in values.items() if field not in differing},
        cases=tuple(cases) if differing else (),
        seeds=tuple(seeds),
        labels={value: shown for value, shown in base.labels.items() if value in used},
    )


def in_words(chosen: Sequence[Spec], by: Sequence[str], axes: Iterable[str]) -> Iterator[str]:
    """Each variant with the values of the other `axes` that were chosen for it."""
    fields = [field for field in FIELDS if field in axes]
    for spec in chosen:
        texts = {field: as_yaml(getattr(spec, field)) for field in fields}
        variant = label({field: texts[field] for field in fields if field in by})
        setting = label({field: texts[field] for field in fields if field not in by})
        yield f"{variant} with {setting}" if setting else variant


def _settings(specs: Iterable[Spec]) -> list[dict[int, Spec]]:
    """The runs of each setting by seed, in the order of the plan."""
    found: dict[tuple[Any, ...], dict[int, Spec]] = {}
    for spec in specs:
        found.setdefault(_values(spec, FIELDS), {})[spec.seed] = spec
    return list(found.values())


def _in_parts(planned: Planned, by: Sequence[str]) -> Iterator[list[dict[int, Spec]]]:
    """The settings on each data set with each model."""
    parts: dict[tuple[Any, ...], list[dict[int, Spec]]] = {}
    for setting in _settings(planned.specs):
        parts.setdefault(_part(next(iter(setting.values())), by), []).append(setting)
    yield from parts.values()


def _part(spec: Spec, by: Sequence[str]) -> tuple[Any, ...]:
    return _values(spec, [field for field in _APART if field not in by])


def _values(spec: Spec, fields: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(spec, field) for field in fields)


def _complete_seeds(
    settings: Sequence[Mapping[int, Spec]], scores: Mapping[str, float]
) -> list[int]:
    return [
        seed
        for seed in settings[0]
        if not any(math.isnan(scores.get(its[seed].run_id, math.nan)) for its in settings)
    ]
