"""The state of a network before training: drawn by role, and restored in full.

A weight is drawn from a stream keyed by (seed, role), where the role is layer and variable, such
as `dense_1/kernel`. PReLU and batch norm add variables of their own, but at one seed every variant
starts from the same kernels.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.networks import initializers

Snapshot = list[NDArray[Any]]

_EMBEDDINGS = "random_uniform(maxval=0.05, minval=-0.05)"


def seed_of(seed: int, role: str) -> int:
    """The seed, below 2**31, of the one variable that plays `role` in runs of `seed`."""
    digest = hashlib.sha256(f"{seed}/{role}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def snapshot(variables: list[Any]) -> Snapshot:
    """A copy of the values of Keras variables."""
    return [variable.numpy().copy() for variable in variables]


def restore(variables: list[Any], values: Snapshot) -> None:
    """Put a snapshot back."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def are_finite(variables: list[Any]) -> bool:
    """Whether every value of Keras variables is a finite number."""
    import tensorflow as tf

    # This comes after every epoch: `numpy()` copies, and takes several times as long.
    read = tf.raw_ops.ReadVariableOp
    values = (each.value for each in variables)
    tensors = (read(resource=value.handle, dtype=value.dtype) for value in values)
    return all(np.isfinite(np.asarray(tensor)).all() for tensor in tensors)


def draw(
    model: Any,
    *,
    seed: int,
    initializer: str,
    bias_initializer: str,
    recurrent_initializer: str = "orthogonal(gain=1.0)",
) -> None:
    """Draw every kernel, bias and dropout stream of `model` for `seed`.

    Embeddings are drawn from ±0.05, as Keras does. Variables with other roles (batch norm's,
    learned slopes) keep what they have: restore them from a snapshot of the freshly built model
    before.
    """
    drawn_by = {
        "kernel": initializer,
        "bias": bias_initializer,
        "recurrent_kernel": recurrent_initializer,
        "embeddings": _EMBEDDINGS,
    }
    for layer in model.layers:
        for variable in layer.variables:
            # Not the variable's path: Keras numbers generators by what the process built before.
            role = f"{layer.name}/{variable.name}"
            own_seed = seed_of(seed, role)
            if variable.name in drawn_by:
                label = drawn_by[variable.name]
                variable.assign(initializers.draw(label, variable.shape, own_seed))
            elif variable.name == "seed_generator_state":
                # Keras keeps (seed, number of draws so far) here.
                variable.assign(np.array([own_seed, 0], dtype=variable.dtype))
