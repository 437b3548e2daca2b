"""What figures and tables show of runs beside a comparison: one table of numbers for each view.

Learning curves; scores of groups; robustness to the learning rate; distributions; trade-offs, with
Pareto fronts (Pareto 1906, Manuale di economia politica; see `stats.non_dominated`); the table at
the end of a run. All count a diverged run as the constant guess. Intervals of means are t
intervals; of a group with seeds that were added to resolve something, those of `anytime.mean_ends`,
and such a group has no bootstrap bands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relu_bench import stats
from relu_bench.compare import anytime
from relu_bench.compare.comparison import Comparison
from relu_bench.compare.measures import KEY, Scale, completed, scale_of, score, seeds_added
from relu_bench.compare.questions import Question
from relu_bench.compare.selection import once_each
from relu_bench.compare.variants import axes, with_variant
from relu_bench.data.tasks import METRICS

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Numbers = NDArray[np.float64]

RATE = "learning_rate"
# In the unit that people read: points of an accuracy.
WITHIN = 1.0
LEAST_RATES = 3
# More steps than this cannot be told apart on a page.
_MOST_STEPS = 256
# Shares of runs, and median epochs, that differ enough to be drawn unasked.
LEAST_DIFFERENCE = 0.1
LEAST_FACTOR = 1.5
# What a better score may cost.
COSTS = ("seconds", "dead")
CRITERIA = ("score", *COSTS)
_SUMMARY_COLUMNS = (
    "variant",
    "metric",
    "ranked_by",
    "n",
    "learned",
    "at_chance",
    "diverged",
    "failed",
    "val_mean",
    "val_sd",
    "test_mean",
    "test_sd",
    "train_seconds",
)


def run_curves(runs: DataFrame, epochs: DataFrame, by: Sequence[str]) -> DataFrame:
    """The metric of each run by split and epoch.

    The training metric of an epoch is a mean over the batches as the weights moved through it, so
    it belongs at the epoch's middle, x = epoch - 0.5; the validation metric belongs at its end,
    x = epoch. Epoch 0 is evaluated before training, on both.

    A diverged run counts as the constant guess from the epoch on at which its metric stops: the
    guess on validation, or on test where nothing was held out. In training too: the commonest class
    is that of the training part.

    Args:
        runs: runs with one metric in common; only completed ones count.
        epochs: rows of epochs.csv; those of other runs are ignored.
        by: further columns of `runs` to keep.

    Returns:
        One row for each run, split (`train`, `val`) and epoch: `by`, run_id, outcome, split, epoch,
        x, value. No row for `val` where nothing was held out.

    Raises:
        ValueError: when the runs have several metrics.
    """
    import pandas as pd

    done = completed(runs)
    metrics = list(done["metric"].unique())
    if len(metrics) != 1:
        raise ValueError(f"curves of runs with metrics {metrics}; expected one in common")
    values = _values(done, epochs, metrics[0], [*by, "outcome"])
    tables = []
    for split in ("train", "val"):
        table = values.dropna(subset=[split]).assign(split=split)
        middle = table["epoch"] - (0.5 if split == "train" else 0.0)
        tables.append(table.assign(x=middle.where(table["epoch"] > 0, 0.0), value=table[split]))
    return pd.concat(tables, ignore_index=True)[
        [*by, "run_id", "outcome", "split", "epoch", "x", "value"]
    ]


def curves(single: DataFrame, by: Sequence[str]) -> DataFrame:
    """Mean and standard deviation over the runs of each group, by split and epoch.

    Args:
        single: of `run_curves`.
        by: the columns that make a group.

    Returns:
        One row for each group, split and epoch: `by`, split, epoch, x, n, mean, sd (with n - 1,
        NaN for n = 1).
    """
    return (
        single.groupby([*by, "split", "epoch", "x"])["value"]
        .agg(n="size", mean="mean", sd="std")
        .reset_index()
    )


def _values(done: DataFrame, epochs: DataFrame, metric: str, by: Sequence[str]) -> DataFrame:
    """One row for each run and epoch: `by`, epoch, train, val."""
    import pandas as pd

    measured = epochs[[*KEY, "epoch"]].assign(
        train=epochs[f"train_{metric}"].astype("float64"),
        val=epochs[f"val_{metric}"].astype("float64"),
    )
    measured["epoch"] = measured["epoch"].astype("int64")
    diverged = done["outcome"] == "diverged"
    parts = [done.loc[~diverged, [*KEY, *by]].merge(measured, on=KEY)]
    if diverged.any():
        parts.append(_diverged(done[diverged], measured, metric, by))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _diverged(runs: DataFrame, measured: DataFrame, metric: str, by: Sequence[str]) -> DataFrame:
    """The curves of diverged runs, at the guess from where they stop to the last epoch asked."""
    import pandas as pd

    asked = runs["epochs"].astype("int64")
    held_out = runs[f"guess_val_{metric}"].notna()
    guesses = runs[[*KEY, *by]].assign(
        val=runs[f"guess_val_{metric}"].astype("float64"),
        train=_guess(runs, metric),
        asked=asked,
        held_out=held_out,
    )
    grid = guesses.merge(pd.DataFrame({"epoch": range(int(asked.max()) + 1)}), how="cross")
    grid = grid[grid["epoch"] <= grid["asked"]]
    table = grid.merge(measured, on=[*KEY, "epoch"], how="left", suffixes=("_guess", ""))
    return table.assign(
        train=table["train"].fillna(table["train_guess"]),
        val=table["val"].fillna(table["val_guess"]).where(table["held_out"]),
    )[[*KEY, *by, "epoch", "train", "val"]]


def _guess(runs: DataFrame, metric: str) -> Series:
    on_test = runs[f"guess_test_{metric}"].astype("float64")
    return runs[f"guess_val_{metric}"].astype("float64").fillna(on_test)


def final_scores(runs: DataFrame, by: Sequence[str]) -> DataFrame:
    """Every completed run's test score beside its group's mean and 95 % interval.

    Args:
        runs: runs of any number of groups.
        by: the columns that make a group.

    Returns:
        One row a run: `by`, seed, outcome, metric, guess (the constant guess), value, mean, low,
        high, the last five in the unit of the metric. `low` and `high` are NaN in a group of one.
    """
    done = completed(runs)
    table = done[[*by, "seed", "outcome", "metric"]].assign(
        guess=score(done.assign(outcome="diverged"), "test"), value=score(done, "test")
    )
    groups = table.groupby(list(by), sort=False).ngroup().to_numpy()
    found = anytime.group_intervals(table["value"], groups, seeds_added(done))
    return table.assign(
        mean=found.mean[groups], low=found.low[groups], high=found.high[groups]
    ).reset_index(drop=True)


def group_scores(runs: DataFrame, by: Sequence[str]) -> DataFrame:
    """What the runs of each group count as together, by test score.

    Args:
        runs: runs of any number of groups, of one metric.
        by: the columns that make a group.

    Returns:
        One row a group: `by`; runs, learned, at_chance, diverged: counts of completed runs; mean,
        low, high: the mean and its 95 % interval in the unit of the metric, NaN in a group of one;
        guess: what diverged runs count as, NaN in a group without any.
    """
    done = completed(runs)
    outcomes, values = done["outcome"], score(done, "test")
    table = done[list(by)].assign(
        value=values,
        guess=values.where(outcomes == "diverged"),
        added=seeds_added(done),
        **{name: outcomes == name for name in ("learned", "at_chance", "diverged")},
    )
    groups = table.groupby(list(by), sort=False, dropna=False).agg(
        runs=("value", "size"),
        learned=("learned", "sum"),
        at_chance=("at_chance", "sum"),
        diverged=("diverged", "sum"),
        guess=("guess", "first"),
        mean=("value", "mean"),
        sd=("value", "std"),
        added=("added", "any"),
    )
    low, high = np.full(len(groups), np.nan), np.full(len(groups), np.nan)
    for n in groups.loc[groups["runs"] > 1, "runs"].unique():
        those = (groups["runs"] == n).to_numpy()
        low[those], high[those] = stats.t_ends(
            groups.loc[those, "mean"], groups.loc[those, "sd"], int(n)
        )
    those = groups.pop("added").to_numpy(np.bool_)
    if those.any():
        its = groups[those]
        low[those], high[those] = anytime.mean_ends(its["mean"], its["sd"], its["runs"])
    return groups.drop(columns="sd").assign(low=low, high=high).reset_index()


def good_enough(groups: DataFrame, metric: str, by: Sequence[str]) -> Series:
    """The least mean that lies within 1 point of the best of each part of `group_scores`.

    As `robustness` has it, whose band holds for accuracies only.

    Args:
        groups: of `group_scores`.
        metric: of the runs.
        by: the columns that make a part.

    Returns:
        By part, in the unit of the metric; nothing for a metric that is no share of right answers.
    """
    scale = scale_of(metric)
    best = groups.groupby(list(by))["mean"].max()
    if not (scale.higher_is_better and scale.unit == "%"):
        return best[:0]
    return best - WITHIN / scale.factor


def rates_vary(runs: DataFrame) -> bool:
    """Whether some setting of the other axes was trained with at least 3 learning rates."""
    done = completed(runs)
    others = [name for name in axes(done) if name != RATE]
    if not others:
        return bool(done[RATE].nunique() >= LEAST_RATES)
    return bool((done.groupby(others, dropna=False)[RATE].nunique() >= LEAST_RATES).any())


@dataclass(frozen=True)
class Robustness:
    """The band of learning rates in which a variant is within 1 point of the best of all.

    Attributes:
        variant: its label.
        rates: how many learning rates were tried with it.
        best_rate: the one with its best mean.
        band: around it, interpolated in the logarithm; open where it runs to the edge of the
            learning rates that were tried with this variant.
    """

    variant: str
    rates: int
    best_rate: float
    band: stats.Band


def robustness(comparison: Comparison, within: float = WITHIN) -> tuple[Robustness, ...]:
    """The bands of the variants, in the order of the estimates; none without learning rates.

    Each variant keeps the learning rates that it was given. The score at one is the mean over the
    seeds and over those settings of the further axes that every variant has at each of its
    learning rates, whatever the comparison's mode; none where there is no such setting. The best
    is the best of all variants at any learning rate.

    Args:
        comparison: its `others` must hold the learning rate with two values or more.
        within: how far below the best counts as good, in the unit that people read.
    """
    question, direction = comparison.question, comparison.measure.direction
    if RATE not in question.others or not comparison.measure.is_rate:
        return ()
    runs = completed(question.runs)
    scores = (direction * comparison.measure.values(runs)).dropna()
    runs = runs.loc[scores.index]
    alike = scores[_at_every_rate(runs, _settings(runs, question))]
    curves = alike.groupby([runs["variant"], runs[RATE]]).mean().round(10)
    level = float(curves.max()) - within
    there = curves.index.unique("variant")
    found = []
    for estimate in comparison.estimates:
        if estimate.variant not in there:
            continue
        curve = curves.loc[estimate.variant]
        rates, values = curve.index.to_numpy(np.float64), curve.to_numpy(np.float64)
        best = float(rates[values.argmax()])
        band = stats.band_above(rates, values, level)
        found.append(Robustness(estimate.variant, rates.size, best, band))
    return tuple(found)


def further_axes(question: Question) -> tuple[str, ...]:
    """The other axes beside the learning rate: over their settings the scores are means."""
    return tuple(name for name in question.others if name != RATE)


def _settings(runs: DataFrame, question: Question) -> Series:
    """Of each run, the text of its values of the further axes."""
    names = further_axes(question)
    named = with_variant(runs, names, "setting") if names else runs.assign(setting="")
    return named["setting"]


def _at_every_rate(runs: DataFrame, settings: Series) -> Series:
    """Whether each run is at a setting that every variant has at each of its learning rates.

    So the means at two learning rates, and those of two variants, are over the same settings.
    """
    cells = runs[["variant", RATE]].assign(setting=settings).drop_duplicates()
    rates = cells.groupby("variant")[RATE].nunique()
    table = cells.groupby(["setting", "variant"]).size().unstack("variant")
    everywhere = table.index[table.eq(rates).all(axis="columns")]
    return settings.isin(everywhere)


@dataclass(frozen=True, eq=False)
class Shared:
    """Runs of several groups over the same settings.

    Attributes:
        runs: completed runs, with a text column `cell` for the setting, empty where there is one.
        settings: how many settings they have.
        alike: whether these are settings that all groups have; if none is, all runs are here.
        left_out: how many completed runs are not here, being at a setting that some group lacks.
    """

    runs: DataFrame
    settings: int
    alike: bool
    left_out: int


def shared_settings(runs: DataFrame, group: str, others: Sequence[str]) -> Shared:
    """The runs at the settings that every group with a result has.

    Args:
        runs: runs of any number of groups.
        group: the column that names a run's group.
        others: the axes whose values make a setting.
    """
    done = completed(runs)
    done = with_variant(done, others, "cell") if others else done.assign(cell="")
    groups = done.groupby("cell")[group].nunique()
    common = groups.index[groups == done[group].nunique()]
    kept = done[done["cell"].isin(common)]
    if not len(kept):
        return Shared(done, int(done["cell"].nunique()), False, 0)
    return Shared(kept, len(common), True, len(done) - len(kept))


def score_profiles(runs: DataFrame, group: str) -> DataFrame:
    """The share of each group's runs whose test score is at least as good as each score.

    A diverged run counts as the constant guess. The band is pointwise and of the bootstrap over the
    seeds; see `stats.profile`. It is for a fixed number of seeds: where some were added, there is
    none.

    Args:
        runs: completed runs with one metric in common.
        group: the column that names a run's group.

    Returns:
        One row for each group and score: group, score (in the unit of the metric, those that any
        run has, at most 256 of them evenly spaced in rank, the worst first), share, low, high (NaN
        without a band, as for one seed).
    """
    scores = score(runs, "test")
    higher = scale_of(str(runs["metric"].iloc[0])).higher_is_better
    table = runs.assign(quality=scores if higher else -scores)
    found = _profiles(table, group, "quality", _steps(table["quality"]))
    return found.assign(score=found["x"] if higher else -found["x"]).drop(columns="x")


def time_profiles(arrived: DataFrame, group: str, column: str) -> DataFrame:
    """The share of each group's runs that have arrived by each time.

    Args:
        arrived: a row a run: `group`, seed, and `column`, its time; infinity for never.
        group: the column that names a run's group.
        column: such as `epoch` or `seconds`.

    Returns:
        One row for each group and time: group, x (times at which any run arrives, at most 256),
        share, low, high, as of `score_profiles`; no row where no run ever arrives.
    """
    times = arrived[column].astype("float64")
    steps = _steps(-times[np.isfinite(times)])
    found = _profiles(arrived.assign(quickness=-times), group, "quickness", steps)
    return found.assign(x=-found["x"]).sort_values([group, "x"], kind="stable")


def distance_from_best(scores: Series | Numbers, scale: Scale) -> Numbers | None:
    """How far scores are from the best that can be, for a logarithmic axis.

    The error rate of a share of right answers; the value itself of what is best at 0. None for a
    metric of which no best is known.
    """
    numbers = np.asarray(scores, np.float64)
    if not scale.higher_is_better:
        return numbers
    return 1.0 - numbers if scale.unit == "%" else None


def profiles_differ(table: DataFrame, group: str) -> bool:
    """Whether the shares of two groups are at least 10 percentage points apart at any score."""
    shares = table.groupby("score")["share"]
    several = table[group].nunique() > 1
    return several and bool((shares.max() - shares.min()).max() >= LEAST_DIFFERENCE - 1e-9)


def arrivals_differ(arrived: DataFrame, group: str) -> bool:
    """Whether groups differ in when their runs arrive.

    That is: the median epochs of two differ by a factor of 1.5, or the shares of their runs that
    ever arrive by 10 percentage points.
    """
    groups = arrived.groupby(group)["epoch"]
    medians, shares = groups.median(), groups.agg(lambda times: np.isfinite(times).mean())
    if len(shares) < 2:
        return False
    if float(shares.max() - shares.min()) >= LEAST_DIFFERENCE - 1e-9:
        return True
    first, last = float(medians.min()), float(medians.max())
    return math.isfinite(first) and last >= LEAST_FACTOR * max(first, 1.0)


def _profiles(table: DataFrame, group: str, column: str, steps: Numbers) -> DataFrame:
    import pandas as pd

    parts = []
    for name, rows in table.groupby(group, sort=False):
        found = stats.profile(rows[column], rows["seed"], steps)
        columns = {"x": steps, "share": found.shares, "low": found.low, "high": found.high}
        if seeds_added(rows).any():
            columns |= dict.fromkeys(("low", "high"), np.full(len(steps), math.nan))
        parts.append(pd.DataFrame(columns).assign(**{group: name}))
    return pd.concat(parts, ignore_index=True)


def _steps(values: Series) -> Numbers:
    """Distinct values in rising order, at most `_MOST_STEPS`, both ends among them."""
    distinct: Numbers = np.unique(values.to_numpy(np.float64))
    if distinct.size <= _MOST_STEPS:
        return distinct
    places = np.linspace(0, distinct.size - 1, _MOST_STEPS).round().astype(np.intp)
    return np.asarray(distinct[places])


def trade_offs(runs: DataFrame, by: Sequence[str], within: Sequence[str] = ()) -> DataFrame:
    """Means of test score, seconds per epoch and share of dead units, and the Pareto fronts.

    The score counts every completed run, a diverged one as the constant guess. Seconds are those of
    training and validation by the epochs asked for, compiling aside; a diverged run stopped early
    and has none. Dead units are those of all hidden layers after training, where they were
    measured. Fronts are of the means; a group of which no run learned may be fast, but is on none,
    nor is one without a number of a kind that the front takes into account. A kind of number that
    no group within one setting has is left aside.

    Args:
        runs: runs with one metric in common, whose seconds can be compared.
        by: the columns that make a group.
        within: those of `by` within which groups are compared; none: all are compared.

    Returns:
        One row a group: `by`, n (completed runs), and for each of `CRITERIA` its mean, low and high
        (`score`, `score_low`, `score_high`, ...; 95 % intervals, NaN in a group of one; score and
        dead in the unit of the metric and as a fraction, seconds in s), and whether the group is on
        the front of score and cost (`cheap`), of score and dead units (`alive`), of all (`front`).
    """
    done = completed(runs)
    table = done[list(by)].assign(
        score=score(done, "test"),
        seconds=seconds_per_epoch(done),
        dead=done["final_dead_fraction"].astype("float64"),
    )
    means = _means_of_criteria(table, by, seeds_added(done))
    metrics = done["metric"].dropna().unique()
    higher = scale_of(str(metrics[0])).higher_is_better
    parts = means.groupby(list(within)).ngroup().to_numpy() if within else np.zeros(len(means))
    learned = done.assign(learned=done["outcome"] == "learned").groupby(list(by), sort=False)
    leads = learned["learned"].any().to_numpy()
    return means.assign(**_fronts(means, parts, higher, leads))


def _means_of_criteria(table: DataFrame, by: Sequence[str], added: NDArray[np.bool_]) -> DataFrame:
    """One row a group, in the order in which they come up."""
    groups = table.groupby(list(by), sort=False)
    numbers = groups.ngroup().to_numpy()
    found = groups.size().rename("n").reset_index()
    for name in CRITERIA:
        values = table[name].to_numpy(np.float64)
        there = ~np.isnan(values)
        each = anytime.group_intervals(values[there], numbers[there], added[there], len(found))
        found = found.assign(
            **{name: each.mean, f"{name}_low": each.low, f"{name}_high": each.high}
        )
    return found


def seconds_per_epoch(runs: DataFrame) -> Series:
    """Training and validation of one epoch, mean over a run; NaN for runs that stopped early."""
    seconds = runs["train_seconds"].astype("float64") / runs["epochs"].astype("float64")
    return seconds.mask(runs["outcome"] == "diverged")


def is_a_choice(table: DataFrame, metric: str) -> bool:
    """Whether the better variant costs more, by more than noise: of groups that are compared.

    That is: of two on the front, one has the better score, and the other fewer seconds or dead
    units, the 95 % intervals being apart in both.

    Args:
        table: of `trade_offs`, of groups that are compared with each other.
        metric: whose score it is.
    """
    direction = 1.0 if scale_of(metric).higher_is_better else -1.0
    rows = table[table["front"]]
    scores = direction * _numbers(rows, "score")
    better = scores[:, np.newaxis] > scores
    dearer = np.zeros_like(better)
    for name in COSTS:
        costs = _numbers(rows, name)
        dearer |= _apart(rows, name) & (costs[:, np.newaxis] > costs)
    return bool((better & _apart(rows, "score") & dearer).any())


def _fronts(
    means: DataFrame, parts: NDArray[Any], higher_is_better: bool, leads: NDArray[np.bool_]
) -> dict[str, NDArray[np.bool_]]:
    """Which groups are on each front, of those of `leads` with the same number in `parts`."""
    costs = np.column_stack([_numbers(means, name) for name in CRITERIA])
    if higher_is_better:
        costs[:, 0] *= -1.0
    there = ~np.isnan(costs)

    def front(*places: int) -> NDArray[np.bool_]:
        found = np.zeros(len(costs), np.bool_)
        for part in np.unique(parts):
            rows = np.flatnonzero((parts == part) & leads)
            known = [place for place in places if there[rows, place].any()]
            if not len(rows):
                continue
            cells = np.ix_(rows, np.array(known, np.intp))
            found[rows] = stats.non_dominated(costs[cells]) & there[cells].all(axis=1)
        return found

    return {"cheap": front(0, 1), "alive": front(0, 2), "front": front(0, 1, 2)}


def _apart(rows: DataFrame, name: str) -> NDArray[np.bool_]:
    """(n, n), whether the intervals of two rows are known and have nothing in common."""
    above = _numbers(rows, f"{name}_low")[:, np.newaxis] > _numbers(rows, f"{name}_high")
    return above | above.T


def _numbers(rows: DataFrame, name: str) -> NDArray[np.float64]:
    return rows[name].to_numpy(np.float64)


def summarize(runs: DataFrame) -> DataFrame:
    """One row a variant, the best first.

    Every completed run counts: a diverged one as the constant guess. A failed run has no number; it
    is counted in `failed` and is missing from the rest. A run_id that two experiments share counts
    once.

    Args:
        runs: rows of runs.csv.

    Returns:
        variant: what varies, as `variant_label.label` writes it.
        metric: of the task; `ranked_by`: `val_{metric}`, or `test_{metric}` where nothing was held
            out, empty where every run failed. Rows are sorted by it; such without one stand last.
        n: completed runs, which are learned + at_chance + diverged; failed.
        val_mean, val_sd, test_mean, test_sd: of the last epoch's weights, in the metric's unit; sd
            with n - 1, NaN for n = 1.
        train_seconds: mean over the completed runs, in seconds.
    """
    runs = once_each(runs)
    named = with_variant(runs, axes(runs))
    named = named.assign(
        failed=named["status"] == "failed",
        **{
            outcome: named["outcome"] == outcome for outcome in ("learned", "at_chance", "diverged")
        },
    )
    counts = named.groupby("variant")[["learned", "at_chance", "diverged", "failed"]].sum()
    table = counts.assign(n=named.groupby("variant").size() - counts["failed"])
    table = table.join(_means_of_variants(completed(named)))
    table["ranked_by"] = _ranked_by(table)
    return _sorted(table).reset_index()[list(_SUMMARY_COLUMNS)]


def _means_of_variants(done: DataFrame) -> DataFrame:
    scored = done.assign(val=score(done, "val"), test=score(done, "test"))
    return scored.groupby("variant").agg(
        metric=("metric", "first"),
        val_mean=("val", "mean"),
        val_sd=("val", "std"),
        test_mean=("test", "mean"),
        test_sd=("test", "std"),
        train_seconds=("train_seconds", "mean"),
    )


def _ranked_by(table: DataFrame) -> Series:
    split = table["val_mean"].notna().map({True: "val_", False: "test_"})
    return (split + table["metric"].astype(object)).where(table["metric"].notna(), "")


def _sorted(table: DataFrame) -> DataFrame:
    """By metric, validated ones first, then the better score, then the variant's name."""
    lower_is_better = [name for name, metric in METRICS.items() if not metric.higher_is_better]
    ranked = table["val_mean"].fillna(table["test_mean"])
    worst_first = ranked.mask(table["metric"].isin(lower_is_better), -ranked)
    keys = table.assign(
        by_test=table["val_mean"].isna(), loss=-worst_first, name=table.index.astype(str)
    )
    order = keys.sort_values(["metric", "by_test", "loss", "name"], na_position="last").index
    return table.loc[order]
