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

# A module imports only from the rows above its own.
ROWS = [
    "errors",
    "draws labels machine output_files process schedule spacing stats tasks tensors",
    "columns components cores display_names fork_server objectives provenance quiet_tensorflow",
    "child_process data dropout measured store variant_label",
    "activations guesses initializers optimizers shipped status yaml_source",
    "models overrides probes weights",
    "complaints program settings",
    "compare given_names",
    "config plots",
    "plan report schema",
    "advice diagnose training",
    "planning trainer",
    "agenda estimate execution preload resuming shards",
    "speed worker",
    "executors fork_server_preload",
    "cluster runner",
    "cli",
    "__main__",
]
ROW_OF = {name: number for number, row in enumerate(ROWS) for name in row.split()}


def module_names() -> set[str]:
    """Modules and packages directly inside relu_bench."""
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names of all that a file imports, inside functions as well."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@lru_cache(maxsize=1)
def imported_modules() -> dict[str, set[str]]:
    """For each module or package of ours, those others that it imports."""
    names = module_names()
    graph: dict[str, set[str]] = {name: set() for name in names}
    for path in PACKAGE.rglob("*.py"):
        importer = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for dotted in imports_of(path):
            package, _, rest = dotted.partition(".")
            module = rest.partition(".")[0]
            if package == "relu_bench" and module in names - {importer}:
                graph[importer].add(module)
    return graph


def test_every_module_stands_in_one_row() -> None:
    assert sorted(name for row in ROWS for name in row.split()) == sorted(module_names())


@pytest.mark.parametrize("importer", sorted(ROW_OF))
def test_a_module_imports_only_from_the_rows_above(importer: str) -> None:
    wrong = {name for name in imported_modules()[importer] if ROW_OF[name] >= ROW_OF[importer]}
    assert not wrong, f"{importer} imports {sorted(wrong)}, which do not stand above it"


def test_the_package_itself_imports_what_is_there_anyway() -> None:
    assert list(imports_of(PACKAGE / "__init__.py")) == ["os", "sys"]


@pytest.mark.parametrize("command", ["plots", "compare", "report", "store", "config", "planning"])
def test_what_reads_results_or_configs_never_reaches_training(command: str) -> None:
    graph = imported_modules()
    reached, found = {command}, [command]
    while found:
        new = graph[found.pop()] - reached
        reached |= new
        found += new
    assert not reached & {"program", "training", "trainer", "preload", "worker", "executors"}


LOADED = """
import json, sys
sys.argv = ["relu-bench", *json.loads(sys.argv[1])]
from relu_bench.cli import main
code = 0
try:
    if sys.argv[1:]:
        main()
except SystemExit as end:
    code = end.code
loaded = {name.partition(".")[0] for name in sys.modules}
print(json.dumps([code, sorted(loaded)]), file=sys.__stderr__)
"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
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
    ],
)
def test_what_must_be_quick_loads_nothing_heavy(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    (tmp_path / "wrong.yaml").write_text("activation: rellu\nepochs: 0\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps(arguments)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    ended, loaded = json.loads(done.stderr.splitlines()[-1])
    assert ended == code
    assert not HEAVY & set(loaded)
