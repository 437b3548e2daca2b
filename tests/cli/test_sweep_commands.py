"""`status`, `merge` and the arguments of `run` that shape a sweep: whole outputs."""

import errno
import json
from pathlib import Path

import pytest
from expecting import Invoke

from relu_bench.store import RunRecord, Store
from relu_bench.store.cells import Value

SETTINGS: dict[str, Value] = {
    "dataset": "digits",
    "model": "mlp(hidden=[4])",
    "activation": "relu",
    "initializer": "he_normal",
    "bias_initializer": "zeros",
    "batch_norm": False,
    "batch_norm_momentum": 0.99,
    "optimizer": "sgd",
    "batch_size": 32,
    "epochs": 0,
    "dropout": 0.0,
    "dropout_kind": "standard",
    "validation_split": 0.2,
    "split_seed": "0",
}


def made(folder: str, runs: dict[str, str], plan: str = "") -> None:
    """A store; `runs` says of each run_id `learned`, `diverged`, or why it failed."""
    store = Store(Path(folder))
    store.prepare()
    for run_id, ended in runs.items():
        row = {**SETTINGS, "experiment": "one", "run_id": run_id, "seed": int(run_id[1:])}
        row["learning_rate"] = 0.1 if run_id == "r4" else 0.01
        completed = ended in ("learned", "diverged")
        row |= (
            {"status": "completed", "outcome": ended, "metric": "accuracy"}
            if completed
            else {"status": "failed", "error": ended}
        )
        epochs = [{"epoch": 0, "train_loss": 1.0 if ended == "learned" else None}]
        assert store.append(RunRecord(row, epochs if completed else []))
    if plan:
        store.keep_plan("one", {}, plan.split())


def test_status_is_a_table_with_the_reasons(invoke: Invoke) -> None:
    made("results", {"r1": "learned", "r2": "diverged", "r3": "no luck", "r4": "no luck"}, "r1 r9")
    assert invoke("status") == (
        0,
        "experiment  planned  completed  diverged  failed  missing\n"
        "one               5          2         1       2        1\n"
        "one, failed: 2 runs (relu, learning_rate=0.01, seed=3; ...): no luck\n"
        "one: 3 stored runs are in no kept plan.\n",
        "",
    )


def test_status_of_several_stores_as_json(invoke: Invoke) -> None:
    made("a", {"r1": "learned", "r2": "=died"}, "r1 r2 r3")
    made("b", {"r2": "learned", "r4": "=died"}, "r4")
    ended = invoke("status", "a", "b", "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    (line,) = ended.out.splitlines()
    assert json.loads(line) == {
        "experiment": "one",
        "planned": 4,
        "completed": 2,
        "diverged": 0,
        "failed": 1,
        "missing": 1,
        "unplanned": 0,
        "failures": [{"run_id": "r4", "error": "=died", "store": "b"}],
        "missing_run_ids": ["r3"],
        "partial_run_ids": [],
    }


def test_runs_that_lack_rows_are_named_and_not_taken(invoke: Invoke) -> None:
    made("a", {f"r{number}": "learned" for number in range(8)})
    made("b", {"r7": "learned"})
    path = Path("a/epochs.csv")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))

    named = (
        "7 completed runs (r1, r2, r3, r4, r5, and 2 more) lack rows in epochs.csv or layers.csv"
    )
    assert f"one: {named}; `relu-bench merge` takes" in invoke("status", "a").out
    assert "one: 6 completed runs (r1," in invoke("status", "a", "b").out
    (line,) = invoke("status", "a", "--format", "json").out.splitlines()
    assert json.loads(line)["partial_run_ids"] == [f"r{number}" for number in range(1, 8)]

    ended = invoke("merge", "a", "--out", "c")
    assert ended.out.startswith("1 run taken from a\n")
    assert ended.err == (
        "relu-bench: 7 completed runs of a lack rows in epochs.csv and were not taken: r1, r2, r3, "
        "r4, r5, and 2 more. Merge a store that has them whole, or one that trains them again.\n"
    )


def test_many_reasons_do_not_fill_the_screen(invoke: Invoke) -> None:
    made("results", {f"r{number}": f"reason {number}" for number in range(14)})
    ended = invoke("status")
    assert ended.out.count("reason ") == 10
    assert "one, failed: ... and 4 more reasons (--format json has all)\n" in ended.out


