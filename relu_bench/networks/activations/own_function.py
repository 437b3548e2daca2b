"""Run a function of the user's own: load its file, try it out, make it a layer.

Importing this module imports TensorFlow.
"""

import contextlib
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.machine.quiet_tensorflow import keras, tf
from relu_bench.networks.activations.entry import Array
from relu_bench.networks.activations.own import (
    ActivationError,
    Source,
    content_of,
    function_name,
)

Function = Callable[[Any], Any]
Describe = Callable[[BaseException], str]
Values = NDArray[np.float32]

_SHAPES = ((3, 4), (2, 3, 2, 2))
"""Of what the layers of perceptrons and of convolutional networks return, batch axis first."""
_LEVELS = (-1.5, 0.0, 0.75)

_USUAL = (0.0, 1e-30, 1e-7, 0.1, 1.0, 3.0, 10.0, 50.0)
"""Of both signs, what a training that goes well gives a function: there it must be finite."""
_FAR = (100.0, 1e4)
"""Likewise, what a training gives it that goes wrong."""
_COPIES = 16
"""Of each input: compiled code treats many at once in another way than one."""
_HINT = (
    ". Where a branch of tf.where is not taken, its gradient counts all the same: give it an "
    "input at which it has one, as in tf.where(x > 0, tf.sqrt(tf.where(x > 0, x, 1.0)), 0.0)"
)

_modules: dict[str, ModuleType] = {}
_tried: dict[tuple[str, str], tuple[Function, tuple[str, ...]]] = {}


def build_layer(label: str, source: Source, name: str) -> Any:
    """The Keras layer that applies the function of a canonical label.

    Raises:
        ActivationError: as `load`.
    """
    return keras.layers.Activation(load(label, source), name=name)


def load(label: str, source: Source) -> Function:
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


def _loaded(label: str, source: Source) -> tuple[Function, tuple[str, ...]]:
    name = function_name(label)
    key = source.sha256, name
    if key not in _tried:
        function: Any = _module(label, source).__dict__.get(name)
        if not callable(function):
            raise ActivationError(
                f"{label}: {name} is of type {type(function).__name__}; expected is a "
                "function that takes a tensor and returns one"
            )
        quiet = _without_output(function)
        warnings = try_out(label, quiet, lambda error: _described(error, source))
        _tried[key] = quiet, tuple(warnings)
    return _tried[key]


def _without_output(function: Function) -> Function:
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

    zero = tf.UnconnectedGradients.ZERO
    return _one_by_one(lambda inputs: _value_and_gradient(function, inputs, zero)[1], x)


def _one_by_one(function: Function, x: Array) -> Array:
    """As a batch of single values, which is what layers see; float64 of the same shape as `x`."""
    outputs = function(tf.constant(x.reshape(-1, 1), tf.float32))
    converted: Array = outputs.numpy().astype(float).reshape(x.shape)
    return converted


def _module(label: str, source: Source) -> ModuleType:
    """The file as a module of its own, whatever else is called the same or stands in sys.path."""
    if source.sha256 in _modules:
        return _modules[source.sha256]
    try:
        content = content_of(source)
    except ActivationError as error:
        raise ActivationError(f"{label}: {error}") from None
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


def try_out(label: str, function: Function, describe: Describe) -> list[str]:
    """Check that `function` is an elementwise, differentiable function of a float32 tensor.

    It must give a tensor of the same shape and type, also in a compiled program and for a batch
    whose size is not known; the same for the same input; an output must depend on no input but its
    own, nor on its place, nor on the tensor's shape; it must have a gradient and no variables; and
    value and gradient must be finite at the usual inputs, compiled as training compiles them.

    Returns:
        A sentence for each far input at which value or gradient is not finite.

    Raises:
        ActivationError: when it does not; `describe` puts what it raised into words.
    """
    trial = _Trial(label, function, describe)
    at_levels = []
    for shape in _SHAPES:
        inputs = _inputs(shape)
        trial.check_eager(inputs)
        forward = trial.traced(shape)
        trial.check_elementwise(forward, inputs)
        at_levels.append(trial.check_places(forward, shape))
    if not _alike(*at_levels):
        raise trial.error("its value depends on the shape of the tensor, not on the input alone")
    trial.check_gradient()
    return trial.check_finite()


