"""Files that are no config: whole outputs."""

import os
from pathlib import Path

import pytest
from expecting import KNOWN, NUMBERS, Invoke, expect_error

from relu_bench.store import Store


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
            ("notes.txt",),
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
        invoke, b" " * 100_001, [], "c.yaml has more than 100,000 bytes: that is no config."
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
        "YAML wants spaces, not tabs, in front of a key or a value.",
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            "base: &base\n  epochs: 3\n<<: *base\n",
            "c.yaml, line 3: `<<` (a merge key of YAML 1.1) is not supported; write the fields "
            "out\n    <<: *base\n    ^",
        ),
        (
            "activation: relu\nepochs\u00a0: 3\n",
            "c.yaml, line 2, epochs\u00a0: there is no field 'epochs\\xa0'. Did you mean 'epochs'? "
            f"Known: {KNOWN}, experiment, cases, seeds, probes, labels\n"
            "    epochs\u00a0: 3\n"
            "    ^\n"
            "Column 7 is a no-break space (U+00A0): write an ordinary space.",
        ),
        (
            "epochs:\u00a03\n",
            "c.yaml, line 1: a config is lines of `key: value`, such as\n"
            "    activation: [relu, elu]\n"
            "Column 8 is a no-break space (U+00A0): write an ordinary space.",
        ),
        (
            "epochs: 3\ufeff # “no”\n",
            f"c.yaml, line 1, epochs: '3\\ufeff' is not allowed\n"
            f"  Allowed: an integer from 1 to 100000; {NUMBERS}\n"
            "    epochs: 3\ufeff # “no”\n"
            "            ^\n"
            "Column 10 is a zero width no-break space (U+FEFF): leave it out.",
        ),
        (
            "experiment: “one”\n",
            "c.yaml, line 1, experiment: '“one”' cannot name an experiment\n"
            "  Allowed: a name of up to 64 letters, digits, '.', '_' or '-'\n"
            "    experiment: “one”\n"
            "                ^\n"
            'Column 13 is a left double quotation mark (U+201C): write ".',
        ),
        (
            "epochs：3\n",
            "c.yaml, line 1: a config is lines of `key: value`, such as\n"
            "    activation: [relu, elu]\n"
            "Column 7 is a fullwidth colon (U+FF1A): write :.",
        ),
        (
            "epochs:\t3\n",
            "c.yaml, line 1: found character '\\t' that cannot start any token\n"
            "    epochs:\t3\n"
            "           ^\n"
            "YAML wants spaces, not tabs, in front of a key or a value.",
        ),
        (
            'dataset: "a\\ud800b"\n',
            "c.yaml, line 1: the character '\\ud800' may not stand in YAML\n"
            '    dataset: "a\\ud800b"\n'
            "             ^",
        ),
    ],
)
def test_what_only_looks_like_yaml(config: str, message: str, invoke: Invoke) -> None:
    expect_error(invoke, config, [], message)


def test_what_is_odd_in_set(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "dataset: digits\n",
        ["epochs=−3"],
        f"--set, epochs: '−3' is not allowed\n  Allowed: an integer from 1 to 100000; {NUMBERS}\n"
        "    --set epochs=−3\n"
        "Column 14 is a minus sign (U+2212): write -.",
    )
    expect_error(
        invoke, "dataset: digits\n", ["dataset=\udcff"], "--set 'dataset=\\udcff' is no UTF-8 text."
    )


def test_what_is_no_file(invoke: Invoke) -> None:
    os.mkfifo("pipe.yaml")
    Path("loop.yaml").symlink_to("loop.yaml")
    for given, message in {
        "pipe.yaml": "pipe.yaml is a pipe or a device. Write the config into a file.",
        "/dev/null": "/dev/null is a pipe or a device. Write the config into a file.",
        "loop.yaml": "loop.yaml cannot be read: Too many levels of symbolic links.",
        "x" * 300: f"{'x' * 300} cannot be read: File name too long.",
    }.items():
        for command in ("run", "check", "diagnose"):
            assert invoke(command, given) == (2, "", f"relu-bench: {message}\n")


def test_a_file_that_may_not_be_read(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    Path("c.yaml").touch()
    monkeypatch.setattr(Path, "open", refused)
    message = "relu-bench: c.yaml cannot be read: Permission denied.\n"
    assert invoke("check", "c.yaml") == (2, "", message)


def test_key_given_twice(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "epochs: 1\ndataset: digits\nepochs: 2\n",
        [],
        "c.yaml, line 3: 'epochs' is given twice, first in line 1\n    epochs: 2\n    ^",
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("path", ["n" * 300, "loop", "loop/a", "pipe", "pipe/a", "folder", ""])
def test_no_path_is_a_defect_or_holds_a_command_up(path: str, invoke: Invoke) -> None:
    os.mkfifo("pipe")
    Path("loop").symlink_to("loop")
    Path("folder").mkdir()
    Store(Path("store")).prepare()
    for command in (
        ["run", "--resume", path],
        ["status", path],
        ["compare", path],
        ["plot", path],
        ["report", path],
        ["merge", path, "--out", "out"],
    ):
        ended = invoke(*command)
        assert (ended.code, ended.out) == (2, "")
        assert "defect" not in ended.err
        assert not Path("out").exists()
    if path not in ("folder", ""):  # the last is the working folder
        ended = invoke("merge", "store", "--out", path)
        assert ended.code in (1, 2)
        assert "defect" not in ended.err
