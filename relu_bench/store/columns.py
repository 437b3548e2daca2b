"""The columns of the four CSVs: names, types, units, and when a cell is empty.

`docs/results.md` prints this table, the store writes its headers from it and reads its types.
Accuracies are fractions in [0, 1]. A value that does not exist is empty, never 0.
"""

import math
from dataclasses import dataclass
from typing import Literal

from relu_bench.data.tasks import METRICS, Metric

Kind = Literal["text", "integer", "number", "boolean", "time", "bits"]
"""`bits`: base64 of `numpy.packbits`, the first bit in the highest place of the first byte."""

# Nothing that is computed in 32 bits comes near it, and its fourth power is finite in 64.
_LARGEST = 1e60


@dataclass(frozen=True)
class Column:
    """One column of a CSV.

    `before` is what runs had in whose store the column did not exist yet: a field's default.
    `choices` are the only texts that it holds; none where any text may stand. Where `is_positive`,
    numbers are above 0.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    empty_when: str = "never"
    before: str | None = None
    choices: tuple[str, ...] = ()
    is_positive: bool = False

    @property
    def is_required(self) -> bool:
        """Whether a cell of a completed run is never empty, whatever release stored it."""
        return self.empty_when == "never" and self.before is None

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest number that there can be, with room for rounding."""
        if self.unit == "fraction":
            return -1e-6, 1 + 1e-6
        return (math.ulp(0.0) if self.is_positive else -_LARGEST), _LARGEST

    @property
    def holds(self) -> str:
        """What stands in it, in words."""
        if self.choices:
            return " or ".join(self.choices)
        if self.kind == "bits":
            return "bits in base64"
        limits = "from 0 to 1" if self.unit == "fraction" else "above 0" * self.is_positive
        return f"{self.kind} values {limits}".rstrip()


STATUSES = ("completed", "failed")

_KEY = (
    Column("experiment", "text", "name of the experiment"),
    Column("run_id", "text", "`r` and 12 hex digits: the identity of the run's resolved settings"),
)

SPEC = (
    Column("seed", "integer", "draws weights, data order and dropout"),
    Column("dataset", "text", "data set, or the folder as it was given"),
    Column("model", "text", "model label"),
    Column("activation", "text", "activation label with every parameter"),
    Column(
        "output_activation",
        "text",
        "activation label in front of the output's softmax",
        before="identity",
    ),
    Column("initializer", "text", "initializer label of all kernels"),
    Column("bias_initializer", "text", "initializer label of all biases"),
    Column(
        "recurrent_initializer",
        "text",
        "initializer label of recurrent kernels",
        before="orthogonal(gain=1.0)",
    ),
    Column("learning_rate", "number", "learning rate of the optimizer", is_positive=True),
    Column("batch_norm", "boolean", "batch normalization between each layer and its activation"),
    Column("batch_norm_momentum", "number", "momentum of the moving statistics"),
    Column("optimizer", "text", "optimizer label with every parameter but the learning rate"),
    Column(
        "gradient_clip_norm",
        "number",
        "greatest norm of the gradient of all weights together",
        "",
        "there is no limit",
    ),
    Column("batch_size", "integer", "samples a step", "samples"),
    Column("epochs", "integer", "passes over the training part that were asked for", "epochs"),
    Column("dropout", "number", "share of units dropped behind each hidden activation"),
    Column("dropout_kind", "text", "`standard` or `alpha`"),
    Column("validation_split", "number", "share of the training samples kept for validation"),
    Column("split_seed", "text", "seed of the split, or `seed`: drawn anew for each seed"),
    Column("train_samples", "integer", "cap on the training part", "samples", "there is no cap"),
)

_LOSS = "nats, or squared rating"
_FAILED = "the run failed"
_DIVERGED = "the run failed, or its loss or weights were not finite"
_NOT_FINITE = "the loss or a weight is not finite"
_NO_VALIDATION = "as before, or nothing is held out"
_NO_PROBE = "the run failed, or `probes` is false"
_NO_BEST = "no epoch ended with a finite validation loss, or nothing is held out"


def _scores(prefix: str, meaning: str, empty_when: str) -> tuple[Column, ...]:
    """A column for each metric; a task fills those of its own."""
    return tuple(_score(prefix, metric, meaning, empty_when) for metric in METRICS.values())


