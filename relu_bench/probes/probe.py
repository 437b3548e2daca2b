"""Look into a network: one pass forward and back over the probe set.

The derivatives are those of the activation's own Keras layer, so a user's function is measured as
any other. Nothing is compiled: a probe runs some ten times a run, and compiling costs seconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench import activations, data
from relu_bench.objectives import LOSSES
from relu_bench.probes.network import Moments, Network
from relu_bench.probes.sums import SATURATED_SLOPE, LayerSums

PROBE_IMAGES = 1000
_VALUES_AT_ONCE = 4_000_000
"""Pre-activations held at once: 16 MB, some five times over. A perceptron needs one pass."""
_VALUES_PASSED_AT_ONCE = 20_000_000
_IMAGES_AT_ONCE = 6000
"""Of a pass forward alone, which holds one layer at a time."""

Mask = NDArray[np.bool_]
Kernels = dict[str, NDArray[np.float32]]


def probe_indices(targets: data.Labels, train: NDArray[np.int32]) -> NDArray[np.int32]:
    """Positions of the probe set: 1,000 of the training part, stratified; all, when it has fewer.

    They depend on the training part alone, so they are the same for all seeds of one split.
    """
    if len(train) <= PROBE_IMAGES:
        return train
    return train[data.stratified_sample(targets[train], PROBE_IMAGES, seed=0)]


@dataclass
class Look:
    """What a look into a network found: sums by hidden layer, mean kernel gradients by layer."""

    layers: dict[str, LayerSums]
    kernel_gradients: Kernels
    moments: Moments = field(default_factory=dict)


class Probe:
    """Looks into the networks of one program.

    Args:
        model: the Keras model, as `models.build` makes it.
        activation: canonical label of its hidden activation.
        loss: name of the loss, a key of `objectives.LOSSES`.
        scale: from stored inputs to the model's: the function that the program applies.
    """

    def __init__(self, model: Any, activation: str, loss: str, scale: Any) -> None:
        self.network = Network(model)
        self.can_die = not activations.entry(activation).learned
        self.slope_attribute = activations.entry(activation).slope_attribute
        self._loss = LOSSES[loss]
        self._scale = scale
        self._small_slope = small_slope(activation)

    def look(self, inputs: Any, targets: Any) -> Look:
        """Measure on stored `inputs` (n, ...) with their `targets` (n,)."""
        network = self.network
        found = Look(
            {
                each.name: LayerSums(int(each.kernel.shape[-1]), self._small_slope)
                for each in network.hidden
            },
            {name: np.zeros(kernel.shape, np.float32) for name, kernel in network.kernels.items()},
        )
        if network.normalizes:
            found.moments = network.moments(self._scale(inputs))
        at_once = max(1, _VALUES_AT_ONCE // max(1, network.values_per_image))
        for start in range(0, len(targets), at_once):
            batch = slice(start, start + at_once)
            self._add(found, self._scale(inputs[batch]), targets[batch])
        for name in network.kernels:
            found.kernel_gradients[name] /= len(targets)
        return found

    def _add(self, found: Look, inputs: Any, targets: Any) -> None:
        import tensorflow as tf

        kernels = {name: kernel.value for name, kernel in self.network.kernels.items()}
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            for kernel in kernels.values():
                tape.watch(kernel)
            walk = self.network.walk(inputs, found.moments)
            # Summed, not averaged: the gradient by a pre-activation is that of its image's loss.
            loss = tf.reduce_sum(self._loss(targets, walk.logits))
        by_pre, by_kernel = tape.gradient(
            loss, [walk.pre, kernels], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        for each in self.network.hidden:
            name = each.name
            seen = walk.pre[name], walk.out[name], _slopes(each.activation, walk.pre[name])
            found.layers[name].add(*(tensor.numpy() for tensor in (*seen, by_pre[name])))
        for name, gradient in by_kernel.items():
            found.kernel_gradients[name] += gradient.numpy()

    def silent(
        self, inputs: Iterable[Any], candidates: Mapping[str, Mask], moments: Moments
    ) -> dict[str, Mask]:
        """Which candidate units of each layer have the derivative 0 on all of `inputs`, too.

        A walk over the whole training part costs as much as a third of an epoch: it stops as soon
        as every candidate has shown a derivative, and goes no deeper than they lie.

        Args:
            inputs: iterable of stored inputs (n, ...).
            candidates: by hidden layer, a mask of the units to ask about.
            moments: the statistics for batch norm.
        """
        silent = {name: mask.copy() for name, mask in candidates.items()}
        batches = iter(inputs)
        while wanted := frozenset(name for name, mask in silent.items() if mask.any()):
            batch = next(batches, None)
            if batch is None:
                break
            for each, pre in self.network.hidden_inputs(self._scale(batch), moments, wanted):
                units = np.flatnonzero(silent[each.name])
                slopes = _slopes(each.activation, _units(pre, units)).numpy()
                active = (slopes.reshape(-1, len(units)) != 0).any(axis=0)
                silent[each.name][units[active]] = False
        return silent

    @property
    def images_at_once(self) -> int:
        """How many images `silent` is best given at once."""
        values = max(1, self.network.values_per_image)
        return min(_IMAGES_AT_ONCE, max(1, _VALUES_PASSED_AT_ONCE // values))

    def learned_slopes(self) -> dict[str, NDArray[np.float32]]:
        """By hidden layer, the learned negative slopes; nothing for other activations."""
        if not self.slope_attribute:
            return {}
        return {
            each.name: np.asarray(getattr(each.activation, self.slope_attribute), np.float32)
            for each in self.network.hidden
        }


@lru_cache(maxsize=256)
def small_slope(activation: str) -> float | None:
    """The derivative below which a unit counts as saturated; None where f has no finite limit."""
    known = activations.facts(activation)
    if known is None or not known.saturates:
        return None
    points = np.linspace(-30.0, 30.0, 12_001)
    return SATURATED_SLOPE * float(np.abs(activations.slopes(activation, points)).max())


def _slopes(activation: Any, pre: Any) -> Any:
    """f′ at every element of `pre`, of the same shape."""
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(pre)
        total = tf.reduce_sum(activation.call(pre))
    return tape.gradient(total, pre, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _units(values: Any, units: NDArray[np.intp]) -> Any:
    import tensorflow as tf

    return tf.gather(values, units, axis=-1)
