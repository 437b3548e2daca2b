"""One contract for every entry of the registries: labels, Keras's defaults, Keras objects."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from config_strategies import labels
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.components.labels import LabelError, parse
from relu_bench.components.registry import Component
from relu_bench.networks import activations, initializers, models, optimizers
from relu_bench.networks.activations import ACTIVATIONS
from relu_bench.networks.initializers import INITIALIZERS
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
