"""What was asked for: every call's resolved config and run_ids, kept under their hash."""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relu_bench.errors import StoreError
from relu_bench.store import files as store_files

FOLDER = "plans"


@dataclass(frozen=True)
class KeptPlan:
    """One call: the experiment's name, the config as it was resolved, and the runs it asked for."""

    experiment: str
    config: Mapping[str, Any]
    run_ids: tuple[str, ...]


def keep(store: Path, plan: KeptPlan) -> None:
    """Write the plan to `plans/<hash>.json`; the same plan again changes nothing.

    Raises:
        OSError: it cannot be written.
    """
    content = {
        "experiment": plan.experiment,
        "config": dict(plan.config),
        "run_ids": list(plan.run_ids),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    data = f"{text}\n".encode()
    path = store / FOLDER / f"{hashlib.sha256(data).hexdigest()[:16]}.json"
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == data:
            return
    path.parent.mkdir(exist_ok=True)
    # Plans take no lock, so several processes may write the same one at the same time.
    own = path.with_name(f"{path.name}.{os.getpid()}.new")
    store_files.write(own, data)
    own.replace(path)
    store_files.sync_folder(path.parent)


def kept(store: Path) -> list[KeptPlan]:
    """Every plan that was kept, in the order of their hashes: always the same order.

    Raises:
        StoreError: a plan is damaged.
    """
    return [_read(path) for path in sorted((store / FOLDER).glob("*.json"))]


def _read(path: Path) -> KeptPlan:
    try:
        content = json.loads(path.read_text("utf-8"))
        experiment, config, run_ids = (content[k] for k in ("experiment", "config", "run_ids"))
        whole = (
            isinstance(experiment, str)
            and isinstance(config, dict)
            and all(isinstance(run_id, str) for run_id in run_ids)
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    if not whole:
        raise _damaged(path)
    return KeptPlan(experiment, config, tuple(run_ids))


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"{path} cannot be read, or is not what relu-bench wrote. Delete it; "
        "`relu-bench run` with the same config writes it again."
    )
