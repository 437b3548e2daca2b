"""The whole measurement: cells, prepared one after the other, timed in rounds, summed up."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from relu_bench.machine.child_process import Report
from relu_bench.networks import activations
from relu_bench.networks.activations import Source, own
from relu_bench.speed.cells import REFERENCE, Size, cells
from relu_bench.speed.costs import Cost, make_costs
from relu_bench.speed.rounds import LEAST_ROUNDS, prepare, run_rounds
from relu_bench.speed.work import Clock, MakeWork, Workshop

OnProgress = Callable[[str, float], None]
"""Told what is being done, and the share of it that is done."""


@dataclass(frozen=True)
class Settings:
    """How long to measure.

    Attributes:
        seconds: for the rounds; six are done whatever they take.
        repeats: rounds at most.
        seed: of the random tensors and of the order within each round.
    """

    seconds: float = 30.0
    repeats: int = 31
    seed: int = 0


def measure(
    labels: Sequence[str],
    sizes: Sequence[Size],
    settings: Settings,
    on_progress: OnProgress = lambda what, share: None,
    *,
    clock: Clock = time.perf_counter,
    make: MakeWork | None = None,
) -> tuple[Cost, ...]:
    """Measure activations, and relu, which they are compared with, on one thread.

    Functions in a file of the user's own are measured, beside relu, in a process of that file.

    Args:
        labels: canonical.
        sizes: of the tensors.
        settings: how long.
        on_progress: told how far it is.
        clock: seconds.
        make: makes the work of a cell; TensorFlow's and NumPy's when left out. Then this process
            must not have used TensorFlow before: it is set to one thread for good.
    """
    if make is not None:
        return _measured(labels, sizes, settings, on_progress, clock=clock, make=make)
    by_file: dict[Source | None, list[str]] = {}
    for label in sorted(labels, key=lambda label: activations.source_of(label) is not None):
        by_file.setdefault(activations.source_of(label), []).append(label)
    costs: list[Cost] = []
    for source, those in (by_file or {None: []}).items():
        if source is None:
            found = _measured_here(those, sizes, settings, on_progress)
        else:
            found = own.call(
                source,
                _measured_there,
                dict.fromkeys(those, source),
                sizes,
                settings,
                on_report=lambda told: on_progress(*told),
                limited=False,
            )
        # Each file's functions are compared with relu in the same process; it is shown once.
        costs += [cost for cost in found if not costs or cost.activation != REFERENCE]
    return tuple(costs)


def _measured_there(
    own: Mapping[str, Source], sizes: Sequence[Size], settings: Settings, report: Report
) -> tuple[Cost, ...]:
    """In the process of a file of the user's own."""
    activations.know(own)
    return _measured_here(list(own), sizes, settings, lambda *told: report(told))


def _measured_here(
    labels: Sequence[str], sizes: Sequence[Size], settings: Settings, on_progress: OnProgress
) -> tuple[Cost, ...]:
    from relu_bench.execution.preload import one_thread

    on_progress("starting TensorFlow", 0.0)
    one_thread()
    make = Workshop(max(size.elements for size in sizes), settings.seed).make
    return _measured(labels, sizes, settings, on_progress, clock=time.perf_counter, make=make)


def _measured(
    labels: Sequence[str],
    sizes: Sequence[Size],
    settings: Settings,
    on_progress: OnProgress,
    *,
    clock: Clock,
    make: MakeWork,
) -> tuple[Cost, ...]:
    every = cells(labels, sizes)
    ready = prepare(
        every,
        make,
        clock,
        lambda done: on_progress("compiling and warming up", done / len(every)),
    )

    def on_round(done: int, seconds: float) -> None:
        # Six rounds are done even when the time is up.
        by_time = min(seconds / settings.seconds, done / LEAST_ROUNDS)
        on_progress("measuring", min(1.0, max(done / settings.repeats, by_time)))

    samples = run_rounds(
        ready,
        most=settings.repeats,
        seconds=settings.seconds,
        seed=settings.seed,
        clock=clock,
        on_round=on_round,
    )
    return make_costs(samples, ready)
