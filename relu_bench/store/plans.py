"""What was asked for: every call's resolved config and run_ids, kept under their hash."""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relu_bench.config import display_names
from relu_bench.errors import StoreError
from relu_bench.store import files as store_files

FOLDER = "plans"


@dataclass(frozen=True)
class KeptPlan:
    """One call: the experiment's name, the config as it was resolved, and the runs it asked for.

    `call` is its place, from 1, among the calls of its store that gave display names, so that the
    newest one's can win; 0 for a call that gave none.
    """

    experiment: str
    config: Mapping[str, Any]
    run_ids: tuple[str, ...]
    call: int = 0


def keep(store: Path, plan: KeptPlan) -> None:
    """Write the plan to `plans/<hash>.json`; the same plan again changes nothing.

    But where it gives display names, it becomes the newest call that does. Call it under the lock.

    Raises:
        StoreError: something else is in its place.
        OSError: it cannot be written.
    """
    content: dict[str, Any] = {
        "experiment": plan.experiment,
        "config": dict(plan.config),
        "run_ids": list(plan.run_ids),
    }
    data = _encoded(content)
    path = store / FOLDER / f"{hashlib.sha256(data).hexdigest()[:16]}.json"
    if display_names.given_by(plan.config):
        data = _encoded(content | {"call": _next_call(path)})
    if store_files.is_there(path) and path.read_bytes() == data:
        return
    path.parent.mkdir(exist_ok=True)
    with store_files.staging(path) as file:
        file.write(data)
    store_files.adopt(path)


def remove_staged(store: Path) -> None:
    """Remove what a crash left of plans; call it under the lock.

    Raises:
        OSError: it cannot be removed.
    """
    for path in _named(store, "*.new"):
        store_files.remove(path)


def kept(store: Path) -> list[KeptPlan]:
    """Every plan that was kept, in an order that is always the same.

    By their hashes; those that give display names come last, the newest call at the end.

    Raises:
        StoreError: a plan is damaged.
    """
    plans = [_read(path) for path in _named(store, "*.json")]
    return sorted(plans, key=lambda plan: plan.call)


def _named(store: Path, pattern: str) -> list[Path]:
    return sorted((store / FOLDER).glob(pattern))


def _encoded(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return f"{text}\n".encode()


def _next_call(own: Path) -> int:
    """The number of a call that gives names: of `own`, which is no new call if it is the last."""
    calls = {}
    for path in sorted(own.parent.glob("*.json")):
        # A damaged plan is for whoever needs its runs to complain about.
        with contextlib.suppress(StoreError):
            calls[path.name] = _read(path).call
    before = max((call for name, call in calls.items() if name != own.name), default=0)
    return max(before + 1, calls.get(own.name, 0))


def _read(path: Path) -> KeptPlan:
    try:
        with store_files.opened(path) as file:
            content = json.loads(file.read())
        _encoded(content)  # no NaN and no half of a surrogate pair: it may be kept elsewhere
        experiment, config, run_ids = (content[k] for k in ("experiment", "config", "run_ids"))
        call = content.get("call", 0)
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
    return KeptPlan(experiment, config, tuple(run_ids), call)


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"{path} cannot be read, or is not what relu-bench wrote. Delete it; "
        "`relu-bench run` with the same config writes it again."
    )
