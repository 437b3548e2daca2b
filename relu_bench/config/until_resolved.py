"""`run --until-resolved`: what is asked for, and which configs it can be asked of. Pure."""

import math
from dataclasses import dataclass

from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import varying
from relu_bench.errors import ConfigError, ReluBenchError
from relu_bench.stats.sequential import FEWEST_SEEDS
from relu_bench.wording import as_yaml, counted, plural, series

MAX_SEEDS = 200
"""Seeds beyond which nothing is asked for, unless another number is given."""


@dataclass(frozen=True)
class UntilResolved:
    """Seeds are added until every comparison is resolved; a store keeps this with the plan.

    Attributes:
        baseline: the canonical label of the variant that the others are compared with.
        margin: differences within ± this do not matter, in the unit that people read.
        max_seeds: at which a comparison that is not decided ends.
        comparisons: those of the first look, which the level is corrected for.
    """

    baseline: str
    margin: float
    max_seeds: int
    comparisons: int


@dataclass(frozen=True)
class Wishes:
    """What was given on the command line; None for what was not."""

    baseline: str | None = None
    margin: float | None = None
    max_seeds: int | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The options."""
        values = {
            "--max-seeds": self.max_seeds,
            "--baseline": self.baseline,
            "--margin": self.margin,
        }
        return tuple(name for name, value in values.items() if value is not None)

    def check(self) -> None:
        """Whether these are numbers that can decide anything.

        Raises:
            ReluBenchError: there are fewer than 15 seeds, or the margin is none.
        """
        if self.max_seeds is not None and self.max_seeds < FEWEST_SEEDS:
            raise ReluBenchError(
                f"--max-seeds {self.max_seeds}: {FEWEST_SEEDS} seeds are the first that can decide "
                f"anything; give --max-seeds {FEWEST_SEEDS} or more."
            )
        if self.margin is not None and not (self.margin >= 0 and math.isfinite(self.margin)):
            raise ReluBenchError(
                f"--margin {self.margin} is no margin; expected a number that is not negative, "
                "such as 0.1 (points)."
            )


def check_config(experiment: Experiment) -> None:
    """Whether one thing varies beside the seed, and what the seeds are is left to the looks.

    Raises:
        ConfigError: it is not so.
    """
    place, axes = experiment.name, varying(experiment)
    if experiment.listed_seeds:
        raise ConfigError(
            f"{place}, seeds: a list of seeds cannot grow, and --until-resolved adds seeds until "
            "all is decided. Leave `seeds` out, or give the number of seeds to begin with, such as "
            "--set seeds=10."
        )
    if not axes:
        raise ConfigError(
            f"{place}: nothing varies, so there is nothing to resolve. Give an axis a second "
            "value, such as --set activation=relu,elu."
        )
    if "dataset" in axes:
        raise ConfigError(
            f"{place}: --until-resolved takes one data set, and this config has "
            f"{counted(len(axes['dataset']), 'data set')}. Fix one: --set dataset="
            f"{axes['dataset'][0]}."
        )
    lists = [name for name in axes if len(experiment.axes.get(name, ())) > 1]
    if experiment.cases:
        single = [len(its) == 1 for case in experiment.cases for its in case.values()]
        fits = not lists and all(single)
        remedy = "Give each case one value of each field, and no axis beside the cases"
    else:
        fits = len(lists) == 1
        kept = "activation" if "activation" in axes else next(iter(axes))
        fixed = [f'--set "{name}={as_yaml(axes[name][0])}"' for name in axes if name != kept]
        remedy = (
            f"Fix the others, such as {' '.join(fixed)}, or train all and compare the best setting "
            "of each on fresh seeds with --confirm N"
        )
    if not fits:
        raise ConfigError(
            f"{place}: {series(list(axes))} {plural(len(axes), 'varies', 'vary')}, and "
            "--until-resolved takes configs in which one thing varies beside the seed: one axis, "
            f"or cases of one value each. {remedy}."
        )
