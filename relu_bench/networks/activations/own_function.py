"""Run a function of the user's own: load its file, try it out, make it a layer.

Importing this module imports TensorFlow.
"""

import contextlib
import linecache
import sys
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

from relu_bench.components.labels import parse
from relu_bench.machine.quiet_tensorflow import keras, tf
from relu_bench.networks.activations.entry import Array
from relu_bench.networks.activations.own_file import ActivationError, Source, digest, read
from relu_bench.networks.activations.own_trial import try_out

_modules: dict[str, ModuleType] = {}
_tried: dict[tuple[str, str], tuple[Callable[[Any], Any], tuple[str, ...]]] = {}


def build_layer(label: str, source: Source, name: str) -> Any:
    """The Keras layer that applies the function of a canonical label.

    Raises:
        ActivationError: as `load`.
    """
    return keras.layers.Activation(load(label, source), name=name)


def load(label: str, source: Source) -> Callable[[Any], Any]:
    """The function of a canonical label, run from its file and tried out, once a process.

    Raises:
        ActivationError: when the file is gone or changed, or raises, or holds no such function; or
            when the function is no elementwise, differentiable function of a float32 tensor, or not
            finite where every training takes it.
    """
    return _loaded(label, source)[0]


def trial_warnings(label: str, source: Source) -> list[str]:
    """What was seen at the trial that may end a training; a sentence each.

    Raises:
        ActivationError: as `load`.
    """
    return list(_loaded(label, source)[1])


def _loaded(label: str, source: Source) -> tuple[Callable[[Any], Any], tuple[str, ...]]:
    function_name = parse(label).name.partition(":")[2]
    key = source.sha256, function_name
    if key not in _tried:
        function: Any = _module(label, source).__dict__.get(function_name)
        if not callable(function):
            raise ActivationError(
                f"{label}: {function_name} is of type {type(function).__name__}; expected is a "
                "function that takes a tensor and returns one"
            )
        quiet = _without_output(function)
        warnings = try_out(label, quiet, lambda error: _described(error, source))
        _tried[key] = quiet, tuple(warnings)
    return _tried[key]


def _without_output(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What the function prints, also while it is traced, must not stand among the results."""

    def quiet(x: Any) -> Any:
        with contextlib.redirect_stdout(sys.stderr):
            return function(x)

    return quiet


def values(label: str, source: Source, x: Array) -> Array:
    """f(x) in float32. Raises ActivationError as `load`."""
    function = load(label, source)
    return _one_by_one(function, x)


def slopes(label: str, source: Source, x: Array) -> Array:
    """f'(x) in float32, by automatic differentiation. Raises ActivationError as `load`."""
    function = load(label, source)

    def derivative(inputs: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            outputs = function(inputs)
        return tape.gradient(outputs, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return _one_by_one(derivative, x)


def _one_by_one(function: Callable[[Any], Any], x: Array) -> Array:
    """As a batch of single values, which is what layers see; float64 of the same shape as `x`."""
    outputs = function(tf.constant(x.reshape(-1, 1), tf.float32))
    converted: Array = outputs.numpy().astype(float).reshape(x.shape)
    return converted


def _module(label: str, source: Source) -> ModuleType:
    """The file as a module of its own, whatever else is called the same or stands in sys.path."""
    if source.sha256 in _modules:
        return _modules[source.sha256]
    content = _content(label, source)
    module = ModuleType(f"relu_bench_own_{source.sha256[:16]}")
    module.__file__ = str(source.path)
    # Classes and decorators look their module up by its name.
    sys.modules[module.__name__] = module
    linecache.checkcache(str(source.path))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            code = compile(content, str(source.path), "exec", dont_inherit=True)
            # What is run is what was hashed: the file is not read again.
            exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        raise ActivationError(
            f"{label}: importing {source.given} raised {_described(error, source)}"
        ) from error
    _modules[source.sha256] = module
    return module


def _content(label: str, source: Source) -> bytes:
    try:
        content = read(source.path)
    except OSError as error:
        raise ActivationError(
            f"{label}: {source.path} cannot be read: {error.strerror or error}"
        ) from None
    found = digest(content)
    if found != source.sha256:
        raise ActivationError(
            f"{label}: {source.path} has changed since the command read it: its content has "
            f"source={found[:8]} now. The same command again takes it as it is"
        )
    return content


def _described(error: BaseException, source: Source) -> str:
    """The error in one short line, with the line of the user's file that it came from."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(source.path)
    ]
    where = f" (line {lines[-1]})" if lines else ""
    text = " ".join(str(error).split())
    shown = text if len(text) <= 200 else f"{text[:200]}..."
    return f"{type(error).__name__}{where}: {shown}"
