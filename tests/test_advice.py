"""Each rule of theory: what breaks it, what does not, and what is said."""

from typing import Any

import pytest

from relu_bench.config import advice
from relu_bench.config.plan import Spec

SELU = {"activation": "selu", "initializer": "lecun_normal"}
DEEP = {"model": "mlp(width=16, depth=12)"}


def said(**fields: Any) -> list[str]:
    return advice.warnings([Spec(seed=0, **fields)], {"mnist": 60_000, "digits": 1_437})


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        (
            {"initializer": "zeros"},
            "initializer zeros: the units of a layer start equal and stay equal, so a layer can "
            "learn no more than one unit; take a random one",
        ),
        (
            {"activation": "selu"},
            "selu with initializer glorot_uniform: it keeps mean 0 and variance 1 only with "
            "kernels of variance 1/inputs; take lecun_normal",
        ),
        (
            {**SELU, "dropout": 0.1},
            "selu with standard dropout: zeroed units move its mean and variance; take "
            "dropout_kind: alpha",
        ),
        (
            {**SELU, "batch_norm": True},
            "selu with batch norm: it normalizes itself, and batch norm moves it away from its "
            "fixed point; take one of the two",
        ),
        (
            {"batch_norm": True, "epochs": 1},
            "batch norm with momentum 0.99 for 375 steps on mnist: its moving statistics need "
            "about 500 to settle, and validation uses them; train longer or lower "
            "batch_norm_momentum",
        ),
        (
            {"batch_norm": True, "dataset": "digits", "batch_norm_momentum": 0.98},
            "batch norm with momentum 0.98 for 90 steps on digits: its moving statistics need "
            "about 250 to settle, and validation uses them; train longer or lower "
            "batch_norm_momentum",
        ),
        (
            {"activation": "tanh", "initializer": "he_normal"},
            "tanh with initializer he_normal: its variance makes up for the half of the inputs "
            "that ReLU silences, which tanh does not; take glorot_uniform",
        ),
        (
            DEEP,
            "relu with initializer glorot_uniform in 12 hidden layers: each keeps about 0.5 of "
            "the signal's mean square, 0.0002 in all; take he_normal",
        ),
    ],
)
def test_what_breaks_a_rule(fields: dict[str, Any], warning: str) -> None:
    assert said(**fields) == [warning]


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ({"initializer": "ones"}, "initializer ones:"),
        ({"initializer": "constant(value=0.1)"}, "initializer constant(value=0.1):"),
        ({"initializer": "random_normal(stddev=0)"}, "initializer random_normal(mean=0.0, "),
        ({"initializer": "orthogonal(gain=0)"}, "initializer orthogonal(gain=0.0):"),
        ({**SELU, "initializer": "variance_scaling(scale=2)"}, "selu with initializer variance_"),
        ({"activation": "sigmoid", "initializer": "he_uniform"}, "sigmoid with initializer he_"),
        ({**DEEP, "initializer": "lecun_normal", "activation": "rrelu"}, "rrelu(lower=0.125, "),
        (
            {"model": f"mlp(hidden=[{', '.join(['8'] * 11)}])"},
            "relu with initializer glorot_uniform ",
        ),
        ({**DEEP, "activation": "leaky_relu"}, "leaky_relu(negative_slope=0.01) with init"),
    ],
)
def test_what_breaks_a_rule_too(fields: dict[str, Any], start: str) -> None:
    (warning,) = said(**fields)
    assert warning.startswith(start)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"bias_initializer": "constant(value=0.1)"},
        {"bias_initializer": "ones"},
        SELU,
        {**SELU, "initializer": "lecun_uniform"},
        {**SELU, "initializer": "variance_scaling(scale=1, mode=fan_in)"},
        {**SELU, "dropout": 0.1, "dropout_kind": "alpha"},
        {"batch_norm": True, "epochs": 2},
        {"batch_norm": True, "epochs": 1, "batch_norm_momentum": 0.98},
        {"activation": "tanh"},
        {"activation": "elu", "initializer": "he_normal"},
        {"model": "mlp(width=16, depth=10)"},
        {**DEEP, "initializer": "he_normal"},
        {**DEEP, "batch_norm": True},
        {**DEEP, "activation": "leaky_relu(negative_slope=1)"},
        {**DEEP, "activation": "tanh"},
        {**DEEP, "activation": "arelu"},
        {"model": "cnn"},
    ],
)
def test_what_breaks_none(fields: dict[str, Any]) -> None:
    assert said(**fields) == []


def test_a_warning_is_given_once_in_the_order_of_the_plan() -> None:
    specs = [
        Spec(seed=seed, activation=activation, initializer=initializer, learning_rate=rate)
        for activation in ("relu", "selu")
        for initializer in ("zeros", "he_normal")
        for rate in (0.1, 0.01)
        for seed in (0, 1)
    ]
    starts = [warning.partition(":")[0] for warning in advice.warnings(specs, {"mnist": 60_000})]
    assert starts == [
        "initializer zeros",
        "selu with initializer zeros",
        "selu with initializer he_normal",
    ]


def test_the_steps_are_those_of_the_training_part() -> None:
    fields = {"batch_norm": True, "epochs": 1, "batch_size": 100}
    assert "for 480 steps" in said(**fields)[0]
    assert said(**fields, validation_split=0.0) == []
    assert "for 11 steps" in said(**fields, train_samples=1_001)[0]


RELU_ORTHOGONAL = (
    "relu with recurrent_initializer orthogonal(gain=1.0): before training, each step back leaves "
    "about 0.71 of the gradient, 6e-05 over 28; identity or he_normal hold more of it"
)


@pytest.mark.parametrize(
    ("activation", "recurrent_initializer", "warning"),
    [
        ("relu", "orthogonal", RELU_ORTHOGONAL),
        ("relu", "orthogonal(gain=1.414)", None),
        ("relu", "he_normal", None),
        ("relu", "identity", None),
        ("relu", "glorot_uniform", "about 0.71 of the gradient"),
        ("relu", "variance_scaling(scale=8.0)", "multiplies the gradient by about 2, by 3e+08"),
        ("relu", "random_normal(stddev=0.001)", "about 0.0071 of the gradient, 6e-61 over 28"),
        ("relu", "random_normal(mean=0.5, stddev=0.001)", None),
        ("relu", "zeros", None),
        ("leaky_relu(negative_slope=0.5)", "orthogonal", "about 0.79 of the gradient"),
        ("tanh", "orthogonal", None),
        ("tanh", "he_normal", None),
        ("tanh", "random_normal(stddev=0.001)", "about 0.01 of the gradient, 1e-56 over 28"),
    ],
)
def test_gradients_that_vanish_or_explode_through_time(
    activation: str, recurrent_initializer: str, warning: str | None
) -> None:
    found = said(model="rnn", activation=activation, recurrent_initializer=recurrent_initializer)
    if warning is None:
        assert found == []
    else:
        (line,) = found
        assert warning in line


def test_recurrent_initializers_are_judged_in_recurrent_models_alone() -> None:
    assert said() == []
    assert said(model="rnn") == [RELU_ORTHOGONAL]
