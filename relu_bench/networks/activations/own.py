"""Activations of the user's own: `my_module.py:my_function`, the one form that runs code.

Here nothing is run: a file is read, its content hashed, and its text searched for the function.
`own_function.py` runs it, in a worker that builds a network with it or in a process of its own
(`own_process.py`).
"""

import re
from collections.abc import Mapping
from pathlib import Path

from relu_bench.components.labels import Label, LabelError, make_label, parse
from relu_bench.errors import show
from relu_bench.networks.activations import own_process
from relu_bench.networks.activations.entry import Activation, Array
from relu_bench.networks.activations.own_file import ActivationError, Source, read_source

_LOOKS_OWN = re.compile(r"\.py\s*(?:$|[:(])|^[^()'\"]*:")
_GIVEN = re.compile(r"(?P<file>.+\.py):(?P<function>\w*)\s*(?P<inside>\([^()]*\))?")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Where the file of each label lies that this process has read. Whoever runs it checks the content
# first, so what stands here can be out of date, but not wrong.
_sources: dict[str, Source] = {}


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
    found: Array = own_process.call(_known(label), _values_here, label, _known(label), x)
    return found


def slopes(label: str, x: Array) -> Array:
    """f'(x) likewise, as TensorFlow differentiates it."""
    found: Array = own_process.call(_known(label), _slopes_here, label, _known(label), x)
    return found


def _values_here(label: str, source: Source, x: Array) -> Array:
    from relu_bench.networks.activations import own_function

    return own_function.values(label, source, x)


def _slopes_here(label: str, source: Source, x: Array) -> Array:
    from relu_bench.networks.activations import own_function

    return own_function.slopes(label, source, x)


def build_layer(label: str, name: str, source: Source | None = None) -> object:
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
    found: list[str] = own_process.call(source, _trial_warnings_here, label, source)
    return found


def _trial_warnings_here(label: str, source: Source) -> list[str]:
    from relu_bench.networks.activations import own_function

    return own_function.trial_warnings(label, source)


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
