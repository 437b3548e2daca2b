"""One contract for every entry of the registries: labels, defaults and objects of Keras, draws."""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from config_strategies import labels
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from relu_bench.components.labels import LabelError, parse
from relu_bench.components.registry import Component
from relu_bench.networks import activations, initializers, models, optimizers
from relu_bench.networks.activations import ACTIVATIONS
from relu_bench.networks.initializers import INITIALIZERS, draw
from relu_bench.networks.models import MODELS
from relu_bench.networks.optimizers import OPTIMIZERS

Canonical = Callable[[str], str]
REGISTRIES: list[tuple[Mapping[str, Component], Canonical]] = [
    (ACTIVATIONS, activations.canonical),
    (INITIALIZERS, initializers.canonical_for_recurrent),
    (OPTIMIZERS, optimizers.canonical),
    (MODELS, models.canonical),
]
ENTRIES = [(table, canonical, name) for table, canonical in REGISTRIES for name in table]

DIFFERS_FROM_KERAS = {
    # By entry: another default, a parameter of ours alone, or one that no label can give.
    ("leaky_relu", "negative_slope"): "0.01, as in the paper; Keras's function has 0.2",
    ("prelu", "initial"): "0.25, as in the paper; Keras takes an initializer, zeros by default",
    ("prelu", "alpha_initializer"): "a constant, given as `initial`",
    ("prelu", "alpha_regularizer"): "nothing here regularizes",
    ("prelu", "alpha_constraint"): "nothing here constrains",
    ("prelu", "shared_axes"): "slopes are one a unit; for images a channel is a unit",
    ("prelu", "kwargs"): "no meaning for training",
    ("relu", "negative_slope"): "that is leaky_relu",
    ("relu", "max_value"): "that is another activation: ReLU6",
    ("relu", "threshold"): "that is another activation: thresholded ReLU",
    ("threshold", "threshold"): "1.0, as Keras's former layer had it; the function has no default",
    ("threshold", "default_value"): "0.0, likewise",
    # By registry: what no entry of it can be given.
    ("initializers", "seed"): "derived from the run's seed and the variable's role",
    ("initializers", "input_axes"): "for layers that are not here whose kernels have other axes",
    ("initializers", "output_axes"): "likewise",
    ("optimizers", "learning_rate"): "a field of its own",
    ("optimizers", "weight_decay"): "adamw has it; elsewhere it would be another optimizer",
    ("optimizers", "clipnorm"): "training is not clipped: a diverged run is a result",
    ("optimizers", "clipvalue"): "likewise",
    ("optimizers", "global_clipnorm"): "a field of its own, gradient_clip_norm",
    ("optimizers", "use_ema"): "metrics are those of the weights that were trained",
    ("optimizers", "ema_momentum"): "likewise",
    ("optimizers", "ema_overwrite_frequency"): "likewise",
    ("optimizers", "loss_scale_factor"): "there is no mixed precision",
    ("optimizers", "gradient_accumulation_steps"): "a step is a batch",
    ("optimizers", "name"): "no meaning for training",
    ("optimizers", "kwargs"): "no meaning for training",
}


@pytest.mark.parametrize(("table", "canonical", "name"), ENTRIES)
def test_the_bare_name_has_a_canonical_label(
    table: Mapping[str, Component], canonical: Canonical, name: str
) -> None:
    label = canonical(name)
    assert canonical(label) == label
    parsed = parse(label)
    assert parsed.name == name
    assert str(parsed) == label
    written = {key for key, rule in table[name].parameters.items() if not rule.added_later}
    assert {parameter for parameter, _ in parsed.parameters} == written
    for alias in table[name].aliases:
        assert canonical(alias) == label


@pytest.mark.parametrize(("table", "canonical"), REGISTRIES)
@given(data=st.data())
def test_canonical_labels_are_stable(
    table: Mapping[str, Component], canonical: Canonical, data: st.DataObject
) -> None:
    given_label = data.draw(labels(table))
    label = canonical(given_label)
    assert canonical(label) == label
    rules = {name: rule for form in table[parse(label).name].forms for name, rule in form.items()}
    for parameter, value in parse(given_label).parameters:
        rule = rules[parameter]
        # A later parameter is written only where it has another value than its default.
        left_out = rule.added_later and value == rule.default
        assert dict(parse(label).parameters).get(parameter) == (None if left_out else value)


