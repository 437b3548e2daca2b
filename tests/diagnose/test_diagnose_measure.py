"""From plans to what is simulated, on which images; and diagnoses as data."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from relu_bench import data
from relu_bench.config import yaml_source
from relu_bench.config.experiment import from_document
from relu_bench.config.plan import Spec, make_plan
from relu_bench.data.tasks import Task
from relu_bench.diagnose import Combination, collapsed, combinations, diagnose, not_simulated
from relu_bench.diagnose.measure import images_of
from relu_bench.diagnose.records import as_csv, as_json, layer_records, record, variants
from relu_bench.errors import ReluBenchError

CONFIG = """\
dataset: digits
model: ["mlp(hidden=[6, 5])", "mlp(width=4, depth=3)", cnn]
activation: [relu, prelu, tanh]
initializer: [he_normal, zeros]
batch_norm: [false, true]
learning_rate: [0.1, 0.01]
dropout: [0.0, 0.5]
seeds: 3
"""


def specs_of(text: str) -> tuple[Spec, ...]:
    return make_plan(from_document(yaml_source.parse(text, "c.yaml")))


def combination(**changed: Any) -> Combination:
    settings: dict[str, Any] = {
        "dataset": "digits",
        "model": "mlp(hidden=[6, 5])",
        "activation": "relu",
        "initializer": "he_normal",
        "bias_initializer": "zeros",
        "batch_norm": False,
    }
    return Combination(**settings | changed)


def test_what_plays_no_part_is_collapsed_and_counted() -> None:
    specs = specs_of(CONFIG)
    assert len(specs) == 3 * 3 * 2 * 2 * 2 * 2 * 3
    found = combinations(specs)
    assert len(found) == len(set(found)) == 2 * 3 * 2 * 2
    assert collapsed(specs) == {"learning_rate": 2, "dropout": 2, "seed": 3}
    assert not_simulated(specs) == ("cnn",)
    assert {each.widths for each in found} == {(6, 5), (4, 4, 4)}
    assert [each.activation for each in found][:4] == ["relu"] * 4, "in the order of the plan"


def test_all_fields_have_a_place() -> None:
    from relu_bench.config.settings import FIELDS
    from relu_bench.diagnose.diagnosis import AXES

    no_part = set(FIELDS) - set(AXES)
    assert no_part == {
        "learning_rate",
        "recurrent_initializer",
        "gradient_clip_norm",
        "batch_norm_momentum",
        "optimizer",
        "batch_size",
        "epochs",
        "dropout",
        "dropout_kind",
        "validation_split",
        "split_seed",
        "train_samples",
    }, "a new field: does it change how networks start?"


def test_the_images_are_those_of_training_scaled_and_stratified() -> None:
    digits = data.load("digits")
    images = images_of(digits, 50)
    assert images.inputs.shape == (50, 784)
    assert images.inputs.dtype == np.float32
    assert (images.inputs.min(), images.inputs.max()) == (0, 1)
    assert np.bincount(images.targets, minlength=10).tolist() == [5] * 10
    scaled = digits.train_inputs.reshape(-1, 784).astype(np.float32) / 255
    places = [int(np.flatnonzero((scaled == image).all(axis=1))[0]) for image in images.inputs]
    assert digits.train_targets[places].tolist() == images.targets.tolist()
    assert len(images_of(digits, 10_000).inputs) == len(digits.train_targets)
    np.testing.assert_array_equal(images_of(digits, 50).inputs, images.inputs)


def test_a_task_of_another_loss_is_refused() -> None:
    from dataclasses import replace

    digits = data.load("digits")
    task = Task("rating", "accuracy", "mean_squared_error")
    other = replace(digits, info=replace(digits.info, task=task))
    with pytest.raises(ReluBenchError, match="no gradient of the loss mean_squared_error"):
        images_of(other, 5)


def test_diagnoses_come_in_order_and_do_not_depend_on_company() -> None:
    asked = [
        combination(activation="tanh"),
        combination(model="mlp(depth=3, width=4)"),
        combination(activation="relu"),
        combination(activation="tanh", batch_norm=True),
    ]
    shares: list[float] = []
    found = diagnose(asked, trials=20, images=30, seed=0, report=shares.append)
    assert [each.combination for each in found] == asked
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    (alone,) = diagnose(asked[2:3], trials=20, images=30, seed=0)
    for one, same in zip(record(alone).values(), record(found[2]).values(), strict=True):
        assert one == (pytest.approx(same, rel=1e-6) if isinstance(same, float) else same)
    (other,) = diagnose(asked[2:3], trials=20, images=30, seed=1)
    assert other.gradient_ratio.median != alone.gradient_ratio.median


def test_width_and_list_describe_the_same_network() -> None:
    one, other = diagnose(
        [combination(model="mlp(hidden=[4, 4])"), combination(model="mlp(depth=2, width=4)")],
        trials=10,
        images=20,
        seed=0,
    )
    assert one.gradient_ratio == other.gradient_ratio
    assert one.signal_ratio == other.signal_ratio


@pytest.mark.tensorflow
def test_an_activation_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = "def same(x):\n    return x + 0.0\n"
    Path("mine.py").write_text(source, encoding="utf-8")
    specs = specs_of("activation: ['mine.py:same', identity]\ndataset: digits\n")
    own, known = diagnose(combinations(specs), trials=10, images=20, seed=0)
    assert own.combination.activation.startswith("mine.py:same(source=")
    for one, other in zip(own.layers, known.layers, strict=True):
        assert one.signal.median == pytest.approx(other.signal.median, rel=1e-6)
        assert one.gradient.median == pytest.approx(other.gradient.median, rel=1e-6, nan_ok=True)


def test_records_as_json_and_csv() -> None:
    found = diagnose(
        [combination(initializer="zeros"), combination(initializer="ones", activation="identity")],
        trials=3,
        images=10,
        seed=0,
    )

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    objects = json.loads(as_json(found, by_layer=True), parse_constant=refuse)
    assert [each["verdict"] for each in objects] == ["dying", "healthy"]
    assert objects[0]["log10_gradient_ratio"] == "-inf"
    assert objects[0]["log10_gradient_ratio_median_low"] is None
    assert objects[1]["layers"][0]["signal_factor"] is None
    assert [layer["layer"] for layer in objects[1]["layers"]] == ["dense_1", "dense_2", "output"]
    assert objects[1]["layers"][2]["gradient"] is None
    assert all("layers" not in each for each in json.loads(as_json(found, by_layer=False)))

    rows = list(csv.DictReader(io.StringIO(as_csv(found, by_layer=False))))
    assert list(rows[0]) == [key for key in objects[0] if key != "layers"]
    assert (rows[0]["log10_gradient_ratio"], rows[0]["batch_norm"]) == ("-inf", "false")
    assert rows[0]["log10_gradient_ratio_median_low"] == ""
    by_layer = list(csv.DictReader(io.StringIO(as_csv(found, by_layer=True))))
    assert len(by_layer) == 6
    assert list(by_layer[0]) == list(layer_records(found[0])[0])
    assert by_layer[2]["gradient"] == ""
    assert float(by_layer[0]["signal"]) == 0


def test_variants_say_what_varies() -> None:
    found = diagnose([combination(), combination(batch_norm=True)], trials=2, images=10, seed=0)
    assert variants(found) == ["batch_norm=false", "batch_norm=true"]
    assert variants(found[:1]) == ["relu"]
    assert not math.isnan(found[0].signal_ratio.median)