def test_status_of_what_is_new_or_no_store(invoke: Invoke) -> None:
    Store(Path("results")).prepare()
    assert invoke("status") == (0, "No run was asked for here yet.\n", "")
    assert invoke("status", "results", "nowhere") == (
        2,
        "",
        "relu-bench: There is no folder nowhere yet: `relu-bench run CONFIG --out nowhere` makes "
        "it, or name another.\n",
    )


@pytest.mark.parametrize("command", ["status", "compare", "plot", "report"])
def test_a_folder_that_is_no_store(command: str, invoke: Invoke) -> None:
    def said(*folders: str) -> str:
        ended = invoke(command, *folders)
        assert (ended.code, ended.out) == (2, "")
        return ended.err

    none_yet = "There is no folder results yet: `relu-bench run CONFIG` makes it, or name another."
    assert said() == f"relu-bench: {none_yet}\n"
    made("results/a", {"r1": "learned"}, "r1")
    made("results/b", {"r1": "learned"}, "r1")
    assert said() == (
        "relu-bench: results is not a relu-bench store: it has no runs.csv. "
        "Did you mean results/*?\n"
    )
    in_a = "of the store results/a; name the folder results/a.\n"
    assert said("results/a/epochs.csv", "results/a/layers.csv") == (
        f"relu-bench: results/a/epochs.csv is a file {in_a}"
    )
    assert said("results/a/plans") == f"relu-bench: results/a/plans is a folder {in_a}"


def test_merge_says_what_came_from_where(invoke: Invoke) -> None:
    made("a", {"r1": "learned"}, "r1")
    made("b", {"r1": "learned", "r2": "learned"}, "r2 r3")
    assert invoke("merge", "a", "b", "--out", "c") == (
        0,
        "1 run taken from a\n1 run taken from b\n1 was there already. Results: c/runs.csv\n",
        "",
    )
    assert invoke("status", "c").out.splitlines()[-1].split()[1:] == ["3", "2", "0", "0", "1"]


def test_merge_names_other_numbers(invoke: Invoke) -> None:
    made("a", {"r1": "learned"})
    made("b", {"r1": "diverged"})
    ended = invoke("merge", "a", "b", "--out", "c")
    assert ended.code == 0
    assert ended.err == (
        "relu-bench: 1 completed run of b has other numbers than those that were kept "
        "(outcome): were they trained with other versions, or on another kind of processor?\n"
    )


def test_merge_into_one_of_its_inputs_is_refused(invoke: Invoke) -> None:
    made("a", {"r1": "learned"})
    ended = invoke("merge", "a", "--out", "./a")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("relu-bench: --out a is one of the stores to merge")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--resume", "results", "c.yaml", "--set", "epochs=1", "--shard", "1/2"),
            "--resume takes all from the results folder; leave out CONFIG, --set, --shard.",
        ),
        (
            ("--quiet",),
            "give a config, such as `relu-bench run configs/quickstart.yaml` (`relu-bench init` "
            "lists some), or --resume RESULTS.",
        ),
        (
            ("c.yaml", "--shard", "0/3"),
            "--shard 0/3: there is no shard 0; shards are counted from 1, so that of I/N comes "
            "from a SLURM array with --array=1-N: "
            "--shard $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT.",
        ),
        (
            ("c.yaml", "--by", "activation"),
            "--by says what --confirm compares: give --confirm N too.",
        ),
        (
            ("c.yaml", "--confirm", "5", "--shard", "1/2"),
            "--confirm N takes CONFIG, all of its runs, and N seeds: leave out --shard. --resume "
            "RESULTS by itself goes on with a confirmation that was begun.",
        ),
        (
            ("c.yaml", "--confirm", "5", "--until-resolved"),
            "--confirm N takes CONFIG, all of its runs, and N seeds: leave out --until-resolved. "
            "--resume RESULTS by itself goes on with a confirmation that was begun.",
        ),
        (
            ("--resume", "results", "--confirm", "5"),
            "--confirm N takes CONFIG, all of its runs, and N seeds: leave out --resume. --resume "
            "RESULTS by itself goes on with a confirmation that was begun.",
        ),
        (
            ("c.yaml", "--confirm", "5"),
            "c: --confirm takes each activation at its best setting, and here the activation does "
            "not vary. Say with --by AXIS what is compared. Nothing varies.",
        ),
        (
            ("c.yaml", "--set", "activation=relu,elu", "--confirm", "5", "--out", "a b"),
            "c: 4 of its 4 runs are not in a b yet, and settings are chosen by all of them. Train "
            "them first:\n  relu-bench run c.yaml --set activation=relu,elu --out 'a b'",
        ),
        (
            (
                *("c.yaml", "--set", "activation=relu,elu", "--set", "validation_split=0"),
                *("--confirm", "5"),
            ),
            "c: --confirm chooses settings by validation, and with validation_split 0 nothing is "
            "held out for it. Train with --set validation_split=0.2, say, and confirm that.",
        ),
        (
            (
                *("c.yaml", "--set", "activation=relu,elu", "--set", f"experiment={'x' * 60}"),
                *("--confirm", "5"),
            ),
            f"'{'x' * 60}-confirm' has 68 characters, and the name of an experiment at most 64: "
            "give the experiment a shorter one, by the line `experiment: NAME` or with --set "
            "experiment=NAME, and train it under that name, which copies what is stored.",
        ),
        (
            ("--resume", "nowhere"),
            "There is no folder nowhere yet: `relu-bench run CONFIG --out nowhere` makes it, or "
            "name another.",
        ),
    ],
)
def test_arguments_that_do_not_go_together(
    invoke: Invoke, arguments: tuple[str, ...], message: str
) -> None:
    Path("c.yaml").write_text("dataset: digits\nseeds: 2\n")
    assert invoke("run", *arguments) == (2, "", f"relu-bench: {message}\n")