def test_names_and_aliases_are_given_once() -> None:
    for table, _ in REGISTRIES:
        names = [name for key, row in table.items() for name in (key, *row.aliases)]
        assert len(names) == len(set(names))


def test_what_is_defined_for_matrices_only_is_no_bias_initializer() -> None:
    with pytest.raises(LabelError, match="'orthogonal' is no initializer for biases"):
        initializers.canonical_for_bias("orthogonal")
    assert initializers.canonical_for_bias("constant(value=1)") == "constant(value=1.0)"


@pytest.mark.parametrize("canonical", [initializers.canonical, initializers.canonical_for_bias])
@pytest.mark.parametrize("label", ["random_uniform(minval=0.05)", "random_uniform(maxval=-1.0)"])
def test_an_empty_range_is_refused(canonical: Canonical, label: str) -> None:
    with pytest.raises(LabelError, match="minval must be below maxval"):
        canonical(label)


# Not in Keras; tests/activations/ holds them against oracles of their own.
OWN_ACTIVATIONS = {"learnable_relu", "rrelu", "arelu", "relu_lambda", "relu_custom_gradient"}


def _keras_callables() -> list[tuple[str, str, Component, Any]]:
    from relu_bench.machine.quiet_tensorflow import keras

    shared = [name for name in ACTIVATIONS if name not in OWN_ACTIVATIONS]
    functions = {name: getattr(keras.activations, name, None) for name in shared}
    functions["prelu"] = keras.layers.PReLU
    functions["identity"] = keras.activations.linear
    found = [("activations", name, ACTIVATIONS[name], functions[name]) for name in functions]
    found += [
        ("initializers", name, row, getattr(keras.initializers, row.keras_class))
        for name, row in INITIALIZERS.items()
    ]
    found += [
        ("optimizers", name, row, getattr(keras.optimizers, row.keras_class))
        for name, row in OPTIMIZERS.items()
    ]
    return found


@pytest.mark.tensorflow
def test_parameters_and_defaults_are_those_of_keras() -> None:
    explained = set()
    for registry, name, row, called in _keras_callables():
        assert called is not None, f"{name} is not in Keras: test it against an oracle of its own"
        signature = inspect.signature(called).parameters
        theirs = {key: entry.default for key, entry in signature.items() if key != "x"}
        ours = {key: rule.default for key, rule in row.parameters.items()}
        for key in sorted(ours.keys() | theirs.keys()):
            if key in ours and key in theirs and ours[key] == theirs[key]:
                continue
            owner = name if (name, key) in DIFFERS_FROM_KERAS else registry
            assert (owner, key) in DIFFERS_FROM_KERAS, f"say why {name} differs in {key}"
            explained.add((owner, key))
    ours_alone = {("leaky_relu", "negative_slope"), ("prelu", "initial")}
    assert ours_alone <= explained, "these are said to differ"


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", OPTIMIZERS)
@given(data=st.data())
def test_optimizers_are_built_as_their_label_says(name: str, data: st.DataObject) -> None:
    label = optimizers.canonical(data.draw(labels({name: OPTIMIZERS[name]})))
    optimizer = optimizers.build(label, learning_rate=0.25)
    assert type(optimizer).__name__ == OPTIMIZERS[name].keras_class
    config = optimizer.get_config()
    assert float(config["learning_rate"]) == 0.25
    for parameter, value in parse(label).parameters:
        assert config[parameter] == value


def test_an_optimizer_has_no_learning_rate() -> None:
    with pytest.raises(LabelError, match="optimizer 'sgd' has no parameter 'learning_rate'"):
        optimizers.canonical("sgd(learning_rate=0.1)")


FAN_IN, FAN_OUT = 300, 500
FAN_AVERAGE = (FAN_IN + FAN_OUT) / 2
# Standard deviation of a standard normal that is cut at 2, as TensorFlow cuts it.
CUT = float(stats.truncnorm(-2, 2).std())

