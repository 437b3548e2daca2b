"""The network for ratings: its layers, its numbers, and what is seen inside it."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from relu_bench.config.plan import Spec
from relu_bench.config.settings import Setting
from relu_bench.data import Inputs, image
from relu_bench.errors import ConfigError
from relu_bench.networks import models
from relu_bench.networks.models import Architecture, canonical, check_fits
from relu_bench.training.loop import RunResult

INPUTS = Inputs("features", (5,), groups=(3, 2))


def architecture(**changed: Any) -> Architecture:
    fields: dict[str, Any] = {
        "model": "recommender(hidden=[4, 3], tower=6)",
        "activation": "relu",
        "batch_norm": False,
        "batch_norm_momentum": 0.99,
        "dropout": 0.0,
        "dropout_kind": "standard",
        "inputs": INPUTS,
        "outputs": 1,
    }
    return Architecture(**{**fields, **changed})


def test_its_label() -> None:
    assert canonical("recommender") == "recommender(hidden=[128, 64], tower=64)"
    assert models.depth(canonical("recommender(hidden=[9])")) == 2


def test_it_takes_features_only() -> None:
    check_fits(canonical("recommender"), INPUTS, "synthetic_ratings")
    check_fits(canonical("mlp"), INPUTS, "synthetic_ratings")
    with pytest.raises(ConfigError, match=r"'recommender.*' takes features, but 'mnist' has image"):
        check_fits(canonical("recommender"), image((28, 28, 1)), "mnist")
    with pytest.raises(ConfigError, match="'cnn' takes images, but 'synthetic_ratings' has feat"):
        check_fits("cnn", INPUTS, "synthetic_ratings")


@pytest.mark.tensorflow
def test_features_that_are_not_of_two_groups_are_refused() -> None:
    for groups in ((), (5,), (2, 2, 1)):
        with pytest.raises(ConfigError, match=rf"make {len(groups)} groups. Take model: mlp."):
            models.build(architecture(inputs=Inputs("features", (5,), groups=groups)))


@pytest.mark.tensorflow
def test_its_numbers_are_those_of_the_formula() -> None:
    random = np.random.default_rng(0)
    model = models.build(architecture())
    model.set_weights([random.normal(size=weights.shape) for weights in model.get_weights()])
    rows = random.normal(size=(7, 5)).astype(np.float32)

    def dense(name: str, values: np.ndarray) -> np.ndarray:
        layer = model.get_layer(name)
        found: np.ndarray = values @ layer.kernel.numpy() + layer.bias.numpy()
        return found

    user = np.maximum(dense("user", rows[:, :3]), 0)
    item = np.maximum(dense("item", rows[:, 3:]), 0)
    hidden = np.maximum(dense("dense_1", np.concatenate([user, item], axis=1)), 0)
    expected = dense("output", np.maximum(dense("dense_2", hidden), 0))
    np.testing.assert_allclose(model(rows), expected, rtol=1e-5, atol=1e-5)
    assert model.count_params() == (3 + 1) * 6 + (2 + 1) * 6 + (12 + 1) * 4 + (4 + 1) * 3 + 3 + 1


@pytest.mark.tensorflow
def test_every_hidden_layer_has_batch_norm_activation_and_dropout() -> None:
    model = models.build(
        architecture(activation="prelu(initial=0.25)", batch_norm=True, dropout=0.5)
    )
    names = [layer.name for layer in model.layers]
    for hidden in ("user", "item", "dense_1", "dense_2"):
        places = [names.index(f"{hidden}{part}") for part in ("", *_PARTS)]
        assert places == sorted(places)
    assert names[-1] == "output"
    plain = {layer.name for layer in models.build(architecture()).layers}
    assert plain == {name for name in names if not name.endswith(("_batch_norm", "_dropout"))}


_PARTS = ("_batch_norm", "_activation", "_dropout")


@cache
def trainer() -> Any:
    """One for all runs: it compiles their program once."""
    from relu_bench.training.trainer import Trainer

    return Trainer(xla=False)


def trained(**changes: Any) -> tuple[Spec, RunResult]:
    fields = {
        "dataset": "synthetic_ratings(users=100, items=40, ratings_per_user=30)",
        "model": "recommender(hidden=[16, 8], tower=8)",
        "batch_size": 32,
        "epochs": 6,
        "learning_rate": 0.01,
        **changes,
    }
    spec = Spec.model_construct(**dict(Setting.model_validate(fields)), seed=0, probes=True)
    return spec, trainer().train(spec)


@pytest.mark.tensorflow
def test_a_run_learns_and_is_seen_inside() -> None:
    _, result = trained()
    assert result.outcome == "learned"
    assert 0.4 < result.summary["test_rmse"] < result.summary["guess_test_rmse"]
    assert result.summary["test_mae"] < result.summary["guess_test_mae"]
    assert result.summary["test_loss"] == pytest.approx(result.summary["test_rmse"] ** 2, rel=1e-6)
    layers = [row["layer"] for row in result.layers if row["epoch"] == 6]
    assert layers == ["user", "item", "dense_1", "dense_2", "output"]
    hidden = [row for row in result.layers if row["layer"] != "output"]
    assert all(row["dead_fraction"] is not None for row in hidden)
    assert all(row["gradient_rms"] > 0 for row in hidden)


@pytest.mark.tensorflow
def test_the_best_epoch_is_the_one_with_the_smallest_error() -> None:
    _, result = trained(epochs=4)
    errors = {row["epoch"]: row["val_rmse"] for row in result.epochs[1:]}
    assert result.summary["best_epoch"] == min(errors, key=lambda epoch: errors[epoch])
    assert result.summary["best_epoch_val_rmse"] == min(errors.values())


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"learning_rate": 1e-6, "initializer": "zeros"}, "at_chance"),
        ({"learning_rate": 1000.0, "optimizer": "sgd"}, "diverged"),
    ],
)
def test_runs_that_do_not_learn(changes: dict[str, Any], outcome: str) -> None:
    _, result = trained(**changes)
    assert result.outcome == outcome
    assert result.summary["guess_test_rmse"] > 0.5
    assert (result.summary["test_rmse"] is None) == (outcome == "diverged")