def _score(prefix: str, metric: Metric, meaning: str, empty_when: str) -> Column:
    also = "" if metric.name == "accuracy" else f", or the task has no {metric.title}"
    first = "" if metric.name == "accuracy" else f"{metric.meaning}; "
    return Column(
        f"{prefix}_{metric.name}", "number", f"{first}{meaning}", metric.unit, empty_when + also
    )


RUNS = (
    *_KEY,
    Column(
        "status", "text", "how it ended as a process: `completed` or `failed`", choices=STATUSES
    ),
    Column(
        "outcome",
        "text",
        "`learned`, `at_chance` or `diverged`",
        "",
        _FAILED,
        choices=("learned", "at_chance", "diverged"),
    ),
    *SPEC,
    Column("parameter_count", "integer", "trainable parameters", "", _FAILED),
    Column(
        "metric",
        "text",
        "what `better` means for this task",
        "",
        _FAILED,
        choices=tuple(METRICS),
    ),
    Column("train_loss", "number", "mean over the last epoch's batches", _LOSS, _DIVERGED),
    *_scores("train", "over the last epoch's batches as trained", _DIVERGED),
    Column("val_loss", "number", "last epoch's weights", _LOSS, _NO_VALIDATION),
    *_scores("val", "last epoch's weights", _NO_VALIDATION),
    Column("test_loss", "number", "last epoch's weights", _LOSS, _DIVERGED),
    *_scores("test", "last epoch's weights", _DIVERGED),
    Column("best_epoch", "integer", "best by validation; the earliest wins a tie", "", _NO_BEST),
    *_scores("best_epoch_val", "weights of the best epoch", _NO_BEST),
    *_scores("best_epoch_test", "weights of the best epoch", _NO_BEST),
    *_scores(
        "guess_val",
        "of always guessing the commonest training class, or the mean rating",
        "the run failed, or nothing is held out",
    ),
    *_scores("guess_test", "likewise", _FAILED),
    Column("train_seconds", "number", "training and validation, compiling aside", "s", _FAILED),
    Column("compile_seconds", "number", "0 when the program was compiled before", "s", _FAILED),
    Column("probes", "boolean", "whether layers.csv holds the network's inside", "", _FAILED),
    Column("probe_seconds", "number", "measuring it, beside `train_seconds`", "s", _NO_PROBE),
    Column(
        "final_dead_fraction",
        "number",
        "share of dead units of all hidden layers after training",
        "fraction",
        "not measured, or the network's values were not finite",
    ),
    Column(
        "initial_gradient_ratio",
        "number",
        "before training, gradient_rms of the first hidden layer by that of the last",
        "",
        "not measured, fewer than two hidden layers, or the last one's is 0",
    ),
    Column("started_at", "time", "ISO 8601, UTC"),
    Column("host", "text", "machine that trained"),
    Column("processor", "text", "its processor"),
    Column(
        "environment",
        "text",
        "variables of the environment that were in force and change numbers, `NAME=value`",
        "",
        "there was none, as a rule",
    ),
    Column("relu_bench_version", "text", "version"),
    Column("tensorflow_version", "text", "version"),
    Column("keras_version", "text", "version"),
    Column("git_commit", "text", "commit of relu-bench's checkout", "", "installed from a wheel"),
    Column("numerics", "integer", "numerics revision: raised when a change alters numbers"),
    Column("attempts", "integer", "how often it was tried"),
    Column("error", "text", "why it failed, on one line", "", "the run did not fail"),
)

REQUIRED = ("outcome", "metric", *(each.name for each in SPEC if each.is_required))
"""Columns of runs.csv without which a completed run can be compared with none."""

EPOCHS = (
    *_KEY,
    Column(
        "epoch", "integer", "0 is evaluated before training, on at most 10,000 training samples"
    ),
    Column("train_loss", "number", "mean over the epoch's batches", _LOSS, _NOT_FINITE),
    *_scores("train", "over the epoch's batches as trained", _NOT_FINITE),
    Column("val_loss", "number", "weights at the end of the epoch", _LOSS, _NO_VALIDATION),
    *_scores("val", "weights at the end of the epoch", _NO_VALIDATION),
    Column("seconds", "number", "training and validation of this epoch", "s"),
)

