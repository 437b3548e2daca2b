"""Small networks with random weights and images, and a probe of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import Spec, make_plan
from relu_bench.data import image
from relu_bench.networks import activations, initializers, models, weights
from relu_bench.networks.models import Architecture
from relu_bench.training.loop import RunResult
from relu_bench.training.probes import Probe

LOSS = "sparse_categorical_crossentropy"


def network(activation: str = "relu", **changed: Any) -> Any:
    """A Keras model of two hidden layers (12, 8) on 4×4 images with 3 classes, drawn by seed 0."""
    given: dict[str, Any] = {
        "model": "mlp(hidden=[12, 8])",
        "activation": activations.canonical(activation),
        "batch_norm": False,
        "batch_norm_momentum": 0.99,
        "dropout": 0.0,
        "dropout_kind": "standard",
        "inputs": image((4, 4, 1)),
        "outputs": 3,
    }
    model = models.build(Architecture(**(given | changed)))
    initializer = initializers.canonical("random_normal(stddev=0.6)")
    weights.draw(model, seed=0, initializer=initializer, bias_initializer=initializer)
    return model


def scaled(inputs: Any) -> Any:
    """As the program scales what is stored."""
    import tensorflow as tf

    return tf.cast(inputs, tf.float32) / 255.0


def probe_of(model: Any, activation: str = "relu") -> Probe:
    """A probe of `model`."""
    return Probe(model, activations.canonical(activation), LOSS, scaled)


def images(count: int = 40, shape: tuple[int, ...] = (4, 4, 1), seed: int = 1) -> Any:
    """Random stored images as a tensor."""
    import tensorflow as tf

    random = np.random.default_rng(seed)
    return tf.constant(random.integers(0, 256, (count, *shape), dtype=np.uint8))


def targets(count: int = 40) -> Any:
    """Class numbers 0, 1, 2, 0, ... as a tensor."""
    import tensorflow as tf

    return tf.constant(np.arange(count) % 3, dtype=tf.int64)


def weight(model: Any, layer: str, name: str = "kernel") -> np.ndarray[Any, Any]:
    """A weight of a layer, in float64."""
    return np.asarray(getattr(model.get_layer(layer), name), np.float64)


def planned(small: Mapping[str, Any], *, probes: bool = True, **fields: Any) -> Spec:
    """The one run of an experiment with the settings of `small`, changed by `fields`."""
    axes = {field: (value,) for field, value in {**small, **fields}.items()}
    (spec,) = make_plan(Experiment("test", axes, seeds=(0,), probes=probes))
    return spec


def numbers(result: RunResult) -> tuple[Any, ...]:
    """What training gives, whether it was watched or not."""
    ignored = ("seconds", "started_at", "probe", "final_dead", "initial_gradient")
    summary = {k: v for k, v in result.summary.items() if not any(part in k for part in ignored)}
    epochs = [{k: v for k, v in row.items() if k != "seconds"} for row in result.epochs]
    return result.outcome, summary, epochs
