"""Look into a network: one pass forward and back over the probe set.

The derivatives are those of the activation's own Keras layer, so a user's function is measured as
any other. What runs is a plain graph: tracing it takes a twentieth of a second, compiling seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench import data
from relu_bench.networks import activations
from relu_bench.training.objectives import LOSSES
from relu_bench.training.probes.network import Moments, Network
from relu_bench.training.probes.sums import SATURATED_SLOPE, LayerSums

PROBE_IMAGES = 1000
_VALUES_AT_ONCE = 4_000_000
"""Pre-activations held at once: 16 MB, some five times over. A perceptron needs one pass."""
_FORWARD_BATCH = 256
"""Of a pass forward alone: small enough for the processor's cache."""
_IMAGES_AT_ONCE = 6000
"""After so many, such a pass looks whether there is still anything to find."""

_MOST_STEPS = 32
_SPACED_STEPS = 30
"""Of a sequence of more than 32 steps."""

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
    """What a look into a network found: sums by hidden layer, mean kernel gradients by layer.

    `states` has for each recurrent layer the root mean square gradient by its state, at each of
    `shown_steps`.
    """

    layers: dict[str, LayerSums]
    kernel_gradients: Kernels = field(default_factory=dict)
    moments: Moments = field(default_factory=dict)
    states: dict[str, NDArray[np.float64]] = field(default_factory=dict)


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
            }
        )
        if network.normalizes:
            found.moments = self._traced_moments(inputs)
        at_once = max(1, _VALUES_AT_ONCE // max(1, network.values_per_image))
        for start in range(0, len(targets), at_once):
            batch = slice(start, start + at_once)
            self._add(found, inputs[batch], targets[batch])
        for name in network.kernels:
            found.kernel_gradients[name] /= len(targets)
        for name, squares in found.states.items():
            found.states[name] = np.sqrt(squares / (len(targets) * found.layers[name].units))
        return found

    def _add(self, found: Look, inputs: Any, targets: Any) -> None:
        seen, by_kernel, squares = self._traced_look(inputs, targets, found.moments)
        for name, of_steps in squares.items():
            found.states[name] = found.states.get(name, 0.0) + of_steps.numpy()
        for name, tensors in seen.items():
            found.layers[name].add(*(tensor.numpy() for tensor in tensors))
        for name, gradient in by_kernel.items():
            before = found.kernel_gradients.get(name, 0.0)
            found.kernel_gradients[name] = before + gradient.numpy()

    @cached_property
    def _traced_look(self) -> Any:
        """(stored inputs, targets, moments) -> (signals, kernel gradients, squares).

        Signals by hidden layer: z, f(z), f′(z) and dloss/dz of each image; gradients by layer,
        summed over the images. Squares by recurrent layer: of the gradients by its state at each of
        the shown steps, summed over images and units.
        """
        import tensorflow as tf

        network = self.network
        kernels = {name: kernel.value for name, kernel in network.kernels.items()}

        @tf.function(autograph=False, reduce_retracing=True)
        def look(inputs: Any, targets: Any, moments: Any) -> Any:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                for kernel in kernels.values():
                    tape.watch(kernel)
                walk = network.walk(self._scale(inputs), moments, tape.watch)
                # Summed, not averaged: the gradient by a pre-activation is that of its own image.
                loss = tf.reduce_sum(self._loss(targets, walk.logits))
            by_pre, by_kernel, by_states = tape.gradient(
                loss,
                [walk.of_pre, kernels, walk.of_states],
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            seen = {}
            for each in network.hidden:
                pre = walk.pre[each.name]
                slopes = slopes_of(each.activation, pre)
                seen[each.name] = pre, walk.out[each.name], slopes, by_pre[each.name]
            return seen, by_kernel, {name: _squares(each) for name, each in by_states.items()}

        return look

    @cached_property
    def _traced_moments(self) -> Any:
        import tensorflow as tf

        return tf.function(
            lambda inputs: self.network.moments(self._scale(inputs)), autograph=False
        )

    def silent(
        self,
        stored: Any,
        indices: NDArray[np.int32],
        candidates: Mapping[str, Mask],
        moments: Moments,
    ) -> dict[str, Mask]:
        """Which candidate units of each layer have the derivative 0 on all these images, too.

        A pass over the whole training part costs as much as a third of an epoch: it stops as soon
        as every candidate has shown a derivative.

        Args:
            stored: inputs as they are stored, (m, ...).
            indices: positions in `stored` of the images to look at.
            candidates: by hidden layer, a mask of the units to ask about.
            moments: the statistics for batch norm.
        """
        silent = dict(candidates)
        for start in range(0, len(indices), _IMAGES_AT_ONCE):
            if not any(mask.any() for mask in silent.values()):
                break
            chosen = indices[start : start + _IMAGES_AT_ONCE]
            active = self._traced_activity(stored, chosen, moments)
            silent = {name: mask & ~active[name].numpy() for name, mask in silent.items()}
        return silent

    @cached_property
    def _traced_activity(self) -> Any:
        """(stored inputs, positions, moments) -> by hidden layer, who has a derivative anywhere."""
        import tensorflow as tf

        network = self.network
        batch = min(_FORWARD_BATCH, max(1, _VALUES_AT_ONCE // max(1, network.values_per_image)))

        @tf.function(autograph=False, reduce_retracing=True)
        def activity(stored: Any, chosen: Any, moments: Any) -> Any:
            def more(start: Any, active: Any) -> Any:
                images = tf.gather(stored, chosen[start : start + batch])
                walk = network.walk(self._scale(images), moments)
                for each in network.hidden:
                    slopes = slopes_of(each.activation, walk.pre[each.name])
                    others = list(range(len(slopes.shape) - 1))
                    active[each.name] |= tf.reduce_any(slopes != 0.0, axis=others)
                return start + batch, active

            none = {
                each.name: tf.zeros([each.kernel.shape[-1]], tf.bool) for each in network.hidden
            }
            count = tf.shape(chosen)[0]
            _, active = tf.while_loop(
                lambda start, _: start < count, more, (tf.constant(0), none), parallel_iterations=1
            )
            return active

        return activity

    def learned_slopes(self) -> dict[str, NDArray[np.float32]]:
        """By hidden layer, the learned negative slopes; nothing for other activations."""
        if not self.slope_attribute:
            return {}
        return {
            each.name: np.asarray(getattr(each.activation, self.slope_attribute), np.float32)
            for each in self.network.hidden
        }


def shown_steps(count: int) -> list[int]:
    """The steps of a sequence, counted from 1, whose gradients are kept: all, or 30 of them.

    They are evenly spaced, the first and the last among them.
    """
    if count <= _MOST_STEPS:
        return list(range(1, count + 1))
    return [1 + round(n * (count - 1) / (_SPACED_STEPS - 1)) for n in range(_SPACED_STEPS)]


def _squares(by_states: Any) -> Any:
    """Sums of squares of the shown steps of (steps, images, units); float32 would underflow."""
    import tensorflow as tf

    shown = [step - 1 for step in shown_steps(by_states.shape[0])]
    return tf.reduce_sum(tf.square(tf.cast(tf.gather(by_states, shown), tf.float64)), axis=[1, 2])


@lru_cache(maxsize=256)
def small_slope(activation: str) -> float | None:
    """The derivative below which a unit counts as saturated; None where f has no finite limit."""
    known = activations.facts(activation)
    if known is None or not known.saturates:
        return None
    points = np.linspace(-30.0, 30.0, 12_001)
    return SATURATED_SLOPE * float(np.abs(activations.slopes(activation, points)).max())


def slopes_of(activation: Any, pre: Any) -> Any:
    """f′ at every element of `pre`, of the same shape, by the Keras layer of f."""
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(pre)
        total = tf.reduce_sum(activation.call(pre))
    return tape.gradient(total, pre, unconnected_gradients=tf.UnconnectedGradients.ZERO)
