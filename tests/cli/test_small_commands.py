"""`init`, `schema`, `info`, `--version` and `--help`."""

import inspect
import json
import platform
from importlib import metadata
from pathlib import Path

import pytest
from expecting import Invoke

from relu_bench import __version__
from relu_bench.cli import app
from relu_bench.config import shipped
from relu_bench.config.schema import config_schema

COMMANDS = (
    "run", "check", "status", "compare", "plot", "report", "merge",
    "activations", "speed", "diagnose", "init", "data", "schema", "info",
)  # fmt: skip


def test_init_lists_the_shipped_configs(invoke: Invoke) -> None:
    ended = invoke("init")
    configs = shipped.all_configs()
    lines = ended.out.splitlines()
    assert (ended.code, ended.err, len(lines)) == (0, "", len(configs))
    column = max(len(each.name) for each in configs) + 1
    for each, line in zip(configs, lines, strict=True):
        assert (line[:column].strip(), line[column:]) == (each.name, each.summary)
    assert "ReLU and three of its variants on the embedded digits" in ended.out


def test_in_a_terminal_long_summaries_go_on_in_their_column(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    lines = [line.rstrip() for line in invoke("init").out.splitlines()]
    column = max(len(each.name) for each in shipped.all_configs()) + 1
    assert max(map(len, lines)) <= 80
    names = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert names == [each.name for each in shipped.all_configs()]
    assert {line[:column].strip() for line in lines} == {*names, ""}


def test_init_writes_a_config(invoke: Invoke) -> None:
    assert invoke("init", "quickstart") == (
        0,
        "quickstart.yaml\n",
        "Now: relu-bench run quickstart.yaml\n"
        "For an editor that knows JSON Schema: relu-bench schema > config.schema.json\n",
    )
    written = Path("quickstart.yaml").read_text(encoding="utf-8")
    assert written.startswith("# ReLU and three of its variants")
    assert invoke("init", "quickstart") == (
        2,
        "",
        "relu-bench: quickstart.yaml exists already; name another with --to FILE.\n",
    )
    Path("mine").mkdir()
    assert invoke("init", "quickstart", "--to", "mine") == (
        2,
        "",
        "relu-bench: mine is a folder; name a file: --to mine/quickstart.yaml\n",
    )
    assert invoke("init", "quickstart.yaml", "--to", "mine/a.yaml") == (
        0,
        "mine/a.yaml\n",
        "Now: relu-bench run mine/a.yaml\n"
        "For an editor that knows JSON Schema: relu-bench schema > mine/config.schema.json\n",
    )
    assert Path("mine/a.yaml").read_text(encoding="utf-8") == written


def test_init_has_nothing_to_write_without_a_name(invoke: Invoke) -> None:
    assert invoke("init", "--to", "mine.yaml") == (
        2,
        "",
        "relu-bench: --to needs the name of a config: relu-bench init quickstart --to mine.yaml. "
        "`relu-bench init` lists them.\n",
    )


def test_init_knows_the_nearest_name(invoke: Invoke) -> None:
    names = ", ".join(each.name for each in shipped.all_configs())
    assert invoke("init", "quikstart") == (
        2,
        "",
        "relu-bench: there is no shipped config 'quikstart'. Did you mean 'quickstart'? "
        f"There are: {names}\n",
    )
    assert list(Path().iterdir()) == []


def test_schema(invoke: Invoke) -> None:
    ended = invoke("schema")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == config_schema()
    kept = Path(__file__).parent.parent.parent / "configs/config.schema.json"
    assert ended.out == kept.read_text(encoding="utf-8")


@pytest.mark.tensorflow
def test_info(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    provenance = {
        "relu_bench_version": __version__,
        "git_commit": None,
        "processor": "Some CPU @ 2 GHz",
    }
    monkeypatch.setattr("relu_bench.machine.provenance.describe", lambda: provenance)
    monkeypatch.setattr("relu_bench.machine.hardware.available_cores", lambda: 3)
    monkeypatch.setattr("relu_bench.machine.hardware.memory_gib", lambda: 7.75)
    monkeypatch.setattr("platform.platform", lambda: "Linux-6.1-x86_64")
    versions = "".join(
        f"{name:<11} {metadata.version(name)}\n"
        for name in ("tensorflow", "keras", "numpy", "pandas", "matplotlib", "scipy")
    )
    expected = (
        f"relu-bench  {__version__}\n"
        "git commit  none (installed from a wheel)\n"
        f"Python      {platform.python_version()}\n"
        f"{versions}"
        "system      Linux-6.1-x86_64\n"
        "processor   Some CPU @ 2 GHz\n"
        "cores       3 for this process\n"
        "memory      7.8 GiB\n"
        "devices     CPU:0 (relu-bench trains on processors; GPUs stay hidden)\n"
    )
    assert invoke("info") == (0, expected, "")
    monkeypatch.setattr("relu_bench.machine.hardware.memory_gib", lambda: None)
    assert "memory      unknown\n" in invoke("info").out


def test_version(invoke: Invoke) -> None:
    assert invoke("--version") == (0, f"relu-bench {__version__}\n", "")


def test_every_command_is_listed_with_its_help(invoke: Invoke) -> None:
    assert tuple(each.callback.__name__ for each in app.registered_commands) == COMMANDS
    overview = invoke("--help")
    assert (overview.code, overview.err) == (0, "")
    for name in COMMANDS:
        ended = invoke(name, "--help")
        assert (ended.code, ended.err) == (0, "")
        first = next(
            c.callback.__doc__ for c in app.registered_commands if c.callback.__name__ == name
        )
        assert first.splitlines()[0] in " ".join(ended.out.split())
        assert f" {name} " in overview.out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_usage_has_no_brackets_in_brackets(name: str, invoke: Invoke) -> None:
    usage = next(line for line in invoke(name, "--help").out.splitlines() if "Usage:" in line)
    assert "[[" not in usage
    assert "...}" not in usage


def test_further_paragraphs_of_a_help_text_fit_80_columns() -> None:
    # The first one is wrapped to the terminal; of others typer keeps the lines as they stand.
    for command in app.registered_commands:
        _, *others = inspect.cleandoc(command.callback.__doc__).split("\n\n")
        for line in "\n".join(others).splitlines():
            assert len(line) <= 78, f"{command.callback.__name__}: {line}"
