"""The state of a network before training: drawn by role, and restored in full.

A weight is drawn from a stream keyed by (seed, role), where the role is the variable's path, such
as `dense_1/kernel`. PReLU and batch norm add variables of their own, but at one seed every variant
starts from the same kernels.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench import initializers

Snapshot = list[NDArray[Any]]


def seed_of(seed: int, role: str) -> int:
    """The seed, below 2**31, of the one variable that plays `role` in runs of `seed`."""
    digest = hashlib.sha256(f"{seed}/{role}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def snapshot(variables: list[Any]) -> Snapshot:
    """A copy of the values of Keras variables."""
    return [np.array(variable) for variable in variables]


def restore(variables: list[Any], values: Snapshot) -> None:
    """Put a snapshot back."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def draw(model: Any, *, seed: int, initializer: str, bias_initializer: str) -> None:
    """Draw every kernel, bias and dropout stream of `model` for `seed`.

    Variables with other roles (batch norm's, learned slopes) keep what they have: restore them
    from a snapshot of the freshly built model before.
    """
    for variable in model.variables:
        role = variable.path
        kind = role.rsplit("/", 1)[-1]
        if kind == "kernel":
            variable.assign(initializers.draw(initializer, variable.shape, seed_of(seed, role)))
        elif kind == "bias":
            variable.assign(
                initializers.draw(bias_initializer, variable.shape, seed_of(seed, role))
            )
        elif kind == "seed_generator_state":
            # Keras keeps (seed, number of draws so far) here.
            variable.assign(np.array([seed_of(seed, role), 0], dtype=np.uint32))
