"""Tasks, and the training and validation parts of a data set."""

import hashlib
import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from relu_bench.data import Split, guess_accuracy, part_sizes, split
from relu_bench.data.parts import first_of_each_class, stratified_sample
from relu_bench.data.tasks import CLASSIFICATION, METRICS, Task
from relu_bench.errors import DataError


def divide(
    targets: np.ndarray,
    validation_split: float = 0.2,
    split_seed: int = 0,
    train_samples: int | None = None,
) -> Split:
    return split(
        targets,
        validation_split=validation_split,
        split_seed=split_seed,
        train_samples=train_samples,
    )


def fingerprint(parts: Split) -> str:
    content = parts.train.astype("<i4").tobytes() + b"|" + parts.validation.astype("<i4").tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


TARGETS = np.array([0, 1, 2, 2, 1, 2, 0, 2, 1, 2], np.uint8)


def test_golden_small() -> None:
    parts = divide(TARGETS, 0.3, split_seed=0)
    assert parts.train.tolist() == [5, 8, 9, 7, 4, 0, 2]
    assert parts.validation.tolist() == [1, 3, 6]


GOLDEN = [
    (1000, 10, 0.2, 0, None, "fad339d2df3d9a0b"),
    (1000, 10, 0.2, 1, None, "c074c6bff4701ee8"),
    (1000, 10, 0.0, 0, None, "61863f636877ad7c"),
    (1000, 10, 0.2, 0, 100, "ec4323e4843209ae"),
    (1437, 7, 0.15, 12345, 333, "0a5c542a7fa83572"),
    (1000, 300, 0.5, 2**40, None, "fadf86b1dee6383f"),
]


@pytest.mark.parametrize("case", GOLDEN)
def test_golden(case: tuple[int, int, float, int, int | None, str]) -> None:
    count, classes, share, seed, cap, golden = case
    targets = (np.arange(count) ** 2 % classes).astype(np.uint16)
    assert fingerprint(divide(targets, share, seed, cap)) == golden


def test_type_of_targets_does_not_matter() -> None:
    wide = divide(TARGETS.astype(np.int32))
    assert fingerprint(wide) == fingerprint(divide(TARGETS))
    assert wide.train.dtype == wide.validation.dtype == np.int32


def within_one_of_exact_share(part: np.ndarray, whole: np.ndarray) -> bool:
    counts = np.bincount(whole)
    exact = counts * len(part) / len(whole)
    held = np.bincount(part, minlength=len(counts))
    return bool(np.all(np.abs(held - exact) < 1))


@given(
    targets=st.lists(st.integers(0, 5), min_size=2, max_size=60).map(np.array),
    share=st.floats(0, 0.95),
    seed=st.integers(0, 2**63),
    cap_share=st.none() | st.floats(0, 1),
)
def test_properties(targets: np.ndarray, share: float, seed: int, cap_share: float | None) -> None:
    validation_size = round(len(targets) * share)
    assume(validation_size < len(targets) and (share == 0 or validation_size > 0))
    left = len(targets) - validation_size
    cap = None if cap_share is None else max(1, int(left * cap_share))

    parts = divide(targets, share, seed, cap)

    assert part_sizes(len(targets), validation_split=share, train_samples=cap) == (
        len(parts.train),
        len(parts.validation),
    )
    assert len(parts.validation) == validation_size
    assert len(parts.train) == (left if cap is None else cap)
    both = np.concatenate([parts.train, parts.validation])
    assert len(np.unique(both)) == len(both)
    assert both.min() >= 0
    assert both.max() < len(targets)
    uncapped = divide(targets, share, seed)
    np.testing.assert_array_equal(parts.validation, uncapped.validation)
    assert set(parts.train) <= set(uncapped.train)
    assert len(uncapped.train) + len(uncapped.validation) == len(targets)
    assert within_one_of_exact_share(targets[parts.validation], targets)
    assert within_one_of_exact_share(targets[parts.train], targets[uncapped.train])


def test_repeats_whatever_the_global_random_state() -> None:
    targets = np.arange(500) % 10
    first = fingerprint(divide(targets))
    np.random.seed(5)
    random.seed(5)
    state = np.random.get_state()[1].copy()
    assert fingerprint(divide(targets)) == first
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_shuffled_and_drawn_anew_for_another_seed() -> None:
    targets = np.arange(1000) % 10
    parts = [divide(targets, split_seed=seed) for seed in range(3)]
    for one in parts:
        for indices in (one.train, one.validation):
            # Of a random order, half of the neighbours ascend.
            assert 0.4 < np.mean(np.diff(indices) > 0) < 0.6
    overlap = len(set(parts[0].validation) & set(parts[1].validation))
    assert 15 < overlap < 70  # 40 of 200 by chance
    # No class stays together either.
    assert len(set(targets[parts[0].train[:50]])) == 10


