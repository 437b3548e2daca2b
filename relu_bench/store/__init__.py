"""The store: a results folder of four CSVs that never loses or doubles a run."""

from relu_bench.store.cells import Value
from relu_bench.store.merging import Merged, merge
from relu_bench.store.plans import KeptPlan
from relu_bench.store.reading import Stored, read, scan
from relu_bench.store.wholeness import check, partial
from relu_bench.store.writer import RunRecord, Store

__all__ = [
    "KeptPlan",
    "Merged",
    "RunRecord",
    "Store",
    "Stored",
    "Value",
    "check",
    "merge",
    "partial",
    "read",
    "scan",
]
