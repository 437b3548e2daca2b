"""Real MNIST, end to end."""

import base64
import os
from pathlib import Path

import numpy as np
import pytest
from expecting import called

from relu_bench.store import read

CONFIG = Path(__file__).parents[2] / "configs" / "variants.yaml"


@pytest.mark.skipif(
    not (Path(os.environ.get("RELU_BENCH_DATA", "/nonexistent")) / "mnist").is_dir(),
    reason="RELU_BENCH_DATA names no folder that holds MNIST",
)
def test_variants_learn_mnist_as_they_should(tmp_path: Path) -> None:
    sets = ("--set", "seeds=1", "--set", "activation=relu,prelu", "--set", "epochs=4")
    done = called("run", str(CONFIG), *sets, "--jobs", "1", "--quiet", cwd=tmp_path)
    assert done == (0, "", "")
    runs = read(tmp_path / "results", "runs")
    assert sorted(runs["activation"]) == ["prelu(initial=0.25)", "relu"]
    assert runs["test_accuracy"].between(0.960, 0.985).all(), runs["test_accuracy"].tolist()
    assert (runs["outcome"] == "learned").all()
    assert 109_386 in runs["parameter_count"].tolist()
    right = read(tmp_path / "results", "test_samples").set_index("run_id")["correct"]
    packed = {key: np.frombuffer(base64.b64decode(right[key]), np.uint8) for key in right.index}
    shares = [np.unpackbits(packed[key]).mean() for key in runs["run_id"]]
    assert shares == runs["test_accuracy"].tolist()
    kinds = ("comparison", "slopes", "dead-units")
    asked = [part for kind in kinds for part in ("--kind", kind)]
    drawn = called("plot", "results", *asked, cwd=tmp_path)
    assert drawn.code == 0, drawn.err
    figures = drawn.out.splitlines()
    assert set(figures) == {f"results/plots/variants-{kind}.png" for kind in kinds}
    assert all((tmp_path / figure).stat().st_size > 20_000 for figure in figures)
    layers = read(tmp_path / "results", "layers")
    assert len(layers) == 2 * 5 * 3
    hidden = layers[layers["layer"] != "output"]
    assert hidden["dead_fraction"].between(0, 0.1).all()
    assert hidden["gradient_rms"].gt(0).all()
