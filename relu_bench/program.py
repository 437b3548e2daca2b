"""The compiled training step that several runs share: a whole epoch as one TensorFlow function.

Images stay uint8 in memory and are gathered and scaled inside the program. Weights, optimizer
slots and the learning rate are variables, so one program serves every seed, initializer and
learning rate.
"""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench import draws, models, optimizers, probes, weights
from relu_bench.models import Architecture
from relu_bench.objectives import LOSSES, METRICS
from relu_bench.tasks import Task

EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class Samples:
    """Inputs (uint8) and targets of one data set part, as tensors on the device."""

    inputs: Any
    targets: Any


@dataclass(frozen=True)
class Measured:
    """Mean loss (nats) and mean metric over `count` samples."""

    loss: float
    metric: float
    count: int


@dataclass(frozen=True)
class StepValues:
    """For each step of an epoch, in order: mean loss, summed metric, number of samples."""

    losses: NDArray[np.float64]
    metric_sums: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def mean(self) -> Measured:
        """The sample-weighted means over the epoch, summed in float64."""
        count = int(self.counts.sum())
        loss = float((self.losses * self.counts).sum() / count)
        return Measured(loss, float(self.metric_sums.sum() / count), count)


class Program:
    """A Keras model, a Keras optimizer, and the compiled functions around them.

    Args:
        architecture: the network.
        task: what it is trained for.
        optimizer: canonical label.
        batch_size: samples a step; the last step of an epoch may have fewer.
        xla: compile the epoch with XLA.
    """

    def __init__(
        self, architecture: Architecture, task: Task, optimizer: str, batch_size: int, xla: bool
    ) -> None:
        self.task = task
        self.batch_size = batch_size
        self.xla = xla
        self.architecture = architecture
        self.model = models.build(architecture)
        draws.prepare(self.model.layers, xla=xla)
        self.optimizer = optimizers.build(optimizer, learning_rate=0.001)
        self.optimizer.build(self.model.trainable_variables)
        self._fresh_model = weights.snapshot(self.model.variables)
        self._fresh_optimizer = weights.snapshot(self.optimizer.variables)
        self._epoch = self._make_epoch()
        self._evaluate: Any = None
        self._compiled_for: tuple[Any, ...] = ()

    @cached_property
    def probe(self) -> probes.Probe:
        """Looks into the network; traced once for all runs of this program."""
        return probes.Probe(self.model, self.architecture.activation, self.task.loss, scaled)

    @property
    def parameter_count(self) -> int:
        """Number of trainable parameters."""
        return sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)

    def reset(
        self, *, seed: int, initializer: str, bias_initializer: str, learning_rate: float
    ) -> None:
        """Bring every variable to the start of a run."""
        weights.restore(self.model.variables, self._fresh_model)
        weights.restore(self.optimizer.variables, self._fresh_optimizer)
        weights.draw(
            self.model, seed=seed, initializer=initializer, bias_initializer=bias_initializer
        )
        self.optimizer.learning_rate.assign(learning_rate)

    def compile(self, samples: Samples, order_length: int) -> float:
        """Compile for these shapes unless that was done; the variables are to be reset after it.

        Returns:
            Seconds it took, 0.0 when there was nothing to do.
        """
        shapes = (tuple(samples.inputs.shape), order_length)
        if shapes == self._compiled_for:
            return 0.0
        started = time.perf_counter()
        # No full step is run, but everything is traced and compiled.
        self._run_epoch(samples, np.zeros(order_length, np.int32), full_steps=0)
        self._evaluation(samples)
        self._compiled_for = shapes
        return time.perf_counter() - started

    def train_epoch(self, samples: Samples, order: NDArray[np.int32]) -> StepValues:
        """One pass over `samples` in the given order of indices; each step updates the weights."""
        full_steps, last = divmod(len(order), self.batch_size)
        losses, sums = self._run_epoch(samples, order, full_steps)
        counts = [self.batch_size] * full_steps + [last] * (last > 0)
        return StepValues(
            np.asarray(losses, np.float64), np.asarray(sums, np.float64), np.asarray(counts)
        )

    def _run_epoch(self, samples: Samples, order: NDArray[np.int32], full_steps: int) -> Any:
        import tensorflow as tf

        # A Python integer would be a constant of the program, and each value a new program.
        return self._epoch(
            samples.inputs, samples.targets, tf.constant(order), tf.constant(full_steps)
        )

    def evaluate(self, samples: Samples, indices: NDArray[np.int32] | None = None) -> Measured:
        """Mean loss and metric in inference mode over `indices` of `samples`, or over all."""
        import tensorflow as tf

        evaluate = self._evaluation(samples)
        total = len(samples.targets) if indices is None else len(indices)
        loss = metric = 0.0
        for start in range(0, total, EVALUATION_BATCH):
            stop = min(start + EVALUATION_BATCH, total)
            if indices is None:
                batch = samples.inputs[start:stop], samples.targets[start:stop]
            else:
                chosen = indices[start:stop]
                batch = tf.gather(samples.inputs, chosen), tf.gather(samples.targets, chosen)
            losses, metrics = evaluate(*batch)
            loss += float(np.asarray(losses, np.float64).sum())
            metric += float(np.asarray(metrics, np.float64).sum())
        return Measured(loss / total, metric / total, total)

    def _evaluation(self, samples: Samples) -> Any:
        """The function of (inputs, targets) that evaluates a batch of any size, traced once."""
        if self._evaluate is None:
            self._evaluate = self._make_evaluate(samples)
        return self._evaluate

    def _make_evaluate(self, samples: Samples) -> Any:
        import tensorflow as tf

        model, task = self.model, self.task

        # Evaluation is a small part of a run: tracing a plain graph takes 0.1 s, XLA 1 s.
        @tf.function(autograph=False)
        def evaluate(inputs: Any, targets: Any) -> Any:
            outputs = model(scaled(inputs), training=False)
            return LOSSES[task.loss](targets, outputs), METRICS[task.metric](targets, outputs)

        parts = samples.inputs, samples.targets
        return evaluate.get_concrete_function(
            *(tf.TensorSpec([None, *part.shape[1:]], part.dtype) for part in parts)
        )

    def _make_epoch(self) -> Any:
        import tensorflow as tf

        model, optimizer, task, batch_size = self.model, self.optimizer, self.task, self.batch_size

        def step(inputs: Any, targets: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                outputs = model(scaled(inputs), training=True)
                loss = tf.reduce_mean(LOSSES[task.loss](targets, outputs))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            return loss, tf.reduce_sum(METRICS[task.metric](targets, outputs))

        # How many full steps to run is an argument, so that compiling needs to run none.
        @tf.function(jit_compile=self.xla, autograph=False)
        def epoch(inputs: Any, targets: Any, order: Any, full_steps: Any) -> tuple[Any, Any]:
            most_steps, last = divmod(order.shape[0], batch_size)

            def body(index: Any, losses: Any, sums: Any) -> tuple[Any, Any, Any]:
                chosen = tf.slice(order, [index * batch_size], [batch_size])
                loss, total = step(tf.gather(inputs, chosen), tf.gather(targets, chosen))
                return index + 1, losses.write(index, loss), sums.write(index, total)

            arrays = [tf.TensorArray(tf.float32, most_steps, element_shape=[]) for _ in range(2)]
            _, losses, sums = tf.while_loop(
                lambda index, *_: index < full_steps,
                body,
                (tf.constant(0), *arrays),
                parallel_iterations=1,
            )
            losses, sums = losses.stack(), sums.stack()
            if last:
                chosen = order[most_steps * batch_size :]
                loss, total = step(tf.gather(inputs, chosen), tf.gather(targets, chosen))
                losses, sums = tf.concat([losses, [loss]], 0), tf.concat([sums, [total]], 0)
            return losses, sums

        return epoch


def scaled(inputs: Any) -> Any:
    """Stored inputs (uint8) as the network takes them: float32 in [0, 1]."""
    import tensorflow as tf

    return tf.cast(inputs, tf.float32) / 255.0
