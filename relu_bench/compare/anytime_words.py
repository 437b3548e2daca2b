"""In words: intervals and verdicts that hold whenever one looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.stats.sequential import STEP
from relu_bench.wording import counted

if TYPE_CHECKING:
    from relu_bench.compare.anytime import Looked, Looks

# Times the limit, as far as it is said how many seeds would do.
_FAR = 10


def state(each: Looked, looks: Looks) -> str:
    """Why a comparison of a growing plan is undecided: what it lacks, or the seeds it needs."""
    most = looks.most or 0
    if each.unscored:
        return f"{each.unscored} of {counted(each.runs, 'run', 'has', 'have')} no score"
    if not each.is_open(most):
        return f"{counted(each.failed, 'seed')} left out, since a run failed"
    if each.same and each.difference:
        return "all differences are equal, which leaves no spread to judge by"
    if each.same and looks.too_fine:
        return "the same at all seeds"
    if not each.n:
        return "no difference yet"
    needs = seeds_needed(each, looks)
    return (
        f"needs more than {_FAR * most:,} seeds" if needs is None else f"needs about {needs} seeds"
    )


def seeds_needed(each: Looked, looks: Looks) -> int | None:
    """The look that would decide if all stays as it is; None where none would soon."""
    needs = each.needs(looks, _FAR * (looks.most or 0))
    return None if needs is None else max(needs, each.look + STEP)
