"""Programs kept from process to process: the same bits, whatever has become of what was kept."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relu_bench.machine import compile_cache

NETWORKS = {
    "narrow": "mlp(hidden=[4]) relu",
    # The same operations on other shapes.
    "wide": "mlp(hidden=[5]) relu",
    "recurrent": "rnn(units=4) tanh",
    "own": "mlp(hidden=[4]) mine.py:ramp",
}
FILES = {
    "config.yaml": """
experiment: test
dataset: digits
epochs: 2
dropout: 0.1
train_samples: 300
batch_size: 120
seeds: 1
probes: false
""",
    "mine.py": """
import tensorflow as tf

@tf.custom_gradient
def ramp(x):
    return tf.nn.relu6(x), lambda upstream: upstream * tf.where(x > 0.0, 1.0, 0.1)
""",
    "train.py": """
import hashlib, json, sys
from pathlib import Path
from relu_bench.config import experiment, plan
from relu_bench.execution.worker import WorkerSettings, make_tensorflow_trainer

networks, trial = json.loads(sys.argv[1]), sys.argv[2:] == ["trial"]
trainer = make_tensorflow_trainer(WorkerSettings(trial=trial))
found = {}
for name, network in networks.items():
    model, activation = network.rsplit(" ", 1)
    sets = (f"model={model}", f"activation={activation}")
    (spec,) = plan.make_plan(experiment.load(Path("config.yaml"), sets))
    result = trainer.train(spec)
    program = trainer._programs[spec.program_key]
    digest = hashlib.sha256(b"".join(v.numpy().tobytes() for v in program.model.variables))
    losses = [row["train_loss"] for row in result.epochs]
    found[name] = [digest.hexdigest(), losses, list(result.notices)]
