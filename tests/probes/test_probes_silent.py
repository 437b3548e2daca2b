"""Which units are dead on the whole training part."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_networks import images, network, probe_of, targets

pytestmark = pytest.mark.tensorflow


def positions(count: int) -> NDArray[np.int32]:
    return np.arange(count, dtype=np.int32)


def dying_network(bias: list[float]) -> object:
    """Units of the first layer that see the first pixel: they wake where it is above -bias."""
    model = network(model="mlp(hidden=[3, 4])")
    dense = model.get_layer("dense_1")
    kernel = np.zeros((16, 3), np.float32)
    kernel[0] = 1
    dense.kernel.assign(kernel)
    dense.bias.assign(bias)
    return model


def test_a_unit_that_one_training_image_wakes_is_not_dead() -> None:
    probe = probe_of(dying_network([0.0, -0.5, -2.0]))
    dark = np.full((10, 4, 4, 1), 10, np.uint8)
    look = probe.look(dark, np.zeros(10, np.int64))
    inactive = look.layers["dense_1"].inactive
    assert list(inactive) == [False, True, True]
    bright = dark.copy()
    bright[-1] = 255
    both = np.concatenate([dark, bright])
    silent = probe.silent(both, positions(20), {"dense_1": inactive}, look.moments)
    assert list(silent["dense_1"]) == [False, False, True]
    # Only asked for, never guessed: units that were no candidates stay out.
    none = probe.silent(both, positions(20), {"dense_1": np.zeros(3, np.bool_)}, look.moments)
    assert not none["dense_1"].any()
    # Only the images at these positions count.
    dark_ones = probe.silent(both, positions(10), {"dense_1": inactive}, look.moments)
    assert list(dark_ones["dense_1"]) == [False, True, True]


def test_it_stops_as_soon_as_every_candidate_has_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relu_bench.training.probes.probe._IMAGES_AT_ONCE", 10)
    probe = probe_of(dying_network([0.0, -0.5, -0.5]))
    bright = np.full((50, 4, 4, 1), 255, np.uint8)
    looked_at = []
    activity = probe._traced_activity

    def counting(stored: Any, chosen: Any, moments: Any) -> Any:
        looked_at.extend(chosen)
        return activity(stored, chosen, moments)

    monkeypatch.setitem(vars(probe), "_traced_activity", counting)
    silent = probe.silent(bright, positions(50), {"dense_1": np.array([False, True, True])}, {})
    assert not silent["dense_1"].any()
    assert looked_at == list(range(10))


def test_the_last_images_count_whatever_the_size_of_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("relu_bench.training.probes.probe._IMAGES_AT_ONCE", 30)
    monkeypatch.setattr("relu_bench.training.probes.probe._FORWARD_BATCH", 7)
    probe = probe_of(dying_network([0.0, -0.5, -2.0]))
    images = np.full((47, 4, 4, 1), 10, np.uint8)
    images[-1] = 255
    silent = probe.silent(images, positions(47), {"dense_1": np.array([True, True, True])}, {})
    assert list(silent["dense_1"]) == [False, False, True]


def test_with_batch_norm_the_whole_part_is_held_against_the_probe_set() -> None:
    # On other statistics, a unit silent on the probe set could wake on these very images.
    model = network(batch_norm=True)
    model.get_layer("dense_1_batch_norm").beta.assign(np.full(12, -2.0))
    probe = probe_of(model)
    look = probe.look(images(), targets())
    candidates = {name: sums.inactive for name, sums in look.layers.items()}
    assert candidates["dense_1"].any()
    silent = probe.silent(images(), positions(40), candidates, look.moments)
    for name, mask in candidates.items():
        np.testing.assert_array_equal(silent[name], mask)
