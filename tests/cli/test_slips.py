"""Words of a command line that are right elsewhere."""

from pathlib import Path

import pytest
from expecting import Invoke

from relu_bench.config.experiment import SETTABLE
from relu_bench.store import Store

COMMANDS = (
    "run, check, status, compare, plot, report, merge, activations, speed, diagnose, init, data, "
    "schema, info"
)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("runn", " Did you mean 'run'?"),
        ("trian", " Did you mean 'run'?"),
        ("validate", " Did you mean 'check'?"),
        ("figure", " Did you mean 'plot'?"),
        ("c.yaml", " Did you mean: relu-bench run c.yaml?"),
        ("zzz", ""),
    ],
)
def test_a_command_that_is_not_there(word: str, meant: str, invoke: Invoke) -> None:
    said = f"relu-bench: there is no command {word!r}.{meant} There are: {COMMANDS}\n"
    assert invoke(word, "--help") == (2, "", said)


@pytest.mark.parametrize("field", SETTABLE)
@pytest.mark.parametrize("command", ["run", "check", "diagnose"])
def test_a_field_of_the_config_is_no_option(command: str, field: str, invoke: Invoke) -> None:
    option = f"--{field.replace('_', '-')}"
    said = (
        f"relu-bench: {command} has no option {option!r}: fields of the config are set by --set, "
        f"as in relu-bench {command} CONFIG --set {field}=3\n"
    )
    assert invoke(command, "c.yaml", option, "3") == (2, "", said)
    assert invoke(command, f"{option}=3", "c.yaml") == (2, "", said)


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        (["--lr", "-1"], "learning_rate=-1"),
        (["-lr", "0.1"], "learning_rate=0.1"),
        (["--n-epochs", "3"], "epochs=3"),
        (["--lerning-rate", "0.1"], "learning_rate=0.1"),
        (["--activation", "elu(alpha=1)"], "'activation=elu(alpha=1)'"),
        (["--probes", "c.yaml"], "probes=VALUE"),
        (["--probes"], "probes=VALUE"),
    ],
)
def test_it_is_known_by_other_names(arguments: list[str], setting: str, invoke: Invoke) -> None:
    assert invoke("run", "c.yaml", *arguments).err.endswith(f"CONFIG --set {setting}\n")


@pytest.mark.parametrize("option", ["--outt", "--job", "--shrad"])
def test_a_misspelled_option_is_left_to_the_command(option: str, invoke: Invoke) -> None:
    ended = invoke("run", "c.yaml", option, "3")
    assert ended.code == 2
    assert f"No such option: {option}" in ended.err


def test_a_results_folder_is_no_config_and_a_config_no_results_folder(invoke: Invoke) -> None:
    Store(Path("results")).prepare()
    Path("c.yaml").write_text("epochs: 1\n")
    for command in ("run", "check", "diagnose"):
        assert invoke(command, "results") == (
            2,
            "",
            "relu-bench: results is a results folder, not a config: `relu-bench run --resume "
            "results` does what is missing of it, `relu-bench compare results` says what is in "
            "it.\n",
        )
    for arguments in (["status"], ["compare"], ["plot"], ["report"], ["run", "--resume"]):
        assert invoke(*arguments, "c.yaml") == (
            2,
            "",
            "relu-bench: c.yaml is a config, not a results folder. Name the folder that "
            "`relu-bench run` wrote to (--out, by default `results`); `relu-bench run c.yaml` "
            "makes it.\n",
        )