def test_a_time_of_nothing_is_no_timeout(invoke: Invoke) -> None:
    Path("c.yaml").write_text("dataset: digits\n")
    ended = invoke("run", "c.yaml", "--timeout", "0")
    assert ended.code == 2
    assert "--timeout" in ended.err


def test_an_empty_shard_is_no_error(invoke: Invoke) -> None:
    Path("c.yaml").write_text("dataset: digits\nseeds: 1\n")
    ended = invoke("run", "c.yaml", "--shard", "1/2", "--out", "one")
    assert (ended.code, ended.err) == (0, "Nothing to train.\n")
    assert invoke("status", "one").out == "No run was asked for here yet.\n"


@pytest.mark.parametrize("what", ["file", "foreign", "torn"])
def test_a_folder_that_is_none_of_ours_is_told_before_any_training(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def no_training(*_arguments: object, **_options: object) -> object:
        raise AssertionError("a worker was started")

    monkeypatch.setattr("relu_bench.execution.local.LocalExecutor.submit", no_training)
    Path("c.yaml").write_text("dataset: digits\nseeds: 1\n")
    if what == "file":
        Path("results").write_text("mine")
        message = "a file is in the way where a folder is needed: results"
    elif what == "foreign":
        Path("results").mkdir()
        Path("results/runs.csv").write_text("date,amount\n")
        message = "results/runs.csv is not a relu-bench store: its header is 'date,amount'"
    else:
        Store(Path("results")).prepare()
        Path("results/epochs.csv").write_text("experiment,run_id,epoch\nx,r1")
        message = "results/epochs.csv, line 2: the last line does not end with a line end"
    ended = invoke("run", "c.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert not ended.err.startswith("Training")


def test_a_full_disk_ends_with_1_before_any_training(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    Path("c.yaml").write_text("dataset: digits\nseeds: 1\n")
    monkeypatch.setattr("relu_bench.store.files._write", full)
    assert invoke("run", "c.yaml") == (
        1,
        "",
        "relu-bench: results cannot be written: no space left on device. What was stored before is "
        "whole. Free some space and give the same command again: it does what is missing.\n",
    )


def test_a_damaged_file_ends_status_and_what_lacks_rows_is_named_by_run(invoke: Invoke) -> None:
    made("results", {})
    damaged = Path("results/layers.csv")
    damaged.write_text(damaged.read_text() + 'x,"r1\n')
    ended = invoke("status", "results")
    assert ended.code == 2
    assert "results/layers.csv, line " in ended.err


def test_more_jobs_than_cores_are_told(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELU_BENCH_MAX_WORKERS", "2")
    made("results", {})
    Path("c.yaml").write_text("dataset: digits\nseeds: 1\n")
    Path("results/epochs.csv").write_text("experiment,run_id,epoch\nx,r1")
    ended = invoke("run", "c.yaml", "--jobs", "3")
    assert ended.code == 2
    assert ended.err.startswith(
        "relu-bench: --jobs 3: no more than 2 workers run at once here, those of other relu-bench "
        "processes included; the environment variable RELU_BENCH_MAX_WORKERS sets that number.\n"
    )
