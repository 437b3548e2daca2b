"""Keys and values that a config may not have: whole outputs."""

from pathlib import Path

import pytest
from expecting import ACTIVATION_NAMES, KNOWN, NUMBERS, Invoke, expect_error

NAME = "a name of up to 64 letters, digits, '.', '_' or '-'"


def test_unknown_key(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "dataset: digits\nactivatoin: relu\n",
        [],
        "c.yaml, line 2, activatoin: there is no field 'activatoin'. Did you mean 'activation'? "
        f"Known: {KNOWN}, experiment, cases, seeds, probes, labels\n"
        "    activatoin: relu\n"
        "    ^",
    )


def test_unknown_key_in_a_case(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "cases:\n  - activation: relu\n    batchsize: 3\n",
        [],
        "c.yaml, line 3, cases.batchsize: there is no field 'batchsize'. "
        f"Did you mean 'batch_size'? Known: {KNOWN}\n"
        "        batchsize: 3\n"
        "        ^",
    )


@pytest.mark.parametrize(
    ("line", "given", "allowed"),
    [
        ("epochs: ten", "'ten'", f"an integer from 1 to 100000; {NUMBERS}"),
        ("epochs: 1.5", "1.5", f"an integer from 1 to 100000; {NUMBERS}"),
        ("epochs: true", "true", f"an integer from 1 to 100000; {NUMBERS}"),
        ("epochs: {a: 1}", "{'a': 1}", f"an integer from 1 to 100000; {NUMBERS}"),
        ("batch_size: 1e3", "1000.0", f"an integer from 1 to 10000000; {NUMBERS}"),
        ("batch_norm: 1", "1", "true or false; or a list of these"),
        ("learning_rate: '0.1'", "'0.1'", f"a number above 0 and at most 1000; {NUMBERS}"),
        ("learning_rate: null", "null", f"a number above 0 and at most 1000; {NUMBERS}"),
        ("dropout_kind: gaussian", "'gaussian'", "standard or alpha; or a list of these"),
        (
            "activation: 3",
            "3",
            "an activation, such as relu, leaky_relu(negative_slope=0.01) or "
            "my_module.py:my_function; or a list of these",
        ),
        (
            "split_seed: random",
            "'random'",
            f"an integer from 0 to 2**32 - 1, or the word seed; {NUMBERS}",
        ),
    ],
)
def test_wrong_type(line: str, given: str, allowed: str, invoke: Invoke) -> None:
    key = line.partition(":")[0]
    expect_error(
        invoke,
        f"dataset: digits\n{line}\n",
        [],
        f"c.yaml, line 2, {key}: {given} is not allowed\n"
        f"  Allowed: {allowed}\n"
        f"    {line}\n"
        f"    {' ' * len(key)}  ^",
    )


@pytest.mark.parametrize(
    ("line", "given", "allowed"),
    [
        ("epochs: 0", "0", f"an integer from 1 to 100000; {NUMBERS}"),
        ("learning_rate: -0.1", "-0.1", f"a number above 0 and at most 1000; {NUMBERS}"),
        ("learning_rate: 1e9", "1000000000.0", f"a number above 0 and at most 1000; {NUMBERS}"),
        ("dropout: 1", "1", f"a number from 0 to below 1; {NUMBERS}"),
        ("validation_split: 1.0", "1.0", f"a number from 0 to below 1; {NUMBERS}"),
        ("batch_norm_momentum: 2", "2", f"a number from 0 to below 1; {NUMBERS}"),
        ("train_samples: 0", "0", f"an integer from 1 to 10000000, or null; {NUMBERS}"),
    ],
)
def test_out_of_range(line: str, given: str, allowed: str, invoke: Invoke) -> None:
    key = line.partition(":")[0]
    expect_error(
        invoke,
        f"{line}\n",
        [],
        f"c.yaml, line 1, {key}: {given} is not allowed\n"
        f"  Allowed: {allowed}\n"
        f"    {line}\n"
        f"    {' ' * len(key)}  ^",
    )


