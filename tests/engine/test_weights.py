"""Weights are drawn by role, so that every variant of a seed starts from the same kernels."""

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from relu_bench.data import image
from relu_bench.networks import models, optimizers, weights
from relu_bench.networks.models import Architecture
from relu_bench.networks.optimizers import OPTIMIZERS

PLAIN = Architecture(
    "mlp(hidden=[16, 8])", "relu", False, 0.99, 0.0, "standard", image((4, 4, 1)), 3
)


def drawn(architecture: Architecture, seed: int = 0) -> dict[str, np.ndarray]:
    model = models.build(architecture)
    weights.draw(model, seed=seed, initializer="he_normal", bias_initializer="zeros")
    return {variable.path: np.asarray(variable) for variable in model.variables}


@pytest.mark.parametrize(
    "changes",
    [
        {"activation": "prelu(initial=0.25)"},
        {"batch_norm": True},
        {"dropout": 0.5, "dropout_kind": "alpha"},
        {"activation": "prelu(initial=0.25)", "batch_norm": True, "dropout": 0.1},
    ],
)
def test_variants_of_a_seed_start_from_the_same_kernels(changes: dict[str, object]) -> None:
    plain = drawn(PLAIN)
    variant = drawn(dataclasses.replace(PLAIN, **changes))  # type: ignore[arg-type]
    kernels = [path for path in plain if path.endswith("kernel")]
    assert kernels == ["dense_1/kernel", "dense_2/kernel", "output/kernel"]
    for path in kernels:
        np.testing.assert_array_equal(plain[path], variant[path])


def test_seeds_and_roles_have_streams_of_their_own() -> None:
    first, second = drawn(PLAIN, seed=0), drawn(PLAIN, seed=1)
    assert not np.array_equal(first["dense_1/kernel"], second["dense_1/kernel"])
    square = dataclasses.replace(PLAIN, model="mlp(depth=3, width=16)")
    kernels = drawn(square)
    assert not np.array_equal(kernels["dense_2/kernel"], kernels["dense_3/kernel"])


def test_the_seed_of_a_role_is_fixed_for_good() -> None:
    # A change here changes every number of every run: raise plan.NUMERICS with it.
    assert weights.seed_of(0, "dense_1/kernel") == 896564008
    assert weights.seed_of(1, "dense_1/kernel") == 1277290797


def test_he_normal_has_the_variance_of_the_paper() -> None:
    wide = dataclasses.replace(PLAIN, model="mlp(depth=2, width=1000)")
    kernel = drawn(wide)["dense_2/kernel"]
    assert kernel.std() == pytest.approx(np.sqrt(2 / 1000), rel=0.01)
    assert abs(kernel.mean()) < 1e-3


def test_a_snapshot_restores_everything() -> None:
    model = models.build(dataclasses.replace(PLAIN, dropout=0.2, batch_norm=True))
    before = weights.snapshot(model.variables)
    weights.draw(model, seed=3, initializer="ones", bias_initializer="ones")
    weights.restore(model.variables, before)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), value)


TRIED_BOTH_WAYS = ("sgd", "adam", "lion")


def optimizers_to_try() -> list[str]:
    """Every optimizer, and every switch of it the other way."""
    labels = []
    for name, entry in OPTIMIZERS.items():
        labels.append(name)
        labels += [
            f"{name}({parameter}=true)"
            for parameter, each in entry.parameters.items()
            if each.default is False
        ]
        if "momentum" in entry.parameters:
            labels.append(f"{name}(momentum=0.9)")
    return labels


@pytest.mark.parametrize(
    ("label", "clip_norm", "xla"),
    [
        *((label, None, True) for label in optimizers_to_try()),
        *((label, 1.0, False) for label in optimizers_to_try()),
        *(
            (label, clip_norm, clip_norm is not None)
            for label in TRIED_BOTH_WAYS
            for clip_norm in (None, 1.0)
        ),
    ],
)
def test_a_gradient_that_is_not_finite_is_seen_at_the_end_of_the_epoch(
    label: str, clip_norm: float | None, xla: bool
) -> None:
    optimizer = optimizers.build(optimizers.canonical(label), 0.01, clip_norm)
    dense = keras.Variable(np.ones((3, 4), np.float32))
    embeddings = keras.Variable(np.ones((5, 2), np.float32))
    variables = [dense, embeddings]
    optimizer.build(variables)
    fresh = weights.snapshot([*variables, *optimizer.variables])

    @tf.function(jit_compile=xla, autograph=False)
    def step(factor: Any) -> None:
        with tf.GradientTape() as tape:
            looked_up = tf.gather(embeddings.value, [1, 3])
            loss = tf.reduce_sum(dense * factor) + tf.reduce_sum(looked_up * factor[0, :2])
        optimizer.apply(tape.gradient(loss, variables), variables)

    usual = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    for wrong in (np.nan, np.inf, -np.inf):
        weights.restore([*variables, *optimizer.variables], fresh)
        step(tf.constant(usual))
        assert weights.are_finite([*variables, *optimizer.variables])
        gradient = usual.copy()
        gradient[0, 1] = wrong
        step(tf.constant(gradient))
        # And it stays so: looking at the end of an epoch is enough.
        for _ in range(3):
            step(tf.constant(-usual))
        for variable in variables:
            slots = [each for each in optimizer.variables if each.shape == variable.shape]
            telling = [variable, *(slots if optimizers.steps_by_sign(label) else [])]
            assert not weights.are_finite(telling)
