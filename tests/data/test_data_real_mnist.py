import hashlib
from pathlib import Path

import numpy as np
import pytest

from relu_bench import data


@pytest.fixture
def mnist(real_mnist: Path) -> data.Dataset:
    return data.load("mnist", real_mnist, fetch=False)


def test_it_is_mnist(mnist: data.Dataset) -> None:
    assert mnist.info == data.info("mnist")
    assert mnist.train_inputs.shape == (60_000, 28, 28, 1)
    assert mnist.test_inputs.shape == (10_000, 28, 28, 1)
    assert mnist.train_targets[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    # The mean and the standard deviation that everybody scales MNIST with.
    assert round(float(mnist.train_inputs.mean()) / 255, 4) == 0.1307
    assert round(float(mnist.train_inputs.std()) / 255, 4) == 0.3081
    assert data.guess_accuracy(mnist.train_targets, mnist.test_targets) == 0.1135


def test_the_default_split_of_mnist_stays_what_it_is(mnist: data.Dataset) -> None:
    parts = data.split(mnist.train_targets, validation_split=0.2, split_seed=0, train_samples=None)
    content = parts.train.astype("<i4").tobytes() + parts.validation.astype("<i4").tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "1b633754eddf5f2b"
    assert (len(parts.train), len(parts.validation)) == (48_000, 12_000)


def test_a_copy_works_as_a_data_folder(mnist: data.Dataset, tmp_path: Path) -> None:
    copied = data.copy_to(mnist, tmp_path / "usb")
    assert copied is not None
    assert len(copied.written) == 4
    again = data.load("mnist", tmp_path / "usb", fetch=False)
    np.testing.assert_array_equal(again.train_inputs, mnist.train_inputs)
