"""Config files -> planned experiments, with all checked that could fail before any training."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from relu_bench import data
from relu_bench.config import advice
from relu_bench.config.experiment import Experiment, load
from relu_bench.config.plan import Spec, make_plan
from relu_bench.config.settings import default_of
from relu_bench.config.until_resolved import UntilResolved
from relu_bench.errors import ConfigError, ReluBenchError
from relu_bench.networks import models

_MOST_NOTES = 5


@dataclass(frozen=True)
class Planned:
    """An experiment and its runs; with `until_resolved`, those that were asked for so far."""

    experiment: Experiment
    specs: tuple[Spec, ...]
    until_resolved: UntilResolved | None = None


def plan_configs(
    paths: Sequence[Path], overrides: Sequence[str] = (), data_dir: Path | None = None
) -> tuple[Planned, ...]:
    """Read and plan config files. Overrides apply to each of them.

    Raises:
        ConfigError: when a config is wrong, or a model cannot take the data.
        DataError: when a data folder cannot be read.
    """
    experiments = [(str(path), load(path, overrides)) for path in paths]
    return plan_experiments(experiments, data_dir)


def plan_experiments(
    experiments: Sequence[tuple[str, Experiment]], data_dir: Path | None = None
) -> tuple[Planned, ...]:
    """Plan experiments; the text beside each is what an error calls the place it comes from.

    Raises:
        ConfigError: when a model cannot take the data.
        DataError: when a data folder cannot be read.
    """
    # Content fingerprints of folders are read here, once each, so that planning stays pure.
    fingerprint = lru_cache(maxsize=None)(lambda name: data.fingerprint(name, data_dir))
    planned = tuple(Planned(each, make_plan(each, fingerprint)) for _, each in experiments)
    for (place, _), each in zip(experiments, planned, strict=True):
        _check(place, each, data_dir)
    return planned


def notes(planned: Sequence[Planned], data_dir: Path | None = None) -> list[str]:
    """What is left out of the user's own data, and what the plans do against theory.

    Of the latter at most five lines, and a count of the rest. Raises `DataError`.
    """
    specs = [spec for each in planned for spec in each.specs]
    names = dict.fromkeys(spec.dataset for spec in specs)
    of_data = [notice for name in names if (notice := data.notice(name, data_dir))]
    counts = {name: data.info(name, data_dir).train_count for name in names}
    found = advice.warnings(specs, counts)
    rest = len(found) - _MOST_NOTES
    return of_data + found[:_MOST_NOTES] + ([f"... and {rest} more"] if rest > 0 else [])


def ready_data(
    planned: Sequence[Planned], data_dir: Path | None = None
) -> tuple[data.ReadyData, ...]:
    """Find (or fetch) and verify every data set of the plan, and hold it ready for workers.

    Raises:
        DataError: when one is missing or damaged.
    """
    names = dict.fromkeys(spec.dataset for each in planned for spec in each.specs)
    shared = [data.share(data.load(name, data_dir)) for name in names]
    return tuple(each for each in shared if each is not None)


def _check(place: str, planned: Planned, data_dir: Path | None) -> None:
    """Whether each model can take the data, and each split leaves something to learn from."""
    for spec in planned.specs:
        asks_for = spec.recurrent_initializer != default_of("recurrent_initializer")
        if asks_for and not models.entry(spec.model).recurrent:
            raise ConfigError(
                f"{place}: recurrent_initializer {spec.recurrent_initializer!r} has nothing to "
                f"draw in model {spec.model!r}, which has no recurrent kernel."
            )
    asked = ((s.dataset, s.model, s.validation_split, s.train_samples) for s in planned.specs)
    for dataset, model, validation_split, train_samples in dict.fromkeys(asked):
        info = data.info(dataset, data_dir)
        try:
            models.check_fits(model, info.inputs, dataset)
            data.part_sizes(
                info.train_count, validation_split=validation_split, train_samples=train_samples
            )
        except ReluBenchError as error:
            raise ConfigError(f"{place}: {error}") from None
