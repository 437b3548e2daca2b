"""The rows of layers.csv: who died when, how far the kernels went, what the slopes learned."""

import math
from typing import Any

import numpy as np
import pytest
from small_networks import images, network, probe_of, targets, weight

from relu_bench.training.probes import History
from relu_bench.training.probes.history import cosine, same_sign_fraction
from relu_bench.training.probes.sums import LayerSums

pytestmark = pytest.mark.tensorflow


def history_of(model: Any, activation: str = "relu", part: Any = None) -> History:
    everything = images() if part is None else part
    positions = np.arange(len(everything), dtype=np.int32)
    probe = probe_of(model, activation)
    return History(probe, images(), targets(), (everything, positions))


def silence(model: Any, units: list[int]) -> None:
    """Let just these units of the first layer see nothing above 0, and the others everything."""
    bias = np.full(12, 100.0)
    bias[units] = -100.0
    model.get_layer("dense_1").bias.assign(bias)


def rows_of(history: History, epoch: int) -> dict[str, dict[str, Any]]:
    return {row["layer"]: row for row in history.rows if row["epoch"] == epoch}


def test_units_die_and_come_back() -> None:
    model = network()
    history = history_of(model)
    for epoch, silent in enumerate(([0, 1], [1, 2, 3], [3])):
        silence(model, silent)
        history.note(epoch, last=epoch == 2)
    first = [rows_of(history, epoch)["dense_1"] for epoch in range(3)]
    assert [row["dead_fraction"] for row in first] == [2 / 12, 3 / 12, 1 / 12]
    assert [row.get("born_dead") for row in first] == [2, None, None]
    assert [(row.get("died"), row.get("revived")) for row in first] == [
        (None, None),
        (2, 1),
        (0, 2),
    ]
    dead = rows_of(history, 2)
    total = dead["dense_1"]["dead_fraction"] * 12 + dead["dense_2"]["dead_fraction"] * 8
    assert history.summary()["final_dead_fraction"] == pytest.approx(total / 20)


def test_at_the_ends_dead_is_counted_on_the_whole_training_part() -> None:
    model = network()
    kernel = np.zeros((16, 12), np.float32)
    kernel[0] = 1
    model.get_layer("dense_1").kernel.assign(kernel)
    model.get_layer("dense_1").bias.assign([-0.5] + [1.0] * 11)
    dark, bright = (np.full((40, 4, 4, 1), value, np.uint8) for value in (0, 255))
    history = History(
        probe_of(model),
        dark,
        targets(),
        (np.concatenate([dark, bright]), np.arange(80, dtype=np.int32)),
    )
    for epoch in range(3):
        history.note(epoch, last=epoch == 2)
    first = [rows_of(history, epoch)["dense_1"] for epoch in range(3)]
    assert [row["inactive_fraction"] for row in first] == [1 / 12] * 3
    assert [row["dead_fraction"] for row in first] == [0, 1 / 12, 0]
    # Who died and who came back is told from the probe set, which says the same all along.
    assert [(row.get("died"), row.get("revived")) for row in first] == [
        (None, None),
        (0, 0),
        (0, 0),
    ]


def test_a_learned_slope_can_revive_a_unit_so_it_is_not_dead() -> None:
    model = network("prelu(initial=0.0)")
    silence(model, [0, 1])
    history = history_of(model, "prelu(initial=0.0)")
    history.note(0, last=False)
    history.note(1, last=True)
    for row in (rows_of(history, epoch)["dense_1"] for epoch in (0, 1)):
        assert row["inactive_fraction"] == 2 / 12
        assert row["dead_fraction"] == 0
    assert rows_of(history, 0)["dense_1"]["born_dead"] == 0
    assert rows_of(history, 1)["dense_1"]["died"] == 0
    assert history.summary()["final_dead_fraction"] == 0


@pytest.mark.parametrize(
    ("activation", "variable", "value", "expected"),
    [
        ("prelu", "alpha", np.linspace(-1, 2, 12), (0.5, -1, 2)),
        ("learnable_relu", "slope", 0.3, (0.3, 0.3, 0.3)),
        ("arelu", "alpha", 5.0, (0.99, 0.99, 0.99)),
        ("relu", None, None, (None, None, None)),
    ],
)
def test_learned_slopes(activation: str, variable: str, value: Any, expected: Any) -> None:
    model = network(activation)
    if variable:
        getattr(model.get_layer("dense_1_activation"), variable).assign(value)
    history = history_of(model, activation)
    history.note(0, last=False)
    row = rows_of(history, 0)["dense_1"]
    found = [row.get(name) for name in ("slope_mean", "slope_min", "slope_max")]
    assert found == [pytest.approx(each) if each is not None else None for each in expected]
    assert "slope_mean" not in rows_of(history, 0)["output"]


