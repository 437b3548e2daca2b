"""Experiment -> the ordered, distinct runs; and what makes a run the run it is.

Pure: no clock, no disk, no random state. What a data folder or a user's source file holds is read
before, and passed in.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from relu_bench.components.registry import without_later_defaults
from relu_bench.config.experiment import Experiment, with_defaults
from relu_bench.config.settings import FIELDS, TABLES, Setting
from relu_bench.networks import activations, models

NUMERICS = 1
"""Raised whenever a change alters the numbers that a spec leads to. A default that changes, too."""

NUMERICS_OF_DRAWS = 2
"""The same for runs that draw at random while they train (dropout, rrelu)."""

ADDED_LATER = frozenset({"output_activation", "recurrent_initializer", "gradient_clip_norm"})
"""Fields newer than the first release: out of a run's identity while they have their default."""

Fingerprint = Callable[[str], str | None]

NOT_IN_PROGRAM = frozenset(
    {
        "seed",
        "initializer",
        "bias_initializer",
        "recurrent_initializer",
        "learning_rate",
        "epochs",
        "split_seed",
    }
)
"""Fields that change only what variables and arguments of a compiled program hold."""


class Spec(Setting):
    """One run: a value for every field, and the seed.

    `data_fingerprint` is the SHA-256 of a data folder's content; None for the known data sets.
    `probes` says whether the network's inside is measured, which changes nothing of the training
    and has no part in the run's identity.
    `source` is the file of an activation of the user's own; the identity has its whole hash.
    """

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    data_fingerprint: str | None = None
    probes: bool = True
    source: Annotated[activations.Source | None, Field(validate_default=True)] = None

    @field_validator("source")
    @classmethod
    def _fits_the_activation(
        cls, source: activations.Source | None, info: ValidationInfo
    ) -> activations.Source | None:
        label = info.data.get("activation", "")
        known = activations.source_of(label)
        if source not in (None, known):
            raise ValueError(f"{label!r} does not stand in {source.path}")
        return source or known

    @property
    def run_id(self) -> str:
        """`r` and 12 hex digits: equal for equal settings, whatever the experiment is called."""
        # The seeds of a setting differ in one number: what stands around it is written once.
        values = tuple(getattr(self, field) for field in FIELDS)
        before, after = _around_the_seed(
            values,
            self.data_fingerprint,
            self.source,
            numerics=self.numerics,
            added_later=ADDED_LATER,
        )
        return "r" + hashlib.sha256(f"{before}{self.seed}{after}".encode()).hexdigest()[:12]

    @property
    def numerics(self) -> int:
        """The numerics revision of this run."""
        draws = self.dropout > 0 or bool(activations.entry(self.activation).random)
        return NUMERICS_OF_DRAWS if draws else NUMERICS

    @property
    def effective_split_seed(self) -> int:
        """The seed that draws the split."""
        return self.seed if self.split_seed == "seed" else self.split_seed

    @property
    def program_key(self) -> tuple[Any, ...]:
        """Equal for runs that one compiled program serves: they differ in what variables hold."""
        kept = [field for field in FIELDS if field not in NOT_IN_PROGRAM]
        return (*(getattr(self, field) for field in kept), self.data_fingerprint, self.source)

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
    the same content are one data set, by the name that comes first. So are two files with the same
    content for activations of the user's own.
    """
    distinct: dict[tuple[Any, ...], dict[str, Any]] = {}
    for setting in _settings(experiment):
        content = fingerprint(setting.dataset)
        label = setting.activation
        source = experiment.sources.get(label)
        identity = {
            **dict(setting),
            "dataset": content or setting.dataset,
            "activation": activations.identity(label, source) if source else label,
        }
        distinct.setdefault(
            tuple(identity.values()),
            {**dict(setting), "data_fingerprint": content, "source": source},
        )
    # Only constructed: the setting is valid, and there may be a hundred thousand seeds.
    return tuple(
        Spec.model_construct(**setting, seed=seed, probes=experiment.probes)
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
        given = {**experiment.axes, **case}
        fields = with_defaults(given)
        for values in itertools.product(*fields.values()):
            setting = dict(zip(fields, values, strict=True))
            # A model may have other defaults for what is not given.
            own = models.entry(setting["model"]).defaults
            setting |= {field: value for field, value in own.items() if field not in given}
            # Only constructed: all values are valid, and a user's file is not to be read again.
            yield Setting.model_construct(**setting)


@lru_cache(maxsize=1024)
def _around_the_seed(
    values: tuple[Any, ...],
    data_fingerprint: str | None,
    source: activations.Source | None,
    *,
    numerics: int,
    added_later: frozenset[str],
) -> tuple[str, str]:
    """The canonical JSON of a run's identity, up to the seed's number and behind it."""
    identity: dict[str, Any] = {"numerics": numerics, "seed": 0}
    for field, value in zip(FIELDS, values, strict=True):
        if field in added_later and value == Setting.model_fields[field].default:
            continue
        if field == "activation" and source is not None:
            identity[field] = activations.identity(value, source)
            continue
        known = TABLES.get(field)
        identity[field] = value if known is None else without_later_defaults(value, known)
    if data_fingerprint is not None:
        # The folder's name and place are not what was learned from: its content is.
        identity["dataset"] = f"sha256:{data_fingerprint}"
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    before, seed, after = text.partition('"seed":0')
    return before + seed[:-1], after
