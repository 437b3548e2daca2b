"""Settings that had nothing to act on: a paper that named them would say what was not done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from relu_bench.compare.naming import label_column

if TYPE_CHECKING:
    from pandas import DataFrame

# Of `models.MODELS`, which stands above this; a test holds them together.
RECURRENT_MODELS = frozenset({"rnn"})

_ACTED: Mapping[str, Callable[[DataFrame], bool]] = {
    "batch_norm_momentum": lambda runs: bool(runs["batch_norm"].any()),
    "dropout_kind": lambda runs: bool((runs["dropout"] > 0).any()),
    "recurrent_initializer": lambda runs: (
        not RECURRENT_MODELS.isdisjoint(
            model.partition("(")[0] for model in runs[label_column(runs, "model")].unique()
        )
    ),
    # A cap on the training samples is drawn by it too.
    "split_seed": lambda runs: bool(
        (runs["validation_split"] > 0).any() or runs["train_samples"].notna().any()
    ),
}


def idle_settings(runs: DataFrame) -> frozenset[str]:
    """The columns of settings that made no difference to any of these runs."""
    return frozenset(name for name, acted in _ACTED.items() if not acted(runs))
