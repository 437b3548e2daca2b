"""The table by variant at the end of a run: for a terminal, and as plain text for a file."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import Console
    from rich.table import Table

    from relu_bench.config.planning import Planned
    from relu_bench.execution.runner import Tally

_HEADS = ("variant", "learned/n", "validation", "test", "seconds")
_BETWEEN = 2
_NARROWEST_VARIANT = 12
_MOST_NAMED = 8


def print_summary(planned: "Sequence[Planned]", tally: "Tally", out: Path) -> None:
    """Print the table of each planned experiment to stdout, the counts, and where the files lie."""
    from rich.console import Console

    from relu_bench import store
    from relu_bench.compare import summarize

    console = Console()
    runs = store.read(out, "runs")
    asked: dict[str, set[str]] = {}
    for each in planned:
        asked.setdefault(each.experiment.name, set()).update(spec.run_id for spec in each.specs)
    for name, run_ids in asked.items():
        its_runs = runs[(runs["experiment"] == name) & runs["run_id"].isin(run_ids)]
        if len(its_runs):
            console.out(f"\n{name}", highlight=False)
            show_summary(summarize(its_runs), console)
    there = tally.skipped + tally.copied
    console.out(
        f"\n{tally.completed} trained, {there} stored before, {tally.failed} failed.\n"
        f"Results: {', '.join(str(out / f'{name}.csv') for name in ('runs', 'epochs', 'layers'))}",
        highlight=False,
    )


def show_summary(summary: "DataFrame", console: "Console") -> None:
    """Print the table of `compare.summarize` and its notes: drawn on a terminal, else plain."""
    if not console.is_terminal:
        console.out(summary_text(summary), highlight=False)
        return
    console.print(summary_table(summary, console.width))
    for note in summary_notes(summary):
        console.print(note, highlight=False, markup=False)


def summary_table(summary: "DataFrame", width: int = 80) -> "Table":
    """The table for a terminal `width` columns wide; long variants go on over several lines."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from relu_bench.compare import broken

    rows = _rows(summary)
    others = sum(
        max(len(row[column]) for row in (_HEADS, *rows)) + _BETWEEN + 1
        for column in range(1, len(_HEADS))
    )
    for_variant = max(width - others, _NARROWEST_VARIANT)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False, pad_edge=False)
    table.add_column(_HEADS[0], overflow="fold")
    for head in _HEADS[1:]:
        table.add_column(head, justify="right", no_wrap=True)
    for variant, *cells in rows:
        table.add_row(Text(broken(variant, for_variant)), *(Text(cell) for cell in cells))
    return table


def summary_text(summary: "DataFrame") -> str:
    """The same as plain lines of text, columns aligned, with the notes below."""
    rows = [_HEADS, *_rows(summary)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = []
    for first, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append((" " * _BETWEEN).join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join([*lines, *summary_notes(summary)])


def summary_notes(summary: "DataFrame") -> list[str]:
    """What the numbers are, how the rows are sorted, and the variants whose runs did not learn."""
    return [
        f"{_quantity(summary)}: mean ± sd over the seeds. Sorted by {_sorted_by(summary)}.",
        *_named(summary, "diverged", "Diverged, counted as the constant guess"),
        *_named(summary, "at_chance", "Not better than the constant guess"),
        *_named(summary, "failed", "Failed, missing from the means"),
    ]


def _rows(summary: "DataFrame") -> list[tuple[str, ...]]:
    """The cells of each variant as people read them, in the order of `_HEADS`."""
    several = summary["metric"].nunique() > 1
    return [
        (
            f"{row['variant']}, {row['metric']}" if several else str(row["variant"]),
            f"{row['learned']}/{row['n']}",
            _spread(row["metric"], row["val_mean"], row["val_sd"]),
            _spread(row["metric"], row["test_mean"], row["test_sd"]),
            "" if math.isnan(row["train_seconds"]) else f"{row['train_seconds']:.1f}",
        )
        for row in summary.to_dict(orient="records")
    ]


def _spread(metric: str, mean: float, sd: float) -> str:
    """`97.72 ± 0.12`; without the sd of a single run, empty without a mean."""
    from relu_bench.compare import scale_of

    if math.isnan(mean):
        return ""
    scale = scale_of(metric)
    decimals = 2 if scale.unit == "%" else 4
    return " ± ".join(
        f"{scale.factor * value:.{decimals}f}" for value in (mean, sd) if not math.isnan(value)
    )


def _quantity(summary: "DataFrame") -> str:
    from relu_bench.compare import scale_of

    scales = [scale_of(metric) for metric in summary["metric"].dropna().unique()]
    named = " and ".join(f"{scale.title}{scale.suffix}" for scale in scales) or "No result"
    return named[0].upper() + named[1:]


def _sorted_by(summary: "DataFrame") -> str:
    splits = {name.partition("_")[0] for name in summary["ranked_by"] if name}
    if splits == {"val"}:
        return "validation"
    if splits == {"test"}:
        return "test: nothing was held out"
    return "validation, then test where nothing was held out" if splits else "name"


def _named(summary: "DataFrame", outcome: str, what: str) -> list[str]:
    rows = summary[summary[outcome] > 0]
    if not len(rows):
        return []
    runs = rows["n"] + rows["failed"] if outcome == "failed" else rows["n"]
    named = [
        f"{variant} ({count} of {of})"
        for variant, count, of in zip(rows["variant"], rows[outcome], runs, strict=True)
    ]
    if len(named) > _MOST_NAMED:
        named = [*named[:_MOST_NAMED], f"and {len(named) - _MOST_NAMED} more variants"]
    return [f"{what}: {'; '.join(named)}."]
