"""What was asked for: every call's resolved config and run_ids, kept under their hash."""

import contextlib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from relu_bench.config import display_names
from relu_bench.config.until_resolved import UntilResolved
from relu_bench.errors import StoreError
from relu_bench.store import files as store_files

FOLDER = "plans"


@dataclass(frozen=True)
class KeptPlan:
    """One call: the experiment's name, the config as it was resolved, and the runs it asked for.

    `call` is its place, from 1, among the calls of its store that gave display names, so that the
    newest one's can win; 0 for a call that gave none. `until_resolved` is that of a call which adds
    seeds until all is decided: its runs are those that it has asked for so far.
    """

    experiment: str
    config: Mapping[str, Any]
    run_ids: tuple[str, ...]
    call: int = 0
    until_resolved: UntilResolved | None = None

    def grows_from(self, other: "KeptPlan") -> bool:
        """Whether `other` is an earlier state, or the same, of the same growing plan."""
        return (
            self.until_resolved is not None
            and other.until_resolved is not None
            and self.experiment == other.experiment
            and self.settings == other.settings
            and set(self.run_ids) >= set(other.run_ids)
        )

    def goes_further_than(self, other: "KeptPlan") -> bool:
        """Whether it is a later state of the same growing plan."""
        return len(self.run_ids) > len(other.run_ids) and self.grows_from(other)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The config without what grows, and without what does not change what is compared."""
        aside = ("seeds", "probes", display_names.KEY)
        return {name: value for name, value in self.config.items() if name not in aside}


def keep(store: Path, plan: KeptPlan) -> None:
    """Write the plan to `plans/<hash>.json`; the same plan again changes nothing.

    But where it gives display names, it becomes the newest call that does. A plan that grows until
    all is resolved takes the place of its earlier states, and changes nothing where a later one is
    kept already, by another process. Call it under the lock.

    Raises:
        StoreError: something else is in its place.
        OSError: it cannot be written.
    """
    content: dict[str, Any] = {
        "experiment": plan.experiment,
        "config": dict(plan.config),
        "run_ids": list(plan.run_ids),
    }
    earlier: list[Path] = []
    if plan.until_resolved is not None:
        content["until_resolved"] = asdict(plan.until_resolved)
        others = _readable(store / FOLDER)
        if any(each.goes_further_than(plan) for each in others.values()):
            return
        earlier = [other for other, kept in others.items() if plan.grows_from(kept)]
    data = _encoded(content)
    path = store / FOLDER / f"{hashlib.sha256(data).hexdigest()[:16]}.json"
    if display_names.given_by(plan.config):
        data = _encoded(content | {"call": _next_call(path)})
    if not (store_files.is_there(path) and path.read_bytes() == data):
        path.parent.mkdir(exist_ok=True)
        with store_files.staging(path) as file:
            file.write(data)
        store_files.adopt(path)
    for each in earlier:
        if each != path:
            store_files.remove(each)


def remove_staged(store: Path) -> None:
    """Remove what a crash left of plans; call it under the lock.

    Raises:
        OSError: it cannot be removed.
    """
    for path in _named(store, "*.new"):
        store_files.remove(path)


def kept(store: Path) -> list[KeptPlan]:
    """Every plan that was kept, in an order that is always the same.

    By their hashes; those that give display names come last, the newest call at the end. Of a plan
    that grows, a crash may have left earlier states, which are left out.

    Raises:
        StoreError: a plan is damaged.
    """
    plans = [_read(path) for path in _named(store, "*.json")]
    newest = [plan for plan in plans if not any(each.goes_further_than(plan) for each in plans)]
    return sorted(newest, key=lambda plan: plan.call)


def _named(store: Path, pattern: str) -> list[Path]:
    return sorted((store / FOLDER).glob(pattern))


def _encoded(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return f"{text}\n".encode()


def _next_call(own: Path) -> int:
    """The number of a call that gives names: of `own`, which is no new call if it is the last."""
    calls = {path.name: plan.call for path, plan in _readable(own.parent).items()}
    before = max((call for name, call in calls.items() if name != own.name), default=0)
    return max(before + 1, calls.get(own.name, 0))


def _readable(folder: Path) -> dict[Path, KeptPlan]:
    """The plans that are not damaged: those are for whoever needs their runs to complain about."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(StoreError):
            found[path] = _read(path)
    return found


def _read(path: Path) -> KeptPlan:
    try:
        with store_files.opened(path) as file:
            content = json.loads(file.read())
        _encoded(content)  # no NaN and no half of a surrogate pair: it may be kept elsewhere
        experiment, config, run_ids = (content[k] for k in ("experiment", "config", "run_ids"))
        call = content.get("call", 0)
        rule = content.get("until_resolved")
        until_resolved = None if rule is None else _rule(rule)
        whole = (
            isinstance(experiment, str)
            and isinstance(config, dict)
            and isinstance(run_ids, list)
            and all(isinstance(run_id, str) for run_id in run_ids)
            and type(call) is int
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path) from error
    if not whole:
        raise _damaged(path)
    return KeptPlan(experiment, config, tuple(run_ids), call, until_resolved)


def _rule(content: Any) -> UntilResolved:
    """Raises ValueError, KeyError or TypeError: it is none."""
    rule = UntilResolved(**content)
    numbers = (rule.max_seeds, rule.comparisons)
    if not (isinstance(rule.baseline, str) and all(type(each) is int for each in numbers)):
        raise TypeError(content)
    if min(numbers) < 1 or not 0 <= float(rule.margin) < math.inf:
        raise ValueError(content)
    return rule


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"{path} cannot be read, or is not what relu-bench wrote. Delete it; "
        "`relu-bench run` with the same config writes it again."
    )
