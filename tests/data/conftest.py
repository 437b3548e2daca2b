import gzip
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_data import Arrays, WriteFolder, WriteNpz, idx_bytes, small_arrays

from relu_bench.data import image
from relu_bench.data.images import idx, known
from relu_bench.data.images.arrays import ROLES, file_name
from relu_bench.data.images.known import Known

REAL = os.environ.get("RELU_BENCH_DATA")


@pytest.fixture(autouse=True)
def no_data_but_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the data nor the Keras cache of whoever runs the tests may be met."""
    monkeypatch.delenv("RELU_BENCH_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def arrays() -> Arrays:
    return small_arrays()


@pytest.fixture
def write_folder() -> WriteFolder:
    def write(folder: Path, arrays: Arrays, packed: bool = True) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for role, array in arrays.items():
            name = file_name(role)  # type: ignore[arg-type]
            content = idx_bytes(array)
            if packed:
                (folder / name).write_bytes(gzip.compress(content))
            else:
                (folder / name.removesuffix(".gz")).write_bytes(content)
        return folder

    return write


@pytest.fixture
def write_npz() -> WriteNpz:
    def write(path: Path, arrays: Arrays, **others: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        keys = ("x_train", "y_train", "x_test", "y_test")
        content = dict(zip(keys, arrays.values(), strict=True)) | others
        np.savez_compressed(path, **{key: a for key, a in content.items() if a is not None})
        return path

    return write


@pytest.fixture
def small_known(arrays: Arrays, monkeypatch: pytest.MonkeyPatch) -> dict[str, Known]:
    """The known data sets shrunk to 40 and 20 images of 5x4, so that tests need no MNIST."""
    for name in list(known.KNOWN):
        real = known.KNOWN[name]
        info = replace(real.info, inputs=image((5, 4, 1)), classes=3, train_count=40, test_count=20)
        sha256 = {role: idx.digest(arrays[role]) for role in ROLES} if real.sha256 else {}
        monkeypatch.setitem(known.KNOWN, name, replace(real, info=info, sha256=sha256))
    return known.KNOWN


@pytest.fixture
def real_mnist() -> Path:
    if REAL is None or not (Path(REAL) / "mnist").is_dir():
        pytest.skip("needs real MNIST: set RELU_BENCH_DATA to a folder that holds mnist/")
    return Path(REAL)
