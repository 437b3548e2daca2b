import json
from dataclasses import replace
from pathlib import Path

import pytest
from store_power import power
from store_samples import filled

from relu_bench.config.until_resolved import UntilResolved
from relu_bench.errors import StoreError
from relu_bench.store import KeptPlan, Store, merge

CONFIG = {"activation": ["relu()", "elu(alpha=1.0)"], "seeds": [0, 1], "name": "µ"}


def test_plans_add_up(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.keep_plan("b", CONFIG, ["r3", "r1"])
    store.keep_plan("a", {**CONFIG, "seeds": [0]}, ["r1"])
    store.keep_plan("b", {**CONFIG, "seeds": [2]}, ["r1", "r2"])
    planned = Store(tmp_path).planned()
    assert list(planned) == ["a", "b"]
    assert planned["a"] == ("r1",)
    assert sorted(planned["b"]) == ["r1", "r2", "r3"]
    assert planned["b"].index("r3") < planned["b"].index("r1") or planned["b"][0] == "r1"
    assert Store(tmp_path).planned() == planned


def test_the_order_of_a_plan_is_kept(tmp_path: Path) -> None:
    store = filled(tmp_path)
    run_ids = [f"r{n * 7 % 10}" for n in range(10)]
    store.keep_plan("a", CONFIG, run_ids)
    assert store.planned() == {"a": tuple(run_ids)}


def test_the_same_call_is_one_file(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.keep_plan("a", CONFIG, ["r1"])
    store.keep_plan("a", dict(reversed(CONFIG.items())), ("r1",))
    (path,) = (tmp_path / "plans").iterdir()
    assert json.loads(path.read_text("utf-8"))["config"] == CONFIG
    store.keep_plan("a", CONFIG, ["r2"])
    assert len(list((tmp_path / "plans").iterdir())) == 2


def test_a_plan_comes_back_with_its_config(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.keep_plan("a", CONFIG, ["r1"])
    assert store.plans() == [KeptPlan("a", CONFIG, ("r1",))]


def test_what_a_crash_left_of_a_plan_is_no_plan(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.keep_plan("a", CONFIG, ["r1"])
    left = tmp_path / "plans" / "0123456789abcdef.json.99.new"
    left.write_text('{"experi')
    assert store.planned() == {"a": ("r1",)}
    store.prepare()
    assert not left.exists()
    assert store.planned() == {"a": ("r1",)}


@pytest.mark.parametrize("keep", [{"labels": {"relu": "A"}}, {}])
def test_a_crash_at_every_byte_of_a_plan_leaves_nothing(
    tmp_path: Path, keep: dict[str, object]
) -> None:
    filled(tmp_path)
    for units in range(10**9):
        with power(units) as supply:
            Store(tmp_path).keep_plan("a", keep, ["r1"])
        Store(tmp_path).prepare()
        names = [path.suffix for path in tmp_path.glob("plans/*")]
        assert names in ([], [".json"])
        assert Store(tmp_path).planned() in ({}, {"a": ("r1",)})
        if not supply.cut:
            break
        for path in tmp_path.glob("plans/*"):
            path.unlink()
    assert names


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"experiment": "a", "config": {}}',
        '{"experiment": 1, "config": {}, "run_ids": []}',
        '{"experiment": "a", "config": {}, "run_ids": [1]}',
        '{"experiment": "a", "config": {}, "run_ids": 3}',
        '{"experiment": "a", "config": {}, "run_ids": "r1"}',
        '{"experiment": "a", "config": {}, "run_ids": [], "call": "1"}',
        '{"experiment": "a", "config": {"x": NaN}, "run_ids": []}',
        '{"experiment": "\\ud800", "config": {}, "run_ids": []}',
        "[" * 100_000,
    ],
)
def test_a_damaged_plan_is_named(tmp_path: Path, text: str) -> None:
    store = filled(tmp_path)
    store.keep_plan("a", CONFIG, ["r1"])
    (path,) = (tmp_path / "plans").iterdir()
    path.write_text(text)
    with pytest.raises(StoreError, match=f"{path.name} cannot be read, or is not what relu-bench"):
        store.planned()


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    store = filled(tmp_path / "results")
    store.keep_plan("../../evil", CONFIG, ["../r1"])
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert len(list((tmp_path / "results" / "plans").iterdir())) == 1


def test_plans_where_a_file_is_in_the_way(tmp_path: Path) -> None:
    store = filled(tmp_path)
    (tmp_path / "plans").write_text("mine")
    with pytest.raises(StoreError, match="a file is in the way where a folder is needed"):
        store.keep_plan("a", CONFIG, ["r1"])


def named(**names: str) -> dict[str, object]:
    return {**CONFIG, "labels": names}


def calls_of(folder: Path) -> list[tuple[int, object]]:
    return [(plan.call, plan.config.get("labels")) for plan in Store(folder).plans()]


def test_calls_that_give_names_are_numbered_and_stand_last(tmp_path: Path) -> None:
    store = filled(tmp_path)
    for names in ({"relu": "A"}, {"relu": "B"}, {}, {"relu": "C"}):
        store.keep_plan("a", named(**names), ["r1"])
    store.keep_plan("a", CONFIG, ["r1"])

    numbers = [0, 0, 1, 2, 3]
    assert [call for call, _ in calls_of(tmp_path)] == numbers
    assert [names for call, names in calls_of(tmp_path) if call] == [
        {"relu": "A"},
        {"relu": "B"},
        {"relu": "C"},
    ]


def test_the_same_call_again_becomes_the_newest(tmp_path: Path) -> None:
    store = filled(tmp_path)
    for name in ("A", "B", "A", "A"):
        store.keep_plan("a", named(relu=name), ["r1"])

    assert calls_of(tmp_path) == [(2, {"relu": "B"}), (3, {"relu": "A"})]
    assert len(list((tmp_path / "plans").iterdir())) == 2


def test_a_plan_without_names_is_written_as_ever(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.keep_plan("a", CONFIG, ["r1"])
    (path,) = (tmp_path / "plans").iterdir()
    assert sorted(json.loads(path.read_text("utf-8"))) == ["config", "experiment", "run_ids"]


def test_a_damaged_plan_does_not_keep_others_from_being_kept(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.keep_plan("a", named(relu="A"), ["r1"])
    (path,) = (tmp_path / "plans").iterdir()
    path.write_text("{")
    store.keep_plan("a", named(relu="B"), ["r1"])
    path.unlink()
    assert calls_of(tmp_path) == [(1, {"relu": "B"})]


def test_merged_calls_keep_their_order(tmp_path: Path) -> None:
    one, two = filled(tmp_path / "one"), filled(tmp_path / "two")
    for name in ("Z", "Y", "X"):
        one.keep_plan("a", named(relu=name), ["r1"])
    two.keep_plan("a", named(relu="W"), ["r1"])
    two.keep_plan("a", named(relu="Z"), ["r1"])

    merge([tmp_path / "one", tmp_path / "two"], tmp_path / "out")
    found = calls_of(tmp_path / "out")
    assert [names["relu"] for _, names in found] == ["Y", "X", "W", "Z"]  # type: ignore[index]
    before = [names for _, names in found]
    merge([tmp_path / "one", tmp_path / "two"], tmp_path / "out")
    assert [names for _, names in calls_of(tmp_path / "out")] == before


RULE = UntilResolved("relu", 0.1, 200, 1)


def test_a_plan_that_grows_takes_the_place_of_its_earlier_states(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.keep_plan("a", CONFIG, ["r1"])
    store.keep_plan("a", CONFIG, ["r1", "r2"], RULE)
    store.keep_plan("a", {**CONFIG, "activation": ["tanh"]}, ["r7"], RULE)
    for last in range(3, 6):
        run_ids = [f"r{n}" for n in range(1, last)]
        store.keep_plan("a", {**CONFIG, "seeds": [*range(last)]}, run_ids, RULE)
    plans = store.plans()
    assert [plan.until_resolved for plan in plans].count(RULE) == 2
    assert sorted(len(plan.run_ids) for plan in plans) == [1, 1, 4]
    # A process that lags behind changes nothing; a raised limit does.
    store.keep_plan("a", CONFIG, ["r1", "r2"], RULE)
    assert store.plans() == plans
    raised = replace(RULE, max_seeds=400)
    store.keep_plan("a", {**CONFIG, "seeds": [*range(5)]}, ["r1", "r2", "r3", "r4"], raised)
    assert [plan.until_resolved for plan in store.plans()].count(raised) == 1
    assert len(store.plans()) == 3


def test_a_growing_plan_that_a_crash_has_doubled_counts_once(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.keep_plan("a", CONFIG, ["r1"], RULE)
    (path,) = (tmp_path / "plans").iterdir()
    earlier = path.read_bytes()
    store.keep_plan("a", CONFIG, ["r1", "r2"], RULE)
    path.write_bytes(earlier)
    assert [plan.run_ids for plan in store.plans()] == [("r1", "r2")]
    store.keep_plan("a", CONFIG, ["r1", "r2", "r3"], RULE)
    assert len(list((tmp_path / "plans").iterdir())) == 1


def test_a_merged_store_keeps_what_grows(tmp_path: Path) -> None:
    filled(tmp_path / "one").keep_plan("a", CONFIG, ["r1", "r2"], RULE)
    filled(tmp_path / "two").keep_plan("a", CONFIG, ["r1"], RULE)
    merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    assert Store(tmp_path / "all").plans() == [KeptPlan("a", CONFIG, ("r1", "r2"), 0, RULE)]


@pytest.mark.parametrize(
    "rule", [{}, [], {**vars(RULE), "margin": "x"}, {**vars(RULE), "max_seeds": 0.5}]
)
def test_a_damaged_rule_is_told(tmp_path: Path, rule: object) -> None:
    filled(tmp_path).keep_plan("a", CONFIG, ["r1"], RULE)
    (path,) = (tmp_path / "plans").iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), "until_resolved": rule}))
    with pytest.raises(StoreError, match="is not what relu-bench wrote"):
        Store(tmp_path).plans()
