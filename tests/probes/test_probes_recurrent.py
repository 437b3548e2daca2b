"""A recurrent layer seen from inside: its steps count as images, and its gradient by time step."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_networks import images, network, numbers, planned, probe_of, targets, weight

from relu_bench.compare.layers import STEP_MEASURE
from relu_bench.store.columns import LAYERS, names
from relu_bench.training.probes.probe import shown_steps
from relu_bench.training.trainer import Trainer

RNN = "rnn(sequence=rows, units=12)"


@given(st.integers(1, 5000))
def test_the_shown_steps_are_all_or_thirty_from_the_first_to_the_last(count: int) -> None:
    shown = shown_steps(count)
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (1, count)
    assert len(shown) == (count if count <= 32 else 30)
    gaps = np.diff(shown)
    assert not len(gaps) or gaps.max() - gaps.min() <= 1


def by_hand(model: Any, slope: Any, function: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Back-propagation through time in double precision, of each image's own loss.

    Returns:
        Pre-activations, outputs and both gradients: (steps, images, units).
    """
    inputs = np.asarray(images(), np.float64).reshape(40, 4, 4) / 255
    kernel, recurrent, bias = (
        weight(model, "recurrent_1", name) for name in ("kernel", "recurrent_kernel", "bias")
    )
    state, pre, out = np.zeros((40, 12)), [], []
    for step in range(4):
        pre.append(inputs[:, step] @ kernel + bias + state @ recurrent)
        out.append(state := function(pre[-1]))
    logits = state @ weight(model, "output") + weight(model, "output", "bias")
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shares[range(40), np.asarray(targets())] -= 1
    by_state, by_states, by_pre = shares @ weight(model, "output").T, [], []
    for step in reversed(range(4)):
        by_states.append(by_state)
        by_pre.append(by_state * slope(pre[step]))
        by_state = by_pre[-1] @ recurrent.T
    return {
        "pre": np.array(pre),
        "out": np.array(out),
        "by_states": np.array(by_states[::-1]),
        "by_pre": np.array(by_pre[::-1]),
    }


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("activation", "function", "slope"),
    [
        ("relu", lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
        ("tanh", np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        ("prelu", lambda x: np.where(x > 0, x, x / 4), lambda x: np.where(x > 0, 1, 0.25)),
    ],
)
def test_what_is_measured_is_back_propagation_through_time(
    activation: str, function: Any, slope: Any
) -> None:
    model = network(activation, model=RNN)
    look = probe_of(model, activation).look(images(), targets())
    right = by_hand(model, slope, function)
    rms = np.sqrt((right["by_states"] ** 2).mean(axis=(1, 2)))
    np.testing.assert_allclose(look.states["recurrent_1"], rms, rtol=1e-5)
    sums = look.layers["recurrent_1"]
    assert sums.rows == 4 * 40
    cells = sums.cells()
    assert cells["gradient_rms"] == pytest.approx(np.sqrt((right["by_pre"] ** 2).mean()), rel=1e-5)
    assert cells["pre_mean"] == pytest.approx(right["pre"].mean(), rel=1e-4)
    assert cells["out_std"] == pytest.approx(right["out"].std(), rel=1e-4)
    assert cells["sparsity"] == pytest.approx((right["out"] == 0).mean())
    kernel_gradient = np.einsum(
        "tni,tnj->ij",
        np.asarray(images(), np.float64).reshape(40, 4, 4).transpose(1, 0, 2) / 255,
        right["by_pre"],
    )
    np.testing.assert_allclose(
        look.kernel_gradients["recurrent_1"], kernel_gradient / 40, rtol=1e-4, atol=1e-7
    )


@pytest.mark.tensorflow
def test_batches_of_images_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = network(model=RNN)
    whole = probe_of(model).look(images(), targets())
    # 12 units at 4 steps: 7 images at once.
    monkeypatch.setattr("relu_bench.training.probes.probe._VALUES_AT_ONCE", 7 * 48)
    parts = probe_of(model).look(images(), targets())
    np.testing.assert_allclose(parts.states["recurrent_1"], whole.states["recurrent_1"], rtol=1e-6)
    assert parts.layers["recurrent_1"].rows == whole.layers["recurrent_1"].rows


@pytest.mark.tensorflow
def test_a_unit_is_dead_that_is_silent_at_every_step_of_every_image() -> None:
    model = network(model=RNN)
    layer = model.get_layer("recurrent_1")
    bias, kernel = np.asarray(layer.bias).copy(), np.asarray(layer.kernel).copy()
    recurrent = np.asarray(layer.recurrent_kernel).copy()
    bias[3], kernel[:, 3], recurrent[:, 3] = -1, 0, 0
    # Unit 5 wakes up at the second step alone, when unit 4 has been at 1 for one step.
    bias[4:6], kernel[:, 4:6], recurrent[:, 4:6] = [1, -0.5], 0, 0
    recurrent[4, 4], recurrent[4, 5] = -1, 1
    for variable, value in (("bias", bias), ("kernel", kernel), ("recurrent_kernel", recurrent)):
        getattr(layer, variable).assign(value)
    probe = probe_of(model)
    look = probe.look(images(), targets())
    inactive = look.layers["recurrent_1"].inactive
    assert inactive[3]
    assert not inactive[4:6].any()
    dead = probe.silent(
        images(), np.arange(40, dtype=np.int32), {"recurrent_1": inactive}, look.moments
    )
    np.testing.assert_array_equal(dead["recurrent_1"], inactive)


SMALL = {
    "dataset": "digits",
    "model": "rnn(sequence=rows, units=8)",
    "epochs": 2,
    "batch_size": 100,
    "train_samples": 300,
}


spec_of = partial(planned, SMALL)


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return Trainer(xla=False)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"activation": "rrelu(lower=0.1, upper=0.3)", "dropout": 0.3},
        {"activation": "prelu(initial=0.25)", "batch_norm": True},
        {"gradient_clip_norm": 0.1, "recurrent_initializer": "identity(gain=1.0)"},
    ],
)
def test_training_has_the_same_bits_with_and_without(trainer: Trainer, fields: Any) -> None:
    with_probes = trainer.train(spec_of(**fields))
    without = trainer.train(spec_of(probes=False, **fields))
    assert numbers(with_probes) == numbers(without)


