"""Activations of the user's own: `my_module.py:my_function`, the one form that runs code.

Here a file is read, its content hashed, and its text searched for the function; nothing is run.
`own_function.py` runs it: in a worker that builds a network with it, else in a process for each
file, never in this one. Such a file may change whatever it likes in its process (settings of Keras,
TensorFlow and NumPy, the environment, classes), and nothing that is computed without it may depend
on that.
"""

import ast
import atexit
import hashlib
import re
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from relu_bench.components.labels import Label, LabelError, make_label, parse
from relu_bench.components.registry import nearest
from relu_bench.data import expanded
from relu_bench.errors import ReluBenchError, shorten, show
from relu_bench.machine import fork_server
from relu_bench.machine.child_process import (
    Answer,
    ChildDiedError,
    ChildProcess,
    Report,
    RequestFailedError,
    TookTooLongError,
)
from relu_bench.networks.activations.entry import Activation, Array
from relu_bench.wording import leading

LARGEST_FILE = 1_000_000
LONGEST_SECONDS = 60.0
"""A function is tried out in a second or two, on a loaded machine in many times as long."""
_MOST_NAMED = 12
_LOOKS_OWN = re.compile(r"\.py\s*(?:$|[:(])|^[^()'\"]*:")
_GIVEN = re.compile(r"(?P<file>.+\.py):(?P<function>\w*)\s*(?P<inside>\([^()]*\))?")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


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


# Where the file of each label lies that this process has read. Whoever runs it checks the content
# first, so what stands here can be out of date, but not wrong.
_sources: dict[str, Source] = {}
_processes: dict[Source, ChildProcess] = {}


def looks_own(text: str) -> bool:
    """Whether `text` is meant as a function of the user's own."""
    return _LOOKS_OWN.search(text) is not None


def canonical(text: str) -> str:
    """The canonical label of `path/to/my_module.py:my_function`.

    It is `my_module.py:my_function(source=1a2b3c4d)`, with the first 8 hex digits of the SHA-256
    of the file's content. The file is read, and nothing in it is run. Digits that are given
    already are checked against the file.

    Raises:
        LabelError: when the text, the file or the function is not as it should be.
    """
    file, given = _split(text)
    if given.parameters and file == Path(file).name and str(given) in _sources:
        return str(given)
    source = read_source(file, given.name.partition(":")[2])
    label = str(make_label(given.name, {"source": source.digits}))
    if given.parameters and label != str(given):
        raise LabelError(
            f"{file} is another version than {show(text.strip())} names: its content has source="
            f"{source.digits} now. Without (source=...) it is taken as it is"
        )
    if _sources.get(label, source) != source:
        raise LabelError(
            f"{file} and {_sources[label].path} differ, but both are {label}: change one of them, "
            "if only a comment"
        )
    _sources[label] = source
    return label


def source_of(label: str) -> Source | None:
    """Where the function of a canonical label stands, if this process has read it."""
    return _sources.get(label)


def know(sources: Mapping[str, Source]) -> None:
    """Take another process's word for where the functions of canonical labels stand."""
    _sources.update(sources)


def identity(label: str, source: Source) -> str:
    """What a run's identity holds in place of the label: no path, and the whole hash."""
    return f"{function_name(label)}@sha256:{source.sha256}"


def with_path(label: str, source: Source | None) -> str:
    """The canonical label with the path that the user gave: what `canonical` can read again.

    Without a source, which only a function of the user's own has, the label as it is.
    """
    if source is None:
        return label
    _, _, rest = label.partition(":")
    return f"{source.given}:{rest}"


def function_name(label: str) -> str:
    """The function's name in a canonical label."""
    return parse(label).name.partition(":")[2]


def entry(label: Label) -> Activation:
    """What is known of a function of the user's own without running it, or having its file."""
    file, _, function = label.name.partition(":")
    escaped = function.replace("_", r"\_")
    text = str(label)
    return Activation(
        kind="own",
        formula=f"{function}(x), as defined in {file}",
        latex=rf"\mathrm{{{escaped}}}(x)",
        derivative="by TensorFlow's automatic differentiation",
        value=lambda x, **_source: values(text, x),
        slope=lambda x, **_source: slopes(text, x),
        facts=lambda **_source: None,
        reference="",
        initializer="",
        use="",
        avoid="",
        build=lambda label, name, _rank: build_layer(str(label), name),
    )


def values(label: str, x: Array) -> Array:
    """f(x) by running the function, in float32, in a process of its own. Raises ActivationError."""
    found: Array = call(_known(label), _run, "values", label, _known(label), x)
    return found


def slopes(label: str, x: Array) -> Array:
    """f'(x) likewise, as TensorFlow differentiates it."""
    found: Array = call(_known(label), _run, "slopes", label, _known(label), x)
    return found


def build_layer(label: str, name: str, source: Source | None = None) -> Any:
    """The Keras layer; the file is run in this process, which must do nothing else.

    `source` is where the file lies, None: as `canonical` has read it.

    Raises:
        ActivationError: when the file has changed, or the function is no activation.
    """
    from relu_bench.networks.activations import own_function

    return own_function.build_layer(label, source or _known(label), name)


