"""Config files -> planned experiments, with all checked that could fail before any training."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from relu_bench import config, data, models
from relu_bench.config import Experiment
from relu_bench.errors import ConfigError
from relu_bench.plan import Spec, make_plan


@dataclass(frozen=True)
class Planned:
    """An experiment and its runs."""

    experiment: Experiment
    specs: tuple[Spec, ...]


def plan_configs(
    paths: Sequence[Path], overrides: Sequence[str] = (), data_dir: Path | None = None
) -> tuple[Planned, ...]:
    """Read and plan config files. Overrides apply to each of them.

    Raises:
        ConfigError: when a config is wrong, or a model cannot take the data.
        DataError: when a data folder cannot be read.
    """
    # Content fingerprints of folders are read here, once each, so that planning stays pure.
    fingerprint = lru_cache(maxsize=None)(lambda name: data.fingerprint(name, data_dir))
    experiments = [config.load(path, overrides) for path in paths]
    planned = tuple(Planned(each, make_plan(each, fingerprint)) for each in experiments)
    for path, each in zip(paths, planned, strict=True):
        _check(path, each, data_dir)
    return planned


def check_data(planned: Sequence[Planned], data_dir: Path | None = None) -> None:
    """Find (or fetch) and verify every data set of the plan, and try every split.

    Raises:
        DataError: when one is missing, damaged, or too small for what is asked of it.
    """
    specs = [spec for each in planned for spec in each.specs]
    for name in dict.fromkeys(spec.dataset for spec in specs):
        dataset = data.load(name, data_dir)
        parts = {(s.validation_split, s.train_samples) for s in specs if s.dataset == name}
        for validation_split, train_samples in sorted(parts, key=str):
            data.split(
                dataset,
                validation_split=validation_split,
                split_seed=0,
                train_samples=train_samples,
            )


def _check(path: Path, planned: Planned, data_dir: Path | None) -> None:
    for dataset, model in dict.fromkeys((spec.dataset, spec.model) for spec in planned.specs):
        shape = data.info(dataset, data_dir).input_shape
        try:
            models.check_fits(model, shape, dataset)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None