print(json.dumps(found))
""",
}
Trained = dict[str, list[Any]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def training(
    files: Path, cache: Path | str, *names: str, trial: bool = False, most_blocks: str = "unlimited"
) -> "subprocess.Popen[str]":
    """A process that trains these networks, and writes no file of more than so many KiB."""
    networks = json.dumps({name: NETWORKS[name] for name in names})
    command = [sys.executable, "train.py", networks, *(["trial"] if trial else [])]
    return subprocess.Popen(
        ["bash", "-c", f'ulimit -f {most_blocks}; exec "$@"', "bash", *command],
        cwd=files,
        env={**os.environ, compile_cache.VARIABLE: str(cache)},
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]") -> Trained:
    """What it trained: by network, digest of the weights, losses, notices."""
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return dict(json.loads(said))


def entries(cache: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(cache.glob("*/*"))}


def inodes(cache: Path) -> list[int]:
    """An entry that is written anew is another file."""
    return sorted(path.stat().st_ino for path in cache.glob("*/*"))


def is_whole(entry: bytes) -> bool:
    return len(entry) > 100_000 and hashlib.sha256(entry[32:]).digest() == entry[:32]


@pytest.fixture(scope="module")
def filled(files: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trained]:
    """A cache with the programs of all networks, and what they came to."""
    cache = tmp_path_factory.mktemp("compiled")
    return cache, ended(training(files, cache, *NETWORKS))


@pytest.fixture
def cache(filled: tuple[Path, Trained], tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(filled[0], tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def expected(filled: tuple[Path, Trained]) -> Trained:
    return filled[1]


def test_cold_warm_and_off_give_the_same_bits(files: Path, cache: Path, expected: Trained) -> None:
    assert len(entries(cache)) == len(NETWORKS)
    assert all(map(is_whole, entries(cache).values()))
    (folder,) = cache.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = inodes(cache)
    for path in entries(cache):
        os.utime(path, (1, 1))
    # In another order: what a program is called must not depend on what came before it.
    assert ended(training(files, cache, *reversed(NETWORKS))) == expected
    assert inodes(cache) == before
    assert all(path.stat().st_mtime > 1 for path in entries(cache))
    assert ended(training(files, "off", *NETWORKS)) == expected


def test_two_processes_may_write_the_same_entry(
    files: Path, tmp_path: Path, expected: Trained
) -> None:
    both = [training(files, tmp_path, "narrow") for _ in range(2)]
    assert [ended(each) for each in both] == [{"narrow": expected["narrow"]}] * 2
    assert [is_whole(entry) for entry in entries(tmp_path).values()] == [True]


def resealed(content: bytes) -> bytes:
    """Damage that the digest does not tell."""
    name = content[32:].partition(b"\n")[0]
    rest = name + b"\nno program"
    return hashlib.sha256(rest).digest() + rest


def test_a_damaged_entry_costs_a_compilation(files: Path, cache: Path, expected: Trained) -> None:
    damages: tuple[Callable[[bytes], bytes], ...] = (
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-300] + bytes([content[-300] ^ 1]) + content[-299:],
        resealed,
    )
    for damage, (path, content) in zip(damages, entries(cache).items(), strict=True):
        path.write_bytes(damage(content))
    assert ended(training(files, cache, *NETWORKS)) == expected
    # The last is one that TensorFlow itself refused: it is removed.
    assert list(map(is_whole, entries(cache).values())) == [True] * 3


def test_a_worker_on_trial_leaves_the_cache_alone(
    files: Path, cache: Path, expected: Trained
) -> None:
    # Not even read: what was kept may be what the worker before it has died of.
    for path in entries(cache):
        path.write_bytes(b"")
    before = inodes(cache)
    assert ended(training(files, cache, "narrow", trial=True)) == {"narrow": expected["narrow"]}
    assert inodes(cache) == before
    assert not any(entries(cache).values())


def test_a_cache_that_can_only_be_read_serves(files: Path, cache: Path, expected: Trained) -> None:
    for path in entries(cache):
        path.chmod(0o400)
    (folder,) = cache.iterdir()
    folder.chmod(0o500)
    before = entries(cache)
    try:
        assert ended(training(files, cache, "narrow")) == {"narrow": expected["narrow"]}
        assert entries(cache) == before
    finally:
        folder.chmod(0o700)


def test_a_disk_that_is_full_fails_nothing_and_holds_no_piece(
    files: Path, tmp_path: Path, expected: Trained
) -> None:
    process = training(files, tmp_path, "narrow", most_blocks="100")
    assert ended(process) == {"narrow": expected["narrow"]}
    assert [folder.is_dir() for folder in tmp_path.iterdir()] == [True]
    assert entries(tmp_path) == {}


def test_what_cannot_be_a_folder_is_said_and_fails_nothing(
    files: Path, tmp_path: Path, expected: Trained
) -> None:
    (tmp_path / "file").write_text("")
    digest, losses, notices = ended(training(files, tmp_path / "file", "narrow"))["narrow"]
    assert [digest, losses, []] == expected["narrow"]
    assert len(notices) == 1
    assert compile_cache.VARIABLE in notices[0]


def test_the_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    assert compile_cache.refusal() == ""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1, raising=False)
    assert "belongs to another user" in compile_cache.refusal()
    monkeypatch.setenv(compile_cache.VARIABLE, "off")
    assert compile_cache.refusal() == ""


def test_by_default_it_is_in_the_users_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(compile_cache.VARIABLE)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert compile_cache._root() == tmp_path / ".cache/relu-bench/xla"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert compile_cache._root() == tmp_path / "caches/relu-bench/xla"


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compile_cache.VARIABLE, "~no such user/cache")
    assert "home" in compile_cache.refusal()
    assert compile_cache.lend("0") == ""
    compile_cache.keep("0", "")
    compile_cache.trim()


def test_what_was_unused_longest_goes_first_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    paths = [tmp_path / f"{folder:016x}" / f"{name:x}.xla" for folder in (1, 2) for name in (1, 2)]
    others = [tmp_path / "mine.xla", tmp_path / "mine" / "1.xla", paths[0].with_name("mine.txt")]
    for path in [*paths, *others]:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(100))
        os.utime(path, (1, 1))
    for used, path in enumerate([paths[2], paths[0], paths[3], paths[1]], start=2):
        os.utime(path, (used, used))
    compile_cache.trim(200)
    assert [path.exists() for path in paths] == [False, True, False, True]
    assert all(path.exists() for path in others)
