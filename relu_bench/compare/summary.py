"""The table at the end of a run: one row a variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relu_bench.compare.scores import completed, score
from relu_bench.compare.selection import once_each
from relu_bench.compare.variants import axes, with_variant
from relu_bench.data.tasks import METRICS

if TYPE_CHECKING:
    from pandas import DataFrame, Series

COLUMNS = (
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
    table = table.join(_means(completed(named)))
    table["ranked_by"] = _ranked_by(table)
    return _sorted(table).reset_index()[list(COLUMNS)]


def _means(done: DataFrame) -> DataFrame:
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
