"""Settings that had nothing to act on: a paper that named them would say what was not done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from relu_bench import labels
from relu_bench.compare.naming import stored_column

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# Of `models.MODELS`, which stands above this; a test holds them together.
RECURRENT_MODELS = frozenset({"rnn"})

_ACTED: Mapping[str, Callable[[DataFrame], bool]] = {
    "batch_norm_momentum": lambda runs: bool(runs["batch_norm"].any()),
    "dropout_kind": lambda runs: bool((runs["dropout"] > 0).any()),
    "recurrent_initializer": lambda runs: (
        not RECURRENT_MODELS.isdisjoint(
            labels.parse(model).name for model in _stored(runs, "model").unique()
        )
    ),
    # A cap on the training samples is drawn by it too.
    "split_seed": lambda runs: bool(
        (runs["validation_split"] > 0).any() or runs["train_samples"].notna().any()
    ),
}


def _stored(runs: DataFrame, name: str) -> Series:
    """A column of labels as they stand in the store, whatever names are shown."""
    stored = stored_column(name)
    return runs[stored if stored in runs else name]


def idle_settings(runs: DataFrame) -> frozenset[str]:
    """The columns of settings that made no difference to any of these runs."""
    return frozenset(name for name, acted in _ACTED.items() if not acted(runs))