def test_no_class_gathers_at_either_end_of_a_part() -> None:
    targets = np.arange(40) % 4
    positions: list[list[int]] = [[] for _ in range(4)]
    for seed in range(300):
        for position, index in enumerate(divide(targets, 0.2, seed).train):
            positions[targets[index]].append(position)
    # 300 times 8 positions of 0 to 31: the mean is 15.5, its standard deviation below 0.2.
    assert [round(float(np.mean(where))) in (15, 16) for where in positions] == [True] * 4


def test_every_sample_is_held_out_by_some_seed() -> None:
    targets = np.arange(60) % 3
    held_out = {int(i) for seed in range(40) for i in divide(targets, 0.2, seed).validation}
    assert held_out == set(range(60))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"validation_split": 0.001},
            "validation_split 0.001 of 10 training samples holds out none."
            " Give at least 0.1, or 0 to hold out nothing on purpose.",
        ),
        (
            {"validation_split": 0.99},
            "validation_split 0.99 of 10 training samples leaves none to train on."
            " Give a smaller one.",
        ),
        (
            {"validation_split": 1.0},
            "validation_split is 1.0, expected 0 (hold out nothing) up to, but not including, 1.",
        ),
        (
            {"validation_split": float("nan")},
            "validation_split is nan, expected 0 (hold out nothing) up to, but not including, 1.",
        ),
        (
            {"train_samples": 9},
            "train_samples is 9, but 8 training samples are left after validation_split 0.2."
            " Give 1 to 8, or null for all.",
        ),
        (
            {"train_samples": 0},
            "train_samples is 0, but 8 training samples are left after validation_split 0.2."
            " Give 1 to 8, or null for all.",
        ),
        ({"split_seed": -1}, "split_seed is -1, expected 0 or more."),
    ],
)
def test_impossible_splits_say_what_to_change(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(DataError) as caught:
        divide(TARGETS, **arguments)  # type: ignore[arg-type]
    assert str(caught.value) == message


@given(count=st.integers(2, 100_000))
def test_the_smallest_share_that_is_advised_works(count: int) -> None:
    with pytest.raises(DataError) as caught:
        part_sizes(count, validation_split=0.1 / count, train_samples=None)
    advised = float(str(caught.value).split("at least ")[1].split(",")[0])
    assume(advised < 1)
    assert part_sizes(count, validation_split=advised, train_samples=None)[1] == 1


def test_largest_remainder_by_hand() -> None:
    # Exact shares of 4: 2.0, 1.2, 0.8; the third has the largest remainder.
    targets = np.array([0] * 5 + [1] * 3 + [2] * 2)
    mask = first_of_each_class(targets, 4)
    assert np.flatnonzero(mask).tolist() == [0, 1, 5, 8]


def test_equal_remainders_go_to_the_smaller_class() -> None:
    mask = first_of_each_class(np.array([2, 2, 0, 0, 1, 1]), 2)
    assert np.flatnonzero(mask).tolist() == [2, 4]


def test_stratified_sample_by_seed() -> None:
    targets = np.arange(100) % 4
    one, other = (stratified_sample(targets, 20, seed) for seed in (0, 1))
    assert np.bincount(targets[one]).tolist() == [5, 5, 5, 5]
    assert not np.array_equal(one, other)


def test_guess_accuracy() -> None:
    train = np.array([0, 1, 1, 2, 2], np.uint8)  # 1 and 2 tie: 1 is guessed
    assert guess_accuracy(train, np.array([1, 1, 2, 0], np.uint8)) == 0.5
    assert guess_accuracy(train, np.array([2, 2], np.uint8)) == 0.0
    assert type(guess_accuracy(train, train)) is float


@pytest.mark.parametrize("sizes", [(0, 1), (1, 0)])
def test_guess_accuracy_of_nothing_does_not_exist(sizes: tuple[int, int]) -> None:
    train, targets = (np.zeros(size, np.uint8) for size in sizes)
    with pytest.raises(ValueError, match=f"received {sizes[0]} and {sizes[1]}"):
        guess_accuracy(train, targets)


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
