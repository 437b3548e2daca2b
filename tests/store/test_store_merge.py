"""Several stores into one."""

import csv
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_power import power
from store_samples import contents, failed, filled, record, run_id

from relu_bench.errors import StoreError
from relu_bench.store import Store, merge, partial, read
from relu_bench.store import journal as store_journal
from relu_bench.store import merging as store_merging
from relu_bench.store.wholeness import lacks


def numbers(folder: Path, status: str = "completed") -> list[int]:
    runs = read(folder, "runs")
    return sorted(runs.loc[runs["status"] == status, "seed"])


def test_the_union_of_runs_and_plans(tmp_path: Path) -> None:
    a = filled(tmp_path / "a", record(1), record(2))
    b = filled(tmp_path / "b", record(2), record(3), failed(4))
    a.keep_plan("one", {"seeds": [1, 2]}, [run_id(1), run_id(2)])
    b.keep_plan("one", {"seeds": [2, 3, 4]}, [run_id(2), run_id(3), run_id(4)])
    before = contents(a.folder), contents(b.folder)
    merged = merge([a.folder, b.folder], tmp_path / "c")
    assert (contents(a.folder), contents(b.folder)) == before
    assert merged.taken == {a.folder: 2, b.folder: 2}
    assert (merged.known, merged.differing, merged.notices) == (1, {}, [])
    assert numbers(tmp_path / "c") == [1, 2, 3]
    assert numbers(tmp_path / "c", "failed") == [4]
    assert set(Store(tmp_path / "c").planned()["one"]) == {run_id(n) for n in (1, 2, 3, 4)}
    alone = filled(tmp_path / "alone", record(1), record(2), record(3), failed(4))
    assert contents(tmp_path / "c") == contents(alone.folder)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_completed_goes_before_failed(tmp_path: Path, order: tuple[int, int]) -> None:
    stores = [filled(tmp_path / "a", failed(1)), filled(tmp_path / "b", record(1))]
    merged = merge([stores[each].folder for each in order], tmp_path / "c")
    assert numbers(tmp_path / "c") == [1]
    assert len(read(tmp_path / "c", "runs")) == 1
    assert len(read(tmp_path / "c", "epochs")) == 3
    assert sum(merged.taken.values()) + merged.known == 2


def test_of_two_failures_the_first_is_kept(tmp_path: Path) -> None:
    filled(tmp_path / "a", failed(1, error="first"))
    filled(tmp_path / "b", failed(1, error="second"))
    merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert read(tmp_path / "c", "runs")["error"].tolist() == ["first"]


def test_other_numbers_for_one_run_are_named_and_the_first_kept(tmp_path: Path) -> None:
    filled(tmp_path / "a", record(1, test_loss=0.25, train_seconds=1.0, host="x"))
    filled(tmp_path / "b", record(1, test_loss=0.5, train_seconds=2.0, host="y"))
    filled(tmp_path / "same", record(1, test_loss=0.25, train_seconds=3.0, host="z"))
    merged = merge([tmp_path / "a", tmp_path / "b", tmp_path / "same"], tmp_path / "c")
    assert merged.differing == {(tmp_path / "b", ("test_loss",)): 1}
    assert read(tmp_path / "c", "runs")["test_loss"].tolist() == [0.25]


def test_the_same_number_in_other_words_is_no_difference(tmp_path: Path) -> None:
    filled(tmp_path / "a", record(1, test_loss=0.25, parameter_count=None))
    filled(tmp_path / "b", record(1, test_loss=0.25, parameter_count=7))
    path = tmp_path / "b" / "runs.csv"
    path.write_text(path.read_text("utf-8").replace(",0.25,", ",2.5e-1,"), "utf-8")
    assert not merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c").differing


def test_a_store_that_is_there_is_added_to(tmp_path: Path) -> None:
    filled(tmp_path / "c", record(1, test_loss=0.25), failed(2))
    filled(tmp_path / "a", record(1, test_loss=0.5), record(2), record(3))
    merged = merge([tmp_path / "a"], tmp_path / "c")
    assert merged.taken == {tmp_path / "a": 2}
    assert merged.differing
    assert numbers(tmp_path / "c") == [1, 2, 3]
    runs = read(tmp_path / "c", "runs").set_index("seed")
    assert runs.loc[1, "test_loss"] == 0.25