def trial_warnings(label: str, source: Source) -> list[str]:
    """What may end a training with the function, a sentence each; run in a process of its own.

    Raises:
        ActivationError: when it cannot be run, or is no activation.
    """
    found: list[str] = call(source, _run, "trial_warnings", label, source)
    return found


def _run(name: str, *arguments: Any) -> Any:
    """What a function of `own_function.py` returns, in the process that runs the user's file."""
    from relu_bench.networks.activations import own_function

    return getattr(own_function, name)(*arguments)


def _known(label: str) -> Source:
    if label not in _sources:
        try:
            canonical(label)
        except LabelError as error:
            raise ActivationError(f"{label}: {error}") from None
    return _sources[label]


def _split(text: str) -> tuple[str, Label]:
    """The path that `text` gives, and the label with the digits that it gives, if any."""
    found = _GIVEN.fullmatch(text.strip())
    if found is None:
        raise LabelError(
            f"{show(text)} is no function in a file; write path/to/my_module.py:my_function"
        )
    file, function = found["file"], found["function"]
    if not _FUNCTION.fullmatch(function):
        raise LabelError(
            f"{show(function)} in {show(text)} can be no function's name; write "
            "path/to/my_module.py:my_function, the name in plain letters, digits and _"
        )
    name = Path(file).name
    if not _FILE_NAME.fullmatch(name):
        raise LabelError(
            f"{show(name)} stands in labels, so it may hold only letters from a to z, digits, '_', "
            "'-' and '.'; rename the file"
        )
    return file, parse(f"{name}:{function}{found['inside'] or ''}")


def read_source(given: str, function: str) -> Source:
    """Read the file `given` (relative to the working directory) and look for `function` in it.

    Raises:
        LabelError: when there is no such file, it is no Python, or has no such function.
    """
    path = _found(given)
    try:
        content = _read(path)
    except OSError as error:
        raise LabelError(f"{given} cannot be read: {error.strerror or error}") from None
    if len(content) > LARGEST_FILE:
        raise LabelError(f"{given} has more than a million bytes: that is no file of activations")
    _check_defined(_parsed(content, given), given, function)
    return Source(_digest(content), path, given)


def content_of(source: Source) -> bytes:
    """The file's bytes, as they were when it was read.

    Raises:
        ActivationError: when the file is gone or has changed since.
    """
    try:
        content = _read(source.path)
    except OSError as error:
        raise ActivationError(f"{source.path} cannot be read: {error.strerror or error}") from None
    found = _digest(content)
    if found != source.sha256:
        raise ActivationError(
            f"{source.path} has changed since the command read it: its content has "
            f"source={found[:8]} now. The same command again takes it as it is"
        )
    return content


def _read(path: Path) -> bytes:
    """The bytes of a file, at most one more than `LARGEST_FILE`. Raises OSError."""
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def _digest(content: bytes) -> str:
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
    listed = leading(public, _MOST_NAMED) or "no function"
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


@dataclass(frozen=True)
class _Call:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    reports: bool


def call(
    source: Source,
    function: Callable[..., Any],
    *arguments: Any,
    on_report: Report | None = None,
    limited: bool = True,
) -> Any:
    """What `function(*arguments)` returns in the process that runs this file and no other.

    Args:
        source: the file that the function will run.
        function: importable.
        arguments: like the result, something that can be pickled.
        on_report: told how far it is by the function, which is given one argument more: what it
            tells it to.
        limited: whether it is given `LONGEST_SECONDS` at most, and not as long as it takes.

    Raises:
        ReluBenchError: which `function` raised.
        ActivationError: it raised something else, took too long, or the process died.
        WorkerStartError: there can be no process.
    """
    timeout = LONGEST_SECONDS if limited else None
    if source not in _processes:
        log = _logs() / f"{source.digits}.log"
        _processes[source] = ChildProcess(fork_server.start(), log.stem, _make_answer, log)
    try:
        request = _Call(function, arguments, reports=on_report is not None)
        answer = _processes[source].ask(request, on_report or (lambda value: None), timeout)
    except BaseException as error:
        # Also after an interrupt: what it answers later would be taken for another answer.
        _processes.pop(source).kill()
        if isinstance(error, ChildDiedError | RequestFailedError):
            raise ActivationError(f"{source.given}: {error}") from None
        if isinstance(error, TookTooLongError):
            raise ActivationError(
                f"{source.given}: no result within {timeout:g} s, where an activation takes "
                "milliseconds. Look for a loop without an end in the function, or in what the file "
                "does when it is imported."
            ) from None
        raise
    if isinstance(answer, ReluBenchError):
        raise answer
    return answer


def _make_answer() -> Answer:
    from relu_bench.machine.quiet_tensorflow import one_thread

    one_thread()
    return _answer


def _answer(request: _Call, report: Report) -> Any:
    try:
        return request.function(*request.arguments, *([report] if request.reports else []))
    except ReluBenchError as error:
        return error


@lru_cache(maxsize=1)
def _logs() -> Path:
    """One folder for all; it is removed when this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="relu-bench-")
    atexit.register(folder.cleanup)
    return Path(folder.name)
