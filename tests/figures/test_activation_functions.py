import math
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_bench.errors import ReluBenchError, StoreError
from relu_bench.figures.activation_functions import activation_functions, maximum
from relu_bench.figures.saving import check_figure_path, save_file
from relu_bench.networks.activations import canonical, listing, slopes, values


def draw(*names: str) -> Figure:
    return activation_functions([canonical(name) for name in names])


def drawn(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.axison]


def curves(axes: Axes) -> list[tuple[np.ndarray, np.ndarray]]:
    found = [line.get_data() for line in axes.lines if len(np.asarray(line.get_xdata())) > 100]
    return [(np.asarray(x), np.asarray(y)) for x, y in found]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_maxima_of_the_classic_comparison() -> None:
    relu, tanh, sigmoid = drawn(draw("relu", "tanh", "sigmoid"))
    assert texts(relu) == ["max f′ = 1"]
    assert texts(tanh) == ["max f′ = 1"]
    assert texts(sigmoid) == ["max f′ = 0.25"]
    marks = [line.get_data() for line in sigmoid.lines if line.get_marker() == "v"]
    assert marks == [(pytest.approx([0.0], abs=1e-9), [0.25])]
    assert len({axes.get_xlim() + axes.get_ylim() for axes in (relu, tanh, sigmoid)}) == 1


def test_the_curves_are_function_and_derivative() -> None:
    (axes,) = drawn(draw("silu"))
    (x, function), (_, derivative) = curves(axes)
    np.testing.assert_allclose(function, values("silu", x))
    np.testing.assert_allclose(derivative, slopes("silu", x))


def test_a_jump_is_a_gap_and_a_dot() -> None:
    (axes,) = drawn(draw("relu6"))
    (x, function), (_, derivative) = curves(axes)
    assert np.isfinite(function).all()
    assert x[np.isnan(derivative)].tolist() == [0.0, 6.0]
    dots = [line.get_data() for line in axes.lines if line.get_marker() == "o"]
    assert [(float(x[0]), float(y[0])) for x, y in dots] == [(0.0, 0.0), (6.0, 0.0)]
    assert axes.get_xlim() == (-7, 7), "both kinks are to be seen"

    (axes,) = drawn(draw("hard_shrink"))
    (x, function), _ = curves(axes)
    assert x[np.isnan(function)].tolist() == [-0.5, 0.5]


def test_labels_of_one_activation_share_a_panel() -> None:
    elu, leaky = drawn(draw("elu", "leaky_relu", "elu(alpha=0.5)"))
    assert elu.get_title(loc="left") == "elu"
    legend = elu.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["alpha=1.0", "alpha=0.5"]
    assert len(curves(elu)) == 4
    assert leaky.get_title(loc="left") == "leaky_relu(negative_slope=0.01)"
    assert leaky.get_legend() is None


def test_more_labels_than_colours_are_refused() -> None:
    draw(*(f"elu(alpha={number})" for number in range(7)))
    with pytest.raises(ReluBenchError, match=r"8 labels of elu do not fit .* at most 7"):
        draw(*(f"elu(alpha={number})" for number in range(8)))


def test_the_whole_family_has_a_panel_each_and_no_marks() -> None:
    labels = listing.all_labels()
    figure = activation_functions(labels)
    assert len(drawn(figure)) == len(labels)
    assert not any(texts(axes) for axes in drawn(figure))


@pytest.mark.parametrize(
    ("name", "where", "greatest"),
    [("sigmoid", 0, 0.25), ("gelu", math.sqrt(2), 1.128904), ("hard_silu", 3, 1.5)],
)
def test_maximum(name: str, where: float, greatest: float) -> None:
    x = np.append(np.linspace(-4, 4, 80_001), 3 - 1e-9)
    assert maximum(canonical(name), x) == pytest.approx((where, greatest), abs=1e-4)


def test_a_file_has_the_format_of_its_ending(tmp_path: Path) -> None:
    figure = draw("tanh")
    for name, start in (("a.PNG", b"\x89PNG"), ("new/a.svg", b"<?xml"), ("a.pdf", b"%PDF")):
        save_file(figure, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(ReluBenchError, match=r"a\.jpg: a figure's file ends in one of \.png, "):
        check_figure_path(Path("a.jpg"))
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"The figure cannot be written to .*Name a file that can"):
        save_file(figure, tmp_path / "file" / "a.png")


def test_settings_of_the_process_around_it_change_nothing(tmp_path: Path) -> None:
    save_file(draw("tanh"), tmp_path / "a.svg")
    with matplotlib.rc_context({"lines.linewidth": 9, "lines.markersize": 20, "font.size": 30}):
        save_file(draw("tanh"), tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
