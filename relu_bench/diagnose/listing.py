"""Diagnoses for a reader: tables as plain text and as Markdown, and the words around them."""

import math
from collections.abc import Iterator, Mapping, Sequence

from relu_bench.diagnose.diagnosis import AXES, RULE, Diagnosis, LayerDiagnosis, Share, Spread
from relu_bench.diagnose.records import variants
from relu_bench.tables import Head, Table, markdown, table, terminal
from relu_bench.wording import as_yaml, counted, percent, wrapped

_VARIANT = Head("variant", form="code")
_NUMBERS = ("signal", "gradient", "dead %", "layer %")
_LAYER_NUMBERS = ("units", "signal", "×", "gradient", "×", "dead %", "layer %")

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
            layers = table("", ("layer", *_LAYER_NUMBERS), map(_layer_row, each.layers))
            parts += [_wrapped(heading, width), terminal(layers, width), ""]
    else:
        parts += [terminal(_table(diagnoses), width), ""]
    parts.append(_wrapped(LAYER_COLUMNS if by_layer else COLUMNS, width))
    parts.append(_wrapped(RULE[0].upper() + RULE[1:], width))
    return "\n".join(parts)


def as_markdown(diagnoses: Sequence[Diagnosis], *, by_layer: bool) -> str:
    """A table with a row for each combination, or for each of its layers."""
    if not by_layer:
        return markdown(_table(diagnoses))
    rows = [
        (name, *_layer_row(layer))
        for name, each in zip(variants(diagnoses), diagnoses, strict=True)
        for layer in each.layers
    ]
    numbers = (Head(text, "right") for text in _LAYER_NUMBERS)
    return markdown(table("", (_VARIANT, Head("layer"), *numbers), rows))


def _opening(diagnoses: Sequence[Diagnosis], collapsed: Mapping[str, int]) -> Iterator[str]:
    images = " or ".join(dict.fromkeys(str(each.images) for each in diagnoses))
    combinations = counted(len(diagnoses), "combination")
    initializations = counted(diagnoses[0].trials, "initialization")
    yield (
        f"{combinations}, {initializations} each (seed {diagnoses[0].seed}), "
        f"{images} training images"
    )
    fixed = [
        f"{axis}={as_yaml(values[0])}"
        for axis in AXES
        if len(values := list({getattr(each.combination, axis) for each in diagnoses})) == 1
        and (axis, values[0]) != ("output_activation", "identity")
    ]
    yield f"fixed: {', '.join(fixed)}"
    if collapsed:
        counts = ", ".join(f"{field} ({number} values)" for field, number in collapsed.items())
        yield f"without part in how networks start, so not told apart: {counts}"


def _table(diagnoses: Sequence[Diagnosis]) -> Table:
    rows = [
        (
            name,
            _decades(each.signal_ratio.median),
            _ratio(each.gradient_ratio),
            percent(each.dead_units),
            _interval(each.dead_layer),
            each.judged.verdict,
        )
        for name, each in zip(variants(diagnoses), diagnoses, strict=True)
    ]
    numbers = (Head(text, "right") for text in _NUMBERS)
    return table("", (_VARIANT, *numbers, Head("verdict")), rows)


def _layer_row(layer: LayerDiagnosis) -> tuple[str, ...]:
    return (
        layer.layer,
        str(layer.units),
        _number(layer.signal.median),
        _number(layer.signal_factor),
        _number(layer.gradient.median),
        _number(layer.gradient_factor),
        percent(layer.dead_units),
        _interval(layer.dead_layer),
    )


def _wrapped(line: str, width: int) -> str:
    return "\n".join(wrapped(line, width))


def _decades(value: float) -> str:
    # Adding 0.0 turns -0.0 into 0.0.
    return "" if math.isnan(value) else f"{round(value, 1) + 0.0:+.1f}"


def _ratio(spread: Spread) -> str:
    if math.isnan(spread.median):
        return ""
    return f"{_decades(spread.median)} ({_decades(spread.low)}, {_decades(spread.high)})"


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2g}"


def _interval(share: Share) -> str:
    if math.isnan(share.share):
        return ""
    return f"{percent(share.share)} ({percent(share.low)}, {percent(share.high)})"
