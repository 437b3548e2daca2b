"""The text model: its layers, its losses against Keras's, and whole runs on small texts."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras_steps import keras_losses
from text_folders import small_texts, write_lines, write_table

from relu_bench.components.labels import LabelError
from relu_bench.config.experiment import Experiment, from_document
from relu_bench.config.plan import Spec, make_plan
from relu_bench.config.yaml_source import parse
from relu_bench.data import Inputs, image
from relu_bench.data.tasks import CLASSIFICATION, TWO_CLASSES, Task
from relu_bench.errors import ConfigError
from relu_bench.networks import models, optimizers
from relu_bench.networks.models import Architecture
from relu_bench.store.columns import LAYERS, RUNS, names
from relu_bench.training.program import Program, Samples
from relu_bench.training.trainer import Trainer

pytestmark = pytest.mark.tensorflow

LENGTH, VOCABULARY, BATCH, COUNT = 7, 30, 16, 10 * 16 + 5
REAL = os.environ.get("RELU_BENCH_DATA")


def architecture(**changes: Any) -> Architecture:
    fields: dict[str, Any] = {
        "model": models.canonical("text(embedding=6, hidden=[12, 8])"),
        "activation": "relu",
        "batch_norm": False,
        "batch_norm_momentum": 0.99,
        "dropout": 0.0,
        "dropout_kind": "standard",
        "inputs": Inputs("tokens", (LENGTH,), VOCABULARY),
        "outputs": 1,
    }
    return Architecture(**{**fields, **changes})


def samples(classes: int) -> Samples:
    random = np.random.default_rng(5)
    # Frequent words occur several times in a text and in a batch.
    tokens = np.minimum(random.zipf(1.5, (COUNT, LENGTH)), VOCABULARY - 1).astype(np.int32)
    return Samples(tf.constant(tokens), tf.constant(random.integers(0, classes, COUNT, np.uint8)))


def started(task: Task, outputs: int, xla: bool, optimizer: str, **changes: Any) -> Program:
    program = Program(architecture(outputs=outputs, **changes), task, optimizer, BATCH, xla=xla)
    program.compile(samples(2), COUNT)
    program.reset(seed=0, initializer="he_normal", bias_initializer="zeros", learning_rate=0.01)
    return program


def of_keras(program: Program, optimizer: str, classes: int, order: Any) -> list[float]:
    """The losses of the same network by Keras's own steps."""
    import keras

    model = models.build(program.architecture)
    loss = "BinaryCrossentropy" if classes == 2 else "SparseCategoricalCrossentropy"
    model.compile(
        optimizers.build(optimizer, learning_rate=0.01),
        loss=getattr(keras.losses, loss)(from_logits=True),
        jit_compile=False,
    )
    given = (samples(classes).inputs.numpy(), samples(classes).targets.numpy())
    return keras_losses(program, model, given, order, batch=BATCH)


@pytest.mark.parametrize(("optimizer", "xla"), [("adam", True), ("adam", False), ("rmsprop", True)])
def test_losses_equal_those_of_keras(optimizer: str, xla: bool) -> None:
    # The gradient of the embeddings is sparse, and words occur several times in it.
    label = optimizers.canonical(optimizer)
    program = started(TWO_CLASSES, 1, xla, label, batch_norm=optimizer == "adam")
    order = np.random.default_rng(3).permutation(COUNT).astype(np.int32)
    expected = of_keras(program, label, 2, order)
    losses = program.train_epoch(samples(2), order).losses
    assert len(expected) == 11
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_losses_of_three_classes_equal_those_of_keras() -> None:
    label = optimizers.canonical("adam")
    program = started(CLASSIFICATION, 3, True, label)
    order = np.arange(COUNT, dtype=np.int32)
    expected = of_keras(program, label, 3, order)
    np.testing.assert_allclose(program.train_epoch(samples(3), order).losses, expected, rtol=1e-5)


def test_the_default_model_is_that_of_the_docs() -> None:
    label = models.canonical("text")
    assert label == "text(embedding=128, hidden=[256, 128])"
    model = models.build(
        architecture(model=label, inputs=Inputs("tokens", (100,), 10_000), dropout=0.5)
    )
    assert [layer.name for layer in model.layers] == [
        "inputs", "embedding", "flatten",
        "dense_1", "dense_1_activation", "dense_1_dropout",
        "dense_2", "dense_2_activation", "dense_2_dropout", "output",
    ]  # fmt: skip
    assert model.get_layer("flatten").output.shape == (None, 12_800)
    assert model.count_params() == 1_280_000 + 12_801 * 256 + 257 * 128 + 129
    assert models.depth(label) == 2
    assert models.entry(label).defaults == {"dropout": 0.5}


