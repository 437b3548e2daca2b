"""Modules import one way, and what must be quick imports nothing heavy."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "relu_bench"
HEAVY = {
    "tensorflow", "keras", "matplotlib", "pandas", "scipy", "sklearn", "statsmodels", "dask",
    "distributed",
}  # fmt: skip

# A module or package imports only from those before it.
ORDER = (
    "errors",
    "output_files",
    "wording",
    "tables",
    "components",
    "machine",
    "stats",
    "data",
    "networks",
    "config",
    "store",
    "training",
    "execution",
    "compare",
    "figures",
    "report",
    "speed",
    "diagnose",
    "cli",
    "__main__",
)


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names of all that a file imports, inside functions as well."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@lru_cache(maxsize=1)
def imported() -> dict[str, set[str]]:
    """For each module or package directly inside relu_bench, those others that it imports."""
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    graph: dict[str, set[str]] = {
        name: set() for name in files | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    }
    for path in PACKAGE.rglob("*.py"):
        importer = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for dotted in imports_of(path):
            package, _, rest = dotted.partition(".")
            name = rest.partition(".")[0]
            if package == "relu_bench" and name in graph.keys() - {importer}:
                graph[importer].add(name)
    return graph


def test_every_module_and_package_has_its_place() -> None:
    assert sorted(ORDER) == sorted(imported())


@pytest.mark.parametrize("importer", ORDER)
def test_imports_run_one_way(importer: str) -> None:
    before = set(ORDER[: ORDER.index(importer)])
    wrong = imported()[importer] - before
    assert not wrong, f"{importer} imports {sorted(wrong)}, which do not stand before it"


def test_the_package_itself_imports_what_is_there_anyway() -> None:
    assert list(imports_of(PACKAGE / "__init__.py")) == ["os", "sys"]


@pytest.mark.parametrize("reader", ["config", "store", "compare", "figures", "report"])
def test_what_reads_results_or_configs_never_reaches_training(reader: str) -> None:
    forbidden = {"training", "execution"}
    assert {reader, *forbidden} <= imported().keys()
    reached, found = {reader}, [reader]
    while found:
        new = imported()[found.pop()] - reached
        reached |= new
        found += new
    assert not reached & forbidden


LOADED = """
import json, sys
commands = json.loads(sys.argv[1])
from relu_bench.cli import main
found = []
for arguments in commands:
    sys.argv = ["relu-bench", *arguments]
    code = 0
    try:
        if arguments:
            main()
    except SystemExit as end:
        code = end.code
    found.append([code, sorted({name.partition(".")[0] for name in sys.modules})])
print(json.dumps(found), file=sys.__stderr__)
"""
QUICK: tuple[tuple[list[str], int], ...] = (
    ([], 0),
    (["--help"], 0),
    (["run", "--help"], 0),
    (["run", "wrong.yaml"], 2),
    (["check", "wrong.yaml"], 2),
    (["run", "missing.yaml"], 2),
    (["init"], 0),
    (["schema"], 0),
    (["activations"], 0),
    (["activations", "relu", "--format", "json"], 0),
    (["speed", "rellu"], 2),
    (["diagnose", "wrong.yaml"], 2),
    (["compare", "missing"], 2),
    (["status", "missing"], 2),
    (["merge", "missing", "--out", "out"], 2),
    (["run", "--resume", "missing"], 2),
    (["run", "wrong.yaml", "--shard", "0/2"], 2),
)


def test_what_must_be_quick_loads_nothing_heavy(tmp_path: Path) -> None:
    """One process does all of it, one after the other: what one of them loads, stays loaded."""
    (tmp_path / "wrong.yaml").write_text("activation: rellu\nepochs: 0\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps([arguments for arguments, _ in QUICK])],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stderr.splitlines()[-1])
    for (arguments, code), (ended, loaded) in zip(QUICK, found, strict=True):
        assert ended == code, arguments
        assert not HEAVY & set(loaded), arguments
