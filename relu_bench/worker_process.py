"""The parent's end of a worker process: how a worker is started, talked to and ended."""

import math
import signal
import time
from collections.abc import Callable
from multiprocessing.context import BaseContext
from pathlib import Path

from relu_bench.errors import WorkerStartError
from relu_bench.plan import Spec
from relu_bench.training import Progress, RunResult
from relu_bench.worker import MakeTrainer, WorkerSettings, serve

OnProgress = Callable[[Spec, Progress], None]


class WorkerDiedError(Exception):
    """The process is gone; the message says how."""


class RunTooLongError(Exception):
    """A run took longer than it may; its worker still has it."""


class WorkerProcess:
    """The parent's end of one worker process."""

    def __init__(
        self, context: BaseContext, slot: int, told: tuple[MakeTrainer, WorkerSettings, Path]
    ) -> None:
        self.log = told[-1]
        self.log.unlink(missing_ok=True)
        self.programs = 0
        self.connection, theirs = context.Pipe()
        self.process = context.Process(  # type: ignore[attr-defined]
            target=serve, args=(theirs, *told), name=f"relu-bench worker {slot}", daemon=True
        )
        try:
            self.process.start()
        except OSError as error:
            # Such as when somebody has emptied the temporary folder, where the fork server listens.
            raise WorkerStartError(
                f"A worker process cannot be started ({error.strerror or error}). What had "
                "finished is kept; the same command goes on from there."
            ) from error
        # With our copy closed, a worker that dies shows as the end of the pipe.
        theirs.close()

    def train(
        self, spec: Spec, on_progress: OnProgress, timeout: float | None = None
    ) -> RunResult | str:
        """The result, or the reason why the run failed.

        Args:
            spec: what to train.
            on_progress: told of each epoch.
            timeout: seconds that the run may take, from the moment at which the worker, which may
                have to start first, begins with it; reading data and compiling count.

        Raises:
            WorkerDiedError: the process is gone.
            RunTooLongError: the time is over.
        """
        deadline = math.inf
        try:
            self.connection.send(spec)
            while True:
                self._wait_until(deadline)
                match self.connection.recv():
                    case ("started",):
                        deadline = math.inf if timeout is None else time.monotonic() + timeout
                    case ("progress", Progress() as progress):
                        on_progress(spec, progress)
                    case ("result", RunResult() as result, int(programs)):
                        self.programs = programs
                        return result
                    case ("failed", str(reason)):
                        return reason
        except (EOFError, OSError):
            self.process.join(timeout=5)
            raise WorkerDiedError(self._how_it_died()) from None

    def _wait_until(self, deadline: float) -> None:
        """Wait for the next message."""
        if deadline == math.inf:
            return
        left = deadline - time.monotonic()
        if left <= 0 or not self.connection.poll(left):
            raise RunTooLongError

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join(timeout=5)
        self.connection.close()

    def _how_it_died(self) -> str:
        code = self.process.exitcode
        how = f"exit code {code}"
        if code is not None and code < 0:
            names = {number.value: number.name for number in signal.Signals}
            how = names.get(-code, f"signal {-code}")
            if how == "SIGKILL":
                how += ", as the system does when memory runs out"
        last = _last_line(self.log)
        return f"the worker process died ({how})" + (f": {last}" if last else "")


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:300] if lines else ""
