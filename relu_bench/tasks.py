"""What a network is trained for: the loss, the metrics and which way is better.

The task is a property of the data set. Nothing else asks which task it is: columns are named
`{split}_{metric}` from the names given here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A measure of quality; `title` is how figures and tables call it."""

    name: str
    title: str
    higher_is_better: bool


METRICS = {
    "accuracy": Metric("accuracy", "accuracy", higher_is_better=True),
}


@dataclass(frozen=True)
class Task:
    """What a data set asks of a network.

    `metric` decides which run and which epoch is better; `further_metrics` are recorded beside
    it. Both are names in `METRICS`. `loss` is Keras's name of the loss, taken of the network's
    linear output (from logits).
    """

    name: str
    metric: str
    loss: str
    further_metrics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.metrics if name not in METRICS]
        if unknown:
            raise ValueError(f"task {self.name!r}: {unknown} are not in METRICS: {list(METRICS)}")

    @property
    def metrics(self) -> tuple[str, ...]:
        """All metrics that are recorded, the deciding one first."""
        return (self.metric, *self.further_metrics)


CLASSIFICATION = Task(
    name="classification", metric="accuracy", loss="sparse_categorical_crossentropy"
)
