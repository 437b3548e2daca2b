from typing import Any

import pytest

from relu_bench.config.overrides import parse
from relu_bench.errors import ConfigError

KNOWN = ("activation", "learning_rate", "epochs", "cases", "model", "train_samples", "dataset")


@pytest.mark.parametrize(
    ("given", "key", "value"),
    [
        ("epochs=5", "epochs", 5),
        (" epochs = 5 ", "epochs", 5),
        ("learning_rate=1e-3", "learning_rate", 0.001),
        ("learning_rate=0.1,0.01", "learning_rate", [0.1, 0.01]),
        ("learning_rate=log(1e-4,1e-1,4)", "learning_rate", "log(1e-4,1e-1,4)"),
        ("learning_rate=log(1e-4,1e-1,4),1", "learning_rate", ["log(1e-4,1e-1,4)", 1]),
        ("activation=relu", "activation", "relu"),
        ("activation=relu, elu(alpha=1, beta=2)", "activation", ["relu", "elu(alpha=1, beta=2)"]),
        ("model=mlp(hidden=[128, 64]),cnn", "model", ["mlp(hidden=[128, 64])", "cnn"]),
        ("train_samples=null", "train_samples", None),
        ("train_samples=100,null", "train_samples", [100, None]),
        ("epochs=[1, 2]", "epochs", [1, 2]),
        ("cases=[{activation: relu}]", "cases", [{"activation": "relu"}]),
        ("dataset='a,b'", "dataset", "a,b"),
        ('dataset="1"', "dataset", "1"),
        ("dataset=a=b", "dataset", "a=b"),
        ("unknown=[1, 2", "unknown", "[1, 2"),
        ("a: b=[1]", "a: b", "[1]"),
    ],
)
def test_values(given: str, key: str, value: Any) -> None:
    ((found, override),) = parse([given], KNOWN).items()
    assert (found, override.value) == (key, value)
    assert override.text == given.partition("=")[2].strip()


def test_several() -> None:
    parsed = parse(["epochs=5", "activation=relu"], KNOWN)
    assert {key: override.value for key, override in parsed.items()} == {
        "epochs": 5,
        "activation": "relu",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["epochs"], "--set 'epochs': write KEY=VALUE, as in --set learning_rate=0.01"),
        (["epochs="], "--set 'epochs=': write KEY=VALUE, as in --set learning_rate=0.01"),
        (["=5"], "--set '=5': write KEY=VALUE, as in --set learning_rate=0.01"),
        (
            ["epochs=5", "epochs=5"],
            "--set gives 'epochs' twice. For an axis write all values in one: --set epochs=A,B",
        ),
        (["epochs=5,"], "--set epochs=5,: there is a comma, but no value beside it"),
        (["epochs=,"], "--set epochs=,: there is a comma, but no value beside it"),
        (
            ["epochs=[1, 2"],
            "--set epochs, line 1: expected ',' or ']', but got '<stream end>', "
            "while parsing a flow sequence that starts in line 1\n"
            "    epochs: [1, 2\n                 ^",
        ),
        (
            ["model=[mlp(hidden=[1, 2])]"],
            "--set model, line 1: expected ',' or ']', but got '[', "
            "while parsing a flow sequence that starts in line 1\n"
            "    model: [mlp(hidden=[1, 2])]\n                       ^\n"
            "Inside [ ] or { } quote labels that contain a comma or a bracket:\n"
            '    model: ["mlp(hidden=[1, 2])"]',
        ),
    ],
)
def test_errors(given: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(given, KNOWN)
    assert str(caught.value) == message
