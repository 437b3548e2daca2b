"""The training and the validation part, and the constant guess to measure accuracies against.

The split is part of a run's identity, so it rests only on what NumPy promises to keep: the raw
stream of its PCG64 bit generator (the methods of `Generator` may change with a release).
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from relu_bench.data.dataset import Labels, Positions
from relu_bench.data.tasks import Task
from relu_bench.errors import DataError


@dataclass(frozen=True, eq=False)
class Split:
    """Positions in the training arrays, shuffled; `validation` is empty if nothing is held out."""

    train: Positions
    validation: Positions


def part_sizes(
    count: int, *, validation_split: float, train_samples: int | None
) -> tuple[int, int]:
    """How many of `count` training samples are trained on, and how many are held out.

    The held-out part is `count * validation_split`, rounded (a half to the even number); the cap
    `train_samples` is taken of what is left. Raises `DataError` when a part would be empty or
    the cap exceeds what there is.
    """
    if not 0 <= validation_split < 1:
        raise DataError(
            f"validation_split is {validation_split}, expected 0 (hold out nothing) up to, but"
            " not including, 1."
        )
    validation = round(count * validation_split)
    train = count - validation
    if validation_split > 0 and validation == 0:
        raise DataError(
            f"validation_split {validation_split} of {count:,} training samples holds out none."
            f" Give at least {_smallest_share(count)}, or 0 to hold out nothing on purpose."
        )
    if train == 0:
        raise DataError(
            f"validation_split {validation_split} of {count:,} training samples leaves none to"
            " train on. Give a smaller one."
        )
    if train_samples is None:
        return train, validation
    if not 1 <= train_samples <= train:
        raise DataError(
            f"train_samples is {train_samples:,}, but {train:,} training samples are left after"
            f" validation_split {validation_split}. Give 1 to {train:,}, or null for all."
        )
    return train_samples, validation


def split(
    targets: Labels, *, validation_split: float, split_seed: int, train_samples: int | None
) -> Split:
    """Divide training samples with these class numbers: stratified, shuffled by `split_seed`.

    Every class has its exact share of either part, rounded by largest remainder so that the
    totals are those of `part_sizes`. The cap is taken after the split, stratified too: which
    samples are held out does not depend on it. Raises `DataError`.
    """
    if split_seed < 0:
        raise DataError(f"split_seed is {split_seed}, expected 0 or more.")
    train_size, validation_size = part_sizes(
        len(targets), validation_split=validation_split, train_samples=train_samples
    )
    bits = np.random.PCG64(split_seed)
    draw, order = (_random_order(len(targets), bits) for _ in range(2))
    held_out = first_of_each_class(targets[draw], validation_size)
    validation, train = draw[held_out], draw[~held_out]
    train = train[first_of_each_class(targets[train], train_size)]
    # As drawn, the classes that filled their share first stand at the end: the parts are put
    # into an order of their own.
    return Split(train=_in_order(train, order), validation=_in_order(validation, order))


def strata(task: Task, targets: Labels) -> Labels:
    """What parts are stratified by: the class numbers; ratings make one stratum of all samples."""
    return targets if task.has_classes else np.zeros(len(targets), np.uint8)


def stratified_sample(targets: Labels, size: int, seed: int) -> npt.NDArray[np.bool_]:
    """A mask over `targets` that holds `size` samples drawn by `seed`, stratified by class."""
    draw = _random_order(len(targets), np.random.PCG64(seed))
    mask = np.zeros(len(targets), dtype=np.bool_)
    mask[draw[first_of_each_class(targets[draw], size)]] = True
    return mask


def first_of_each_class(targets: Labels, size: int) -> npt.NDArray[np.bool_]:
    """A mask over `targets` that holds, of each class, the first ones: its share of `size`."""
    mask = np.zeros(len(targets), dtype=np.bool_)
    if size == 0:
        return mask
    counts = np.bincount(targets)
    by_class = np.argsort(targets, kind="stable")
    rank = np.arange(len(targets)) - np.repeat(np.cumsum(counts) - counts, counts)
    mask[by_class[rank < np.repeat(_largest_remainder(counts, size), counts)]] = True
    return mask


def guess_accuracy(train_targets: Labels, targets: Labels) -> float:
    """Accuracy on `targets` of always guessing the commonest class of `train_targets`.

    The smallest class number wins a tie. Raises `ValueError` when either is empty: there is
    no accuracy then.
    """
    if len(train_targets) == 0 or len(targets) == 0:
        raise ValueError(
            "guess_accuracy needs at least one training target and one target, received"
            f" {len(train_targets)} and {len(targets)}"
        )
    guess = np.argmax(np.bincount(train_targets))
    return float(np.mean(targets == guess))


def _random_order(count: int, bits: np.random.PCG64) -> Positions:
    return np.argsort(bits.random_raw(count), kind="stable").astype(np.int32)


def _in_order(members: Positions, order: Positions) -> Positions:
    """Those of `order` that are `members`."""
    mask = np.zeros(len(order), dtype=np.bool_)
    mask[members] = True
    return order[mask[order]]


def _largest_remainder(counts: npt.NDArray[Any], size: int) -> npt.NDArray[np.int64]:
    """Share `size` out in proportion to `counts`; equal remainders go to the smaller class."""
    shares, remainders = np.divmod(counts.astype(np.int64) * size, int(counts.sum()))
    left = size - int(shares.sum())
    shares[np.argsort(-remainders, kind="stable")[:left]] += 1
    return shares


def _smallest_share(count: int) -> str:
    """1 / `count` with two digits, never below it, so that the advice works."""
    two_digits = Context(prec=2, rounding=ROUND_CEILING)
    return f"{float(two_digits.divide(Decimal(1), Decimal(count))):g}"
