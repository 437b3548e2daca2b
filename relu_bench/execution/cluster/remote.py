"""What runs inside a Dask worker: one trainer a process, kept from run to run.

The functions are sent by name, so relu-bench must be installed where the worker runs; the driver
compares the versions first. A worker has one thread, and so one run at a time.
"""

import hashlib
import sys
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from relu_bench.config import plan
from relu_bench.config.plan import Spec
from relu_bench.data import Dataset
from relu_bench.execution.worker import MakeTrainer, Trains, WorkerSettings
from relu_bench.machine import compile_cache, environment_variables, provenance
from relu_bench.machine.child_process import TookTooLongError, one_line
from relu_bench.networks.activations import Source
from relu_bench.training.loop import Progress, Report, RunResult


def placed(spec: Spec, content: bytes | None, folder: Path) -> Spec:
    """The same run, with the user's file lying in `folder` of this machine.

    The identity stays: it rests on the file's content, not on its place.
    """
    if spec.source is None or content is None:
        return spec
    path = folder / f"own-{spec.source.sha256}.py"
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)
    here = Source(spec.source.sha256, path, spec.source.given)
    return spec.model_copy(update={"source": here})


def digest_of(dataset: Dataset) -> str:
    """SHA-256, in hex, of a data set's arrays."""
    found = hashlib.sha256()
    for array in dataset.arrays:
        found.update(f"{array.shape} {array.dtype.str}".encode())
        # Texts are no plain array.
        plain = array.dtype != object
        found.update(array.data if plain else "\0".join(array).encode())
    return found.hexdigest()


PROGRESS_TOPIC = "relu-bench"
"""Dask's topic of events that carry the progress of runs."""

KEPT_DATASETS = 2
"""Data sets whose arrays a worker keeps; a further one is asked for again when it is needed."""

_SECONDS_BETWEEN_REPORTS = 0.1


@dataclass(frozen=True)
class HeldData:
    """A data set that the driver has sent to this process, by its content's digest."""

    digest: str
    name: str

    def load(self) -> Dataset | None:
        """The data set, None when this process does not hold it."""
        return _datasets.get(self.digest)


@dataclass(frozen=True)
class Order:
    """A run to do, and what the worker must know for it.

    `source` is the content of the file that an activation of the user's own stands in; `tables`
    describes every data set of the sweep, so that one trainer serves all of it; `session` tells
    the drivers apart that may use a cluster at once.
    """

    spec: Spec
    source: bytes | None
    tables: tuple[HeldData, ...]
    make_trainer: MakeTrainer
    session: str
    timeout: float | None


@dataclass(frozen=True)
class Trained:
    """A run that was done, and how worn the worker is.

    `programs` counts those compiled in the life of the process, `memory` is the share of the
    worker's memory limit that is in use (0.0 without a limit).
    """

    result: RunResult
    programs: int
    memory: float


@dataclass(frozen=True)
class Failed:
    """A run that failed, and why, on one line."""

    reason: str


@dataclass(frozen=True)
class DataWanted:
    """The worker does not hold the data set of this digest: send it, and ask again."""

    digest: str


@dataclass(frozen=True)
class Touched:
    """The worker has run a user's file that this run does without: replace it first."""


_datasets: "OrderedDict[str, Dataset]" = OrderedDict()
_trainers: dict[tuple[Any, ...], Trains] = {}
_programs_of_earlier_trainers = 0
_files: set[str] = set()
"""Of the user's own, those that have run in this process, by their SHA-256."""


def versions() -> Mapping[str, str]:
    """What driver and workers must have in common to give the same numbers."""
    found = provenance.describe()
    names = ("relu_bench", "tensorflow", "keras")
    return {
        **{name: str(found[f"{name}_version"]) for name in names},
        "code": provenance.code_digest(),
        "numerics": f"{plan.NUMERICS} and {plan.NUMERICS_OF_DRAWS}",
    }


def prepare(make_trainer: MakeTrainer, tables: tuple[HeldData, ...]) -> bool:
    """Make the process's trainer; the real one imports TensorFlow and sets it to one thread.

    Returns whether a nanny watches this worker, which could restart it.

    Raises:
        RuntimeError: when TensorFlow has already run here, with more threads.
        ReluBenchError: when a variable of the environment would end this process.
    """
    from distributed import get_worker

    if "tensorflow" in sys.modules:
        environment_variables.check_flags()
    _trainer(make_trainer, tables)
    compile_cache.trim()
    return get_worker().nanny is not None


def keep(digest: str, dataset: Dataset) -> None:
    """Hold a data set for the runs to come."""
    _datasets[digest] = dataset
    while len(_datasets) > KEPT_DATASETS:
        _datasets.popitem(last=False)


def train(order: Order) -> Trained | Failed | DataWanted | Touched:
    """Do a run. What training raises is its failure; the worker goes on."""
    from distributed import get_worker

    files = set() if order.spec.source is None else {order.spec.source.sha256}
    if _files and _files != files:
        return Touched()
    digest = next(each.digest for each in order.tables if each.name == order.spec.dataset)
    if digest not in _datasets:
        return DataWanted(digest)
    _datasets.move_to_end(digest)
    _files.update(files)
    try:
        trainer = _trainer(order.make_trainer, order.tables)
        spec = placed(order.spec, order.source, Path(get_worker().local_directory))
        result = trainer.train(spec, _reporter(order))
    except TookTooLongError as error:
        return Failed(str(error))
    except Exception as error:
        return Failed(one_line(error))
    # The run belongs to this machine, not to the driver's.
    result = replace(result, summary={**result.summary, **provenance.describe()})
    programs = _programs_of_earlier_trainers + trainer.compiled_programs
    return Trained(result, programs, _memory_in_use())


def _trainer(make_trainer: MakeTrainer, tables: tuple[HeldData, ...]) -> Trains:
    """The one trainer of this process, made anew when a sweep with other data begins."""
    global _programs_of_earlier_trainers  # noqa: PLW0603 - a process has one such count
    key = (make_trainer, tables)
    if key not in _trainers:
        _programs_of_earlier_trainers += sum(old.compiled_programs for old in _trainers.values())
        _trainers.clear()
        _trainers[key] = make_trainer(WorkerSettings(shared=tables))
    return _trainers[key]


def _reporter(order: Order) -> Report:
    """Sends progress to the driver, not more often than an eye can follow; ends a late run."""
    from distributed import get_worker

    worker = get_worker()
    started = time.monotonic()
    last = -_SECONDS_BETWEEN_REPORTS
    run_id = order.spec.run_id

    def report(progress: Progress) -> None:
        nonlocal last
        seconds = time.monotonic() - started
        if order.timeout is not None and seconds > order.timeout:
            raise TookTooLongError(f"it took longer than {order.timeout:g} seconds (--timeout)")
        if seconds - last >= _SECONDS_BETWEEN_REPORTS or progress.epoch == progress.epochs:
            last = seconds
            event = {"session": order.session, "run_id": run_id, "progress": asdict(progress)}
            worker.log_event(PROGRESS_TOPIC, event)

    return report


def _memory_in_use() -> float:
    from distributed import get_worker

    worker = get_worker()
    limit = worker.memory_manager.memory_limit
    return float(worker.monitor.get_process_memory() / limit) if limit else 0.0