def test_the_same_merge_again_changes_nothing(tmp_path: Path) -> None:
    filled(tmp_path / "a", record(1), failed(2))
    merge([tmp_path / "a"], tmp_path / "c")
    before = contents(tmp_path / "c")
    assert merge([tmp_path / "a", tmp_path / "a"], tmp_path / "c").known == 2
    assert contents(tmp_path / "c") == before


def test_many_runs_go_in_several_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_merging, "_RUNS_AT_ONCE", 3)
    one = filled(tmp_path / "a", *(record(number) for number in range(8)))
    merge([one.folder], tmp_path / "c")
    assert contents(tmp_path / "c") == contents(one.folder)


def test_columns_of_the_users_own_are_kept(tmp_path: Path) -> None:
    filled(tmp_path / "a", record(1))
    filled(tmp_path / "b", record(2))
    path = tmp_path / "b" / "runs.csv"
    head, row = path.read_text("utf-8").splitlines()
    path.write_text(f'"my, note",{head}\n"=so, so",{row}\n', "utf-8")
    merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    with (tmp_path / "c" / "runs.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["my, note"] for row in rows] == ["", "=so, so"]
    assert numbers(tmp_path / "c") == [1, 2]


def test_an_uncommitted_tail_is_not_taken(tmp_path: Path) -> None:
    filled(tmp_path / "a", record(1))
    path = tmp_path / "a" / "runs.csv"
    whole = path.read_bytes()
    with store_journal.journaled(path.parent, store_journal.Journal({"runs.csv": len(whole)})):
        path.write_bytes(whole + whole.splitlines()[-1][:40])
        merge([tmp_path / "a"], tmp_path / "c")
    assert numbers(tmp_path / "c") == [1]


def cut(folder: Path, name: str, left: int) -> None:
    """Leave the header and so many rows."""
    path = folder / name
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[: 1 + left]))


@pytest.mark.parametrize("name", ["epochs.csv", "layers.csv"])
@pytest.mark.parametrize("left", [0, 3, 4, 7, 8])
def test_a_run_that_lacks_rows_is_not_taken_and_a_whole_one_repairs_it(
    tmp_path: Path, name: str, left: int
) -> None:
    """Of three runs of three rows each."""
    whole = filled(tmp_path / "whole", *(record(n, probes=True) for n in (1, 2, 3)), failed(4))
    half = shutil.copytree(whole.folder, tmp_path / "half")
    cut(half, name, left)
    lacking = [run_id(n) for n in (1, 2, 3) if 3 * n > left]

    merged = merge([half], tmp_path / "c")
    assert merged.partial == {(half, name): lacking}
    assert numbers(tmp_path / "c") == [n for n in (1, 2, 3) if 3 * n <= left]
    assert numbers(tmp_path / "c", "failed") == [4]
    assert merge([whole.folder], tmp_path / "c").taken == {whole.folder: len(lacking)}

    # As an older release would have left it.
    merged = merge([whole.folder], half)
    assert merged.taken == {whole.folder: len(lacking)}
    assert merged.known == 4 - len(lacking)
    for folder in (tmp_path / "c", half):
        assert partial(folder) == []
        for table, text in contents(whole.folder).items():
            assert sorted((folder / table).read_bytes().splitlines()) == sorted(text.splitlines())
    assert merge([whole.folder, half], tmp_path / "c").known == 8


def test_a_crash_at_every_byte_of_a_repair_loses_nothing_that_was_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    whole = filled(tmp_path / "whole", record(1, epochs=1), record(2, epochs=2)).folder
    half = shutil.copytree(whole, tmp_path / "half")
    cut(half, "epochs.csv", 2)
    folder = tmp_path / "crashed"
    for units in range(0, 10**9, 47):
        shutil.copytree(half, folder)
        with power(units) as supply:
            merge([whole], folder)
        Store(folder).prepare()
        lacking = partial(folder)
        assert len(read(folder, "runs")) == 2
        assert lacking in ([("one", run_id(2))], [])
        merge([whole], folder)
        assert partial(folder) == []
        assert len(read(folder, "epochs")) == len(read(folder, "layers")) == 3
        if not supply.cut:
            assert not lacking
            break
        shutil.rmtree(folder)
    assert units > 100