def test_the_ways_of_the_kernels() -> None:
    model = network()
    history = history_of(model)
    kernels = [weight(model, "output")]
    rng = np.random.default_rng(0)
    history.note(0, last=False)
    for epoch in (1, 2):
        kernels.append(kernels[-1] + rng.normal(size=kernels[0].shape))
        model.get_layer("output").kernel.assign(kernels[-1])
        history.note(epoch, last=False)
    rows = [rows_of(history, epoch)["output"] for epoch in range(3)]
    first, second = kernels[1] - kernels[0], kernels[2] - kernels[1]
    norm = np.linalg.norm
    assert [row["kernel_norm"] for row in rows] == pytest.approx([norm(k) for k in kernels])
    assert "update_ratio" not in rows[0]
    assert rows[1]["update_ratio"] == pytest.approx(norm(first) / norm(kernels[1]), rel=1e-5)
    assert "update_cosine" not in rows[1]
    expected = (first * second).sum() / norm(first) / norm(second)
    assert rows[2]["update_cosine"] == pytest.approx(expected, rel=1e-4)
    # Those that stood still have no direction.
    assert rows_of(history, 2)["dense_1"]["update_ratio"] == 0
    assert rows_of(history, 2)["dense_1"]["update_cosine"] is None


def test_signs_of_incoming_gradients() -> None:
    gradient = np.array([[1, -1, 0, 2], [3, 1, 0, 0], [1, 0, 0, 5]], np.float32)
    # The first and last unit share a sign, the second does not, the third has no gradient.
    assert same_sign_fraction(gradient) == pytest.approx(2 / 3)
    assert same_sign_fraction(gradient.reshape(3, 1, 4)) == pytest.approx(2 / 3)
    assert same_sign_fraction(np.zeros((3, 2), np.float32)) is None
    gradient[0, 0] = np.nan
    assert same_sign_fraction(gradient) is None


def test_cosines() -> None:
    right, up = np.array([1, 0], np.float32), np.array([0, 2], np.float32)
    assert cosine(right, up) == 0
    assert cosine(right, -3 * right) == pytest.approx(-1)
    assert cosine(right, 0 * up) is None


def test_a_network_of_nan_is_not_measured() -> None:
    model = network()
    model.get_layer("dense_1").kernel.assign(np.full((16, 12), np.nan))
    history = history_of(model)
    history.note(0, last=False)
    history.note(1, last=True)
    row = rows_of(history, 1)["dense_1"]
    assert set(row) <= {
        "epoch", "layer", "units", "kernel_norm", "kernel_gradient_norm",
        "same_sign_fraction", "update_ratio",
    }  # fmt: skip
    assert all(
        value is None for key, value in row.items() if key not in ("epoch", "layer", "units")
    )
    assert history.summary()["final_dead_fraction"] is None
    assert history.summary()["initial_gradient_ratio"] is None


def test_the_gradient_ratio_is_the_first_by_the_last_before_training() -> None:
    model = network()
    history = history_of(model)
    history.note(0, last=False)
    rows = rows_of(history, 0)
    expected = rows["dense_1"]["gradient_rms"] / rows["dense_2"]["gradient_rms"]
    model.get_layer("output").kernel.assign(np.ones((8, 3)))
    history.note(1, last=True)
    assert history.summary()["initial_gradient_ratio"] == pytest.approx(expected)
    assert math.isfinite(history.summary()["probe_seconds"])


@pytest.mark.parametrize("model", ["mlp(hidden=[12])", "mlp(hidden=[12, 8])"])
def test_no_ratio_without_two_layers_or_without_a_gradient(model: str) -> None:
    built = network(model=model)
    built.get_layer("output").kernel.assign(np.zeros(built.get_layer("output").kernel.shape))
    history = history_of(built)
    history.note(0, last=True)
    assert history.summary()["initial_gradient_ratio"] is None


def test_a_slope_that_is_no_number_makes_no_unit_active() -> None:
    sums = LayerSums(units=2, small_slope=None)
    values = np.ones((3, 2), np.float32)
    sums.add(values, values, values, values)
    assert sums.cells()["inactive_fraction"] == 0
    slopes = values.copy()
    slopes[1, 0] = np.nan
    sums.add(values, values, slopes, values)
    sums.add(values, values, values, values)
    assert not sums.finite
    assert sums.cells() == {}
