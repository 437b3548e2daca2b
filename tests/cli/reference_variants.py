"""The shipped results of one experiment, `variants`, in a store of their own, without names."""

import atexit
import tempfile
from functools import lru_cache
from pathlib import Path

from relu_bench.store.plans import KeptPlan, keep, kept

SHIPPED = Path(__file__).parents[2] / "results" / "reference"
EXPERIMENT = "variants"


@lru_cache(maxsize=1)
def reference_variants() -> Path:
    """A folder that lives as long as this process."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    path = Path(folder.name)
    for name in ("runs.csv", "epochs.csv", "layers.csv"):
        header, *rows = (SHIPPED / name).read_text(encoding="utf-8").splitlines(keepends=True)
        its = [row for row in rows if row.startswith(f"{EXPERIMENT},")]
        (path / name).write_text("".join([header, *its]), encoding="utf-8")
    for plan in kept(SHIPPED):
        if plan.experiment == EXPERIMENT:
            config = {key: value for key, value in plan.config.items() if key != "labels"}
            keep(path, KeptPlan(EXPERIMENT, config, plan.run_ids))
    return path
