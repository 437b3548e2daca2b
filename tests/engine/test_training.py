"""One run from spec to result, on the embedded digits."""

import base64
import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from relu_bench import data
from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import Spec, make_plan
from relu_bench.networks import activations, optimizers, weights
from relu_bench.networks.activations import own_function
from relu_bench.store.columns import EPOCHS, LAYERS, RUNS, TEST_SAMPLES, names
from relu_bench.training.loop import Progress, RunResult, data_order
from relu_bench.training.program import Program
from relu_bench.training.trainer import Trainer

SMALL = {"dataset": "digits", "model": "mlp(hidden=[16])", "epochs": 3, "batch_size": 100}


def spec_of(**fields: Any) -> Spec:
    seed = fields.pop("seed", 0)
    axes = {field: (value,) for field, value in {**SMALL, **fields}.items()}
    (spec,) = make_plan(Experiment("test", axes, seeds=(seed,)))
    return spec


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return Trainer(xla=False)


def without_times(result: RunResult) -> tuple[Any, ...]:
    def bare(row: Any) -> dict[str, Any]:
        return {key: row[key] for key in row if "seconds" not in key and key != "started_at"}

    epochs = [bare(row) for row in result.epochs]
    return result.outcome, bare(result.summary), epochs, result.layers, result.test_samples


