"""Probes beside training: they are there, they are right, and they leave it alone."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_networks import numbers, planned

from relu_bench.store.columns import LAYERS, names
from relu_bench.training.probes import PROBE_IMAGES, probe_indices
from relu_bench.training.trainer import Trainer

SMALL = {"dataset": "digits", "model": "mlp(hidden=[16, 8])", "epochs": 3, "batch_size": 100}


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
        {"activation": "selu", "dropout": 0.2, "dropout_kind": "alpha"},
        {"activation": "prelu(initial=0.25)", "batch_norm": True},
        {"learning_rate": 0.5, "optimizer": "sgd(momentum=0.9, nesterov=false)"},
    ],
)
def test_training_has_the_same_bits_with_and_without(trainer: Trainer, fields: Any) -> None:
    with_probes = trainer.train(spec_of(**fields))
    without = trainer.train(spec_of(probes=False, **fields))
    assert numbers(with_probes) == numbers(without)
    assert spec_of(**fields).run_id == spec_of(probes=False, **fields).run_id
    assert without.layers == ()
    assert without.summary["probes"] is False
    assert "final_dead_fraction" not in without.summary


@pytest.mark.tensorflow
def test_a_run_has_a_row_for_every_layer_and_epoch(trainer: Trainer) -> None:
    result = trainer.train(spec_of())
    layers = ("dense_1", "dense_2", "output")
    expected = [(epoch, layer) for epoch in range(4) for layer in layers]
    assert [(row["epoch"], row["layer"]) for row in result.layers] == expected
    assert {key for row in result.layers for key in row} <= set(names(LAYERS))
    assert result.summary["probes"] is True
    assert result.summary["probe_seconds"] > 0
    hidden = [row for row in result.layers if row["layer"] != "output"]
    for name in ("dead_fraction", "sparsity", "gradient_rms", "out_mean"):
        assert all(row[name] is not None for row in hidden)


@pytest.mark.tensorflow
def test_a_bias_far_below_kills_every_unit_and_the_run_tells(trainer: Trainer) -> None:
    result = trainer.train(spec_of(bias_initializer="constant(value=-100.0)"))
    born = [row for row in result.layers if row["epoch"] == 0 and row["layer"] != "output"]
    assert [row["born_dead"] for row in born] == [16, 8]
    assert all(row["gradient_rms"] == 0 for row in born)
    assert result.summary["final_dead_fraction"] == 1
    assert result.outcome == "at_chance"


@pytest.mark.tensorflow
def test_a_diverged_run_has_rows_up_to_its_end(trainer: Trainer) -> None:
    result = trainer.train(
        spec_of(
            activation="identity",
            learning_rate=1000.0,
            optimizer="sgd(momentum=0.9, nesterov=false)",
            epochs=20,
        )
    )
    assert result.outcome == "diverged"
    assert max(row["epoch"] for row in result.layers) == result.epochs[-1]["epoch"]
    cells = [value for row in result.layers for value in row.values() if isinstance(value, float)]
    assert np.isfinite(cells).all()


@given(counts=st.lists(st.integers(2, 900), min_size=2, max_size=6), seed=st.integers(0, 2**32 - 1))
def test_the_probe_set_is_a_fair_part_of_the_training_part(counts: list[int], seed: int) -> None:
    targets = np.repeat(np.arange(len(counts)), counts).astype(np.int64)
    train = np.random.default_rng(seed).permutation(len(targets)).astype(np.int32)[: -len(counts)]
    chosen = probe_indices(targets, train)
    assert len(chosen) == min(PROBE_IMAGES, len(train))
    assert len(set(chosen.tolist())) == len(chosen)
    assert set(chosen.tolist()) <= set(train.tolist())
    np.testing.assert_array_equal(chosen, probe_indices(targets, train))
    shares = np.bincount(targets[train], minlength=len(counts)) / len(train)
    found = np.bincount(targets[chosen], minlength=len(counts)) / len(chosen)
    assert np.abs(shares - found).max() <= 1 / len(chosen)
