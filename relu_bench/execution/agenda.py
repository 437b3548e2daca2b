"""What a call has to do: its plan beside what the store has. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from relu_bench.config.plan import Spec
from relu_bench.config.planning import Planned
from relu_bench.store import Stored

StoredRuns = Mapping[tuple[str, str], Stored]


@dataclass
class Missing:
    """A run to train: `spec`, and for each experiment that wants it the spec as that one says it.

    The two differ at most in how a data folder is called, and in whether to measure the inside.
    """

    spec: Spec
    asked: dict[str, Spec]


@dataclass(frozen=True)
class Present:
    """A run that needs no training: of this status, or to be copied from another experiment."""

    experiment: str
    spec: Spec
    status: str
    copy_from: str | None = None


@dataclass
class Agenda:
    """The runs of a call, each once.

    `missing` by run_id, in the order of the plan; `without_probes` counts the completed ones that
    lack measurements of the inside which this call asks for.
    """

    missing: dict[str, Missing] = field(default_factory=dict)
    present: list[Present] = field(default_factory=list)
    without_probes: int = 0


def compare(
    planned: Iterable[Planned],
    stored: StoredRuns,
    *,
    retry_failed: bool,
    partial: Collection[tuple[str, str]] = (),
) -> Agenda:
    """Divide the planned runs into those to train and those that the store has.

    A run that two experiments ask for is trained once, and measured inside if one of them asks.
    One that the store has under another experiment's name is to be copied, unless it is `partial`:
    completed, and without all of its rows.
    """
    trained_for = {
        key[1]: key[0] for key, run in stored.items() if _is_completed(run) and key not in partial
    }
    agenda = Agenda()
    for name, run_id, spec in _each_once(planned):
        run = stored.get((name, run_id))
        if not _is_completed(run) and run_id in trained_for:
            source = trained_for[run_id]
            run = stored[source, run_id]
            agenda.present.append(Present(name, spec, run.status, copy_from=source))
        elif run is not None and (_is_completed(run) or not retry_failed):
            agenda.present.append(Present(name, spec, run.status))
        else:
            missing = agenda.missing.setdefault(run_id, Missing(spec, {}))
            missing.asked[name] = spec
            if spec.probes:
                missing.spec = spec
            continue
        agenda.without_probes += spec.probes and _is_completed(run) and not run.probes
    return agenda


def _is_completed(run: Stored | None) -> bool:
    return run is not None and run.status == "completed"


def _each_once(planned: Iterable[Planned]) -> Iterator[tuple[str, str, Spec]]:
    """Experiment, run_id and spec; calls with equal names may overlap."""
    seen: set[tuple[str, str]] = set()
    for each in planned:
        name = each.experiment.name
        for spec in each.specs:
            key = (name, spec.run_id)
            if key not in seen:
                seen.add(key)
                yield *key, spec
