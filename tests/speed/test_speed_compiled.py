"""Nothing of the timed work is optimized away: looked up in what the compiler made, and computed.

In the optimized program, every result is computed inside the loop, from the shift that the
iteration before has made. With a shift large enough to see, the values are those of so many
applications in a row.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from relu_bench.networks import activations
from relu_bench.networks.activations.listing import all_labels
from relu_bench.speed import work
from relu_bench.speed.cells import UNITS, Cell, Size
from relu_bench.speed.work import Workshop

pytestmark = pytest.mark.tensorflow

ROWS = 8
WHOLE = f"f32[{ROWS},{UNITS}]"
SIZE = Size("small", ROWS * UNITS, "")
# What the loop must still hold: a name of XLA's for what the formula needs.
NEEDED = {
    "relu": "maximum",
    "leaky_relu(negative_slope=0.01)": "select",
    "tanh": "tanh",
    "sigmoid": "logistic|exponential",
    "elu(alpha=1.0)": "exponential-minus-one",
    "gelu(approximate=false)": "erf|exponential",
    "softplus": "log-plus-one",
}


@dataclass(frozen=True)
class Instruction:
    name: str
    shape: str
    operation: str
    operands: tuple[str, ...]
    line: str


def computations(hlo: str) -> dict[str, list[Instruction]]:
    """The instructions of each computation of an HLO text."""
    found: dict[str, list[Instruction]] = {}
    current: list[Instruction] = []
    for line in hlo.splitlines():
        head = re.match(r"(?:ENTRY )?%([\w.\-]+) \(.*\{$", line)
        if head:
            current = found.setdefault(head[1], [])
            continue
        made = re.match(r"\s+(?:ROOT )?%([\w.\-]+) = (\(.*?\)|\S+) ([\w\-]+)\((.*)$", line)
        if made:
            name, shape, operation, rest = made.groups()
            operands = tuple(re.findall(r"%([\w.\-]+)", rest.partition("), ")[0]))
            current.append(Instruction(name, shape.partition("{")[0], operation, operands, line))
    return found


class Loop:
    """The body of the one loop around all applications."""

    def __init__(self, hlo: str) -> None:
        self.all = computations(hlo)
        entry = re.search(r"^ENTRY %([\w.\-]+)", hlo, re.MULTILINE)
        assert entry is not None
        loops = [each for each in self.all[entry[1]] if each.operation == "while"]
        assert len(loops) == 1, "one loop, in the outermost computation"
        assert "known_trip_count" not in loops[0].line
        body = re.search(r"body=%([\w.\-]+)", loops[0].line)
        assert body is not None
        self.body = {each.name: each for each in self.all[body[1]]}
        (self.result,) = (each for each in self.body.values() if "ROOT" in each.line)

    def index(self, name: str) -> int | None:
        """Which part of the loop's state an instruction takes out, if it does that."""
        found = re.search(r"get-tuple-element\(%\S+\), index=(\d+)", self.body[name].line)
        return int(found[1]) if found else None

    def shifts(self) -> set[str]:
        """What takes out a scalar float that each iteration makes anew."""
        return {
            name
            for name, each in self.body.items()
            if (index := self.index(name)) is not None
            and each.shape == "f32[]"
            and self.index(self.result.operands[index]) != index
        }

    def depends(self, name: str, on: set[str]) -> bool:
        return name in on or any(self.depends(each, on) for each in self.body[name].operands)

    def computed(self) -> list[str]:
        """The whole tensors that each iteration makes from the shift of the one before."""
        shifts = self.shifts()
        return [
            name
            for name in self.result.operands
            if self.body[name].shape == WHOLE
            and self.index(name) is None
            and self.depends(name, shifts)
        ]

    def text(self) -> str:
        """The body and all that it calls."""
        lines: list[str] = []
        waiting = [list(self.body.values())]
        while waiting:
            for each in waiting.pop():
                lines.append(each.line)
                called = re.findall(r"(?:calls|to_apply|body|condition)=%([\w.\-]+)", each.line)
                waiting += [self.all[name] for name in called]
        return "\n".join(lines)


def tensors() -> tuple[Any, Any]:
    """Input and gradient from above; no value within 1/100 of a kink, first element 1.0."""
    import tensorflow as tf

    random = np.random.default_rng(3)
    x = (random.integers(-30, 30, (ROWS, UNITS)) + 0.37).astype(np.float32) / 8
    x[0, 0] = 1.0
    return tf.constant(x), tf.constant(random.standard_normal(x.shape, dtype=np.float32))


def layer_of(label: str) -> Any:
    import tensorflow as tf

    layer = activations.build_layer(label, "activation", 2)
    layer(tf.zeros((1, UNITS)))
    return layer


def optimized(label: str, *, backward: bool) -> Loop:
    import tensorflow as tf

    program = work.make_program(layer_of(label), (ROWS, UNITS), backward=backward)
    inspect = program.experimental_get_compiler_ir(*tensors(), tf.constant(3))
    return Loop(inspect(stage="optimized_hlo"))


@pytest.mark.parametrize("label", all_labels())
def test_the_optimized_loop_computes_output_and_gradient_anew_each_time(label: str) -> None:
    loop = optimized(label, backward=True)
    # The gradient of the identity is the gradient from above, which no compiler computes.
    assert len(loop.computed()) == (1 if label == "identity" else 2)


@pytest.mark.parametrize("label", NEEDED)
def test_the_optimized_loop_holds_the_operation(label: str) -> None:
    loop = optimized(label, backward=False)
    assert len(loop.computed()) == 1
    assert re.search(rf" (?:{NEEDED[label]})\(", loop.text())


