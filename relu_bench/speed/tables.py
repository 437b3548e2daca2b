"""Costs as a table for readers, as Markdown, CSV and JSON, and as the file speed.csv."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relu_bench import output_files, tables
from relu_bench.errors import StoreError
from relu_bench.machine import hardware, provenance
from relu_bench.speed.cells import MODES, PASSES, Mode, short
from relu_bench.speed.costs import Cost
from relu_bench.tables import Head, Table, of_records, table
from relu_bench.wording import counted

if TYPE_CHECKING:
    from pandas import DataFrame

FILE = "speed.csv"
_OF_FILES = (".csv", ".png", ".json", ".md")
_HEADS = (
    Head("activation", form="code"),
    *(Head(name, "right") for name in ("compiled", "×relu", "eager", "×relu", "NumPy", "×relu")),
)
_MACHINE = ("processor", "relu_bench_version", "tensorflow_version", "keras_version")


def tables_of(costs: Sequence[Cost]) -> list[Table]:
    """One for each size and pass, the cheapest first; empty where there is no NumPy formula."""
    found = []
    for size in _sizes(costs):
        for passes in PASSES:
            part = [cost for cost in costs if (cost.size, cost.passes) == (size, passes)]
            if part:
                elements = max(cost.elements for cost in part)
                count = counted(elements, "element")
                named = count if size == str(elements) else f"{size} ({count})"
                found.append(table(f"{named}, {passes}, ns an element", _HEADS, _rows(part)))
    return found


def _sizes(costs: Sequence[Cost]) -> list[str]:
    return list(dict.fromkeys(cost.size for cost in costs))


def _rows(costs: Sequence[Cost]) -> tuple[tuple[str, ...], ...]:
    by_label: dict[str, dict[Mode, Cost]] = {}
    for cost in costs:
        by_label.setdefault(cost.activation, {})[cost.mode] = cost
    ordered = sorted(by_label.items(), key=lambda each: each[1]["compiled"].median_ns)
    return tuple(
        (short(label), *(text for mode in MODES for text in _texts(modes.get(mode))))
        for label, modes in ordered
    )


def _texts(cost: Cost | None) -> tuple[str, str]:
    if cost is None:
        return "", ""
    return _with_interval(cost), _number(cost.relu_ratio)


def _with_interval(cost: Cost) -> str:
    """`0.131 ±4%`: the farther end of the interval, as a share of the median."""
    text = _number(cost.median_ns)
    if not math.isfinite(cost.low_ns) or cost.median_ns <= 0:
        return text
    side = max(cost.high_ns - cost.median_ns, cost.median_ns - cost.low_ns)
    percent = math.ceil(round(100 * side / cost.median_ns, 6))
    return f"{text} ±{percent}%"


def _number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if not math.isfinite(value):
        return ""
    rounded = abs(float(f"{value:.3g}"))
    if rounded >= 100:
        return f"{value:.0f}"
    decimals = 2 - math.floor(math.log10(rounded)) if rounded else 2
    return f"{value:.{min(decimals, 4)}f}"


def conditions() -> str:
    """Where and with what this is measured, in one line."""
    versions = (
        f"{name} {provenance.version_of(name.lower())}" for name in ("TensorFlow", "Keras", "NumPy")
    )
    return f"{hardware.processor()}, one thread, {', '.join(versions)}"


def explanations(costs: Sequence[Cost]) -> list[str]:
    """What the numbers of the tables are, a line each."""
    rounds = costs[0].rounds
    interval = (
        "±: farther end of the 95 % interval by order statistics."
        if math.isfinite(costs[0].low_ns)
        else "No intervals: they take six rounds."
    )
    lines = [
        f"Medians of {counted(rounds, 'round')}. {interval}",
        "×relu: median of the ratio to relu in the same round.",
    ]
    most = {
        size: max(cost.elements for cost in costs if cost.size == size) for size in _sizes(costs)
    }
    if any(cost.elements < most[cost.size] for cost in costs):
        lines.append("The slowest were measured on fewer elements: see `elements` in the CSV.")
    return lines


def records(costs: Sequence[Cost]) -> list[dict[str, Any]]:
    """One record a cost, with the machine and the versions; None for what does not exist."""
    described = provenance.describe()
    known = {key: described[key] for key in _MACHINE}
    known["numpy_version"] = provenance.version_of("numpy")
    return [
        {**{key: _finite(value) for key, value in asdict(cost).items()}, **known} for cost in costs
    ]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def to_json(costs: Sequence[Cost]) -> str:
    """One array with an object a cost; null for what does not exist."""
    return tables.to_json(of_records(records(costs)))


def to_csv(costs: Sequence[Cost]) -> str:
    """One row a cost, with a head; an empty cell for what does not exist."""
    return tables.to_csv(of_records(records(costs)))


def to_markdown(costs: Sequence[Cost]) -> str:
    """The conditions, the tables, and what they mean."""
    written = map(tables.markdown, tables_of(costs))
    return "\n\n".join([f"{conditions()}.", *written, "\n".join(explanations(costs))])


def frame(costs: Sequence[Cost]) -> "DataFrame":
    """The costs as a table for figures; `name` is the activation as short as it goes."""
    import pandas as pd

    table = pd.DataFrame([asdict(cost) for cost in costs])
    return table.assign(name=table["activation"].map(short))


def make_folder(folder: Path) -> None:
    """Make the folder that results will go to, before they are measured.

    Raises:
        StoreError: when it cannot be made or written to.
    """
    if folder.suffix.lower() in _OF_FILES and not output_files.is_folder(folder):
        raise StoreError(
            f"--out {folder} has the name of a file, but names a folder for {FILE} and speed.png: "
            f"--out {folder.with_suffix('')}"
        )
    try:
        output_files.make_folder(folder)
    except OSError as error:
        raise _cannot_write(folder, error.strerror or str(error)) from error


def write(costs: Sequence[Cost], folder: Path) -> Path:
    """Write speed.csv into a folder that is there, and give its path.

    Raises:
        StoreError: when it cannot be written.
    """
    path = folder / FILE
    try:
        output_files.write(path, f"{to_csv(costs)}\n".encode())
    except OSError as error:
        raise _cannot_write(path, error.strerror or str(error)) from error
    return path


def _cannot_write(path: Path, reason: str) -> StoreError:
    return StoreError(
        f"{path} cannot be written ({reason}). "
        "Name a folder that can be written to with --out FOLDER."
    )