def test_the_wrong_value_of_an_axis_is_shown(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "learning_rate:\n  - 0.1\n  - -1\nbatch_size: [32, 0]\n",
        [],
        "c.yaml, line 3, learning_rate: -1 is not allowed\n"
        f"  Allowed: a number above 0 and at most 1000; {NUMBERS}\n"
        "      - -1\n"
        "        ^\n"
        "c.yaml, line 4, batch_size: 0 is not allowed\n"
        f"  Allowed: an integer from 1 to 10000000; {NUMBERS}\n"
        "    batch_size: [32, 0]\n"
        "                     ^",
    )


def test_empty_axis(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "activation: []\n",
        [],
        "c.yaml, line 1, activation: an empty list has no value to run\n"
        "  Allowed: an activation, such as relu, leaky_relu(negative_slope=0.01) or "
        "my_module.py:my_function; or a list of these\n"
        "    activation: []\n"
        "                ^",
    )


@pytest.mark.parametrize(
    ("given", "shown", "remedy"),
    [
        ("my study", "'my study'", ""),
        ("../up", "'../up'", ""),
        ("nan", "'nan'", ""),
        ("1.0", "1.0", "; put it in quotes"),
        ("null", "null", "; put it in quotes"),
    ],
)
def test_bad_experiment_name(given: str, shown: str, remedy: str, invoke: Invoke) -> None:
    expect_error(
        invoke,
        f"experiment: {given}\n",
        [],
        f"c.yaml, line 1, experiment: {shown} cannot name an experiment{remedy}\n"
        f"  Allowed: {NAME}\n"
        f"    experiment: {given}\n"
        "                ^",
    )


def test_a_file_name_that_cannot_name_an_experiment(invoke: Invoke) -> None:
    Path("my study.yaml").write_text("epochs: 1\n")
    assert invoke("check", "my study.yaml") == (
        2,
        "",
        "relu-bench: my study.yaml: the file's name 'my study' cannot be the experiment's name. "
        f"Add a line `experiment: NAME`, {NAME}.\n",
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("0", "0 is no number of seeds"),
        ("1.5", "1.5 is no number of seeds"),
        ("many", "'many' is no number of seeds"),
        ("[]", "[] is no number of seeds"),
        ("[-1]", "-1 is no seed, from 0 to 2**32 - 1"),
        ("[1, 2, 1]", "the seed 1 is given twice"),
    ],
)
def test_bad_seeds(given: str, reason: str, invoke: Invoke) -> None:
    expect_error(
        invoke,
        f"seeds: {given}\n",
        [],
        f"c.yaml, line 1, seeds: {reason}\n"
        "  Allowed: a number of seeds from 1 to 100000 (10 means 0 to 9), or a list of different "
        "seeds such as [0, 1, 2]\n"
        f"    seeds: {given}\n"
        "           ^",
    )


def test_too_many_runs(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "learning_rate: log(1e-4, 1e-1, 1000)\nseeds: 1000\n",
        [],
        "c.yaml asks for 1,000,000 runs, more than the 100,000 of one experiment. "
        "Take fewer values or fewer seeds: there are 1,000 of learning_rate and 1,000 seeds.",
    )


def test_several_errors_at_once(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "epochs: 0\nactivation: rellu\nseed: 3\ndropout: 2\nbatch_size: 0\n",
        ["learning_rate=-1"],
        "--set, learning_rate: -1 is not allowed\n"
        f"  Allowed: a number above 0 and at most 1000; {NUMBERS}\n"
        "    --set learning_rate=-1\n"
        "c.yaml, line 1, epochs: 0 is not allowed\n"
        f"  Allowed: an integer from 1 to 100000; {NUMBERS}\n"
        "    epochs: 0\n"
        "            ^\n"
        "c.yaml, line 2, activation: 'rellu' is no activation. Did you mean 'relu'? "
        f"Known: {ACTIVATION_NAMES}\n"
        "    activation: rellu\n"
        "                ^\n"
        "... and 3 more.",
    )


def test_a_config_that_is_wrong_beside_one_that_is_right(invoke: Invoke) -> None:
    Path("right.yaml").write_text("dataset: digits\n")
    Path("wrong.yaml").write_text("dataset: digits\nepochs: 0\n")
    assert invoke("run", "right.yaml", "wrong.yaml") == (
        2,
        "",
        "relu-bench: wrong.yaml, line 2, epochs: 0 is not allowed\n"
        f"  Allowed: an integer from 1 to 100000; {NUMBERS}\n"
        "    epochs: 0\n"
        "            ^\n",
    )
    assert not Path("results").exists()
