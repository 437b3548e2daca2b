import math
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_bench.errors import ReluBenchError
from relu_bench.figures.initialization import initialization

SETTINGS = {
    "dataset": "mnist",
    "model": "mlp(depth=3, width=8)",
    "activation": "relu",
    "initializer": "he_normal",
    "bias_initializer": "zeros",
    "batch_norm": False,
    "output_activation": "identity",
}
SIGNALS, GRADIENTS = (1.0, 0.1, 0.01), (1e-6, 1e-4, 1e-2)


def rows(
    signals: tuple[float, ...] = SIGNALS,
    gradients: tuple[float, ...] = GRADIENTS,
    dead: float = 0.0,
    **settings: Any,
) -> list[dict[str, Any]]:
    found = [
        {
            **SETTINGS,
            **settings,
            "layer": f"dense_{number}",
            "units": 8,
            "signal": signal,
            "signal_low": signal / 2,
            "signal_high": signal * 2,
            "gradient": gradient,
            "gradient_low": 0.0,
            "gradient_high": gradient * 3,
            "dead_units": dead,
        }
        for number, (signal, gradient) in enumerate(zip(signals, gradients, strict=True), start=1)
    ]
    return [*found, {**found[-1], "layer": "output", "gradient": math.nan, "dead_units": math.nan}]


def panels(figure: Figure) -> list[Axes]:
    return list(figure.axes)


def curve(axes: Axes, number: int = 0) -> tuple[list[float], list[float]]:
    line = [each for each in axes.lines if each.get_label()[:1] != "_"][number]
    x, y = line.get_data()
    return list(map(float, x)), list(map(float, y))


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left").replace("\n", " ") for axes in panels(figure)]


def test_a_line_for_each_activation_and_a_panel_for_each_initializer() -> None:
    records = [
        row
        for activation in ("relu", "tanh")
        for initializer in ("he_normal", "zeros")
        for row in rows(activation=activation, initializer=initializer)
    ]
    figure = initialization(records, trials=30)
    signal, _, gradient, _ = panels(figure)
    assert titles(figure) == ["he_normal", "zeros", "", ""]
    assert curve(signal) == ([1, 2, 3], list(SIGNALS))
    assert curve(gradient, 1) == ([1, 2, 3], list(GRADIENTS))
    assert signal.get_yscale() == gradient.get_yscale() == "log"
    assert panels(figure)[1].get_ylim() == signal.get_ylim()
    low, high = gradient.get_ylim()
    assert low < GRADIENTS[0]
    assert high > 3 * GRADIENTS[2]
    legend = [text.get_text() for text in legend_texts(figure)]
    assert legend == ["relu", "tanh"]


def legend_texts(part: Any) -> list[Any]:
    return [text for legend in part.legends for text in legend.get_texts()]


def test_dead_units_are_drawn_where_there_are_any() -> None:
    assert len(panels(initialization(rows(), trials=3))) == 2
    figure = initialization(rows(dead=0.25), trials=3)
    dead = panels(figure)[2]
    assert curve(dead) == ([1, 2, 3], [0.25] * 3)
    low, high = dead.get_ylim()
    assert low < 0
    assert high > 1


def test_what_is_exactly_zero_or_infinite_does_not_break_the_axis() -> None:
    records = rows(signals=(1.0, math.inf, math.inf), gradients=(0.0, 0.0, 1e-3))
    signal, gradient = panels(initialization(records, trials=3))
    assert all(math.isfinite(limit) and limit > 0 for limit in signal.get_ylim())
    marks = [line for line in gradient.lines if line.get_marker() == "v"]
    assert [list(map(float, line.get_xdata())) for line in marks] == [[1, 2]]
    nothing = rows(signals=(0.0,) * 3, gradients=(0.0,) * 3)
    assert panels(initialization(nothing, trials=3))[0].get_ylim() == (0.001, 1.0)


def test_more_activations_than_colours_get_panels() -> None:
    records = [
        row
        for number in range(9)
        for initializer in ("he_normal", "glorot_normal")
        for row in rows(activation=f"elu(alpha={number})", initializer=initializer)
    ]
    figure = initialization(records, trials=3)
    assert titles(figure)[:3] == ["elu(alpha=0)", "elu(alpha=1)", "elu(alpha=2)"]
    assert len(panels(figure)) == 9 * 2
    legend = [text.get_text() for text in legend_texts(figure)]
    assert legend == ["he_normal", "glorot_normal"]


def test_too_many_panels_are_refused() -> None:
    records = [
        row
        for number in range(41)
        for initializer in ("a", "b")
        for row in rows(model=f"mlp(hidden=[{number + 1}])", initializer=initializer)
    ]
    with pytest.raises(ReluBenchError, match=r"41 panels do not fit .* for example --set model="):
        initialization(records, trials=3)


def test_depths_have_axes_of_their_own() -> None:
    records = [*rows(model="deep"), *rows((1.0, 0.5), (0.1, 0.2), model="shallow")]
    records += [
        *rows(model="deep", activation="tanh"),
        *rows((1.0, 0.5), (0.1, 0.2), model="shallow", activation="tanh"),
    ]
    deep, shallow, *_ = panels(initialization(records, trials=3))
    assert deep.get_xlim()[1] > 3 > shallow.get_xlim()[1] > 2
