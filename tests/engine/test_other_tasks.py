"""Two classes with one output, and ratings: losses, metrics and outcomes against Keras's own."""

import base64
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras_steps import keras_losses
from numpy.typing import NDArray

from relu_bench import data
from relu_bench.config.plan import Spec
from relu_bench.config.settings import Setting
from relu_bench.data import DatasetInfo, Inputs, tasks
from relu_bench.data.tasks import RATINGS, TWO_CLASSES, Task
from relu_bench.networks import models, optimizers
from relu_bench.networks.models import Architecture
from relu_bench.training.loop import LoadedData, RunResult, train
from relu_bench.training.program import Program, Samples

pytestmark = pytest.mark.tensorflow

COUNT, COLUMNS, BATCH = 207, 6, 20
INPUTS = Inputs("features", (COLUMNS,), groups=(4, 2))
KERAS_LOSS = {"binary_crossentropy": "BinaryCrossentropy", "mean_squared_error": "MeanSquaredError"}


def samples_of(task: Task, count: int = COUNT, seed: int = 3) -> tuple[NDArray[Any], NDArray[Any]]:
    """Features, and targets that follow from them but for some noise."""
    random = np.random.default_rng(seed)
    inputs = random.standard_normal((count, COLUMNS)).astype(np.float32)
    scores = inputs[:, 0] - inputs[:, 1] + 0.5 * random.standard_normal(count)
    if task is TWO_CLASSES:
        return inputs, (scores > 0).astype(np.uint8)
    return inputs, np.clip(np.round(3 + scores), 1, 5).astype(np.float32)


def program_of(task: Task, *, xla: bool = True, clip_norm: float | None = None) -> Program:
    architecture = Architecture(
        "mlp(hidden=[8])", "tanh", False, 0.99, 0.0, "standard", INPUTS, task.outputs
    )
    program = Program(
        architecture, task, optimizers.canonical("adam"), BATCH, xla=xla, clip_norm=clip_norm
    )
    program.reset(seed=0, initializer="he_normal", bias_initializer="zeros", learning_rate=0.01)
    return program


def as_samples(inputs: NDArray[Any], targets: NDArray[Any]) -> Samples:
    return Samples(tf.constant(inputs), tf.constant(targets))


@pytest.mark.parametrize(("xla", "clip_norm"), [(True, None), (True, 0.05), (False, None)])
@pytest.mark.parametrize("task", [TWO_CLASSES, RATINGS], ids=lambda task: task.name)
def test_losses_equal_those_of_keras(task: Task, xla: bool, clip_norm: float | None) -> None:
    import keras

    program = program_of(task, xla=xla, clip_norm=clip_norm)
    inputs, targets = samples_of(task)
    order = np.random.default_rng(1).permutation(COUNT).astype(np.int32)
    program.compile(as_samples(inputs, targets), COUNT)
    program.reset(seed=0, initializer="he_normal", bias_initializer="zeros", learning_rate=0.01)
    options = {"from_logits": True} if task is TWO_CLASSES else {}
    twin = models.build(program.architecture)
    twin.compile(
        keras.optimizers.Adam(0.01, global_clipnorm=clip_norm),
        loss=getattr(keras.losses, KERAS_LOSS[task.loss])(**options),
        jit_compile=False,
    )
    given = (inputs, targets.astype(np.float32))
    expected = keras_losses(program, twin, given, order, batch=BATCH)
    found = program.train_epoch(as_samples(inputs, targets), order)
    np.testing.assert_allclose(found.losses, expected, rtol=1e-5)


def test_metrics_of_two_classes_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, roc_auc_score

    program = program_of(TWO_CLASSES)
    inputs, targets = samples_of(TWO_CLASSES, count=2345)
    found = program.evaluate(as_samples(inputs, targets))
    logits = program.model.predict(inputs, verbose=0)[:, 0]
    assert found.metrics["accuracy"] == pytest.approx(accuracy_score(targets, logits > 0))
    assert found.metrics["auc"] == pytest.approx(roc_auc_score(targets, logits), abs=1e-7)
    assert list(found.metrics) == ["accuracy", "auc"]


def test_metrics_of_ratings_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import mean_absolute_error, root_mean_squared_error

    program = program_of(RATINGS)
    inputs, targets = samples_of(RATINGS, count=2345)
    few = np.arange(0, 2345, 2, dtype=np.int32)
    found = program.evaluate(as_samples(inputs, targets), few)
    ratings = program.model.predict(inputs, verbose=0)[few, 0]
    assert found.metrics["rmse"] == pytest.approx(
        root_mean_squared_error(targets[few], ratings), rel=1e-6
    )
    assert found.metrics["mae"] == pytest.approx(
        mean_absolute_error(targets[few], ratings), rel=1e-6
    )
    assert found.loss == pytest.approx(found.metrics["rmse"] ** 2, rel=1e-6)


