import hashlib

import numpy as np
import pytest
import sklearn.datasets
from scipy.ndimage import zoom

from relu_bench import data
from relu_bench.data.images.digits import resize
from relu_bench.errors import DataError


@pytest.fixture(scope="module")
def digits() -> data.Dataset:
    return data.load("digits")


def test_what_it_is(digits: data.Dataset) -> None:
    assert digits.info == data.info("digits")
    assert digits.inputs.shape == (28, 28, 1)
    assert digits.train_inputs.shape == (1437, 28, 28, 1)
    assert digits.test_inputs.shape == (360, 28, 28, 1)
    assert digits.source.startswith("embedded in scikit-learn ")
    for array in (digits.train_inputs, digits.test_inputs, digits.train_targets):
        assert array.dtype == np.uint8
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    assert digits.train_inputs.min() == 0
    assert digits.train_inputs.max() == 255


def test_golden(digits: data.Dataset) -> None:
    sha = hashlib.sha256()
    for array in (
        digits.train_inputs,
        digits.train_targets,
        digits.test_inputs,
        digits.test_targets,
    ):
        sha.update(array.tobytes())
    assert sha.hexdigest() == "de9a1858c71908bcc95c4c59e610ab9bc1d32545a15cde8e3523d90d18253c31"


def test_the_parts_are_all_the_samples_once_and_stratified(digits: data.Dataset) -> None:
    bunch = sklearn.datasets.load_digits()
    original = resize(bunch.images.astype(np.uint8), 28, 16)
    both = np.concatenate([digits.train_inputs, digits.test_inputs])[..., 0]
    assert sorted(map(bytes, original)) == sorted(map(bytes, both))
    counts = np.bincount(bunch.target)
    exact = counts * 360 / 1797
    assert np.all(np.abs(np.bincount(digits.test_targets) - exact) < 1)


def test_labels_stay_with_their_images(digits: data.Dataset) -> None:
    bunch = sklearn.datasets.load_digits()
    original = resize(bunch.images.astype(np.uint8), 28, 16)
    label_of = {bytes(image): label for image, label in zip(original, bunch.target, strict=True)}
    for inputs, targets in (
        (digits.train_inputs, digits.train_targets),
        (digits.test_inputs, digits.test_targets),
    ):
        assert [label_of[bytes(image)] for image in inputs[..., 0]] == targets.tolist()


def test_resize_is_bilinear_with_half_pixel_centres() -> None:
    images = np.random.default_rng(0).integers(0, 17, size=(5, 8, 8), dtype=np.uint8)
    # SciPy's linear zoom over grid cells is the same method, in floating point.
    expected = zoom(images.astype(float), (1, 3.5, 3.5), order=1, mode="nearest", grid_mode=True)
    ours = resize(images, 28, 16)
    np.testing.assert_allclose(ours, expected * 255 / 16, atol=0.5 + 1e-9)


def test_resize_fills_the_frame_and_keeps_the_extremes() -> None:
    left = np.zeros((1, 8, 8), np.uint8)
    left[:, :, :4] = 16
    resized = resize(left, 28, 16)[0]
    assert resized[:, 0].tolist() == [255] * 28
    assert resized[:, -1].tolist() == [0] * 28
    np.testing.assert_array_equal(resized[:, ::-1], 255 - resized)


def test_other_digits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bunch = sklearn.datasets.load_digits()
    bunch.images[3, 4, 4] += 1
    monkeypatch.setattr(sklearn.datasets, "load_digits", lambda: bunch)
    with pytest.raises(DataError, match="are not the 1,797 that this data set is made of"):
        data.load("digits")
