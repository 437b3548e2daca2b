"""Experiment -> the ordered, distinct runs; and what makes a run the run it is.

Pure: no clock, no disk, no random state. What a data folder holds is read before, and passed in.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from relu_bench import activations, initializers, models, optimizers
from relu_bench.components import Component, without_later_defaults
from relu_bench.config import Experiment, with_defaults
from relu_bench.settings import FIELDS, Setting

NUMERICS = 1
"""Raised whenever a change alters the numbers that a spec leads to. A default that changes, too."""

ADDED_LATER: frozenset[str] = frozenset()
"""Fields newer than the first release: out of a run's identity while they have their default."""

Fingerprint = Callable[[str], str | None]

_TABLES: Mapping[str, Mapping[str, Component]] = {
    "model": models.MODELS,
    "activation": activations.ACTIVATIONS,
    "initializer": initializers.INITIALIZERS,
    "bias_initializer": initializers.INITIALIZERS,
    "optimizer": optimizers.OPTIMIZERS,
}
NOT_IN_PROGRAM = frozenset(
    {"seed", "initializer", "bias_initializer", "learning_rate", "epochs", "split_seed"}
)
"""Fields that change only what variables and arguments of a compiled program hold."""


class Spec(Setting):
    """One run: a value for every field, and the seed.

    `data_fingerprint` is the SHA-256 of a data folder's content; None for the known data sets.
    """

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    data_fingerprint: str | None = None

    @property
    def run_id(self) -> str:
        """`r` and 12 hex digits: equal for equal settings, whatever the experiment is called."""
        return "r" + hashlib.sha256(_canonical_json(self)).hexdigest()[:12]

    @property
    def effective_split_seed(self) -> int:
        """The seed that draws the split."""
        return self.seed if self.split_seed == "seed" else self.split_seed

    @property
    def program_key(self) -> tuple[Any, ...]:
        """Equal for runs that one compiled program serves: they differ in what variables hold."""
        kept = [field for field in FIELDS if field not in NOT_IN_PROGRAM]
        return (*(getattr(self, field) for field in kept), self.data_fingerprint)

    def row(self) -> dict[str, Any]:
        """The spec's cells of runs.csv; the split's seed is text there, as it may be a word."""
        cells = {field: getattr(self, field) for field in FIELDS}
        return {"seed": self.seed, **cells, "split_seed": str(self.split_seed)}


def make_plan(
    experiment: Experiment, fingerprint: Fingerprint = lambda dataset: None
) -> tuple[Spec, ...]:
    """The runs of an experiment: axes times cases times seeds, each once.

    The order follows the fields' own order, not that of the keys; seeds vary fastest.
    `fingerprint` gives the content's fingerprint of a data set that is a folder; two folders with
    the same content are one data set, by the name that comes first.
    """
    distinct: dict[tuple[Any, ...], dict[str, Any]] = {}
    for setting in _settings(experiment):
        content = fingerprint(setting.dataset)
        identity = {**dict(setting), "dataset": content or setting.dataset}
        distinct.setdefault(
            tuple(identity.values()), {**dict(setting), "data_fingerprint": content}
        )
    # Only constructed: the setting is valid, and there may be a hundred thousand seeds.
    return tuple(
        Spec.model_construct(**setting, seed=seed)
        for setting in distinct.values()
        for seed in experiment.seeds
    )


def varying(experiment: Experiment) -> dict[str, tuple[Any, ...]]:
    """The fields that take several values in the plan, and these values in the plan's order."""
    settings = list(_settings(experiment))
    values = {field: dict.fromkeys(getattr(each, field) for each in settings) for field in FIELDS}
    return {field: tuple(found) for field, found in values.items() if len(found) > 1}


def _settings(experiment: Experiment) -> Iterator[Setting]:
    for case in experiment.cases or ({},):
        fields = with_defaults({**experiment.axes, **case})
        for values in itertools.product(*fields.values()):
            yield Setting.model_validate(dict(zip(fields, values, strict=True)))


def _canonical_json(spec: Spec) -> bytes:
    identity: dict[str, Any] = {"numerics": NUMERICS, "seed": spec.seed}
    for field in FIELDS:
        value = getattr(spec, field)
        if field in ADDED_LATER and value == Setting.model_fields[field].default:
            continue
        if field in _TABLES:
            value = without_later_defaults(value, _TABLES[field])
        identity[field] = value
    if spec.data_fingerprint is not None:
        # The folder's name and place are not what was learned from: its content is.
        identity["dataset"] = f"sha256:{spec.data_fingerprint}"
    return json.dumps(identity, sort_keys=True, separators=(",", ":")).encode()