@pytest.mark.parametrize("task", [TWO_CLASSES, RATINGS], ids=lambda task: task.name)
def test_training_metrics_are_of_the_batches_as_trained(task: Task) -> None:
    inputs, targets = samples_of(task)
    samples = as_samples(inputs, targets)
    order = np.random.default_rng(1).permutation(COUNT).astype(np.int32)
    trained = program_of(task, xla=False).train_epoch(samples, order).mean
    program, outputs = program_of(task, xla=False), []
    for first in range(0, COUNT, BATCH):
        chosen = order[first : first + BATCH]
        outputs.append(program.model.predict(inputs[chosen], verbose=0)[:, 0])
        program.train_epoch(samples, chosen)
    np.testing.assert_allclose(trained.outputs, np.concatenate(outputs), atol=1e-5)
    assert trained.count == COUNT
    if task is TWO_CLASSES:
        from sklearn.metrics import roc_auc_score

        expected = roc_auc_score(targets[order], np.concatenate(outputs))
        assert trained.metrics["auc"] == pytest.approx(expected, abs=1e-6)


def trained(
    task: Task, targets: NDArray[Any] | None = None, **changes: Any
) -> tuple[Spec, RunResult]:
    """A whole run on made-up data."""
    inputs, own_targets = samples_of(task, count=800)
    targets = own_targets if targets is None else targets
    test = samples_of(task, count=100, seed=9)
    setting = Setting.model_validate({"model": "mlp(hidden=[8])", "epochs": 3, **changes})
    spec = Spec.model_construct(**dict(setting), seed=0, probes=True)
    info = DatasetInfo("made-up", task, INPUTS, 2, len(targets), 100)
    loaded = LoadedData(info, targets, test[1], as_samples(inputs, targets), as_samples(*test))
    split = data.split(
        data.strata(task, targets),
        validation_split=spec.validation_split,
        split_seed=0,
        train_samples=None,
    )
    program = program_of(task, xla=False)
    return spec, train(spec, program, loaded, split, lambda progress: None, compile_seconds=0.0)


@pytest.mark.parametrize("validation_split", [0.25, 0.0])
@pytest.mark.parametrize("task", [TWO_CLASSES, RATINGS], ids=lambda task: task.name)
def test_a_run_fills_the_columns_of_its_task(task: Task, validation_split: float) -> None:
    from relu_bench.store import columns

    _, result = trained(task, learning_rate=0.05, validation_split=validation_split, epochs=20)
    assert result.outcome == "learned"
    assert result.summary["metric"] == task.metric
    assert set(result.summary) <= set(columns.names(columns.RUNS))
    assert set(result.epochs[0]) <= set(columns.names(columns.EPOCHS))
    for name in tasks.METRICS:
        assert (f"test_{name}" in result.summary) == (name in task.metrics)
        assert (f"train_{name}" in result.epochs[-1]) == (name in task.metrics)
    if validation_split:
        by_epoch = {row["epoch"]: row[f"val_{task.metric}"] for row in result.epochs[1:]}
        best = max if tasks.METRICS[task.metric].higher_is_better else min
        assert result.summary["best_epoch"] == best(by_epoch, key=lambda epoch: by_epoch[epoch])
        assert result.summary[f"best_epoch_val_{task.metric}"] == best(by_epoch.values())
    assert result.layers
    if task is RATINGS:
        assert result.test_samples == ()
        return
    (right,) = result.test_samples
    packed = np.frombuffer(base64.b64decode(right["correct"]), np.uint8)
    accuracy = np.unpackbits(packed, count=right["samples"]).mean()
    assert accuracy == result.summary["test_accuracy"]


@pytest.mark.parametrize("validation_split", [0.25, 0.0])
@pytest.mark.parametrize("task", [TWO_CLASSES, RATINGS], ids=lambda task: task.name)
def test_what_cannot_be_learned_is_at_chance(task: Task, validation_split: float) -> None:
    _, targets = samples_of(task, count=800, seed=77)  # of other samples
    _, result = trained(
        task, targets, learning_rate=1e-6, initializer="zeros", validation_split=validation_split
    )
    assert result.outcome == "at_chance"


def test_a_diverged_run_of_ratings_has_its_guess() -> None:
    _, targets = samples_of(RATINGS, count=800)
    _, result = trained(RATINGS, targets * np.float32(1e30))
    assert result.outcome == "diverged"
    assert result.summary["test_rmse"] is None
    assert result.summary["guess_test_rmse"] > result.summary["guess_test_mae"] > 0
