"""Files that are no config: whole outputs."""

from pathlib import Path

import pytest
from expecting import Invoke, expect_error


def test_missing_file(invoke: Invoke) -> None:
    message = (
        "relu-bench: There is no config variants.yaml. "
        "`relu-bench init` lists configs to start from.\n"
    )
    assert invoke("run", "variants.yaml") == (2, "", message)
    Path("variant.yaml").touch()
    message = (
        "relu-bench: There is no config variants.yaml. Did you mean 'variant.yaml'? "
        "There are: variant.yaml\n"
    )
    assert invoke("run", "variants.yaml") == (2, "", message)


SHIPPED = (
    "cnn", "dying_relu", "family", "output_layer", "quickstart", "sparsity", "tuning",
    "vanishing_gradient", "variants", "zero_centred",
)  # fmt: skip


def configs(*names: str) -> None:
    Path("configs").mkdir()
    for name in names:
        Path("configs", name).touch()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("nothere.yaml", ""),
        ("quickstart.yml", " Did you mean 'configs/quickstart.yaml'?"),
        ("variant.yaml", " Did you mean 'configs/variants.yaml'?"),
        ("Tuning", " Did you mean 'configs/tuning.yaml'?"),
    ],
)
def test_a_missing_file_beside_many(given: str, meant: str, invoke: Invoke) -> None:
    configs(*(f"{name}.yaml" for name in SHIPPED), "config.schema.json")
    there = ", ".join(f"configs/{name}.yaml" for name in SHIPPED)
    message = f"relu-bench: There is no config configs/{given}.{meant} There are: {there}\n"
    for command in ("run", "check", "diagnose"):
        assert invoke(command, f"configs/{given}") == (2, "", message)


@pytest.mark.parametrize(
    ("names", "rest"),
    [
        (
            ("cnn.yaml", "quickstart.yaml", "config.schema.json"),
            "; name a config in it, such as configs/quickstart.yaml, or all of them: "
            "configs/*.yaml",
        ),
        (
            ("b.yml", "a.yaml"),
            "; name a config in it, such as configs/a.yaml, or all of them: "
            "configs/*.yaml configs/*.yml",
        ),
        (("only.yml", ".hidden.yaml"), "; name the config in it: configs/only.yml"),
        (
            ("runs.csv",),
            ", and there is no config (*.yaml) in it. `relu-bench init` lists configs to start "
            "from.",
        ),
    ],
)
def test_a_folder_instead_of_a_file(names: tuple[str, ...], rest: str, invoke: Invoke) -> None:
    configs(*names)
    for command in ("run", "check", "diagnose"):
        message = f"relu-bench: configs is a folder{rest}\n"
        assert invoke(command, "configs") == (2, "", message)


@pytest.mark.parametrize("config", ["", "\n", "# nothing yet\n", "{}\n"])
def test_empty_file(config: str, invoke: Invoke) -> None:
    expect_error(
        invoke,
        config,
        [],
        "c.yaml is empty. The smallest config is\n    activation: [relu, elu]",
    )


def test_binary_file(invoke: Invoke) -> None:
    expect_error(
        invoke, b"\x89PNG\r\n\x1a\n", [], "c.yaml is no UTF-8 text (byte 0). Save it as UTF-8."
    )
    expect_error(
        invoke,
        b"epochs: 1\n\x00\x00",
        [],
        "c.yaml, line 2: the character '\\x00' may not stand in YAML.",
    )
    expect_error(
        invoke, b" " * 1_000_001, [], "c.yaml has more than a million bytes: that is no config."
    )


def test_no_mapping(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "- relu\n- elu\n",
        [],
        "c.yaml, line 1: a config is lines of `key: value`, such as\n    activation: [relu, elu]",
    )


def test_yaml_syntax(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "dataset: digits\nactivation: [relu, elu\nepochs: 3\n",
        [],
        "c.yaml, line 3: expected ',' or ']', but got ':', "
        "while parsing a flow sequence that starts in line 2\n"
        "    epochs: 3\n"
        "          ^",
    )
    expect_error(
        invoke,
        "dataset: digits: mnist\n",
        [],
        "c.yaml, line 1: mapping values are not allowed here\n"
        "    dataset: digits: mnist\n"
        "                   ^",
    )
    expect_error(
        invoke,
        "dataset: 'digits\n",
        [],
        "c.yaml, line 2: found unexpected end of stream, "
        "while scanning a quoted scalar that starts in line 1\n"
        "    dataset: 'digits\n"
        "             ^",
    )
    expect_error(
        invoke,
        "cases:\n\t- activation: relu\n",
        [],
        "c.yaml, line 2: found character '\\t' that cannot start any token\n"
        "    \t- activation: relu\n"
        "    ^\n"
        "YAML wants spaces, not tabs, in front of a key.",
    )


def test_key_given_twice(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "epochs: 1\ndataset: digits\nepochs: 2\n",
        [],
        "c.yaml, line 3: 'epochs' is given twice, first in line 1\n    epochs: 2\n    ^",
    )