@pytest.mark.tensorflow
def test_rows_by_time_step_stand_behind_those_of_the_layers_at_both_ends(trainer: Trainer) -> None:
    result = trainer.train(spec_of())
    found = [(row["epoch"], row["layer"]) for row in result.layers]
    steps = [f"recurrent_1_step_{step}" for step in range(1, 29)]
    expected = [
        (epoch, layer)
        for epoch in range(3)
        for layer in ("recurrent_1", "output", *(steps if epoch != 1 else ()))
    ]
    assert found == expected
    assert {key for row in result.layers for key in row} <= set(names(LAYERS))
    by_step = [row for row in result.layers if "time_step" in row]
    assert all(row[STEP_MEASURE] >= 0 for row in by_step)
    assert {key for row in by_step for key in row} == {
        "epoch", "layer", "units", "time_step", STEP_MEASURE,
    }  # fmt: skip
    assert all(STEP_MEASURE not in row for row in result.layers if "time_step" not in row)
    # One hidden layer: there is no ratio between layers, and its units are counted once.
    assert result.summary["initial_gradient_ratio"] is None
    last = [row for row in result.layers if row["epoch"] == 2 and row["layer"] == "recurrent_1"]
    assert result.summary["final_dead_fraction"] == last[0]["dead_fraction"]


@pytest.mark.tensorflow
def test_a_run_that_diverges_has_no_number_that_is_not_finite(trainer: Trainer) -> None:
    result = trainer.train(
        spec_of(
            activation="identity",
            recurrent_initializer="orthogonal(gain=1e6)",
            optimizer="sgd(momentum=0.0, nesterov=false)",
            learning_rate=1000.0,
        )
    )
    assert result.outcome == "diverged"
    cells = [value for row in result.layers for value in row.values() if isinstance(value, float)]
    assert np.isfinite(cells).all()
