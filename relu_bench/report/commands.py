"""The commands that make these results and this report again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from relu_bench.compare import Selection
from relu_bench.report.answering import Asked
from relu_bench.report.origin import Config


@dataclass(frozen=True)
class Command:
    """A command for a shell, and what it does."""

    purpose: str
    line: str


def commands(results: Selection, configs: Sequence[Config], asked: Asked) -> tuple[Command, ...]:
    """Train the runs anew, then compare, draw and report as it was done here."""
    folders = [str(folder) for folder in results.stores]
    new = folders[0] if len(folders) == 1 else "results"
    found = []
    if configs:
        files = [config.file for config in configs]
        purpose = "Train, with the configs above saved under the names that they have there"
        found.append(Command(purpose, _line("run", *files, "--out", new)))
    where = [part for each in results.where for part in ("--where", each)]
    question = [part for axis in asked.by for part in ("--by", axis)]
    question += [
        part
        for option, value in (("--baseline", asked.baseline), ("--metric", asked.metric))
        if value is not None
        for part in (option, value)
    ]
    question += ["--margin", f"{asked.margin:g}"] if asked.margin is not None else []
    question += ["--mode", asked.mode] if asked.mode else []
    out = ["--out", "report.html"] if len(folders) > 1 else []
    drawn = ["--out", "plots"] if len(folders) > 1 else []
    return (
        *found,
        Command("Compare", _line("compare", *folders, *question, *where, "--details", "--methods")),
        Command("Draw the figures", _line("plot", *folders, *where, "--kind", "all", *drawn)),
        Command("Write this report", _line("report", *folders, *question, *where, *out)),
    )


def _line(*arguments: str) -> str:
    return shlex.join(["relu-bench", *arguments])
