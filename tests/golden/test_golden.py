"""What the commands say is what they said when it was frozen.

Two kinds are held. What must never change is in `frozen.json`: exit codes, and the SHA-256 of what
`compare` and others write for programs, of the plan of every shipped config, and of what merging
and resuming leave in a store; the most telling of it also stands in `exact/`, to see what has
changed. What people read is in `texts/`, whole; it changes in named commits only, whose author has
read the diff.

`RELU_BENCH_UPDATE_GOLDEN=1 pytest tests/golden` writes all of it anew.

`stores/` was written by real runs: `small` has ratings, and a recurrent network; `killed` is what a
sweep left that was ended by SIGKILL, `ended` the same after it was resumed.
"""

import csv
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from frozen_commands import (
    FAULTS,
    FILES,
    FIXED,
    KEPT_WHOLE,
    NEVER,
    SHIPPED,
    STORES,
    TEXTS,
    WITH_TENSORFLOW,
)

HERE = Path(__file__).parent
FROZEN = HERE / "frozen.json"
UPDATE = bool(os.environ.get("RELU_BENCH_UPDATE_GOLDEN"))

FIGURES = {
    "figures-reference": ("reference", FIXED, []),
    "figures-reference-all": ("reference", FIXED, ["all"]),
    "figures-resolved-all": ("reference", "experiment=family-resolved", ["all"]),
    "figures-small-all": ("small", None, ["all"]),
    "figures-old-all": ("old", None, ["all"]),
}
REPORTS = {
    "report-variants": "report reference --where experiment=variants --out report.html",
    "report-old": "report old --out report.html",
}
RESUMED_LOSSES = {"rcafa3a975947": 2.263826382160187, "r16e75ec6b126": 2.2865905437204574}
"""Test losses of the same sweep, had it not been killed."""

PLANS = [f"plan-{name}" for name in SHIPPED]
NAMES = {
    "frozen": {*NEVER, *PLANS, *STORES, *TEXTS, *WITH_TENSORFLOW, *FAULTS, *REPORTS},
    "exact": {*KEPT_WHOLE},
    "texts": {
        *TEXTS,
        *WITH_TENSORFLOW,
        *STORES,
        *REPORTS,
        *FIGURES,
        *(f"fault-{name}" for name in FAULTS),
        *("speed", "info"),
    },
}


def test_nothing_is_frozen_that_nobody_asks_for() -> None:
    found = {
        "frozen": set(frozen()),
        **{kind: {path.stem for path in (HERE / kind).glob("*")} for kind in ("exact", "texts")},
    }
    if UPDATE:
        for kind in ("exact", "texts"):
            for name in found[kind] - NAMES[kind]:
                (HERE / kind / f"{name}.txt").unlink()
        rewrite({name: entry for name, entry in frozen().items() if name in NAMES["frozen"]})
        return
    assert found == NAMES


@pytest.mark.parametrize("name", NEVER)
def test_never_changes(name: str, invoke: Any) -> None:
    code, out, _ = invoke(*shlex.split(NEVER[name]))
    if name in KEPT_WHOLE:
        hold_text("exact", name, out)
    hold(name, command=NEVER[name], code=code, stdout=digest(out))


@pytest.mark.parametrize("config", SHIPPED)
def test_the_plan_of_a_shipped_config(config: str, folder: Path) -> None:
    rows = plan_of(folder / "configs" / f"{config}.yaml")
    run_ids = [row["run_id"] for row in rows]
    hold(
        f"plan-{config}",
        runs=len(rows),
        first=run_ids[0],
        last=run_ids[-1],
        run_ids=digest("\n".join(run_ids)),
        cells=digest(json.dumps(rows, sort_keys=True)),
    )


