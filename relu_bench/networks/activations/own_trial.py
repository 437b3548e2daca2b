"""Is a user's function an activation? Tried out on small tensors before any training.

Importing this module imports TensorFlow.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.machine.quiet_tensorflow import tf
from relu_bench.networks.activations.own_file import ActivationError

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
        """Look at value and gradient where they may be no numbers; sentences on the far inputs."""
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


_HINT = (
    ". Where a branch of tf.where is not taken, its gradient counts all the same: give it an "
    "input at which it has one, as in tf.where(x > 0, tf.sqrt(tf.where(x > 0, x, 1.0)), 0.0)"
)


def _value_and_gradient(function: Function, inputs: Any) -> tuple[Any, Any]:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        outputs = function(inputs)
    return outputs, tape.gradient(outputs, inputs)


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
