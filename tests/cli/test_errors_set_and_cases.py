"""`--set` and cases that cannot be meant: whole outputs."""

import pytest
from expecting import ACTIVATION_NAMES, KNOWN, NUMBERS, Invoke, expect_error

CASES = "cases:\n  - {activation: selu, dropout: 0.1}\n  - {activation: relu}\n"


def test_a_case_that_clashes_with_an_axis(invoke: Invoke) -> None:
    expect_error(
        invoke,
        f"{CASES}activation: [relu, elu]\n",
        [],
        "c.yaml, line 2, cases.activation: 'activation' is given in a case and also as an axis "
        "(c.yaml, line 4). Keep it in one of the two: in the cases, or for all of them.\n"
        "    activation: [relu, elu]\n"
        "                ^\n"
        "      - {activation: selu, dropout: 0.1}\n"
        "                     ^",
    )


def test_a_case_that_clashes_with_set(invoke: Invoke) -> None:
    expect_error(
        invoke,
        CASES,
        ["dropout=0.2"],
        "c.yaml, line 2, cases.dropout: 'dropout' is given in a case and also by --set. "
        "Keep it in one of the two: in the cases, or for all of them.\n"
        "    --set dropout=0.2\n"
        "      - {activation: selu, dropout: 0.1}\n"
        "                                    ^",
    )


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        (["epochs"], "--set 'epochs': write KEY=VALUE, as in --set learning_rate=0.01"),
        (["epochs="], "--set 'epochs=': write KEY=VALUE, as in --set learning_rate=0.01"),
        (
            ["epochs=1", "epochs=2"],
            "--set gives 'epochs' twice. For an axis write all values in one: --set epochs=A,B",
        ),
        (
            ["epoch=3"],
            "--set, epoch: there is no field 'epoch'. Did you mean 'epochs'? "
            f"Known: {KNOWN}, experiment, cases, seeds, probes\n    --set epoch=3",
        ),
        (["epochs=1,,2"], "--set epochs=1,,2: there is a comma, but no value beside it"),
        (
            ["learning_rate=0,1"],
            "--set, learning_rate: '0,1' has a decimal comma; write 0.1\n"
            "    --set learning_rate=0,1",
        ),
        (
            ["epochs=0"],
            f"--set, epochs: 0 is not allowed\n  Allowed: an integer from 1 to 100000; {NUMBERS}\n"
            "    --set epochs=0",
        ),
        (
            ["learning_rate=log(0, 1, 3)"],
            "--set, learning_rate: 'log(0, 1, 3)': it must be 0 < low < high\n"
            f"  Allowed: a number above 0 and at most 1000; {NUMBERS}\n"
            "    --set learning_rate=log(0, 1, 3)",
        ),
        (
            ["learning_rate=log(1e-4, 1e-1)"],
            "--set, learning_rate: 'log(1e-4, 1e-1)' is no spacing: write log(low, high, count)\n"
            f"  Allowed: a number above 0 and at most 1000; {NUMBERS}\n"
            "    --set learning_rate=log(1e-4, 1e-1)",
        ),
        (
            ["activation=relu,rellu"],
            "--set, activation: 'rellu' is no activation. Did you mean 'relu'? "
            f"Known: {ACTIVATION_NAMES}\n"
            "    --set activation=relu,rellu",
        ),
    ],
)
def test_bad_set(sets: list[str], message: str, invoke: Invoke) -> None:
    expect_error(invoke, "dataset: digits\n", sets, message)


@pytest.mark.parametrize(
    ("short", "field"),
    [
        ("lr", "learning_rate"),
        ("bs", "batch_size"),
        ("act", "activation"),
        ("init", "initializer"),
        ("opt", "optimizer"),
        ("optim", "optimizer"),
        ("bn", "batch_norm"),
        ("seed", "seeds"),
        ("epoch", "epochs"),
        ("data", "dataset"),
    ],
)
def test_a_short_name_of_a_field(short: str, field: str, invoke: Invoke) -> None:
    unknown = f"{short}: there is no field {short!r}. Did you mean {field!r}? Known: {KNOWN}"
    others = ", experiment, cases, seeds, probes"
    expect_error(
        invoke, "model: mlp\n", [f"{short}=1"], f"--set, {unknown}{others}\n    --set {short}=1"
    )
    expect_error(
        invoke,
        f"{short}: 1\n",
        [],
        f"c.yaml, line 1, {unknown}{others}, labels\n    {short}: 1\n    ^",
    )
