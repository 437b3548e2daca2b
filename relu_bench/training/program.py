"""The compiled training step that several runs share: a whole epoch as one TensorFlow function.

Inputs stay in memory as they are stored and are gathered and prepared inside the program. Weights,
optimizer slots and the learning rate are variables, so one program serves every seed, initializer
and learning rate.
"""

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.data.tasks import Task
from relu_bench.networks import draws, models, optimizers, weights
from relu_bench.networks.models import Architecture
from relu_bench.training import probes
from relu_bench.training.named_alike import NamedAlike
from relu_bench.training.objectives import (
    LOSSES,
    MEAN_METRICS,
    RIGHT_OR_WRONG,
    Measured,
    StepValues,
    keeps_outputs,
    mean_metrics,
    measured,
)

EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class Samples:
    """Inputs (as stored) and targets of one data set part, as tensors on the device."""

    inputs: Any
    targets: Any


class Program:
    """A Keras model, a Keras optimizer, and the compiled functions around them.

    Args:
        architecture: the network.
        task: what it is trained for.
        optimizer: canonical label.
        batch_size: samples a step; the last step of an epoch may have fewer.
        xla: compile the epoch with XLA.
        clip_norm: greatest norm of all gradients together; None for no limit.
    """

    def __init__(
        self,
        architecture: Architecture,
        task: Task,
        optimizer: str,
        batch_size: int,
        *,
        xla: bool,
        clip_norm: float | None = None,
    ) -> None:
        self.task = task
        self.batch_size = batch_size
        self.xla = xla
        self.architecture = architecture
        self.model = models.build(architecture)
        draws.prepare(self.model.layers, xla=xla)
        self.optimizer = optimizers.build(optimizer, learning_rate=0.001, clip_norm=clip_norm)
        self.optimizer.build(self.model.trainable_variables)
        self._fresh_model = weights.snapshot(self.model.variables)
        self._fresh_optimizer = weights.snapshot(self.optimizer.variables)
        slots = self.optimizer.variables if optimizers.steps_by_sign(optimizer) else []
        self._telling = [*self.model.variables, *slots]
        self._epoch = self._make_epoch()
        self._evaluate: Any = None
        self._compiled_for: tuple[Any, ...] = ()

    @cached_property
    def probe(self) -> probes.Probe:
        """Looks into the network; traced once for all runs of this program."""
        return probes.Probe(self.model, self.architecture.activation, self.task.loss, prepared)

    @property
    def parameter_count(self) -> int:
        """Number of trainable parameters."""
        return sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)

    def reset(
        self,
        *,
        seed: int,
        initializer: str,
        bias_initializer: str,
        recurrent_initializer: str = "orthogonal(gain=1.0)",
        learning_rate: float,
    ) -> None:
        """Bring every variable to the start of a run."""
        weights.restore(self.model.variables, self._fresh_model)
        weights.restore(self.optimizer.variables, self._fresh_optimizer)
        weights.draw(
            self.model,
            seed=seed,
            initializer=initializer,
            bias_initializer=bias_initializer,
            recurrent_initializer=recurrent_initializer,
        )
        self.optimizer.learning_rate.assign(learning_rate)

    def is_finite(self) -> bool:
        """Whether weights and moving statistics are, and every gradient so far was.

        After a gradient that is not finite some weight is not, for good; where none is, a slot.
        """
        return weights.are_finite(self._telling)

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
        losses, sums, outputs = self._run_epoch(samples, order, full_steps)
        counts = [self.batch_size] * full_steps + [last] * (last > 0)
        kept = keeps_outputs(self.task)
        return StepValues(
            self.task,
            np.asarray(losses, np.float64),
            {name: np.asarray(total, np.float64) for name, total in sums.items()},
            np.asarray(counts),
            np.asarray(samples.targets)[order] if kept else None,
            np.asarray(outputs) if kept else None,
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
        loss, sums = 0.0, dict.fromkeys(mean_metrics(self.task), 0.0)
        kept: list[tuple[Any, Any]] = []
        right: list[NDArray[np.bool_]] = []
        for start in range(0, total, EVALUATION_BATCH):
            stop = min(start + EVALUATION_BATCH, total)
            if indices is None:
                batch = samples.inputs[start:stop], samples.targets[start:stop]
            else:
                chosen = indices[start:stop]
                batch = tf.gather(samples.inputs, chosen), tf.gather(samples.targets, chosen)
            losses, by_metric, kept_outputs = evaluate(*batch)
            loss += float(np.asarray(losses, np.float64).sum())
            for name, values in by_metric.items():
                numbers = np.asarray(values, np.float64)
                sums[name] += float(numbers.sum())
                if name == RIGHT_OR_WRONG:
                    right.append(numbers > 0)
            if keeps_outputs(self.task):
                kept.append((batch[1].numpy(), kept_outputs[0].numpy()))
        targets, outputs = map(np.concatenate, zip(*kept, strict=True)) if kept else (None, None)
        means = {name: value / total for name, value in sums.items()}
        found = measured(self.task, loss / total, means, total, targets=targets, outputs=outputs)
        return replace(found, right=np.concatenate(right)) if right else found

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
            outputs = model(prepared(inputs), training=False)
            metrics = _per_sample(task, targets, outputs)
            return LOSSES[task.loss](targets, outputs), metrics, _kept(task, outputs)

        parts = samples.inputs, samples.targets
        return evaluate.get_concrete_function(
            *(tf.TensorSpec([None, *part.shape[1:]], part.dtype) for part in parts)
        )

    def _make_epoch(self) -> Any:
        import tensorflow as tf

        model, optimizer, task, batch_size = self.model, self.optimizer, self.task, self.batch_size

        def step(inputs: Any, targets: Any) -> tuple[Any, ...]:
            with tf.GradientTape() as tape:
                outputs = model(prepared(inputs), training=True)
                loss = tf.reduce_mean(LOSSES[task.loss](targets, outputs))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            sums = map(tf.reduce_sum, _per_sample(task, targets, outputs).values())
            return (loss, *sums, *_kept(task, outputs))

        names = mean_metrics(task)
        # What a step gives, to be written down: loss, sums, and for some tasks the outputs.
        shapes: list[list[int]] = [[]] * (1 + len(names)) + [[batch_size]] * keeps_outputs(task)

        # How many full steps to run is an argument, so that compiling needs to run none.
        def epoch(inputs: Any, targets: Any, order: Any, full_steps: Any) -> tuple[Any, ...]:
            most_steps, last = divmod(order.shape[0], batch_size)

            def body(index: Any, *arrays: Any) -> tuple[Any, ...]:
                chosen = tf.slice(order, [index * batch_size], [batch_size])
                found = step(tf.gather(inputs, chosen), tf.gather(targets, chosen))
                written = (
                    array.write(index, value) for array, value in zip(arrays, found, strict=True)
                )
                return index + 1, *written

            found = _stacked(shapes, most_steps, body, full_steps)
            if last:
                chosen = order[most_steps * batch_size :]
                end = step(tf.gather(inputs, chosen), tf.gather(targets, chosen))
                found = [
                    tf.concat([array, value if shape else [value]], 0)
                    for array, value, shape in zip(found, end, shapes, strict=True)
                ]
            losses, *others = found
            sums = dict(zip(names, others, strict=False))
            return losses, sums, others[len(names)] if keeps_outputs(task) else ()

        return NamedAlike(epoch) if self.xla else tf.function(epoch, autograph=False)


def _stacked(shapes: list[list[int]], most_steps: int, body: Any, full_steps: Any) -> list[Any]:
    """What `full_steps` of at most `most_steps` steps give, each of the `shapes` in one row.

    Args:
        shapes: of what a step gives: scalars, or a value a sample.
        most_steps: room for so many; the rest stays 0.
        body: (index, *arrays) -> the same after one more step.
        full_steps: how many steps to run, a tensor.
    """
    import tensorflow as tf

    if not most_steps:
        return [tf.zeros([0])] * len(shapes)
    arrays = [tf.TensorArray(tf.float32, most_steps, element_shape=shape) for shape in shapes]
    _, *arrays = tf.while_loop(
        lambda index, *_: index < full_steps,
        body,
        (tf.constant(0), *arrays),
        parallel_iterations=1,
    )
    return [
        tf.reshape(array.stack(), [most_steps * shape[0]]) if shape else array.stack()
        for array, shape in zip(arrays, shapes, strict=True)
    ]


def _per_sample(task: Task, targets: Any, outputs: Any) -> dict[str, Any]:
    """By metric, what it is the mean of."""
    return {name: MEAN_METRICS[name].per_sample(targets, outputs) for name in mean_metrics(task)}


def _kept(task: Task, outputs: Any) -> tuple[Any, ...]:
    """The outputs (n,) where they are needed."""
    return (outputs[:, 0],) if keeps_outputs(task) else ()


def prepared(inputs: Any) -> Any:
    """Stored inputs as the network takes them.

    Bytes are pixels and become floats in [0, 1]; wider integers are the numbers of tokens; floats
    are features, and stay as they are.
    """
    import tensorflow as tf

    if inputs.dtype == tf.uint8:
        return tf.cast(inputs, tf.float32) / 255.0
    return inputs if inputs.dtype.is_floating else tf.cast(inputs, tf.int32)
