"""A function of the user's own, run: as a layer, as a curve, and when it is no activation."""

import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from own_files import LEAKY, write

from relu_bench.cli.check import check
from relu_bench.config import yaml_source
from relu_bench.config.experiment import from_document
from relu_bench.config.plan import Spec
from relu_bench.figures.activation_functions import activation_functions, maximum
from relu_bench.networks.activations import (
    ActivationError,
    build_layer,
    canonical,
    slopes,
    values,
)
from relu_bench.training.trainer import Trainer

pytestmark = pytest.mark.tensorflow

TF = "import tensorflow as tf\n"
HOLE = """\
import tensorflow as tf

@tf.custom_gradient
def hole(x):
    # The trial looks at no value between 0.1 and 1.
    inside = tf.abs(x - 0.5) < 0.25
    slope = tf.where(inside, tf.where(x < 0.5, float("nan"), float("inf")), 3.0)
    return tf.where(inside, float("nan"), 3.0 * x), lambda upstream: upstream * slope
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def error_of(body: str, function: str = "f") -> str:
    """What `f` in a file with this text fails with, behind its label."""
    digits = write("mine.py", body)
    label = canonical(f"mine.py:{function}")
    with pytest.raises(ActivationError) as caught:
        build_layer(label, "role", rank=2)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"mine.py:{function}(source={digits}): ")
    return text.partition("): ")[2]


@pytest.mark.parametrize(
    "body",
    [
        "def f(x): return tf.where(x > 0, x, 0.1 * x)",
        "f = lambda x: tf.maximum(x, 0.1 * x)",
        "from keras import ops\ndef f(x): return ops.where(x > 0, x, 0.1 * x)",
        "import functools\ndef g(x, a): return tf.nn.leaky_relu(x, a)\n"
        "f = functools.partial(g, a=0.1)",
        "@tf.function\ndef f(x): return tf.nn.leaky_relu(x, 0.1)",
        "@tf.custom_gradient\ndef f(x):\n"
        "    def gradient(upstream): return upstream * tf.where(x > 0, 1.0, 0.1)\n"
        "    return tf.where(x > 0, x, 0.1 * x), gradient",
        "class Leaky:\n    def __call__(self, x): return tf.nn.leaky_relu(x, 0.1)\nf = Leaky()",
        "from __future__ import annotations\nimport dataclasses\n@dataclasses.dataclass\n"
        "class Leaky:\n    slope: float = 0.1\n"
        "    def __call__(self, x): return tf.nn.leaky_relu(x, self.slope)\nf = Leaky()",
    ],
)
def test_ways_to_write_a_leaky_relu(body: str) -> None:
    future, _, rest = body.rpartition("annotations\n")
    write("mine.py", f"{future}annotations\n{TF}{rest}" if future else TF + body)
    label = canonical("mine.py:f")
    layer = build_layer(label, "role", rank=4)
    assert layer.name == "role"
    assert layer.variables == []
    x = np.linspace(-3, 3, 24, dtype=np.float32)
    expected = np.where(x > 0, x, np.float32(0.1) * x)
    np.testing.assert_allclose(layer(x.reshape(2, 3, 2, 2)).numpy().ravel(), expected, rtol=1e-6)
    np.testing.assert_allclose(values(label, x.astype(float)), expected, rtol=1e-6)
    np.testing.assert_allclose(slopes(label, x.astype(float)), np.where(x > 0, 1, 0.1), rtol=1e-6)


def test_the_example_of_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "own-activation.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(python|yaml)\n(.*?)```", docs, re.DOTALL))
    write("acts/mine.py", blocks["python"])
    experiment = from_document(yaml_source.parse(blocks["yaml"], "docs"))
    relu, label = experiment.axes["activation"]
    assert relu == "relu"
    x = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_allclose(values(label, x), [0.1 * np.sin(-2), 0, 3], rtol=1e-6)
    np.testing.assert_allclose(slopes(label, x), [0.1 * np.cos(-2), 0.1, 1], rtol=1e-6)


def test_values_at_which_nothing_is_defined_are_nan() -> None:
    write("mine.py", HOLE)
    label = canonical("mine.py:hole")
    x = np.array([[0.4, 1.0], [0.6, 4.0]])
    np.testing.assert_allclose(values(label, x), [[np.nan, 3], [np.nan, 12]])
    np.testing.assert_allclose(slopes(label, x), [[np.nan, 3], [np.inf, 3]])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("tf.where(x > 0, tf.sqrt(x), 0.0)", "its gradient at 0 is nan, compiled with XLA"),
        ("tf.math.log(x)", "its value at 0 is -inf, in a plain graph"),
        ("1.0 / x", "its value at 0 is inf, in a plain graph"),
        ("tf.sqrt(x * x)", "its gradient at 0 is nan, in a plain graph"),
        ("tf.pow(tf.nn.relu(x - 20.0), 30.0)", "its value at 50 is inf, in a plain graph"),
        ("tf.where(x > 0, tf.exp(x * x), x)", "its value at 10 is inf, in a plain graph"),
        ("tf.where(x > -50, x, tf.sqrt(x))", "its value at -50 is nan, in a plain graph"),
    ],
)
def test_what_is_not_finite_where_training_takes_it(body: str, message: str) -> None:
    error = error_of(f"{TF}def f(x): return {body}\n")
    assert error.startswith(f"{message}; expected is a finite number")
    assert ("tf.sqrt(tf.where(x > 0, x, 1.0))" in error) == ("gradient" in message)


def test_check_warns_of_what_is_not_finite_far_away(capsys: pytest.CaptureFixture[str]) -> None:
    digits = write("mine.py", f"{TF}def f(x): return tf.math.log(1.0 + tf.exp(x))\n")
    Path("c.yaml").write_text("dataset: digits\nmodel: mlp(hidden=[4])\nactivation: mine.py:f")
    check([Path("c.yaml")], jobs=1)
    said = capsys.readouterr()
    assert said.out.startswith("c: valid\n")
    assert said.err == "".join(
        f"relu-bench: warning: mine.py:f(source={digits}): its value at {far} is inf, in a plain "
        "graph; a run with such an input diverges\n"
        for far in (100, 10000)
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "f = 3.0",
            "f is of type float; expected is a function that takes a tensor and returns one",
        ),
        (
            "def f(x): pass\ndel f",
            "f is of type NoneType; expected is a function that takes a tensor and returns one",
        ),
        (
            "def f(x): return x[:, :1]",
            "it returned the shape (3, 1) for the shape (3, 4); expected is the same shape",
        ),
        (
            "def f(x): return tf.reduce_sum(x)",
            "it returned the shape () for the shape (3, 4); expected is the same shape",
        ),
        (
            "def f(x): return tf.reshape(x, (tf.shape(x)[0], -1))",
            "it returned the shape (2, 12) for the shape (2, 3, 2, 2); expected is the same shape",
        ),
        (
            "def f(x): return tf.cast(x, tf.float64)",
            "it returned float64 for float32; expected is float32",
        ),
        (
            "def f(x): pass",
            "it returned None; expected is a tensor, made by TensorFlow or keras.ops",
        ),
        (
            "import numpy as np\ndef f(x): return np.tanh(x)",
            "it returned a value of type ndarray; expected is a tensor, made by TensorFlow or "
            "keras.ops",
        ),
        (
            "def f(x): return x, x",
            "it returned a value of type tuple; expected is a tensor, made by TensorFlow or "
            "keras.ops",
        ),
        (
            "def f(x):\n    raise RuntimeError('first\\nsecond')",
            "for a float32 tensor, it raised RuntimeError (line 3): first second",
        ),
        ("def f(): return 1", "for a float32 tensor, it raised TypeError: f() takes 0 positional"),
        (
            "def f(x): return tf.constant(x.numpy())",
            "in a compiled program, it raised AttributeError (line 2): 'SymbolicTensor' object has",
        ),
        (
            "def f(x): return x if x[0, 0] > 0 else -x",
            "in a compiled program, it raised OperatorNotAllowedInGraphError (line 2): Using a",
        ),
        (
            "def f(x): return tf.nn.softmax(x)",
            "it is not elementwise: an output changed with the input of another unit or image, as "
            "in softmax",
        ),
        (
            "def f(x): return x - tf.reduce_mean(x, axis=0)",
            "its value depends on the size of the batch, not on the input alone",
        ),
        (
            "def f(x): return x / tf.cast(tf.shape(x)[0], tf.float32)",
            "its value depends on the size of the batch, not on the input alone",
        ),
        (
            "def f(x): return x / x.shape[-1]",
            "its value depends on the shape of the tensor, not on the input alone",
        ),
        (
            "def f(x): return x * tf.range(1.0, 1.0 + x.shape[-1])",
            "its value depends on the place in the tensor, not on the input",
        ),
        (
            "def f(x): return x + tf.random.normal(tf.shape(x))",
            "it returned different values for the same input; expected is a function without "
            "random numbers or memory",
        ),
        (
            "def f(x): return tf.cast(x > 0, tf.float32)",
            "it has no gradient: no differentiable operation leads from its input to its output",
        ),
        (
            "@tf.custom_gradient\ndef f(x): return x, tf.reduce_sum",
            "its gradient has the shape () and the type float32 for the shape (3, 4) and float32; "
            "expected are the same",
        ),
        (
            "import keras\nf = keras.layers.PReLU()",
            "it holds variables; a function of your own can have no parameters that are learned",
        ),
        (
            "def f(x): return tf.py_function(lambda t: 2 * t, [x], tf.float32)",
            "XLA cannot compile it: it raised InvalidArgumentError: Detected unsupported",
        ),
        (
            "x = 1\ny = x / 0\nf = None",
            "importing mine.py raised ZeroDivisionError (line 3): division by zero",
        ),
        ("f = None\nraise SystemExit(3)", "importing mine.py raised SystemExit (line 3): 3"),
        (
            "import no_such_package\nf = None",
            "importing mine.py raised ModuleNotFoundError (line 2): No module named 'no_such_",
        ),
        (
            "import mine\nf = None",
            "importing mine.py raised ModuleNotFoundError (line 2): No module named 'mine'",
        ),
    ],
)
def test_what_is_no_activation(body: str, message: str) -> None:
    assert error_of(TF + body + "\n").startswith(message)


def test_a_dead_end_of_a_branch_says_how_to_write_it() -> None:
    error = error_of(f"{TF}def f(x): return x if x[0, 0] > 0 else -x\n")
    assert error.endswith("; choose by tf.where in place of if, and, or")


@pytest.mark.parametrize("name", ["json", "numpy", "relu_bench", "own", "__main__"])
def test_a_file_called_like_a_module_stands_for_itself(name: str) -> None:
    before = sys.modules.get(name)
    path_before = list(sys.path)
    write(f"{name}.py", f"{TF}import json\nassert json.dumps\ndef f(x): return 3.0 * x\n# {name}")
    label = canonical(f"{name}.py:f")
    assert values(label, np.array([2.0])).tolist() == [6.0]
    assert sys.modules.get(name) is before
    assert sys.path == path_before


def test_function_and_derivative_are_drawn() -> None:
    write("mine.py", HOLE)
    label = canonical("mine.py:hole")
    (first,) = (axes for axes in activation_functions([label]).axes if axes.axison)
    x, y = (np.asarray(data) for data in first.lines[0].get_data())
    assert len(x) > 1000
    np.testing.assert_allclose(y, np.where(np.abs(x - 0.5) < 0.25, np.nan, 3 * x), rtol=1e-6)
    assert [text.get_text() for text in first.texts] == ["max f′ = inf"]
    assert maximum(label, np.array([-1.0, 0.4, 0.8, 4.0])) == (0.8, 3.0)
    assert np.isnan(maximum(label, np.array([0.4, 0.45]))).all()


def test_check_shows_the_plan_of_a_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    write("mine.py", LEAKY.format(slope=0.75))
    Path("c.yaml").write_text("dataset: digits\nmodel: mlp(hidden=[4])\nactivation: mine.py:leaky")
    check([Path("c.yaml")], jobs=1)
    said = capsys.readouterr()
    assert said.out.startswith("c: valid\n")
    assert "dense_1_activation  Activation" in said.out


def test_what_it_prints_goes_to_the_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    write("mine.py", "print('importing')\ndef f(x):\n    print('calling')\n    return 2.0 * x\n")
    layer = build_layer(canonical("mine.py:f"), "role", 2)
    layer(np.zeros((1, 2), np.float32))
    said = capfd.readouterr()
    assert said.out == ""
    assert "importing" in said.err
    assert "calling" in said.err


def test_a_file_is_imported_once_for_all_its_functions() -> None:
    write(
        "mine.py",
        "import pathlib\npathlib.Path('log').open('x').close()\n"
        "def f(x): return 2.0 * x\ndef g(x): return -x\n",
    )
    for function in ("f", "g", "f"):
        build_layer(canonical(f"mine.py:{function}"), "role", 2)
    assert Path("log").exists()


@pytest.mark.parametrize("gone", [True, False])
def test_a_file_that_changes_after_planning_fails_the_run(gone: bool) -> None:
    write("mine.py", LEAKY.format(slope=0.3))
    spec = Spec(
        seed=0, dataset="digits", model="mlp(hidden=[4])", activation="mine.py:leaky", epochs=1
    )
    path = Path("mine.py").resolve()
    if gone:
        path.unlink()
        reason = f"{path} cannot be read: No such file or directory"
    else:
        digits = write("mine.py", LEAKY.format(slope=0.4))
        reason = (
            f"{path} has changed since the command read it: its content has source={digits} now. "
            "The same command again takes it as it is"
        )
    with pytest.raises(ActivationError) as caught:
        Trainer(xla=False).train(spec)
    assert str(caught.value) == f"{spec.activation}: {reason}"


def test_a_label_whose_file_was_never_read_here() -> None:
    label = "mine.py:f(source=1a2b3c4d)"
    with pytest.raises(ActivationError, match=r"there is no file mine\.py in "):
        build_layer(label, "role", 2)


def test_a_worker_finds_the_file_by_the_spec_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    write("deep/mine.py", LEAKY.format(slope=0.25))
    spec = Spec(
        seed=0, dataset="digits", model="mlp(hidden=[8])", activation="deep/mine.py:leaky", epochs=1
    )
    # Another process has read no file, and may stand in another folder.
    monkeypatch.setattr("relu_bench.networks.activations.own._sources", {})
    monkeypatch.chdir("/")
    result = Trainer(xla=False).train(spec)
    again = Trainer(xla=False).train(spec)
    assert result.outcome in ("learned", "at_chance")
    assert result.epochs[-1]["train_loss"] == again.epochs[-1]["train_loss"]
    module = sys.modules[f"relu_bench_own_{spec.source.sha256[:16]}"]  # type: ignore[union-attr]
    assert isinstance(module, types.ModuleType)
