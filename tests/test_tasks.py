import pytest

from relu_bench.data.tasks import CLASSIFICATION, METRICS, Task


def test_classification() -> None:
    assert CLASSIFICATION.metrics == ("accuracy",)
    assert METRICS[CLASSIFICATION.metric].higher_is_better


def test_metrics_are_listed_with_the_deciding_one_first() -> None:
    task = Task("t", metric="accuracy", loss="l", further_metrics=("accuracy",))
    assert task.metrics == ("accuracy", "accuracy")


@pytest.mark.parametrize(
    "arguments", [{"metric": "acc"}, {"metric": "accuracy", "further_metrics": ("acc",)}]
)
def test_an_unknown_metric_is_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"task 't': \['acc'\] are not in METRICS: \['accuracy'"):
        Task("t", loss="l", **arguments)  # type: ignore[arg-type]


def test_names_in_the_table_are_their_keys() -> None:
    assert [metric.name for metric in METRICS.values()] == list(METRICS)
