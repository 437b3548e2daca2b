"""How the process ends: interrupts, defects, tracebacks, locales."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from expecting import NUMBERS, Invoke
from idx_folders import write_idx_folder

from relu_bench.errors import ConfigError


def test_an_interrupt_before_training_ends_with_130(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("relu_bench.config.planning.plan_configs", interrupted)
    assert invoke("run", "c.yaml") == (130, "", "")


def test_what_nobody_expected_is_one_message_or_a_traceback(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> object:
        raise RuntimeError("something odd")

    monkeypatch.setattr("relu_bench.config.planning.plan_configs", broken)
    assert invoke("check", "c.yaml") == (
        1,
        "",
        "relu-bench: unexpected RuntimeError: something odd\n"
        "This is a defect of relu-bench. `relu-bench --debug ...` shows where.\n",
    )
    with pytest.raises(RuntimeError, match="something odd"):
        invoke("--debug", "check", "c.yaml")


def test_debug_raises_our_own_errors(invoke: Invoke) -> None:
    with pytest.raises(ConfigError, match="There is no config"):
        invoke("--debug", "check", "missing.yaml")


def run_process(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    root = str(Path(__file__).parent.parent.parent)
    return subprocess.run(
        [sys.executable, "-m", "relu_bench", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": root, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_wrong_config_in_a_process_of_its_own(folder: Path) -> None:
    (folder / "c.yaml").write_text("epochs: 0\n")
    done = run_process("run", "c.yaml", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "relu-bench: c.yaml, line 1, epochs: 0 is not allowed\n"
        f"  Allowed: an integer from 1 to 100000; {NUMBERS}\n"
        "    epochs: 0\n"
        "            ^\n",
    )


def test_output_is_utf_8_whatever_the_locale_says(folder: Path) -> None:
    write_idx_folder(folder / "tiny", (8, 9))
    (folder / "c.yaml").write_text("dataset: ./tiny\nmodel: cnn\n")
    done = run_process("check", "c.yaml", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "relu-bench: c.yaml: model 'cnn' needs images of at least 18×18 pixels, but those of "
        "'./tiny' are 8×9×1. Take model: mlp.\n",
    )


def test_the_traceback_is_shown_when_it_is_asked_for(folder: Path) -> None:
    done = run_process("--debug", "check", "missing.yaml", cwd=folder)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith(
        "relu_bench.errors.ConfigError: There is no config missing.yaml. "
        "`relu-bench init` lists configs to start from.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("run",), ("init",), ("plot", "--kind"), ("run", "c.yaml", "--shard")],
)
def test_what_was_given_is_shown_in_part(arguments: tuple[str, ...], invoke: Invoke) -> None:
    ended = invoke(*arguments, "n" * 100_000)
    assert ended.code == 2
    assert len(ended.err) < 2500
