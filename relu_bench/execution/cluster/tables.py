"""How data sets are named to workers: by what they contain."""

import hashlib

from relu_bench.data import Dataset


def digest_of(dataset: Dataset) -> str:
    """SHA-256, in hex, of a data set's arrays."""
    found = hashlib.sha256()
    for array in (
        dataset.train_inputs,
        dataset.train_targets,
        dataset.test_inputs,
        dataset.test_targets,
    ):
        found.update(f"{array.shape} {array.dtype.str}".encode())
        # Texts are no plain array.
        plain = array.dtype != object
        found.update(array.data if plain else "\0".join(array).encode())
    return found.hexdigest()
