"""The plans that a store has kept, planned again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from config_strategies import configs
from hypothesis import assume, given
from idx_folders import write_idx_folder

from relu_bench import data
from relu_bench.config import shards, yaml_source
from relu_bench.config.experiment import from_document
from relu_bench.config.plan import make_plan
from relu_bench.config.planning import Planned
from relu_bench.config.yaml_source import Document
from relu_bench.errors import ConfigError, DataError, StoreError
from relu_bench.execution import runner
from relu_bench.store import KeptPlan, Store

CASES = """
experiment: some
dataset: digits
activation: relu
learning_rate: [0.1, 1]
batch_norm: [false, true]
train_samples: null
split_seed: seed
cases:
  - {model: "mlp(hidden=[8, 4])", initializer: [he_normal, "orthogonal(gain=1.5)"]}
  - {activation: "elu(alpha=0.5)", optimizer: sgd(momentum=0.9)}
seeds: [3, 7]
probes: false
"""


def planned(text: str, *sets: str) -> Planned:
    experiment = from_document(yaml_source.parse(text, "c.yaml"), sets)
    return Planned(experiment, make_plan(experiment, data.fingerprint))


def kept(folder: Path, *plans: Planned) -> Path:
    store = Store(folder)
    store.prepare()
    for each in plans:
        run_ids = [spec.run_id for spec in each.specs]
        store.keep_plan(each.experiment.name, each.experiment.resolved(), run_ids)
    return folder


def test_what_was_asked_for_comes_back_whole(tmp_path: Path) -> None:
    before = planned(CASES)
    (after,) = runner.plan_kept(kept(tmp_path, before))
    assert after.specs == before.specs
    assert [spec.probes for spec in after.specs] == [False] * len(before.specs)
    assert after.experiment.resolved() == before.experiment.resolved()


@given(values=configs())
def test_any_config_comes_back_from_what_is_kept_of_it(values: dict[str, Any]) -> None:
    document = Document("c.yaml", "", values, {})
    experiment = from_document(document)
    assume(experiment.combinations < 1000)
    kept_config = json.loads(json.dumps(experiment.resolved()))
    after = runner.experiment_of(KeptPlan(experiment.name, kept_config, ()), "here")
    assert make_plan(after) == make_plan(experiment)
    assert after.resolved() == experiment.resolved()


def test_every_call_of_a_loop_comes_back(tmp_path: Path) -> None:
    calls = [planned("dataset: digits", f"learning_rate={rate}") for rate in (0.1, 0.01)]
    found = runner.plan_kept(kept(tmp_path, *calls))
    asked = {spec.run_id for each in found for spec in each.specs}
    assert asked == {spec.run_id for each in calls for spec in each.specs}
    assert kept(tmp_path, *found) == tmp_path
    assert len(list((tmp_path / "plans").iterdir())) == 2


def test_a_shard_comes_back_as_the_shard_that_it_was(tmp_path: Path) -> None:
    part = shards.cut([planned(CASES)], shards.Shard(2, 3))
    (after,) = runner.plan_kept(kept(tmp_path, *part))
    assert after.specs == part[0].specs


def test_data_that_have_changed_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_idx_folder(tmp_path / "tiny", (8, 8))
    before = planned("dataset: ./tiny\nmodel: mlp(hidden=[2])\nseeds: 2")
    kept(tmp_path / "out", before)
    assert runner.plan_kept(tmp_path / "out")[0].specs == before.specs
    shutil.rmtree(tmp_path / "tiny")
    write_idx_folder(tmp_path / "tiny", (8, 9))
    with pytest.raises(
        ConfigError, match=r"2 of its 2 runs are other runs today. The content of "
    ) as info:
        runner.plan_kept(tmp_path / "out")
    assert "./tiny has changed since" in str(info.value)
    assert "relu-bench run CONFIG" in str(info.value)


def test_data_that_are_gone_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_idx_folder(tmp_path / "tiny", (8, 8))
    kept(tmp_path / "out", planned("dataset: ./tiny\nmodel: mlp(hidden=[2])"))
    (tmp_path / "tiny").rename(tmp_path / "other")
    with pytest.raises(DataError, match="tiny"):
        runner.plan_kept(tmp_path / "out")


def test_another_numerics_revision_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path, planned("dataset: digits"))
    monkeypatch.setattr("relu_bench.config.plan.NUMERICS", 10**6)
    with pytest.raises(ConfigError, match="computes other numbers"):
        runner.plan_kept(tmp_path)


def test_a_config_that_is_none_any_more_is_told_with_its_place(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    store.keep_plan("one", {"experiment": "one", "activation": ["no_such"]}, ["r1"])
    with pytest.raises(ConfigError, match=r"the kept plan of one, activation: .*no_such"):
        runner.plan_kept(tmp_path)


def test_what_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a relu-bench store: it has no runs"):
        runner.plan_kept(tmp_path)
    for name in "ab":
        Store(tmp_path / "several" / name).prepare()
    with pytest.raises(StoreError, match="Did you mean one of "):
        runner.plan_kept(tmp_path / "several")
    Store(tmp_path).prepare()
    with pytest.raises(StoreError, match=r"has no plans.*relu-bench run CONFIG --out "):
        runner.plan_kept(tmp_path)
