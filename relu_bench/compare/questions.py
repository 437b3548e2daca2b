"""What is asked of stored runs: one table for each experiment, data set, model and axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from relu_bench.compare.measures import completed
from relu_bench.compare.selection import Selection, once_each
from relu_bench.compare.variants import (
    AXIS_COLUMNS,
    REVISION,
    as_texts,
    axes,
    stored_labels,
    texts,
    with_variant,
)
from relu_bench.components.registry import nearest_field
from relu_bench.config.until_resolved import UntilResolved
from relu_bench.errors import ReluBenchError, show
from relu_bench.store.plans import KeptPlan
from relu_bench.wording import counted

if TYPE_CHECKING:
    from pandas import DataFrame

# Never pooled: a mean over these says nothing. The metric is that of the data set.
# Revisions only where the settings do not determine them (see `variants.axes`).
APART = ("experiment", "dataset", "model", REVISION)


@dataclass(frozen=True, eq=False)
class Question:
    """Which value of some axes is best, on one data set with one model.

    Attributes:
        experiment: its name; several joined by ` + ` when they are asked together.
        dataset, model: what all runs have in common, as texts; the model is empty when it is what
            is asked about.
        numerics: their revisions; several (`1, 2`) only where the settings tell them apart.
        metric: of the task.
        by: the axes whose values are compared.
        others: further axes that vary.
        runs: rows of runs.csv with `variant`, the text of the values of `by`, and `cell`, the text
            of the values of `others`, empty when nothing else varies.
        variants: in the order of the config; of a single axis its values, of several their labels.
        stored: what each variant is called in the store, where that has display names.
        names: the display names of labels in the store.
        until_resolved: what a call was asked for that added seeds to these runs until all was
            decided; None where none did.
    """

    experiment: str
    dataset: str
    model: str
    numerics: str
    metric: str
    by: tuple[str, ...]
    others: tuple[str, ...]
    runs: DataFrame
    variants: tuple[str, ...]
    stored: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    until_resolved: UntilResolved | None = None


def questions(
    selection: Selection, by: Sequence[str] = ()
) -> tuple[tuple[Question, ...], list[str]]:
    """The questions that these runs can answer, and what must be said about that.

    Without `by`, each experiment is asked for its activations where these vary, else for each axis
    that varies by itself; axes that never match (the initializers of `cases`) join in. Where seeds
    were added until all was resolved, the one thing that varies is what is asked. Where no
    experiment has two values of `by` but all together do, they are asked together, each run once.
    Where nothing varies at all, the one variant is a question without a comparison.

    Raises:
        ReluBenchError: when `by` is no axis, or nothing varies.
    """
    wanted = tuple(dict.fromkeys(name.strip() for name in by))
    for name in wanted:
        _check_axis(name, selection.runs)
    runs = selection.runs.assign(rank=selection.places)
    found: list[Question] = []
    notices: list[str] = []
    for experiment, its_runs in runs.groupby("experiment", sort=True):
        for names in [wanted] if wanted else _asked(its_runs, selection.plans):
            asked, lone = _apart(its_runs, names)
            found += asked
            notices += [f"{experiment}: {each}" for each in lone]
        if not wanted and not _default(its_runs):
            notices.append(f"{experiment}: nothing varies, so there is nothing to compare")
    if found:
        return _with_stored(found, selection), notices
    names = wanted or ("activation",)
    together, lone = _apart(once_each(runs).assign(together=True), names)
    if not together:
        alone, _ = ([], []) if wanted else _apart(runs, names, least=1)
        if not alone:
            raise ReluBenchError(_nothing_varies(selection.runs, wanted))
        return _with_stored(alone, selection), [_nothing_varies(selection.runs, wanted)]
    listed = ", ".join(sorted(runs["experiment"].unique()))
    said = (
        f"no experiment alone has two values of {' and '.join(names)}: {listed} are taken together"
    )
    return _with_stored(together, selection), [said, *lone]


def _with_stored(found: Sequence[Question], selection: Selection) -> tuple[Question, ...]:
    return tuple(
        replace(
            each,
            stored=stored_labels(each.runs, each.by, selection.stored, "variant"),
            names=selection.names,
            until_resolved=_grown(each.runs, selection.plans)[0],
        )
        for each in found
    )


def _apart(
    runs: DataFrame, by: tuple[str, ...], least: int = 2
) -> tuple[list[Question], list[str]]:
    """A question for each data set, model and numerics revision in which `by` varies.

    And a line for each in which it has fewer than `least` values, or every run failed.
    """
    keys = [name for name in APART if name not in (*by, REVISION)]
    if "together" in runs:
        keys.remove("experiment")
    varying = [name for name in keys if runs[name].nunique(dropna=False) > 1]
    found, lone = [], []
    for part, revision in _parts(runs, keys):
        metrics = completed(part)["metric"].dropna().unique()
        question = _question(part, by, str(metrics[0])) if len(metrics) == 1 else None
        if question is not None and len(question.variants) >= least:
            found.append((part["rank"].min(), question))
            continue
        told = [*varying, REVISION] if revision else varying
        which = ", ".join(f"{name} {as_texts(part[name]).iloc[0]}" for name in told)
        where = f" with {which}" if which else ""
        why = (
            f"they have one value of {' and '.join(by)}" if question is not None else "they failed"
        )
        lone.append(f"{counted(len(part), 'run', 'is', 'are')} not compared{where}: {why}")
    return [question for _, question in sorted(found, key=lambda each: each[0])], lone


def _parts(runs: DataFrame, keys: Sequence[str]) -> Iterator[tuple[DataFrame, bool]]:
    """The runs that may be pooled, and whether their numerics revision is what keeps them apart."""
    for _, part in runs.groupby(list(keys), sort=False, dropna=False):
        if REVISION not in axes(part):
            yield part, False
            continue
        for _, rows in part.groupby(REVISION, sort=False, dropna=False):
            yield rows, True


def _question(part: DataFrame, by: tuple[str, ...], metric: str) -> Question:
    others = tuple(name for name in axes(part) if name not in by and name not in APART)
    named = _named(part, by)
    named = with_variant(named, others, "cell") if others else named.assign(cell="")
    order = named.sort_values("rank", kind="stable")["variant"].unique()
    text = {name: ", ".join(texts(part[name]).values()) for name in APART}
    experiments = list(dict.fromkeys(part["experiment"]))
    return Question(
        experiment=" + ".join(experiments),
        dataset=text["dataset"],
        model="" if "model" in by else text["model"],
        numerics=text["numerics"],
        metric=metric,
        by=by,
        others=others,
        runs=named,
        variants=tuple(str(label) for label in order),
    )


def _named(part: DataFrame, by: tuple[str, ...]) -> DataFrame:
    """With `variant`: the bare value of a single axis, which the table's head names."""
    if len(by) == 1:
        return part.assign(variant=as_texts(part[by[0]]))
    return with_variant(part, by)


