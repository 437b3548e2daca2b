"""What `run --until-resolved` was asked for."""

from dataclasses import dataclass


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
