import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock
from small_data import Arrays, WriteFolder, WriteNpz

from relu_bench import data
from relu_bench.errors import DataError

Loader = Callable[[], object]
CACHE = Path("keras/datasets")


@pytest.fixture
def install_keras(small_known: object, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A stand-in for Keras, whose import takes seconds; the last test here takes the real one."""

    def install(load: Loader) -> list[str]:
        calls: list[str] = []

        def loader(name: str) -> SimpleNamespace:
            def load_data() -> object:
                calls.append(name)
                sys.stdout.write("Downloading data\n")
                return load()

            return SimpleNamespace(load_data=load_data)

        keras = ModuleType("keras")
        keras.datasets = SimpleNamespace(  # type: ignore[attr-defined]
            mnist=loader("mnist"), fashion_mnist=loader("fashion_mnist")
        )
        quiet = ModuleType("relu_bench.machine.quiet_tensorflow")
        quiet.keras = keras  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "relu_bench.machine.quiet_tensorflow", quiet)
        return calls

    return install


def as_keras_returns(arrays: Arrays) -> object:
    train_images, train_labels, test_images, test_labels = arrays.values()
    return (train_images, train_labels), (test_images, test_labels)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_what_is_nowhere_is_fetched_by_keras(
    install_keras: Callable[..., list[str]],
    arrays: Arrays,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    calls = install_keras(lambda: as_keras_returns(arrays))
    dataset = data.load(name)
    assert calls == [name]
    np.testing.assert_array_equal(dataset.train_inputs[..., 0], arrays["train_images"])
    assert not dataset.train_inputs.flags.writeable
    assert dataset.source == f"{Path.cwd() / CACHE} (fetched by Keras)"
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "Downloading data\n")


def test_nothing_is_fetched_when_not_asked_for(
    install_keras: Callable[..., list[str]], arrays: Arrays
) -> None:
    calls = install_keras(lambda: as_keras_returns(arrays))
    with pytest.raises(DataError, match="Fetching it was not asked for"):
        data.load("mnist", fetch=False)
    data.info("mnist")
    data.fingerprint("mnist")
    data.overview()
    assert calls == []
    assert not CACHE.exists()


def test_nothing_is_fetched_when_it_is_here(
    install_keras: Callable[..., list[str]], write_npz: WriteNpz, arrays: Arrays
) -> None:
    calls = install_keras(lambda: as_keras_returns(arrays))
    write_npz(CACHE / "mnist.npz", arrays)
    data.load("mnist")
    assert calls == []


def test_an_incomplete_cache_is_completed(
    install_keras: Callable[..., list[str]], write_folder: WriteFolder, arrays: Arrays
) -> None:
    calls = install_keras(lambda: as_keras_returns(arrays))
    folder = write_folder(CACHE / "fashion-mnist", arrays)
    (folder / "t10k-images-idx3-ubyte.gz").unlink()
    data.load("fashion_mnist")
    assert calls == ["fashion_mnist"]


def test_a_failed_download_names_every_way_out(
    install_keras: Callable[..., list[str]],
) -> None:
    def no_network() -> object:
        raise Exception("URL fetch failure on https://example.org: None -- no such host")

    install_keras(no_network)
    Path("a").mkdir()
    with pytest.raises(DataError) as caught:
        data.load("fashion_mnist", Path("a"))
    message = str(caught.value)
    assert message.startswith("The data set fashion_mnist is not here. Looked in\n  --data-dir: a")
    assert (
        "\nFetching it through Keras failed: URL fetch failure on https://example.org:"
        " None -- no such host\n" in message
    )
    for way_out in (
        "FOLDER/fashion_mnist:",
        "--data-dir FOLDER",
        "RELU_BENCH_DATA=FOLDER",
        "`relu-bench data fashion_mnist --to FOLDER`",
        "`dataset: digits`",
    ):
        assert way_out in message


def test_a_failed_download_leaves_nothing_that_the_next_call_would_trip_over(
    install_keras: Callable[..., list[str]], write_folder: WriteFolder, arrays: Arrays
) -> None:
    folder = write_folder(CACHE / "fashion-mnist", arrays)
    kept = folder / "train-labels-idx1-ubyte.gz"
    for path in set(folder.iterdir()) - {kept}:
        path.unlink()

    def web_pages() -> object:
        for role in ("train-images-idx3", "t10k-images-idx3", "t10k-labels-idx1"):
            (folder / f"{role}-ubyte.gz").write_bytes(b"<html>")
        raise OSError("Not a gzipped file (b'<h')")

    calls = install_keras(web_pages)
    for _ in range(2):
        with pytest.raises(DataError, match="Fetching it through Keras failed: Not a gzipped"):
            data.load("fashion_mnist")
    assert calls == ["fashion_mnist"] * 2
    assert list(folder.iterdir()) == [kept]


def test_what_keras_fetches_is_verified(
    install_keras: Callable[..., list[str]], write_npz: WriteNpz, arrays: Arrays
) -> None:
    arrays["train_labels"] = arrays["train_labels"][::-1]

    def altered() -> object:
        write_npz(CACHE / "mnist.npz", arrays)
        return as_keras_returns(arrays)

    install_keras(altered)
    with pytest.raises(DataError, match=r"failed: mnist as fetched \(train_labels\): altered"):
        data.load("mnist")
    assert not (CACHE / "mnist.npz").exists()


def test_an_interrupt_is_not_taken_for_a_failed_download(
    install_keras: Callable[..., list[str]],
) -> None:
    def interrupted() -> object:
        raise KeyboardInterrupt

    install_keras(interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.load("mnist")
    with FileLock(CACHE / ".relu-bench-mnist.lock", timeout=1):
        pass  # it was let go


def test_a_cache_that_cannot_be_written(install_keras: Callable[..., list[str]]) -> None:
    calls = install_keras(lambda: None)
    Path("keras").write_text("a file, not a folder")
    with pytest.raises(DataError, match=r"It cannot be fetched into .*set KERAS_HOME to a folder"):
        data.load("mnist")
    assert calls == []


def test_a_damaged_file_in_the_cache_is_named(
    install_keras: Callable[..., list[str]], write_npz: WriteNpz, arrays: Arrays
) -> None:
    calls = install_keras(lambda: None)
    path = write_npz(Path.cwd() / CACHE / "mnist.npz", arrays)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError) as caught:
        data.load("mnist")
    assert str(caught.value) == (
        f"{path}: truncated or altered (File is not a zip file).\n"
        "Delete the file, then `relu-bench data mnist` fetches it again."
    )
    assert calls == []


@pytest.fixture
def fetching_elsewhere() -> Iterator[FileLock]:
    """The lock that another process holds while it fetches."""
    CACHE.mkdir(parents=True)
    lock = FileLock(CACHE / ".relu-bench-mnist.lock", thread_local=False)
    lock.acquire()
    yield lock
    lock.release(force=True)


@pytest.mark.parametrize("half_written", [b"", b"PK\x03\x04 and no more yet"])
def test_waits_for_another_process_that_is_fetching(
    install_keras: Callable[..., list[str]],
    write_npz: WriteNpz,
    arrays: Arrays,
    fetching_elsewhere: FileLock,
    half_written: bytes,
) -> None:
    calls = install_keras(lambda: None)
    if half_written:
        (CACHE / "mnist.npz").write_bytes(half_written)
    loaded: list[data.Dataset] = []
    reader = threading.Thread(target=lambda: loaded.append(data.load("mnist")))
    reader.start()
    reader.join(timeout=0.3)
    assert reader.is_alive()

    write_npz(CACHE / "mnist.npz", arrays)
    fetching_elsewhere.release()
    reader.join(timeout=20)

    np.testing.assert_array_equal(loaded[0].train_targets, arrays["train_labels"])
    assert calls == []


NO_NETWORK = """
import socket, sys

def refuse(*_, **__):
    raise socket.gaierror(-2, "Name or service not known")

socket.getaddrinfo = refuse
from relu_bench import data
from relu_bench.errors import DataError
for name in ("mnist", "fashion_mnist"):
    try:
        data.load(name)
    except DataError as error:
        print(error)
    assert socket.getdefaulttimeout() is None
"""


def test_the_real_keras_without_a_network() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    lines = done.stdout.splitlines()
    failures = [line for line in lines if line.startswith("Fetching it through Keras failed: URL")]
    assert len(failures) == 2
    assert lines[0] == "The data set mnist is not here. Looked in"
    assert "Name or service not known" in failures[0]
    assert "Downloading data from" in done.stderr
    assert [path.name for path in CACHE.rglob("*") if path.is_file()] == [
        path.name for path in sorted(CACHE.glob(".relu-bench-*.lock"))
    ]
