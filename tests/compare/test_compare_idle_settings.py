from typing import Any

import pytest
from comparing import compared, noisy
from fake_results import results, run, runs_table

from relu_bench.compare import answer, methods_paragraph
from relu_bench.compare.methods import RECURRENT_MODELS, idle_settings
from relu_bench.networks import models


def test_the_recurrent_models_are_those_of_the_registry() -> None:
    assert {name for name, model in models.MODELS.items() if model.recurrent} == RECURRENT_MODELS


@pytest.mark.parametrize(
    ("name", "acting"),
    [
        ("batch_norm_momentum", {"batch_norm": True}),
        ("dropout_kind", {"dropout": 0.1}),
        ("split_seed", {"validation_split": 0.2}),
        ("split_seed", {"validation_split": 0.0, "train_samples": 1000}),
        ("recurrent_initializer", {"model": "rnn(units=64)"}),
    ],
)
def test_a_setting_is_idle_until_a_run_has_what_it_acts_on(
    name: str, acting: dict[str, Any]
) -> None:
    without = [run(seed=seed, validation_split=0.0) for seed in range(2)]

    assert name in idle_settings(runs_table(without))
    assert name not in idle_settings(runs_table([*without, run(seed=2, **acting)]))


def test_the_methods_name_no_idle_setting() -> None:
    rows = noisy(["relu", "elu"], 4)
    plain, dropped = (
        methods_paragraph(compared([{**row, **given} for row in rows]))
        for given in ({}, {"dropout": 0.5, "dropout_kind": "alpha"})
    )

    assert "recurrent" not in plain
    assert "momentum" not in plain
    assert "dropout 0;" in plain
    assert "dropout kind" not in plain
    assert "dropout kind alpha" in dropped
    assert "split seed 0" in plain


def test_models_are_told_by_their_labels_whatever_names_are_shown() -> None:
    rows = noisy(["relu", "elu"], 3, model="rnn(units=64)", recurrent_initializer="identity")
    shown = results(rows, names={"rnn(units=64)": "By rows (64"}).displayed()

    (found,) = answer(shown).comparisons

    assert "recurrent initializer identity" in methods_paragraph(found)
