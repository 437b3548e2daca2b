"""Data sets by name: found or fetched, verified, and split into training and validation parts.

Inputs stay as they are stored (images uint8 and channels last, texts as the numbers of their
tokens); scaling belongs to the training program. Nothing here assumes a size, a number of channels
or a number of classes. `registry` is the table of the data sets known by name.
"""

from relu_bench.data.dataset import Dataset, DatasetInfo, Inputs, Labels, ReadyData, image
from relu_bench.data.parts import (
    Split,
    guess_accuracy,
    part_sizes,
    split,
    strata,
    stratified_sample,
)
from relu_bench.data.places import Copied, expanded
from relu_bench.data.registry import (
    Entry,
    canonical,
    check_copyable,
    check_name,
    copy_to,
    fingerprint,
    info,
    is_path,
    known_names,
    load,
    notice,
    overview,
)
from relu_bench.data.shared import share

__all__ = [
    "Copied",
    "Dataset",
    "DatasetInfo",
    "Entry",
    "Inputs",
    "Labels",
    "ReadyData",
    "Split",
    "canonical",
    "check_copyable",
    "check_name",
    "copy_to",
    "expanded",
    "fingerprint",
    "guess_accuracy",
    "image",
    "info",
    "is_path",
    "known_names",
    "load",
    "notice",
    "overview",
    "part_sizes",
    "share",
    "split",
    "strata",
    "stratified_sample",
]