def right_of(result: RunResult) -> NDArray[np.uint8]:
    """Of each test sample, 1 where it is right."""
    (row,) = result.test_samples
    packed = np.frombuffer(base64.b64decode(row["correct"]), np.uint8)
    assert len(packed) == -(-row["samples"] // 8)
    return np.unpackbits(packed, count=row["samples"])


def test_a_run_learns_and_fills_the_columns_of_the_store(trainer: Trainer) -> None:
    seen: list[Progress] = []
    result = trainer.train(spec_of(epochs=8), seen.append)
    assert result.outcome == "learned"
    assert set(result.summary) <= set(names(RUNS))
    assert all(set(row) <= set(names(EPOCHS)) for row in result.epochs)
    assert all(set(row) <= set(names(LAYERS)) for row in result.layers)
    assert all(set(row) <= set(names(TEST_SAMPLES)) for row in result.test_samples)
    assert [row["epoch"] for row in result.epochs] == list(range(9))
    assert [progress.epoch for progress in seen] == list(range(1, 9))
    assert result.summary["parameter_count"] == 784 * 16 + 16 + 16 * 10 + 10
    assert result.summary["metric"] == "accuracy"
    assert result.summary["val_accuracy"] == result.epochs[-1]["val_accuracy"]
    assert result.summary["train_loss"] == result.epochs[-1]["train_loss"]
    assert result.epochs[0]["train_loss"] > result.epochs[-1]["train_loss"]
    assert 0.5 < result.summary["test_accuracy"] <= 1


@pytest.mark.parametrize("validation_split", [0.2, 0.0])
def test_the_test_samples_that_the_last_weights_got_right(validation_split: float) -> None:
    """In the order of the test part, as Keras predicts them; not those of the best epoch."""
    trainer = Trainer(xla=False)
    spec = spec_of(learning_rate=0.01, epochs=12, seed=1, validation_split=validation_split)
    result = trainer.train(spec.model_copy(update={"data_fingerprint": "1a2b"}))
    right = right_of(result)
    assert right.mean() == result.summary["test_accuracy"]
    assert result.test_samples[0]["fingerprint"] == "1a2b"
    if validation_split:
        best = result.summary["best_epoch_test_accuracy"]
        assert result.summary["best_epoch"] < 12
        assert best != result.summary["test_accuracy"]
        return
    (program,) = trainer._programs.values()
    dataset = data.load("digits")
    inputs = dataset.test_inputs.astype(np.float32) / 255.0
    predicted = program.model.predict(inputs, verbose=0).argmax(axis=-1)
    np.testing.assert_array_equal(right, predicted == dataset.test_targets)


def test_kernel_norms_are_those_of_the_weights(trainer: Trainer) -> None:
    spec = spec_of(epochs=1, bias_initializer="ones")
    result = trainer.train(spec)
    first = [row for row in result.layers if row["epoch"] == 0]
    assert [(row["layer"], row["units"]) for row in first] == [("dense_1", 16), ("output", 10)]
    from relu_bench.networks import initializers

    seed = weights.seed_of(spec.seed, "dense_1/kernel")
    kernel = initializers.draw(spec.initializer, (784, 16), seed).astype(np.float64)
    assert first[0]["kernel_norm"] == pytest.approx(math.sqrt((kernel**2).sum()), rel=1e-12)


def test_the_best_epoch_is_the_earliest_of_the_best_and_its_weights_are_tested(
    trainer: Trainer,
) -> None:
    result = trainer.train(spec_of(learning_rate=0.3, epochs=12, seed=2))
    by_epoch = {row["epoch"]: row["val_accuracy"] for row in result.epochs if row["epoch"]}
    best = max(by_epoch.values())
    expected = min(epoch for epoch, value in by_epoch.items() if value == best)
    assert result.summary["best_epoch"] == expected
    assert result.summary["best_epoch_val_accuracy"] == best
    # Trained for just so many epochs, the same spec ends with the best epoch's weights.
    short = trainer.train(spec_of(learning_rate=0.3, epochs=expected, seed=2))
    assert result.summary["best_epoch_test_accuracy"] == short.summary["test_accuracy"]


def test_without_validation_there_is_no_best_epoch_and_every_sample_is_seen(
    trainer: Trainer,
) -> None:
    result = trainer.train(spec_of(validation_split=0.0, epochs=8))
    assert result.outcome == "learned"
    assert result.summary["val_accuracy"] is None
    assert result.summary["guess_val_accuracy"] is None
    assert "best_epoch" not in result.summary
    dataset = data.load("digits")
    split = data.split(
        dataset.train_targets, validation_split=0.0, split_seed=0, train_samples=None
    )
    order = data_order(0, 1, split.train)
    assert sorted(order) == list(range(len(dataset.train_targets)))


def test_a_loss_that_is_not_finite_ends_the_run_as_diverged(trainer: Trainer) -> None:
    result = trainer.train(
        spec_of(
            activation="leaky_relu(negative_slope=1.0)",
            optimizer="sgd(momentum=0.9, nesterov=false)",
            learning_rate=1000.0,
            epochs=30,
        )
    )
    assert result.outcome == "diverged"
    assert result.test_samples == ()
    assert len(result.epochs) < 31
    assert result.summary["test_accuracy"] is None
    assert result.summary["train_loss"] is None or result.summary["val_loss"] is None
    assert result.summary["guess_test_accuracy"] == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(
    ("fields", "variable"),
    [
        ({}, "dense_1/kernel"),
        ({"batch_norm": True}, "dense_1_batch_norm/moving_variance"),
        ({"activation": "prelu(initial=0.25)"}, "dense_1_activation/alpha"),
        ({"optimizer": optimizers.canonical("lion")}, "/dense_1_kernel_momentum"),
    ],
)
@pytest.mark.parametrize("validation_split", [0.2, 0.0])
def test_weights_that_are_not_finite_end_the_run_whatever_the_loss_says(
    fields: dict[str, Any],
    variable: str,
    validation_split: float,
    trainer: Trainer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    epochs: list[int] = []

    def train_epoch(program: Program, *arguments: Any) -> Any:
        epochs.append(len(epochs) + 1)
        found = as_it_is(program, *arguments)
        if epochs[-1] == 2:
            variables = [*program.model.variables, *program.optimizer.variables]
            (wrong,) = (each for each in variables if each.path.endswith(variable))
            value = wrong.numpy()
            value.flat[0] = np.nan
            wrong.assign(value)
        return found

    as_it_is = Program.train_epoch
    monkeypatch.setattr(Program, "train_epoch", train_epoch)
    result = trainer.train(spec_of(**fields, validation_split=validation_split, epochs=4))
    assert result.outcome == "diverged"
    assert epochs == [1, 2]
    *before, last = result.epochs
    assert all(row["train_loss"] is not None for row in before)
    assert [key for key in last if last[key] is not None] == ["epoch", "seconds"]
    assert result.summary["test_accuracy"] is None
    assert result.summary.get("best_epoch") == (1 if validation_split else None)


def test_a_gradient_that_is_nan_under_xla_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "import tensorflow as tf\ndef f(x): return tf.where(x > 0, tf.sqrt(x), 0.0)\n"
    )
    # As if its trial had found nothing.
    monkeypatch.setattr(own_function, "try_out", lambda *arguments: [])
    monkeypatch.setattr(own_function, "_tried", {})
    result = Trainer(xla=True).train(spec_of(activation=activations.canonical("mine.py:f")))
    assert result.outcome == "diverged"
    assert [row["train_loss"] is None for row in result.epochs] == [False, True]


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_network_that_overflows_on_other_samples_is_diverged(
    split: str, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evaluate(program: Program, samples: Any, indices: Any = None) -> Any:
        found = as_it_is(program, samples, indices)
        own = "test" if indices is None else "val" if len(indices) < 400 else "train"
        # Of NaN, the largest class is the first: there is an accuracy all the same.
        return dataclasses.replace(found, loss=math.nan) if own == split else found

    as_it_is = Program.evaluate
    monkeypatch.setattr(Program, "evaluate", evaluate)
    result = trainer.train(spec_of())
    assert result.outcome == "diverged"
    assert result.summary[f"{split}_accuracy"] is None
    assert result.summary["test_accuracy"] is None
    assert result.summary.get("best_epoch_test_accuracy") is None


def test_a_network_that_learns_nothing_is_at_chance(trainer: Trainer) -> None:
    result = trainer.train(spec_of(initializer="zeros", activation="relu"))
    assert result.outcome == "at_chance"
    assert result.summary["val_accuracy"] == pytest.approx(
        result.summary["guess_val_accuracy"], abs=0.03
    )


def test_the_same_spec_gives_the_same_bits_whatever_ran_before(trainer: Trainer) -> None:
    spec = spec_of(dropout=0.2, batch_norm=True, activation="prelu(initial=0.25)", seed=5)
    first = without_times(trainer.train(spec))
    trainer.train(spec_of(dropout=0.2, batch_norm=True, activation="prelu(initial=0.25)", seed=6))
    assert without_times(trainer.train(spec)) == first
    assert without_times(Trainer(xla=False).train(spec)) == first


def test_seeds_pair_by_the_order_of_the_data() -> None:
    train = np.arange(100, 1100, dtype=np.int32)
    order = data_order(3, 7, train)
    np.testing.assert_array_equal(order, data_order(3, 7, train))
    assert sorted(order) == sorted(train)
    others = [data_order(3, 8, train), data_order(4, 7, train)]
    assert not any(np.array_equal(order, other) for other in others)
    # Part of every run's identity: a change here needs a new plan.NUMERICS.
    first = data_order(0, 1, np.arange(10, dtype=np.int32))
    assert first.tolist() == [9, 1, 3, 8, 7, 6, 0, 4, 2, 5]


def test_programs_are_shared_kept_and_counted() -> None:
    trainer = Trainer(xla=False)
    trainer.train(spec_of(epochs=1))
    again = trainer.train(spec_of(epochs=2, seed=1, learning_rate=0.1, initializer="he_normal"))
    assert trainer.compiled_programs == 1
    assert again.summary["compile_seconds"] == 0
    for width in range(2, 7):
        trainer.train(spec_of(epochs=1, model=f"mlp(hidden=[{width}])"))
    assert trainer.compiled_programs == 6
    trainer.train(spec_of(epochs=1))
    assert trainer.compiled_programs == 6


def test_without_xla_the_plain_graph_is_run_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_program = Program.compile

    def no_xla(self: Program, samples: Any, count: int) -> float:
        if self.xla:
            raise tf.errors.UnimplementedError(None, None, "no XLA on this platform")
        return compile_program(self, samples, count)

    monkeypatch.setattr(Program, "compile", no_xla)
    trainer = Trainer()
    first, second = (trainer.train(spec_of(epochs=1, seed=seed)) for seed in (0, 1))
    assert first.notices == second.notices
    assert "XLA is not available" in first.notices[0]
    assert first.outcome == "learned"


def test_a_split_drawn_by_the_seed_differs_between_seeds(trainer: Trainer) -> None:
    fixed = [trainer.train(spec_of(seed=seed, epochs=1)) for seed in (0, 1)]
    drawn = [trainer.train(spec_of(seed=seed, epochs=1, split_seed="seed")) for seed in (0, 1)]
    assert without_times(fixed[0]) == without_times(drawn[0])
    assert without_times(fixed[1]) != without_times(drawn[1])
