import mmap
import os
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from relu_bench import data
from relu_bench.training.tensors import memory_of

pytestmark = pytest.mark.skipif(
    not hasattr(os, "memfd_create"), reason="this system has no anonymous files in memory"
)


def test_another_process_reads_what_was_shared() -> None:
    digits = data.load("digits")
    shared = data.share(digits)
    assert shared is not None
    script = (
        "import pickle, sys\n"
        "shared = pickle.load(sys.stdin.buffer)\n"
        "sys.stdout.buffer.write(pickle.dumps(shared.load()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(shared), capture_output=True, check=True
    )
    theirs: data.Dataset = pickle.loads(done.stdout)
    assert (theirs.info, theirs.source) == (digits.info, digits.source)
    for name, array in arrays_of(digits).items():
        np.testing.assert_array_equal(getattr(theirs, name), array)
        assert getattr(theirs, name).dtype == array.dtype


def test_what_is_shared_is_read_only() -> None:
    shared = data.share(data.load("digits"))
    assert shared is not None
    loaded = shared.load()
    assert loaded is not None
    with pytest.raises(ValueError, match="read-only"):
        loaded.train_inputs[0] = 0


def test_a_process_that_is_gone_shares_nothing() -> None:
    shared = data.share(data.load("digits"))
    assert shared is not None
    assert replace(shared, path="/proc/1/fd/999999").load() is None
    assert replace(shared, path=os.devnull).load() is None
    assert replace(shared, path=__file__).load() is None


def test_workers_have_no_copy_of_their_own() -> None:
    digits = data.load("digits")
    first, second = data.share(digits), data.share(digits)
    assert first is not None
    assert second is not None
    assert first.token != second.token
    loaded = first.load()
    assert loaded is not None
    for array in arrays_of(loaded).values():
        assert array.ctypes.data % mmap.PAGESIZE == 0
        assert isinstance(memory_of(array), mmap.mmap)


def test_without_room_in_memory_workers_load_for_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It takes no byte, as an anonymous file does when memory is used up.
    monkeypatch.setattr(os, "memfd_create", lambda *_: os.open("/dev/full", os.O_WRONLY))
    assert data.share(data.load("digits")) is None


def arrays_of(dataset: data.Dataset) -> dict[str, np.ndarray]:
    names = ("train_inputs", "train_targets", "test_inputs", "test_targets")
    return {name: getattr(dataset, name) for name in names}
