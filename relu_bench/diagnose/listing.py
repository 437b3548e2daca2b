"""Diagnoses for a reader: tables as plain text and as Markdown, and the words around them."""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from relu_bench.compare import broken
from relu_bench.diagnose.diagnosis import AXES, RULE, Diagnosis, LayerDiagnosis, Share, Spread
from relu_bench.diagnose.records import text, variants

_HEADS = ("variant", "signal", "gradient", "dead %", "layer %", "verdict")
_LAYER_HEADS = ("layer", "units", "signal", "×", "gradient", "×", "dead %", "layer %")
_NARROWEST_VARIANT = 12
_BETWEEN = 2

COLUMNS = (
    "signal: log10 of the root mean square pre-activation of the last hidden layer over that of "
    "the first. gradient: log10 of the root mean square gradient of the first hidden layer over "
    "that of the last. Both: median over the initializations (5 % and 95 % quantile). dead: units "
    "whose derivative is 0 on every image. layer: initializations with a whole hidden layer dead "
    "(95 % interval)."
)
LAYER_COLUMNS = (
    "signal: mean square of the pre-activation. gradient: mean square of the derivative of an "
    "image's loss by it. Both: median over the initializations. ×: median factor from the layer "
    "below (signal) or above (gradient). dead: units whose derivative is 0 on every image. layer: "
    "initializations in which all are (95 % interval). CSV and JSON hold the spread as well."
)


def as_text(
    diagnoses: Sequence[Diagnosis], collapsed: Mapping[str, int], *, by_layer: bool, width: int
) -> str:
    """What was simulated, the table, and what its columns and the verdicts mean.

    Args:
        diagnoses: at least one.
        collapsed: of `combinations.collapsed`.
        by_layer: a table of layers for each combination.
        width: of the text, in characters.
    """
    parts = [_wrapped(line, width) for line in _opening(diagnoses, collapsed)]
    parts.append("")
    if by_layer:
        for name, each in zip(variants(diagnoses), diagnoses, strict=True):
            heading = f"{name}: {each.judged.verdict}, {each.judged.reason}"
            parts += [_wrapped(heading, width), *_layer_table(each.layers), ""]
    else:
        parts += [*_table(_rows(diagnoses), width), ""]
    parts.append(_wrapped(LAYER_COLUMNS if by_layer else COLUMNS, width))
    parts.append(_wrapped(RULE[0].upper() + RULE[1:], width))
    return "\n".join(parts)


def as_markdown(diagnoses: Sequence[Diagnosis], *, by_layer: bool) -> str:
    """A table with a row for each combination, or for each of its layers."""
    if not by_layer:
        rows = [(f"`{name}`", *cells) for name, *cells in _rows(diagnoses)]
        return _markdown(_HEADS, ["---", *["---:"] * 4, "---"], rows)
    rows = [
        (f"`{name}`", *_layer_row(layer))
        for name, each in zip(variants(diagnoses), diagnoses, strict=True)
        for layer in each.layers
    ]
    return _markdown(("variant", *_LAYER_HEADS), ["---", "---", *["---:"] * 7], rows)


def _opening(diagnoses: Sequence[Diagnosis], collapsed: Mapping[str, int]) -> Iterator[str]:
    images = " or ".join(dict.fromkeys(str(each.images) for each in diagnoses))
    combinations = _count(len(diagnoses), "combination")
    initializations = _count(diagnoses[0].trials, "initialization")
    yield (
        f"{combinations}, {initializations} each (seed {diagnoses[0].seed}), "
        f"{images} training images"
    )
    fixed = [
        f"{axis}={text(values[0])}"
        for axis in AXES
        if len(values := list({getattr(each.combination, axis) for each in diagnoses})) == 1
        and (axis, values[0]) != ("output_activation", "identity")
    ]
    yield f"fixed: {', '.join(fixed)}"
    if collapsed:
        counts = ", ".join(f"{field} ({number} values)" for field, number in collapsed.items())
        yield f"without part in how networks start, so not told apart: {counts}"


def _rows(diagnoses: Sequence[Diagnosis]) -> list[tuple[str, ...]]:
    return [
        (
            name,
            _decades(each.signal_ratio.median),
            _ratio(each.gradient_ratio),
            _percent(each.dead_units),
            _interval(each.dead_layer),
            each.judged.verdict,
        )
        for name, each in zip(variants(diagnoses), diagnoses, strict=True)
    ]


def _layer_row(layer: LayerDiagnosis) -> tuple[str, ...]:
    of_gradient = ("", "", "", "")
    if layer.gradient and layer.dead_layer:
        of_gradient = (
            _number(layer.gradient.median),
            _number(math.nan if layer.gradient_factor is None else layer.gradient_factor),
            _percent(math.nan if layer.dead_units is None else layer.dead_units),
            _interval(layer.dead_layer),
        )
    signal = (_number(layer.signal.median), _number(layer.signal_factor))
    return (layer.layer, str(layer.units), *signal, *of_gradient)


def _table(rows: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Columns aligned; a long variant goes on over several lines."""
    widths = [max(len(cell) for cell in column) for column in zip(_HEADS, *rows, strict=True)]
    rest = sum(widths[1:]) + _BETWEEN * len(widths[1:])
    room = max(width - rest, _NARROWEST_VARIANT)
    names = [broken(name, room).splitlines() for name, *_ in rows]
    widths[0] = max(len(line) for lines in (*names, [_HEADS[0]]) for line in lines)
    lines = [_aligned(_HEADS[:-1], widths[:-1], _HEADS[-1])]
    for (_, *cells, verdict), (first, *more) in zip(rows, names, strict=True):
        lines += [_aligned((first, *cells), widths[:-1], verdict), *more]
    return lines


def _layer_table(layers: Sequence[LayerDiagnosis]) -> list[str]:
    rows = [_LAYER_HEADS, *(_layer_row(layer) for layer in layers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_LAYER_HEADS))]
    return [_aligned(row, widths) for row in rows]


def _aligned(cells: Sequence[str], widths: Sequence[int], last: str = "") -> str:
    """The first cell at the left, the others at the right, and a word behind them."""
    first, *rest = cells
    numbers = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
    return (" " * _BETWEEN).join([first.ljust(widths[0]), *numbers, last]).rstrip()


def _markdown(heads: Sequence[str], rules: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, rules, *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _wrapped(line: str, width: int) -> str:
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)


def _decades(value: float) -> str:
    # Adding 0.0 turns -0.0 into 0.0.
    return "" if math.isnan(value) else f"{round(value, 1) + 0.0:+.1f}"


def _ratio(spread: Spread) -> str:
    if math.isnan(spread.median):
        return ""
    return f"{_decades(spread.median)} ({_decades(spread.low)}, {_decades(spread.high)})"


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2g}"


def _percent(share: float) -> str:
    """Two significant digits, but every digit of what rounds to 100."""
    percent = 100 * share
    return "" if math.isnan(share) else f"{percent:.0f}" if percent >= 99.5 else f"{percent:.2g}"


def _interval(share: Share) -> str:
    return f"{_percent(share.share)} ({_percent(share.low)}, {_percent(share.high)})"