_HIDDEN = "the layer is the output, or a value of it is not finite"
_NO_SLOPE = "no slope is learned"
_FROM_ONE = "as before, or the epoch is 0"

LAYERS = (
    *_KEY,
    Column("epoch", "integer", "0 is before training"),
    Column("layer", "text", "name of the layer; the last one is `output`"),
    Column("units", "integer", "units, or channels"),
    Column(
        "dead_fraction",
        "number",
        "share of dead units: at the first and last epoch on the whole training part, between on "
        "the probe set",
        "fraction",
        _HIDDEN,
    ),
    Column(
        "inactive_fraction",
        "number",
        "share of units with the derivative 0 on every sample of the probe set",
        "fraction",
        _HIDDEN,
    ),
    Column(
        "saturated_fraction",
        "number",
        "share of units with next to no derivative on at least 95 % of the probe set",
        "fraction",
        "as before, or the activation has no finite limit",
    ),
    Column(
        "born_dead", "integer", "units dead at initialization", "units", "as before, or epoch > 0"
    ),
    Column("died", "integer", "units silent now and not the epoch before", "units", _FROM_ONE),
    Column("revived", "integer", "units silent the epoch before and not now", "units", _FROM_ONE),
    Column("sparsity", "number", "share of exact zeros in the output", "fraction", _HIDDEN),
    Column("pre_mean", "number", "mean of the pre-activation", "", _HIDDEN),
    Column("pre_std", "number", "standard deviation of the pre-activation", "", _HIDDEN),
    Column("out_mean", "number", "mean of the output", "", _HIDDEN),
    Column("out_std", "number", "standard deviation of the output", "", _HIDDEN),
    Column(
        "gradient_rms",
        "number",
        "root mean square, over samples and units, of the derivative of one sample's loss by the "
        "pre-activation",
        _LOSS,
        _HIDDEN,
    ),
    Column(
        "kernel_gradient_norm",
        "number",
        "Euclidean norm of the kernel's mean gradient over the probe set",
        _LOSS,
        "it is not finite",
    ),
    Column("kernel_norm", "number", "Euclidean norm of the kernel", "", "it is not finite"),
    Column(
        "update_ratio",
        "number",
        "norm of the kernel's change over the epoch by kernel_norm",
        "",
        "it is not finite, or the epoch is 0",
    ),
    Column(
        "update_cosine",
        "number",
        "cosine between the kernel's change over this epoch and over the one before",
        "",
        "one of them is 0, or the epoch is 0 or 1",
    ),
    Column(
        "same_sign_fraction",
        "number",
        "share of units whose incoming weights' mean gradients all have one sign, zeros aside",
        "fraction",
        "every gradient is 0, or one is not finite",
    ),
    Column("slope_mean", "number", "mean learned negative slope", "", _NO_SLOPE),
    Column("slope_min", "number", "smallest learned negative slope", "", _NO_SLOPE),
    Column("slope_max", "number", "largest learned negative slope", "", _NO_SLOPE),
    Column(
        "time_step",
        "integer",
        "of a recurrent layer's rows by time step (`recurrent_1_step_7`): the step, from 1",
        "steps",
        "the row is that of a layer",
    ),
    Column(
        "state_gradient_rms",
        "number",
        "root mean square, over samples and units, of the derivative of one sample's loss by the "
        "state at this step; only before and after training",
        _LOSS,
        "the row is that of a layer, or the value is not finite",
    ),
)

TEST_SAMPLES = (
    *_KEY,
    Column("samples", "integer", "size of the test part", "samples"),
    Column(
        "correct",
        "bits",
        "of each test sample, in the order of the test part, 1 where the last epoch's weights got "
        "it right: base64 of `numpy.packbits`, the first sample in the highest bit",
    ),
    Column(
        "fingerprint",
        "text",
        "SHA-256 of the content of the data",
        "",
        "the data set is one that relu-bench knows by name",
    ),
)


def names(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The names of `columns`, in order."""
    return tuple(column.name for column in columns)


def markdown(columns: tuple[Column, ...]) -> str:
    """The table of `docs/results.md`."""
    lines = ["| column | type | unit | meaning | empty when |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{c.name}` | {c.kind} | {c.unit or '–'} | {c.meaning} | {c.empty_when} |"
        for c in columns
    ]
    return "\n".join(lines)