def test_batch_norm_stands_before_each_activation() -> None:
    model = models.build(architecture(batch_norm=True, activation="prelu(initial=0.25)"))
    names_of_layers = [layer.name for layer in model.layers]
    assert names_of_layers[3:6] == ["dense_1", "dense_1_batch_norm", "dense_1_activation"]


@pytest.mark.parametrize("label", ["text(embedding=0)", "text(hidden=[])", "text(width=3)"])
def test_wrong_parameters(label: str) -> None:
    with pytest.raises(LabelError):
        models.canonical(label)


def test_texts_go_to_text_models_alone() -> None:
    tokens = Inputs("tokens", (100,), 10_000)
    models.check_fits("text(embedding=128, hidden=[256, 128])", tokens, "imdb")
    with pytest.raises(ConfigError, match=r"has texts. Take model: .*text"):
        models.check_fits("mlp(hidden=[128, 64])", tokens, "imdb")
    with pytest.raises(ConfigError, match="takes texts, but 'mnist' has images"):
        models.check_fits("text(embedding=128, hidden=[256, 128])", image((28, 28, 1)), "mnist")


def spec_of(dataset: str, **fields: Any) -> Spec:
    small = {
        "model": models.canonical("text(embedding=8, hidden=[16, 8])"),
        "dropout": 0.0,
        "learning_rate": 0.003,
        "epochs": 12,
        "batch_size": 16,
    }
    axes = {field: (value,) for field, value in {"dataset": dataset, **small, **fields}.items()}
    (spec,) = make_plan(Experiment("text", axes, seeds=(0,)), lambda name: "0" * 64)
    return spec


def test_dropout_is_half_unless_the_config_says_otherwise() -> None:
    def planned(text: str) -> float:
        (spec,) = make_plan(from_document(parse(text + "seeds: 1\n", "c.yaml")))
        return spec.dropout

    assert planned("dataset: imdb\nmodel: text\n") == 0.5
    assert planned("dataset: imdb\nmodel: text\ndropout: 0.25\n") == 0.25


def test_a_run_on_small_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_lines(Path("reviews"), small_texts(100))
    trainer = Trainer(xla=False)
    spec = spec_of("./reviews")
    result = trainer.train(spec)
    assert result.outcome == "learned"
    assert result.summary["metric"] == "accuracy"
    assert result.summary["test_accuracy"] > 0.9
    assert result.summary["test_auc"] > 0.9
    assert result.summary["guess_test_accuracy"] == 0.5
    assert set(result.summary) <= set(names(RUNS))
    # An embedding has no kernel, and no row.
    assert all(set(row) <= set(names(LAYERS)) for row in result.layers)
    assert {row["layer"] for row in result.layers} == {"dense_1", "dense_2", "output"}
    (first,) = (row for row in result.layers if (row["layer"], row["epoch"]) == ("dense_1", 12))
    assert 0 <= first["dead_fraction"] <= 1
    assert first["update_ratio"] > 0
    again = Trainer(xla=False).train(spec)
    assert [row["train_loss"] for row in again.epochs] == [
        row["train_loss"] for row in result.epochs
    ]


def test_three_classes_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(Path("topics.csv"), small_texts(100, ["art", "law", "war"]))
    result = Trainer(xla=False).train(spec_of("topics.csv", epochs=20))
    assert result.outcome == "learned"
    assert result.summary["test_accuracy"] > 0.9
    assert "test_auc" not in result.summary


def test_a_split_by_the_seed_learns_another_vocabulary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_lines(Path("reviews"), small_texts(30))
    trainer = Trainer(xla=False)
    losses = [
        trainer.train(spec_of("./reviews", epochs=1, split_seed=seed)).summary["train_loss"]
        for seed in (0, 1, 0)
    ]
    assert losses[0] == losses[2] != losses[1]


def test_real_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    if REAL is None or not (Path(REAL) / "rt-polarity").is_dir():
        pytest.skip("needs real texts: set RELU_BENCH_DATA to a folder that holds rt-polarity/")
    spec = spec_of(str(Path(REAL) / "rt-polarity"), epochs=4, batch_size=128, learning_rate=0.003)
    trainer = Trainer()
    result = trainer.train(spec)
    assert result.outcome == "learned"
    assert 0.66 < result.summary["best_epoch_test_accuracy"] < 0.80
    assert result.summary["best_epoch_test_auc"] > 0.7
