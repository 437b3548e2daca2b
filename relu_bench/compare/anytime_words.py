"""In words: intervals and verdicts that hold whenever one looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.stats.sequential import EQUAL_LEVEL, FEWEST_SEEDS, LEVEL, STEP
from relu_bench.wording import counted, difference_unit, first_of, plural

if TYPE_CHECKING:
    from relu_bench.compare.anytime import Looked, Looks
    from relu_bench.compare.comparison import Comparison

_MOST_NAMED = 6
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


def looking_in_words(comparison: Comparison) -> tuple[str, ...]:
    """How the seeds came about, and what each undecided comparison lacks."""
    looks, looked = comparison.looks, list(comparison.looked.values())
    if looks is None:
        return ()
    if looks.most is None:
        return (
            "Intervals and verdicts hold however often one looks while seeds are added "
            "(--anytime), and are wider for it.",
        )
    found = [
        f"Seeds were added until each comparison was decided, at most {looks.most}: intervals and "
        "verdicts hold for that, and are those of the look that decided."
    ]
    if same := [each.variant for each in looked if each.same and not each.difference]:
        found.append(f"The same as {comparison.baseline}: {first_of(same, _MOST_NAMED)}.")
    if undecided := [each for each in looked if not each.decided]:
        told = [
            f"{each.variant} after {each.look} seeds, {state(each, looks)}" for each in undecided
        ]
        listed = first_of(told, _MOST_NAMED, between="; ")
        found.append(f"Undecided, with what decides if all stays as it is: {listed}.")
        needs = [seeds_needed(each, looks) for each in undecided if each.is_open(looks.most)]
        if most := max((each for each in needs if each), default=0):
            limit = f" --max-seeds {most}" if most > looks.most else ""
            found.append(f"To go on: relu-bench run --resume RESULTS{limit}")
    return tuple(found)


def anytime_legend(comparison: Comparison) -> list[str]:
    """What the columns are."""
    lines = [
        "n: seeds. Mean, sd (n - 1), median and IQM (interquartile mean) are over the seeds. The "
        "interval of a mean is for it alone, at any number of seeds.",
    ]
    if comparison.pairs:
        grew = comparison.looks is not None and comparison.looks.most is not None
        upto = ", up to the look that decided" if grew else ""
        lines.append(
            f"Differences: over n paired seeds{upto}. Their 95\u00a0% intervals hold together, for "
            f"{counted(comparison.tests, 'comparison')} and all numbers of seeds (t-test e-process "
            f"at {_level(comparison)}): better or worse is wrong in at most "
            f"5\u00a0% of tables. 'Practically equal' rests on the 90\u00a0% interval, and each "
            f"one is wrong in at most 5\u00a0% of cases. {FEWEST_SEEDS} seeds are the first that "
            f"have an interval. {comparison.measure.ratio_in_words} r: correlation of paired runs. "
            "P(better): share of seeds won."
        )
    return lines


def anytime_methods(comparison: Comparison) -> list[str]:
    """How it was tested, for a paper."""
    looks = comparison.looks
    assert looks is not None
    margin = f"±{looks.margin:g} {difference_unit(comparison.measure.scale.unit)}".strip()
    when = (
        f"Seeds were added, to 10, 15, 20 and so on up to {looks.most}, until every comparison "
        f"with {comparison.baseline} was decided; a decided variant was trained no further."
        if looks.most is not None
        else "Intervals hold at any number of seeds, whatever made us stop."
    )
    return [
        "The seed is the unit: we report the mean over the seeds and the standard deviation "
        "(n - 1), with intervals that hold at all numbers of seeds.",
        when,
        "Differences per seed were judged by the t-test e-process with a Gaussian mixture (Lai "
        "1976; Wang and Ramdas 2023), narrowest at about 100 seeds: better or worse where the "
        f"interval at the level {_level(comparison)} leaves out 0 (all comparisons and all looks "
        f"together: at most 5\u00a0%), practically equal where that at {EQUAL_LEVEL:.2f} lies "
        f"within {margin} (at most 5\u00a0% of each comparison).",
    ]


def _level(comparison: Comparison) -> str:
    count = comparison.tests
    return f"{LEVEL:g}{plural(count, '', f'/{count}')}"


def anytime_record(comparison: Comparison, variant: str) -> dict[str, object]:
    """What a record says beside the usual fields; nothing where the number of seeds was fixed."""
    if comparison.looks is None:
        return {}
    looked = comparison.looked.get(variant)
    return {
        "anytime": True,
        "max_seeds": comparison.looks.most,
        "comparisons": comparison.looks.comparisons,
        "look": None if looked is None else looked.look,
        "without_score": None if looked is None else looked.unscored,
    }
