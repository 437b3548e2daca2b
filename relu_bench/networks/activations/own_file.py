"""A user's Python file, read but never run: the hash of its content, and the functions in it."""

import ast
import hashlib
import stat
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from relu_bench.components.labels import LabelError
from relu_bench.components.registry import nearest
from relu_bench.data import expanded
from relu_bench.errors import ReluBenchError, shorten

LARGEST_FILE = 1_000_000
_MOST_NAMED = 12


class ActivationError(ReluBenchError):
    """A function of the user's own cannot be run, or is no activation."""


@dataclass(frozen=True)
class Source:
    """The file that a function of the user's own stands in, as it was when it was read.

    Two are equal when their content is: where a file lies says nothing about what it computes.

    Attributes:
        sha256: of its bytes, 64 hex digits.
        path: absolute.
        given: the path as the user wrote it.
    """

    sha256: str
    path: Path = field(compare=False)
    given: str = field(compare=False)

    @property
    def digits(self) -> str:
        """What stands in the label."""
        return self.sha256[:8]


def read_source(given: str, function: str) -> Source:
    """Read the file `given` (relative to the working directory) and look for `function` in it.

    Raises:
        LabelError: when there is no such file, it is no Python, or has no such function.
    """
    path = _found(given)
    try:
        content = read(path)
    except OSError as error:
        raise LabelError(f"{given} cannot be read: {error.strerror or error}") from None
    if len(content) > LARGEST_FILE:
        raise LabelError(f"{given} has more than a million bytes: that is no file of activations")
    _check_defined(_parsed(content, given), given, function)
    return Source(digest(content), path, given)


def read(path: Path) -> bytes:
    """The bytes of a file, at most one more than `LARGEST_FILE`. Raises OSError."""
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def _found(given: str) -> Path:
    path = expanded(Path(given))
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        others = sorted(other.name for other in path.parent.glob("*.py"))
        place = "" if path.is_absolute() else f" in {Path.cwd()}, the working directory"
        hint = nearest(path.name, others)
        raise LabelError(f"there is no file {shorten(given)}{place}.{hint}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise LabelError(f"{shorten(given)} cannot be read: {reason}") from None
    if stat.S_ISREG(kind):
        return path.resolve()
    what = "folder" if stat.S_ISDIR(kind) else "pipe or a device"
    raise LabelError(f"{given} is a {what}; give a Python file, as my_module.py:my_function")


def _parsed(content: bytes, given: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            # What Python thinks of an escape sequence is told when the file is run.
            warnings.simplefilter("ignore")
            return ast.parse(content, given)
    except SyntaxError as error:
        line = "" if error.lineno is None else f", line {error.lineno}"
        raise LabelError(f"{given}{line} is no valid Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise LabelError(f"{given} is no valid Python: {error or type(error).__name__}") from None


def _check_defined(module: ast.Module, given: str, function: str) -> None:
    found = dict(_definitions(module.body))
    kind = found.get(function)
    if kind in ("function", "value"):
        return
    if kind is not None:
        raise LabelError(
            f"{function!r} in {given} is {kind}; expected is a function that is defined there"
        )
    names = [name for name, kind in found.items() if kind in ("function", "value")]
    public = [name for name in names if not name.startswith("_")]
    more = ", ..." if len(public) > _MOST_NAMED else ""
    listed = f"{', '.join(public[:_MOST_NAMED])}{more}" or "no function"
    raise LabelError(
        f"{given} has no function {function!r} at its top level."
        f"{nearest(function, names)} It has: {listed}"
    )


def _definitions(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """What the statements bind at the top level: names, and what kind of thing each is."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name):
                yield name, "function"
            case ast.AsyncFunctionDef(name=name):
                yield name, "an async function"
            case ast.ClassDef(name=name):
                yield name, "a class"
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                # Its code stands elsewhere, where no fingerprint would notice a change.
                imported = [alias.asname or alias.name.partition(".")[0] for alias in aliases]
                yield from ((name, "imported from elsewhere") for name in imported)
            case ast.Assign(targets=targets):
                yield from ((name, "value") for target in targets for name in _names(target))
            case ast.AnnAssign(target=target, value=ast.expr()):
                yield from ((name, "value") for name in _names(target))
            case ast.If() | ast.Try() | ast.With():
                for block in ("body", "orelse", "finalbody"):
                    yield from _definitions(getattr(statement, block, []))
                for handler in getattr(statement, "handlers", []):
                    yield from _definitions(handler.body)


def _names(target: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
