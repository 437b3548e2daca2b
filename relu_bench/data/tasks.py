"""What a network is trained for: the loss, the metrics and which way is better.

The task is a property of the data set. Nothing else asks which task it is: columns are named
`{split}_{metric}` from the names given here, and tables are keyed by the names of losses, metrics
and guesses.
"""

from dataclasses import dataclass
from typing import Literal

Guess = Literal["majority", "mean"]


@dataclass(frozen=True)
class Metric:
    """A measure of quality.

    Attributes:
        name: as columns are called.
        title: how figures and tables call it.
        higher_is_better: its direction.
        unit: `fraction` (shown in percent), or another one, empty for none.
        meaning: what it is, for the glossary of columns.
    """

    name: str
    title: str
    higher_is_better: bool
    unit: str
    meaning: str


METRICS = {
    each.name: each
    for each in (
        Metric(
            "accuracy", "accuracy", True, "fraction", "share of samples whose class is recognized"
        ),
        Metric(
            "auc",
            "AUC",
            True,
            "",
            "area under the ROC curve: how often a sample of class 1 scores above one of class 0",
        ),
        Metric("rmse", "RMSE", False, "rating", "root mean square error of the ratings"),
        Metric("mae", "MAE", False, "rating", "mean absolute error of the ratings"),
    )
}


@dataclass(frozen=True)
class Task:
    """What a data set asks of a network.

    Attributes:
        name: of the task.
        metric: decides which run and which epoch is better; a name in `METRICS`.
        loss: a name in `objectives.LOSSES`, taken of the network's linear output (from logits).
        further_metrics: recorded beside `metric`.
        guess: the answer that takes no network, by which a run is judged: always the commonest
            class of the training part, or always its mean.
        outputs: of the network; 0 for as many as there are classes.
    """

    name: str
    metric: str
    loss: str
    further_metrics: tuple[str, ...] = ()
    guess: Guess = "majority"
    outputs: int = 0

    def __post_init__(self) -> None:
        unknown = [name for name in self.metrics if name not in METRICS]
        if unknown:
            raise ValueError(f"task {self.name!r}: {unknown} are not in METRICS: {list(METRICS)}")

    @property
    def metrics(self) -> tuple[str, ...]:
        """All metrics that are recorded, the deciding one first."""
        return (self.metric, *self.further_metrics)

    @property
    def has_classes(self) -> bool:
        """Whether targets are class numbers, so that parts of the data can be stratified."""
        return self.guess == "majority"


CLASSIFICATION = Task(
    name="classification", metric="accuracy", loss="sparse_categorical_crossentropy"
)
TWO_CLASSES = Task(
    name="two classes",
    metric="accuracy",
    loss="binary_crossentropy",
    further_metrics=("auc",),
    outputs=1,
)
RATINGS = Task(
    name="ratings",
    metric="rmse",
    loss="mean_squared_error",
    further_metrics=("mae",),
    guess="mean",
    outputs=1,
)
