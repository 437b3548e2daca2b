"""What docs/cluster.md shows is what Dask understands."""

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import dask
import distributed.cli.dask_scheduler
import distributed.cli.dask_worker
import pytest
import yaml

TEXT = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text(encoding="utf-8")
MAINS: dict[str, Any] = {
    "scheduler": distributed.cli.dask_scheduler.main,
    "worker": distributed.cli.dask_worker.main,
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def dask_commands() -> list[list[str]]:
    """The words behind `dask`, of each such command in the shell blocks and in the YAML."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    found = [shlex.split(line)[1:] for line in lines if line.startswith("dask ")]
    args = re.findall(r"args: \[dask, (.*)\]", TEXT)
    return found + [[word.strip(' "') for word in each.split(",")] for each in args]


@pytest.mark.parametrize("words", dask_commands(), ids=" ".join)
def test_dask_knows_every_option(words: list[str]) -> None:
    known = {name for option in MAINS[words[0]].params for name in option.opts}
    assert {word for word in words if word.startswith("--")} <= known
    assert words[0] == "scheduler" or "--nthreads 1" in " ".join(words)


def test_there_are_such_commands() -> None:
    assert len(dask_commands()) == 6


def test_the_tls_settings_are_those_that_dask_reads() -> None:
    (shown,) = (block for block in blocks("yaml") if block.startswith("distributed:"))
    tls = yaml.safe_load(shown)["distributed"]["comm"]["tls"]
    known = dask.config.get("distributed.comm.tls")
    assert tls.keys() <= known.keys()
    for role in ("scheduler", "worker", "client"):
        assert tls[role].keys() <= known[role].keys()
    assert dask.config.get("distributed.scheduler.no-workers-timeout") is None


def test_the_other_blocks_can_be_read() -> None:
    for block in blocks("python"):
        ast.parse(block)
    for block in blocks("yaml"):
        yaml.safe_load(block)
