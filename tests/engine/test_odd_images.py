"""Shapes and classes come from the data: colours, tall images, 3 and 300 classes, through a run."""

from pathlib import Path

import numpy as np
import pytest

from relu_bench import data
from relu_bench.config.plan import Spec
from relu_bench.data.images import idx
from relu_bench.training.trainer import Trainer


def write(folder: Path, shape: tuple[int, ...], classes: int) -> None:
    """Two training images and a test image a class, class by class in their mean brightness."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for part, each in (("train", 2), ("t10k", 1)):
        labels = np.tile(np.arange(classes), each)
        images = random.integers(0, 256, (len(labels), *shape), np.uint8)
        idx.write(images, folder / f"{part}-images-idx{images.ndim}-ubyte.gz")
        wide = labels.astype(">i2").tobytes()
        header = bytes([0, 0, 0x0B, 1]) + len(labels).to_bytes(4, "big")
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(header + wide)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("shape", "classes", "model"),
    [
        ((32, 32, 3), 300, "mlp(hidden=[6, 6], residual=true)"),
        ((64, 20, 1), 3, "mlp(hidden=[6, 6], residual=true)"),
        ((20, 19, 3), 300, "cnn"),
    ],
)
def test_a_run_takes_any_image(
    tmp_path: Path, shape: tuple[int, ...], classes: int, model: str
) -> None:
    folder = tmp_path / "images"
    write(folder, shape, classes)
    name = str(folder)
    found = data.info(name)
    assert (found.inputs.shape, found.classes) == (shape, classes)
    spec = Spec(
        seed=0,
        dataset=name,
        data_fingerprint=data.fingerprint(name),
        model=model,
        activation="prelu",
        batch_norm=True,
        epochs=1,
        validation_split=0.5,
        batch_size=50,
    )
    result = Trainer().train(spec)
    assert np.isfinite(result.summary["test_loss"])
    # Untrained: the loss of guessing, and somewhat more.
    assert result.epochs[0]["train_loss"] == pytest.approx(np.log(classes), rel=1.0)
    hidden = [row for row in result.layers if row["layer"] != "output"]
    layers = {row["layer"]: row["units"] for row in hidden}
    expected = {"dense_1": 6, "dense_2": 6}
    if model == "cnn":
        expected = {"conv_1": 32, "conv_2": 64, "conv_3": 64, "dense_1": 64}
    assert layers == expected
    (units,) = {row["units"] for row in result.layers if row["layer"] == "output"}
    assert units == classes
    assert all(row["gradient_rms"] > 0 for row in hidden)