def _grown(
    runs: DataFrame, plans: Sequence[KeptPlan]
) -> tuple[UntilResolved | None, frozenset[str]]:
    """Of the growing plan that most of these runs are of: what it was asked for, and its runs."""
    experiments, run_ids = {*runs["experiment"]}, frozenset(runs["run_id"])
    grown = [
        (len(run_ids.intersection(plan.run_ids)), plan)
        for plan in plans
        if plan.until_resolved is not None and plan.experiment in experiments
    ]
    most, plan = max(grown, key=lambda each: each[0], default=(0, None))
    return (
        (None, frozenset())
        if plan is None or not most
        else (plan.until_resolved, run_ids.intersection(plan.run_ids))
    )


def _asked(runs: DataFrame, plans: Sequence[KeptPlan]) -> list[tuple[str, ...]]:
    """What is asked where nothing is named: the one thing that varies in a growing plan, if any."""
    rule, run_ids = _grown(runs, plans)
    its = axes(runs[runs["run_id"].isin(run_ids)]) if rule is not None else ()
    names = tuple(name for name in its if name not in ("dataset", "numerics"))
    return [names] if names else _default(runs)


def _default(runs: DataFrame) -> list[tuple[str, ...]]:
    """Activation, or each axis; together with those that are tied to it, as in `cases`."""
    varying = [name for name in axes(runs) if name not in ("dataset", "numerics")]
    if of_cases := _of_cases(runs, varying):
        return [of_cases]
    first = [name for name in varying if name == "activation"] or varying
    return list(dict.fromkeys(tuple(_with_tied(runs, name, varying)) for name in first))


def _of_cases(runs: DataFrame, varying: Sequence[str]) -> tuple[str, ...]:
    """All axes, where one of them has a single setting of the others for each of its values.

    So it is in a confirmation, where each variant has the setting that was chosen for it, on each
    data set with each model. Empty where there is no such axis.
    """
    settings = runs[list(dict.fromkeys(["dataset", "model", *varying]))].drop_duplicates()
    for apart in (["dataset"], ["dataset", "model"]):
        within = settings.groupby(apart, dropna=False).nunique(dropna=False).max()
        names = [name for name in varying if name not in apart and within[name] > 1]
        for name in names if len(names) > 1 else ():
            if not settings.duplicated([*apart, name]).any():
                return tuple(names)
    return ()


def _with_tied(runs: DataFrame, name: str, varying: Sequence[str]) -> list[str]:
    """The axis and the others of which its values have none in common, so that they never match."""
    found = []
    for other in varying:
        values = runs[other].where(runs[other].notna(), None)
        sets = [set(its) for _, its in values.groupby(as_texts(runs[name]))]
        if other == name or not set.intersection(*sets):
            found.append(other)
    return found


def _check_axis(name: str, runs: DataFrame) -> None:
    allowed = [each for each in AXIS_COLUMNS if each not in ("dataset", "numerics")]
    if name in allowed:
        return
    varying = [each for each in axes(runs) if each in allowed]
    there = f" These vary: {', '.join(varying)}." if varying else ""
    if name in ("dataset", "numerics", "seed", "experiment"):
        raise ReluBenchError(
            f"--by {name}: runs of two values of it are no pairs that could be compared; each "
            f"data set has a table of its own, and the seed is the unit.{there}"
        )
    raise ReluBenchError(f"--by {show(name)} is no axis.{nearest_field(name, allowed)}{there}")


def _nothing_varies(runs: DataFrame, by: tuple[str, ...]) -> str:
    if not len(completed(runs)):
        return (
            "Every run failed, so there is nothing to compare. The column `error` of runs.csv says "
            "why; 'relu-bench run CONFIG --retry-failed' tries again."
        )
    varying = [name for name in axes(runs) if name not in APART or name == "model"]
    there = f" These vary: {', '.join(varying)}." if varying else " Nothing else varies." * bool(by)
    what = " and ".join(by) if by else "Nothing"
    verb = "has one value only" if by else "varies"
    return (
        f"{what} {verb} in these runs, so there is nothing to compare.{there} "
        "A comparison needs a second value: relu-bench run CONFIG --set activation=relu,elu."
    )