class _Trial:
    def __init__(self, label: str, function: Function, describe: Describe) -> None:
        self.label = label
        self.function = function
        self.describe = describe

    def error(self, text: str) -> ActivationError:
        return ActivationError(f"{self.label}: {text}")

    def run(self, action: Callable[[], Any], when: str) -> Any:
        try:
            return action()
        except Exception as error:
            hint = ""
            if isinstance(error, tf.errors.OperatorNotAllowedInGraphError):
                hint = "; choose by tf.where in place of if, and, or"
            raise self.error(f"{when}, it raised {self.describe(error)}{hint}") from error

    def check_eager(self, inputs: Values) -> None:
        outputs = self.run(lambda: self.function(tf.constant(inputs)), "for a float32 tensor")
        if not isinstance(outputs, tf.Tensor):
            kind = "None" if outputs is None else f"a value of type {type(outputs).__name__}"
            raise self.error(
                f"it returned {kind}; expected is a tensor, made by TensorFlow or keras.ops"
            )
        if tuple(outputs.shape) != inputs.shape:
            raise self.error(
                f"it returned the shape {tuple(outputs.shape)} for the shape {inputs.shape}; "
                "expected is the same shape"
            )
        if outputs.dtype != tf.float32:
            raise self.error(f"it returned {outputs.dtype.name} for float32; expected is float32")

    def traced(self, shape: tuple[int, ...]) -> Callable[[Values], Values]:
        """The function as part of a program, for batches of any size."""
        signature = tf.TensorSpec([None, *shape[1:]], tf.float32)
        compiled = tf.function(self.function, autograph=False)
        program = self.run(
            lambda: compiled.get_concrete_function(signature), "in a compiled program"
        )
        if program.graph.variables:
            raise self.error(
                "it holds variables; a function of your own can have no parameters that are learned"
            )

        def forward(inputs: Values) -> Values:
            outputs: Values = self.run(
                lambda: program(tf.constant(inputs)).numpy(), "in a compiled program"
            )
            return outputs

        return forward

    def check_elementwise(self, forward: Callable[[Values], Values], inputs: Values) -> None:
        base = forward(inputs)
        if not np.array_equal(forward(inputs), base, equal_nan=True):
            raise self.error(
                "it returned different values for the same input; expected is a function without "
                "random numbers or memory"
            )
        if not _alike(forward(inputs[:1]), base[:1]):
            raise self.error("its value depends on the size of the batch, not on the input alone")
        for changed, others in _with_one_changed(inputs):
            if not np.array_equal(forward(changed)[others], base[others], equal_nan=True):
                raise self.error(
                    "it is not elementwise: an output changed with the input of another unit or "
                    "image, as in softmax"
                )

    def check_places(self, forward: Callable[[Values], Values], shape: tuple[int, ...]) -> Values:
        """The values at `_LEVELS`, which must be the same everywhere in the tensor."""
        found = []
        for level in _LEVELS:
            outputs = forward(np.full(shape, level, np.float32)).ravel()
            if not _alike(outputs, np.full_like(outputs, outputs[0])):
                raise self.error("its value depends on the place in the tensor, not on the input")
            found.append(outputs[0])
        return np.asarray(found)

    def check_gradient(self) -> None:
        inputs = tf.constant(_inputs(_SHAPES[0]))
        _, found = self.run(
            lambda: _value_and_gradient(self.function, inputs), "when it was differentiated"
        )
        if found is None:
            raise self.error(
                "it has no gradient: no differentiable operation leads from its input to its output"
            )
        if tuple(found.shape) != _SHAPES[0] or found.dtype != tf.float32:
            raise self.error(
                f"its gradient has the shape {tuple(found.shape)} and the type {found.dtype.name} "
                f"for the shape {_SHAPES[0]} and float32; expected are the same"
            )

    def check_finite(self) -> list[str]:
        """Look at value and gradient where they may be no numbers; sentences on the far inputs.

        In a plain graph and with XLA, since each is NaN where the other is not: for an upstream of
        0, the gradient of a square root at 0 is 0 in TensorFlow and NaN with XLA. A function must
        compile with XLA even where no model would use it: otherwise its failure would look like a
        machine without XLA.
        """
        points = np.array(
            [sign * size for size in (*_USUAL, *_FAR) for sign in (1, -1)], np.float32
        )
        inputs = tf.constant(np.repeat(points[:, None], _COPIES, axis=1))
        programs = {
            "in a plain graph": self.run(
                lambda: _compiled(self.function, inputs, xla=False), "in a compiled program"
            )
        }
        try:
            programs["compiled with XLA"] = _compiled(self.function, inputs, xla=True)
        except Exception as error:
            if _xla_works(inputs):
                raise self.error(
                    f"XLA cannot compile it: it raised {self.describe(error)}"
                ) from error
        far: dict[float, str] = {}
        for how, found in programs.items():
            for what, outputs in zip(("value", "gradient"), found, strict=True):
                rows = outputs.numpy()
                for place, copy in np.argwhere(~np.isfinite(rows)):
                    point = float(points[place])
                    text = f"its {what} at {point:g} is {rows[place, copy]:g}, {how}"
                    if abs(point) < _FAR[0]:
                        hint = _HINT if what == "gradient" else ""
                        raise self.error(f"{text}; expected is a finite number{hint}")
                    warning = f"{self.label}: {text}; a run with such an input diverges"
                    far.setdefault(point, warning)
        return list(far.values())


def _value_and_gradient(
    function: Function, inputs: Any, unconnected: Any = tf.UnconnectedGradients.NONE
) -> tuple[Any, Any]:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        outputs = function(inputs)
    return outputs, tape.gradient(outputs, inputs, unconnected_gradients=unconnected)


def _compiled(function: Function, inputs: Any, *, xla: bool) -> tuple[Any, Any]:
    """Value and gradient, compiled as training compiles them."""
    program = tf.function(
        lambda x: _value_and_gradient(function, x), autograph=False, jit_compile=xla
    )
    found: tuple[Any, Any] = program(inputs)
    return found


def _xla_works(inputs: Any) -> bool:
    """Whether XLA is there at all; where it is not, networks are trained without."""
    try:
        _compiled(tf.nn.relu, inputs, xla=True)
    except tf.errors.OpError:
        return False
    return True


def _alike(one: Values, other: Values) -> bool:
    """Equal but for rounding: vector instructions may round otherwise at another place."""
    return np.allclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True)


def _inputs(shape: tuple[int, ...]) -> Values:
    """Distinct values on both sides of 0, in no order."""
    count = int(np.prod(shape))
    values = np.linspace(-3.1, 2.9, count, dtype=np.float32)
    return np.asarray(np.random.default_rng(0).permutation(values).reshape(shape))


def _with_one_changed(inputs: Values) -> Iterator[tuple[Values, NDArray[np.bool_]]]:
    """Copies with another value at one place, and the mask of all other places."""
    for place in np.ndindex(inputs.shape):
        others = np.ones(inputs.shape, bool)
        others[place] = False
        for value in (inputs[place] + 0.5, 40.0, -40.0):
            changed = inputs.copy()
            changed[place] = value
            yield changed, others
