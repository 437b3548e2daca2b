"""The table by variant at the end of a run: for a terminal, and as plain text for a file."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import Console
    from rich.table import Table

_MOST_NAMED = 8


@dataclass(frozen=True)
class _Row:
    """The cells of one variant, as people read them."""

    variant: str
    n: str
    learned: str
    validation: str
    test: str
    seconds: str


def show_summary(summary: "DataFrame", console: "Console") -> None:
    """Print the table of `compare.summarize` and its notes: drawn on a terminal, else plain."""
    if not console.is_terminal:
        console.out(summary_text(summary), highlight=False)
        return
    console.print(summary_table(summary))
    for note in summary_notes(summary):
        console.print(note, highlight=False, markup=False)


def summary_table(summary: "DataFrame") -> "Table":
    """The table for a terminal: fits 80 columns, long variants go on over several lines."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    heads = astuple(_heads(summary))
    table.add_column(heads[0], overflow="fold")
    for head in heads[1:]:
        table.add_column(head, justify="right", min_width=max(map(len, head.split())))
    for row in _rows(summary):
        table.add_row(*(Text(cell) for cell in astuple(row)))
    return table


def summary_text(summary: "DataFrame") -> str:
    """The same as plain lines of text, columns aligned, with the notes below."""
    rows = [astuple(row) for row in (_heads(summary), *_rows(summary))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for first, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join([*lines, "", *summary_notes(summary)])


def summary_notes(summary: "DataFrame") -> list[str]:
    """What the table's means are, how it is sorted, and the variants whose runs did not learn."""
    return [
        f"Mean ± sd over the seeds, sorted by {_sorted_by(summary)}.",
        *_named(summary, "diverged", "Diverged, counted as the constant guess"),
        *_named(summary, "at_chance", "Not better than the constant guess"),
        *_named(summary, "failed", "Failed, missing from the means"),
    ]


def _heads(summary: "DataFrame") -> _Row:
    from relu_bench.compare import scale_of

    metrics = summary["metric"].dropna().unique()
    what = ""
    if len(metrics) == 1:
        scale = scale_of(metrics[0])
        what = f" {scale.title}{scale.suffix}"
    return _Row("variant", "n", "learned", f"validation{what}", f"test{what}", "seconds")


def _rows(summary: "DataFrame") -> list[_Row]:
    several = summary["metric"].dropna().nunique() > 1
    return [
        _Row(
            variant=str(row.variant),
            n=str(row.n),
            learned=str(row.learned),
            validation=_spread(row.metric, row.val_mean, row.val_sd, with_unit=several),
            test=_spread(row.metric, row.test_mean, row.test_sd, with_unit=several),
            seconds="" if _missing(row.train_seconds) else f"{row.train_seconds:.1f}",
        )
        for row in summary.itertuples()
    ]


def _spread(metric: str, mean: float, sd: float, *, with_unit: bool) -> str:
    """`97.72 ± 0.12`; without the sd of a single run, empty without a mean."""
    from relu_bench.compare import scale_of

    if _missing(mean):
        return ""
    scale = scale_of(metric)
    decimals = 2 if scale.unit == "%" else 4
    shown = [f"{scale.factor * value:.{decimals}f}" for value in (mean, sd) if not _missing(value)]
    unit = f" {scale.title}{scale.suffix}" if with_unit else ""
    return " ± ".join(shown) + unit


def _sorted_by(summary: "DataFrame") -> str:
    from relu_bench.compare import scale_of

    split = {"val": "validation", "test": "test"}
    ranked = [name.partition("_") for name in summary["ranked_by"].unique() if name]
    names = [f"{split[first]} {scale_of(metric).title}" for first, _, metric in ranked]
    if not names:
        return "name"
    if len({first for first, _, _ in ranked}) > 1:
        return f"{names[0]}, by {names[-1]} where nothing was held out"
    held_out = "" if ranked[0][0] == "val" else ": nothing was held out"
    return " and ".join(dict.fromkeys(names)) + held_out


def _named(summary: "DataFrame", outcome: str, what: str) -> Sequence[str]:
    rows = summary[summary[outcome] > 0]
    if not len(rows):
        return ()
    counts = rows[outcome]
    runs = rows["n"] + rows["failed"] if outcome == "failed" else rows["n"]
    named = [
        f"{variant} ({count} of {of})"
        for variant, count, of in zip(rows["variant"], counts, runs, strict=True)
    ]
    if len(named) > _MOST_NAMED:
        named = [*named[:_MOST_NAMED], f"and {len(named) - _MOST_NAMED} more variants"]
    return (f"{what}: {'; '.join(named)}.",)


def _missing(value: float) -> bool:
    return value != value  # only NaN is not equal to itself