MEAN_AND_SD: Mapping[str, tuple[float, float]] = {
    # Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998.
    "glorot_uniform": (0, math.sqrt(1 / FAN_AVERAGE)),
    "glorot_normal": (0, math.sqrt(1 / FAN_AVERAGE)),
    "he_uniform": (0, math.sqrt(2 / FAN_IN)),
    "he_normal": (0, math.sqrt(2 / FAN_IN)),
    "lecun_uniform": (0, math.sqrt(1 / FAN_IN)),
    "lecun_normal": (0, math.sqrt(1 / FAN_IN)),
    "variance_scaling": (0, math.sqrt(1 / FAN_IN)),
    "variance_scaling(scale=0.3333, mode=fan_in, distribution=uniform)": (
        0,
        math.sqrt(0.3333 / FAN_IN),
    ),
    "variance_scaling(scale=3.0, mode=fan_out, distribution=untruncated_normal)": (
        0,
        math.sqrt(3 / FAN_OUT),
    ),
    "random_normal": (0, 0.05),
    "random_normal(mean=-1, stddev=2)": (-1, 2),
    "truncated_normal": (0, 0.05 * CUT),
    "random_uniform": (0, 0.1 / math.sqrt(12)),
    "random_uniform(minval=1, maxval=4)": (2.5, 3 / math.sqrt(12)),
    "orthogonal": (0, 1 / math.sqrt(FAN_OUT)),
    "orthogonal(gain=2.0)": (0, 2 / math.sqrt(FAN_OUT)),
    "constant(value=0.25)": (0.25, 0),
    "constant": (0, 0),
    "zeros": (0, 0),
    "ones": (1, 0),
}


def test_every_initializer_has_its_moments() -> None:
    assert {label.split("(")[0] for label in MEAN_AND_SD} == {
        name for name, row in INITIALIZERS.items() if row.for_kernel
    }


@pytest.mark.tensorflow
@pytest.mark.parametrize("label", MEAN_AND_SD)
def test_mean_and_standard_deviation(label: str) -> None:
    mean, sd = MEAN_AND_SD[label]
    drawn = draw(initializers.canonical(label), (FAN_IN, FAN_OUT), seed=7)
    assert drawn.dtype == np.float32
    assert drawn.shape == (FAN_IN, FAN_OUT)
    # Six standard errors of 150,000 draws, and float32.
    assert drawn.mean() == pytest.approx(mean, abs=6 * sd / math.sqrt(drawn.size) + 1e-6)
    assert drawn.std() == pytest.approx(sd, rel=0.012, abs=1e-6)


@pytest.mark.tensorflow
def test_bounds_of_the_uniform_ones() -> None:
    limit = math.sqrt(3 * 2 / FAN_IN)
    drawn = draw("he_uniform", (FAN_IN, FAN_OUT), seed=1)
    assert limit * 0.999 < np.abs(drawn).max() <= limit * (1 + 1e-6)


@pytest.mark.tensorflow
def test_orthogonal_rows_are_orthogonal() -> None:
    drawn = draw("orthogonal(gain=1.0)", (20, 30), seed=3).astype(np.float64)
    np.testing.assert_allclose(drawn @ drawn.T, np.eye(20), atol=1e-5)


@pytest.mark.tensorflow
def test_the_fan_of_a_convolution_counts_its_window() -> None:
    drawn = draw("he_normal", (3, 3, 40, 200), seed=5)
    assert drawn.std() == pytest.approx(math.sqrt(2 / (3 * 3 * 40)), rel=0.02)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_seed_gives_its_own_draw_every_time(name: str) -> None:
    label = initializers.canonical_for_recurrent(name)
    first, again, other = (draw(label, (6, 5), seed) for seed in (11, 11, 12))
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) == (not INITIALIZERS[name].random)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_bias_takes_all_that_is_allowed_for_it(name: str) -> None:
    if INITIALIZERS[name].for_bias:
        drawn = draw(initializers.canonical_for_bias(name), (64,), seed=0)
        assert drawn.shape == (64,)
        assert np.isfinite(drawn).all()
    else:
        label = initializers.canonical_for_recurrent(name)
        with pytest.raises(ValueError, match=r"two-dimensional|2D|shape"):
            draw(label, (64,), seed=0)


@pytest.mark.tensorflow
def test_the_identity_is_for_recurrent_kernels_alone() -> None:
    label = initializers.canonical_for_recurrent("identity(gain=0.5)")
    np.testing.assert_array_equal(draw(label, (4, 4), seed=0), 0.5 * np.eye(4))
    with pytest.raises(ValueError, match="'identity' is no initializer"):
        initializers.canonical("identity")
