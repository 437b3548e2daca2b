"""What of a plan decides how its networks start, and what plays no part in it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from relu_bench.components.labels import parse
from relu_bench.config.plan import Spec
from relu_bench.config.settings import FIELDS
from relu_bench.networks import models


@dataclass(frozen=True)
class Combination:
    """A way for networks to start. Labels are canonical.

    `data_fingerprint` is that of a data folder's content; None for the known data sets.
    """

    dataset: str
    model: str
    activation: str
    initializer: str
    bias_initializer: str
    batch_norm: bool
    output_activation: str = "identity"
    data_fingerprint: str | None = None

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer of a perceptron."""
        return models.widths(parse(self.model))

    @property
    def is_residual(self) -> bool:
        """Whether it has residual connections."""
        return models.is_residual(parse(self.model))


AXES = tuple(each.name for each in fields(Combination) if each.name in FIELDS)
"""The fields that decide how a network starts, in the order in which they are shown."""


def combinations(specs: Sequence[Spec]) -> tuple[Combination, ...]:
    """The distinct combinations of a plan, in its order; perceptrons only."""
    found = (
        Combination(**{axis: getattr(spec, axis) for axis in AXES}, data_fingerprint=fingerprint)
        for spec in specs
        if _is_perceptron(spec)
        for fingerprint in (spec.data_fingerprint,)
    )
    return tuple(dict.fromkeys(found))


def not_simulated(specs: Sequence[Spec]) -> tuple[str, ...]:
    """The models of a plan that are left out: only perceptrons are simulated."""
    return tuple(dict.fromkeys(spec.model for spec in specs if not _is_perceptron(spec)))


def collapsed(specs: Sequence[Spec]) -> dict[str, int]:
    """The fields that vary in a plan but play no part at initialization: how many values each."""
    others = [field for field in FIELDS if field not in AXES]
    counts = {field: len({getattr(spec, field) for spec in specs}) for field in (*others, "seed")}
    return {field: count for field, count in counts.items() if count > 1}


def varying(found: Sequence[Combination]) -> tuple[str, ...]:
    """The axes on which these combinations differ, activation first."""
    several = [axis for axis in AXES if len({getattr(each, axis) for each in found}) > 1]
    return tuple(sorted(several, key=lambda axis: axis != "activation"))


def _is_perceptron(spec: Spec) -> bool:
    return parse(spec.model).name == "mlp"
