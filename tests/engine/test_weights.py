"""Weights are drawn by role, so that every variant of a seed starts from the same kernels."""

import dataclasses

import numpy as np
import pytest

from relu_bench import models, weights
from relu_bench.data import image
from relu_bench.models import Architecture

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
