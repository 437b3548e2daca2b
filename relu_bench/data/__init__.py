"""Data sets by name: found or fetched, verified, and split into training and validation parts.

Images stay as they are stored, uint8 and channels last; scaling belongs to the training program.
Nothing here assumes a size, a number of channels or a number of classes.
"""

from relu_bench.data.copying import Copied, check_copyable, copy_to
from relu_bench.data.dataset import Dataset, DatasetInfo, Labels
from relu_bench.data.loading import Entry, fingerprint, info, load, overview
from relu_bench.data.naming import check_name, known_names
from relu_bench.data.parts import Split, guess_accuracy, part_sizes, split, stratified_sample
from relu_bench.data.shared import SharedData, share

__all__ = [
    "Copied",
    "Dataset",
    "DatasetInfo",
    "Entry",
    "Labels",
    "SharedData",
    "Split",
    "check_copyable",
    "check_name",
    "copy_to",
    "fingerprint",
    "guess_accuracy",
    "info",
    "known_names",
    "load",
    "overview",
    "part_sizes",
    "share",
    "split",
    "stratified_sample",
]
