"""The oracle of the compiled epoch: Keras's own steps."""

from typing import Any

from numpy.typing import NDArray

from relu_bench.training.program import Program


def keras_losses(
    program: Program,
    model: Any,
    samples: tuple[NDArray[Any], NDArray[Any]],
    order: NDArray[Any],
    *,
    batch: int,
) -> list[float]:
    """What `train_on_batch` of a compiled model gives from the program's weights."""
    model.set_weights(program.model.get_weights())
    inputs, targets = samples
    losses = []
    for first in range(0, len(order), batch):
        chosen = order[first : first + batch]
        model.reset_metrics()
        losses.append(float(model.train_on_batch(inputs[chosen], targets[chosen])))
    return losses
