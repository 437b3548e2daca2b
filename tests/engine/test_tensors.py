import mmap

import numpy as np
import pytest

from relu_bench.training.tensors import tensor

pytestmark = pytest.mark.tensorflow


def mapped(values: np.ndarray, offset: int = 0) -> tuple[mmap.mmap, np.ndarray]:
    """A read-only array that lies in mapped memory, and that memory."""
    memory = mmap.mmap(-1, offset + values.nbytes)
    memory[offset : offset + values.nbytes] = values.tobytes()
    array = np.frombuffer(memory, values.dtype, values.size, offset).reshape(values.shape)
    array.flags.writeable = False
    return memory, array


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32"])
def test_mapped_memory_is_used_where_it_lies(dtype: str) -> None:
    values = np.arange(3 * 28 * 28).reshape(3, 28, 28, 1).astype(dtype)
    memory, array = mapped(values)
    made = tensor(array)
    np.testing.assert_array_equal(made.numpy(), values)
    assert made.dtype.name == dtype
    assert not array.flags.writeable
    memory[: values.itemsize] = np.array([99], dtype).tobytes()
    assert made.numpy().flat[0] == 99


def test_the_memory_lasts_as_long_as_its_tensor() -> None:
    made = tensor(mapped(np.full(100_000, 7, np.uint8))[1])
    assert int(made.numpy().min()) == 7


@pytest.mark.parametrize("offset", [1, 4, 32])
def test_unaligned_memory_is_copied(offset: int) -> None:
    values = np.arange(100, dtype=np.uint8)
    memory, array = mapped(values, offset)
    made = tensor(array)
    memory[offset] = 99
    np.testing.assert_array_equal(made.numpy(), values)


def test_any_other_array_is_copied() -> None:
    values = np.arange(64, dtype=np.float32)
    made = tensor(values)
    _, array = mapped(values.reshape(8, 8))
    turned = tensor(array.T)
    values[0] = 99
    assert made.numpy()[0] == 0
    np.testing.assert_array_equal(turned.numpy(), array.T)
