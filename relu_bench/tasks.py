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
