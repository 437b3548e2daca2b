"""A real Dask scheduler and real workers, as processes on this machine's loopback."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

TESTS = Path(__file__).resolve().parents[1]
FOUND_BY_NAME = [str(folder) for folder in (TESTS.parent, TESTS / "runs", TESTS / "cluster")]
SCHEDULER, WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


class Loopback:
    """A scheduler on a free port, and the workers that are started with `worker`.

    Every process leads a group of its own, so that leaving ends them all, nannies' children too.
    """

    def __init__(
        self, folder: Path, *options: str, scheme: str = "tcp", env: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            # Stand-ins for training are found by the name under which they were sent.
            "PYTHONPATH": os.pathsep.join(
                [*map(str, FOUND_BY_NAME), os.environ.get("PYTHONPATH", "")]
            ),
            "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false",
            "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "60s",
            **(env or {}),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.options = options
        self.scheme = scheme
        self.address = ""

    def __enter__(self) -> Self:
        try:
            self.start_scheduler("127.0.0.1:0")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        for name in list(self.processes):
            self.kill(name)

    def start_scheduler(self, at: str) -> None:
        host, _, port = at.rpartition(":")
        arguments = ("--host", f"{self.scheme}://{host}", "--port", port, "--no-dashboard")
        self._start("scheduler", SCHEDULER, *arguments, *self.options)
        found: list[str] = []

        def listening() -> bool:
            found[:] = re.findall(r"Scheduler at:\s+(\S+)", self.log("scheduler"))
            return bool(found)

        until(listening)
        self.address = found[0]

    def worker(self, name: str, *options: str, threads: int = 1, nanny: bool = False) -> None:
        """Start a worker; `connected` tells when it is there."""
        self._start(
            name,
            WORKER,
            *(self.address, "--name", name, "--nthreads", str(threads), "--no-dashboard"),
            *("--host", "127.0.0.1", "--local-directory", str(self.folder)),
            *("--nanny" if nanny else "--no-nanny", *options),
            *self.options,
        )

    def workers(self, *names: str, nanny: bool = False) -> None:
        """Start workers and wait until they are connected."""
        for name in names:
            self.worker(name, nanny=nanny)
        until(lambda: all(self.connected(name) for name in names))

    def connected(self, name: str) -> bool:
        return "Registered to:" in self.log(name)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kill(self, name: str) -> None:
        """SIGKILL, to the process and all that it has started."""
        process = self.processes.pop(name)
        # The leader may have ended, and its children not.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)

    def _start(self, name: str, module: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=self.folder,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