def rows(*epochs: int, losses: str = "x") -> list[tuple[str, str, str]]:
    return [(str(epoch), losses, "") for epoch in epochs]


PROBED = {"status": "completed", "outcome": "learned", "epochs": "1", "probes": "true"}


@pytest.mark.parametrize(
    ("changes", "epochs", "layers", "lacking"),
    [
        ({}, rows(0, 1), rows(0, 1), ""),
        ({}, rows(1, 0), rows(1, 0), ""),
        ({"epochs": "1.0", "probes": "True"}, rows(0, 1), rows(0, 1), ""),
        ({"probes": ""}, rows(0, 1), [], ""),
        ({"status": "failed"}, [], [], ""),
        ({}, [], [], "epochs.csv"),
        ({}, rows(0), rows(0), "epochs.csv"),
        ({}, rows(0, 1, 0, 1), rows(0, 1), "epochs.csv"),
        ({}, [("x", "", "")], rows(0), "epochs.csv"),
        ({}, rows(0, 1), rows(0), "layers.csv"),
        ({}, rows(0, 1), rows(0, 1, 1), "layers.csv"),
        ({}, rows(0, 1), [], "layers.csv"),
        ({}, rows(0, 1), [*rows(0, 1), ("0", "s", "1"), ("1", "s", "1")], ""),
        ({}, rows(0, 1), [*rows(0, 1), ("0", "s", "1")], "layers.csv"),
        ({"outcome": "diverged"}, rows(0, losses=""), [*rows(0), ("0", "s", "1")], ""),
        ({"outcome": "diverged", "epochs": "9"}, [("0", "1", "1")], rows(0), "epochs.csv"),
    ],
)
def test_which_rows_a_run_must_have(
    changes: dict[str, str],
    epochs: list[tuple[str, str, str]],
    layers: list[tuple[str, str, str]],
    lacking: str,
) -> None:
    assert lacks(PROBED | changes, {"epochs": epochs, "layers": layers}) == lacking


def test_what_cannot_be_merged(tmp_path: Path) -> None:
    filled(tmp_path / "a", record(1))
    with pytest.raises(StoreError, match="is one of the stores to merge"):
        merge([tmp_path / "a"], tmp_path / "b" / ".." / "a")
    (tmp_path / "empty").mkdir()
    for wrong, said in (("empty", "empty is not a relu-bench store"), ("nowhere", "no folder")):
        with pytest.raises(StoreError, match=said):
            merge([tmp_path / "a", tmp_path / wrong], tmp_path / "c")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "runs.csv").write_text("date,amount\n")
    with pytest.raises(StoreError, match="is not a relu-bench store: its header"):
        merge([tmp_path / "a", tmp_path / "foreign"], tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_the_stores_that_are_read_may_be_read_only(tmp_path: Path) -> None:
    store = filled(tmp_path / "a", record(1))
    for path in (*store.folder.iterdir(), store.folder):
        path.chmod(0o555)
    before = sorted(path.name for path in store.folder.iterdir())
    merge([store.folder], tmp_path / "c")
    assert sorted(path.name for path in store.folder.iterdir()) == before
    store.folder.chmod(0o755)
    subprocess.run(["chmod", "-R", "u+w", str(store.folder)], check=True)


PARTS = st.lists(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=5, unique_by=lambda one: one[0]),
    min_size=1,
    max_size=3,
)


@settings(max_examples=25)
@given(parts=PARTS)
def test_every_run_once_and_completed_if_any_store_has_it_so(
    parts: list[list[tuple[int, bool]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    stores = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        for place, runs in enumerate(parts):
            records = [record(n) if done else failed(n) for n, done in runs]
            stores.append(filled(folder / str(place), *records).folder)
        merge(stores, folder / "out")
    wanted: dict[tuple[str, str], str] = {}
    for runs in parts:
        for number, done in runs:
            key = ("one", run_id(number))
            if done or key not in wanted:
                wanted[key] = "completed" if done else "failed"
    assert Store(folder / "out").statuses() == wanted
    assert not read(folder / "out", "runs").duplicated(["experiment", "run_id"]).any()
    completed = sum(status == "completed" for status in wanted.values())
    assert len(read(folder / "out", "epochs")) == 3 * completed