def test_the_check_finds_what_was_moved_out_of_the_loop() -> None:
    """Without the shift, XLA computes relu once, before the loop: so the check can fail."""
    import tensorflow as tf

    def run(x: Any, times: Any) -> Any:
        def body(index: Any, _shift: Any, _y: Any) -> tuple[Any, ...]:
            y = tf.nn.relu(x)
            return index + 1, 1e-6 * y[0, 0], y

        start = (tf.constant(0), tf.constant(0.0), tf.zeros((ROWS, UNITS)))
        return tf.while_loop(lambda index, *_: index < times, body, start)[2]

    program = tf.function(run, jit_compile=True, autograph=False)
    inspect = program.experimental_get_compiler_ir(tensors()[0], tf.constant(3))
    assert Loop(inspect(stage="optimized_hlo")).computed() == []


def simulated(label: str, x: NDArray[np.float64], times: int, shift: float) -> NDArray[np.float64]:
    """The input of the last of so many applications in a row."""
    moved = x
    for _ in range(times - 1):
        moved = x + shift * activations.values(label, moved)[0, 0]
    return moved


@pytest.mark.parametrize("label", [label for label in all_labels() if "rrelu" not in label])
def test_the_results_are_those_of_so_many_applications_in_a_row(
    label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    monkeypatch.setattr(work, "SHIFT", 0.5)
    program = work.make_program(layer_of(label), (ROWS, UNITS), backward=True)
    x, upstream = tensors()
    y, gradient, *_ = (np.asarray(each) for each in program(x, upstream, tf.constant(3)))
    last = simulated(label, x.numpy().astype(np.float64), 3, 0.5)
    np.testing.assert_allclose(y, activations.values(label, last), rtol=3e-5, atol=3e-6)
    kinks = [kink.x for kink in activations.facts(label).kinks]
    smooth = np.min([np.abs(last - kink) for kink in [*kinks, np.inf]], axis=0) > 1e-4
    expected = upstream.numpy() * activations.slopes(label, last)
    np.testing.assert_allclose(gradient[smooth], expected[smooth], rtol=1e-4, atol=1e-5)


def test_rrelu_draws_anew_in_every_application() -> None:
    import tensorflow as tf

    program = work.make_program(
        layer_of("rrelu(lower=0.125, upper=0.25)"), (ROWS, UNITS), backward=True
    )
    x, upstream = tensors()
    below = x.numpy() < 0
    slopes = []
    for times in (1, 2):
        y, *_ = program(x, upstream, tf.constant(times))
        slopes.append(np.asarray(y)[below] / x.numpy()[below])
    for each in slopes:
        assert 0.124 < each.min() < 0.14
        assert 0.23 < each.max() < 0.251
    assert np.abs(slopes[0] - slopes[1]).max() > 0.05


@pytest.mark.parametrize("mode", ["compiled", "eager"])
def test_learned_slopes_get_their_gradients_too(mode: Any) -> None:
    shop = Workshop(SIZE.elements)
    results = {}
    for label in ("prelu(initial=0.25)", "learnable_relu(initial=0.1)", "arelu"):
        cell = Cell(label, mode, "forward+backward", SIZE)
        results[label] = [np.asarray(each) for each in shop.make(cell, SIZE.elements).apply(1)]
    x = np.random.default_rng(0).standard_normal((ROWS, UNITS), dtype=np.float32)
    by_slope = results["prelu(initial=0.25)"][1] / np.where(x > 0, 1, 0.25) * np.minimum(x, 0)
    np.testing.assert_allclose(
        results["prelu(initial=0.25)"][2], by_slope.sum(axis=0), rtol=1e-4, atol=1e-4
    )
    one_slope = results["learnable_relu(initial=0.1)"][2]
    assert one_slope == pytest.approx(by_slope.sum(), rel=1e-4)
    assert [each.shape for each in results["arelu"]] == [(ROWS, UNITS), (ROWS, UNITS), (), ()]
    assert results["arelu"][2] == pytest.approx(by_slope.sum(), rel=1e-4)


@pytest.mark.parametrize("mode", ["eager", "numpy"])
def test_all_modes_compute_the_same(mode: Any) -> None:
    shop = Workshop(4 * SIZE.elements)
    for label in ("relu", "tanh", "gelu(approximate=false)"):
        here, there = (
            shop.make(Cell(label, each, "forward+backward", SIZE), SIZE.elements).apply(2)
            for each in (mode, "compiled")
        )
        for ours, theirs in zip(here, there, strict=True):  # type: ignore[call-overload]
            assert np.shape(ours) == (ROWS, UNITS)
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_the_inputs_are_random_and_the_same_for_all() -> None:
    shop = Workshop(SIZE.elements)
    made = [
        np.asarray(shop.make(Cell("identity", mode, "forward", SIZE), SIZE.elements).apply(1)[0])  # type: ignore[index]
        for mode in ("compiled", "eager", "numpy")  # type: ignore[arg-type]
    ]
    assert len(np.unique(made[0])) > 0.99 * SIZE.elements
    assert (made[0] == made[1]).all()
    assert (made[0] == made[2]).all()
    assert abs(made[0].mean()) < 0.1
    assert made[0].std() == pytest.approx(1.0, abs=0.1)


def test_no_application_gives_zeros() -> None:
    import tensorflow as tf

    program = work.make_program(layer_of("sigmoid"), (ROWS, UNITS), backward=True)
    assert all(not np.asarray(each).any() for each in program(*tensors(), tf.constant(0)))