@pytest.mark.parametrize("name", STORES)
def test_a_store_that_is_written(name: str, invoke: Any, folder: Path) -> None:
    arguments, source, target = STORES[name]
    if source:
        shutil.copytree(folder / source, folder / "copy")
    code, out, err = invoke(*arguments)
    files = {
        path.relative_to(folder / target).as_posix(): digest(path.read_bytes())
        for path in sorted((folder / target).rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
    hold(name, command=shlex.join(arguments), code=code, files=files)
    hold_text("texts", name, shown(shlex.join(arguments), code, out, err))


def test_a_killed_sweep_is_resumed(folder: Path) -> None:
    """What was there stays, byte for byte; what was missing is done, and learns the same."""
    shutil.copytree(folder / "killed", folder / "copy")
    before = {name: (folder / "copy" / name).read_bytes() for name in ("runs.csv", "epochs.csv")}
    done = relu_bench("run", "--resume", "copy", "--jobs", "1", "--quiet", cwd=folder)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    for name, content in before.items():
        assert (folder / "copy" / name).read_bytes().startswith(content)
    (plan,) = (folder / "copy" / "plans").glob("*.json")
    asked = json.loads(plan.read_text(encoding="utf-8"))["run_ids"]
    with (folder / "copy" / "runs.csv").open(newline="", encoding="utf-8") as file:
        runs = {run["run_id"]: run for run in csv.DictReader(file)}
    assert sorted(runs) == sorted(asked)
    for run_id, loss in RESUMED_LOSSES.items():
        # Another processor may add up in another order.
        assert float(runs[run_id]["test_loss"]) == pytest.approx(loss, rel=1e-3)


@pytest.mark.parametrize("name", TEXTS)
def test_text(name: str, invoke: Any) -> None:
    hold_command(name, TEXTS[name], invoke)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", WITH_TENSORFLOW)
def test_text_of_networks(name: str, invoke: Any, folder: Path) -> None:
    write_files(folder)
    hold_command(name, WITH_TENSORFLOW[name], invoke)


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str, invoke: Any, folder: Path) -> None:
    write_files(folder)
    code, out, err = invoke(*shlex.split(FAULTS[name]))
    hold(name, command=FAULTS[name], code=code)
    hold_text("texts", f"fault-{name}", shown(FAULTS[name], code, out, err))


def test_heads_of_speed(folder: Path) -> None:
    """Costs are this machine's: no digit is held, nor how wide a column is."""
    command = "speed relu tanh --seconds 0.1 --repeats 1 --elements 1024"
    done = relu_bench(*shlex.split(command), cwd=folder)
    tables = "\n".join([*done.stdout.splitlines()[1:], ""])
    plain = re.sub(r"[ \t]+", " ", re.sub(r"\d[\d.,]*(e[-+]\d+)?", "#", tables))
    hold_text("texts", "speed", shown(command, done.returncode, plain, done.stderr))


@pytest.mark.tensorflow
def test_heads_of_info(invoke: Any) -> None:
    code, out, err = invoke("info")
    heads = "".join(f"{line[:12].rstrip()}\n" for line in out.splitlines())
    hold_text("texts", "info", shown("info", code, heads, err))


@pytest.mark.parametrize("name", FIGURES)
def test_figures_and_their_alternatives(name: str, folder: Path) -> None:
    store, where, kinds = FIGURES[name]
    hold_text("texts", name, figures_of(folder / store, where, kinds))


@pytest.mark.parametrize("name", REPORTS)
def test_sections_of_a_report(name: str, invoke: Any, folder: Path) -> None:
    code, out, err = invoke(*shlex.split(REPORTS[name]))
    sections = Sections()
    sections.feed((folder / "report.html").read_text(encoding="utf-8"))
    hold(name, command=REPORTS[name], code=code)
    text = out + "\n" + "\n".join(sections.lines) + "\n"
    hold_text("texts", name, shown(REPORTS[name], code, text, err))


class Sections(HTMLParser):
    """Headings, captions and the alternative texts of figures, in order."""

    KEPT = ("h1", "h2", "h3", "h4", "caption", "figcaption", "summary")

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._inside: list[str] = []
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in self.KEPT:
            self._inside.append(tag)
            self._words = []
        elif given.get("role") == "img" or tag == "img":
            self.lines.append(f"alternative: {given.get('alt') or given.get('aria-label')}")

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
            self.lines.append(f"{tag}: {' '.join(''.join(self._words).split())}")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._words.append(data)


# What the code gives: here only names of modules are used, and these move.


def plan_of(config_file: Path) -> list[dict[str, Any]]:
    """The run_id and the cells of each planned run, in order."""
    from relu_bench.config.experiment import load
    from relu_bench.config.plan import make_plan

    return [{"run_id": spec.run_id, **spec.row()} for spec in make_plan(load(config_file))]


def figures_of(store: Path, where: str | None, kinds: Sequence[str]) -> str:
    """The figures, those beside them, what they show in words, and what is not drawn."""
    from relu_bench import compare
    from relu_bench import figures as drawing
    from relu_bench.report.alternatives import alternative

    unasked = drawing.draw(compare.load([store], [where] if where else []), kinds)
    figures = unasked.with_further()
    lines = [
        f"{name}{' (further)' if number >= len(unasked) else ''}\n"
        f"  {alternative(kind, page, figures.picture(number))}"
        for number, (name, kind, page) in enumerate(figures.drawings)
    ]
    return "\n".join([*lines, *figures.notices, ""])


def relu_bench(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, for what starts TensorFlow in its own way."""
    return subprocess.run(
        [sys.executable, "-m", "relu_bench", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


# How it is held.


def digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def frozen() -> dict[str, dict[str, Any]]:
    if not FROZEN.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(FROZEN.read_text(encoding="utf-8"))
    return found


def rewrite(entries: dict[str, dict[str, Any]]) -> None:
    text = json.dumps(entries, indent=1, sort_keys=True, ensure_ascii=False)
    FROZEN.write_text(f"{text}\n", encoding="utf-8")


def hold(name: str, **given: Any) -> None:
    """Compare with the entry of frozen.json, or write it."""
    if UPDATE:
        with FileLock(HERE / ".lock"):
            rewrite({**frozen(), name: given})
    assert frozen()[name] == given


def hold_text(kind: str, name: str, text: str) -> None:
    path = HERE / kind / f"{name}.txt"
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    assert text == path.read_bytes().decode()


def hold_command(name: str, command: str, invoke: Any) -> None:
    code, out, err = invoke(*shlex.split(command))
    hold(name, command=command, code=code)
    hold_text("texts", name, shown(command, code, out, err))


def shown(command: str, code: int, out: str, err: str) -> str:
    """All that a command says, without what depends on the machine and its load."""
    err = re.sub(r"relu-bench: this takes about .*\n", "", err)
    text = f"$ relu-bench {command}\n{out}"
    text += f"--- stderr\n{err}" if err else ""
    text += f"--- exit code {code}\n"
    text = text.replace(str(Path.cwd()), ".")
    return re.sub(r"about [\d.]+ \w+ with", "about TIME with", text)


def write_files(folder: Path) -> None:
    for name, content in FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
