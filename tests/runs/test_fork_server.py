"""The process that all workers are forked from: where it listens, and when it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from relu_bench.errors import WorkerStartError
from relu_bench.machine import fork_server

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux has the fork server"
)

_START_A_WORKER = """
import os, sys, tempfile
from relu_bench.machine import fork_server

if __name__ == "__main__":
    before = tempfile.gettempdir()
    context = fork_server.start(("string",))
    process = context.Process(target=print, args=("from the worker",))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert tempfile.gettempdir() == before == os.environ["TMPDIR"]
"""

_LOOK_INTO_A_WORKER = """
import sys
from relu_bench.machine import fork_server

if __name__ == "__main__":
    looks = "import sys; print({'tensorflow', 'relu_bench.training.trainer'} <= set(sys.modules))"
    process = fork_server.start().Process(target=exec, args=(looks,))
    process.start()
    process.join()
"""

_WAIT_IN_A_CHILD = """
import os, signal, time
from relu_bench.machine.fork_server import ending_with_parent

if os.fork():
    signal.pause()
with ending_with_parent():
    print(os.getpid(), flush=True)
    time.sleep(60)
    print("still here")
"""


def test_tensorflow_is_there_before_the_first_task(tmp_path: Path) -> None:
    """multiprocessing says nothing of a module that it cannot import beforehand."""
    script = tmp_path / "look.py"
    script.write_text(_LOOK_INTO_A_WORKER)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "True\n"


def test_a_long_path_of_the_temporary_folder_does_not_matter(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100) / ("y" * 100)
    long.mkdir(parents=True)
    script = tmp_path / "start.py"
    script.write_text(_START_A_WORKER)
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "TMPDIR": str(long)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "from the worker\n", "")


def test_without_a_folder_that_will_do_the_remedy_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = "/" + "x" * 100
    monkeypatch.setattr("tempfile.tempdir", long)
    monkeypatch.setattr(fork_server, "_SHORT_FOLDERS", ("/nonexistent",))
    with pytest.raises(WorkerStartError, match=f"too long .*: {long}. Set .* TMPDIR"):
        fork_server.start()


def test_a_process_ends_with_its_parent() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WAIT_IN_A_CHILD], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.send_signal(signal.SIGKILL)
        # The pipe ends when both processes have ended.
        assert parent.stdout.read() == b""


def test_no_thread_of_it_is_left_to_be_forked() -> None:
    import threading

    before = threading.active_count()
    with fork_server.ending_with_parent():
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
