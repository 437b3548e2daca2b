"""What the tests of the command line share: how a command ended, and what it should have said."""

import contextlib
import io
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

KNOWN = (
    "dataset, model, activation, output_activation, initializer, bias_initializer, "
    "recurrent_initializer, learning_rate, batch_norm, batch_norm_momentum, optimizer, "
    "gradient_clip_norm, batch_size, epochs, dropout, dropout_kind, validation_split, split_seed, "
    "train_samples"
)
ACTIVATION_NAMES = (
    "relu, relu6, leaky_relu, prelu, learnable_relu, rrelu, arelu, threshold, "
    "relu_lambda, relu_custom_gradient, elu, celu, selu, gelu, silu, hard_silu, mish, "
    "softplus, squareplus, sparse_plus, log_sigmoid, tanh, sigmoid, softsign, "
    "hard_sigmoid, hard_tanh, sparse_sigmoid, identity, soft_shrink, hard_shrink, "
    "tanh_shrink"
)
NUMBERS = "or a list of these, log(low, high, count) or lin(low, high, count)"


class Ended(NamedTuple):
    """How a command ended, and all that it said."""

    code: int
    out: str
    err: str


Invoke = Callable[..., Ended]
SURROUNDINGS = {
    "KERAS_HOME": "keras",
    "RELU_BENCH_DEBUG": "",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "COLUMNS": "80",
}
"""The environment of a user without settings or colours."""


def called(*arguments: str, cwd: Path) -> Ended:
    """Run `relu-bench ARGUMENTS...` in this process, inside `cwd`, where a test has no `invoke`."""
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as streams:
        patch.chdir(cwd)
        for name, value in SURROUNDINGS.items():
            patch.setenv(name, value)
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        streams.enter_context(contextlib.redirect_stdout(out))
        streams.enter_context(contextlib.redirect_stderr(err))
        code = run_main(patch, arguments)
        for stream in (out, err):
            stream.flush()
            stream.seek(0)
        return Ended(code, out.read(), err.read())


def run_main(patch: pytest.MonkeyPatch, arguments: Sequence[str]) -> int:
    """The exit code of the command."""
    from relu_bench.cli import main

    patch.setattr(sys, "argv", ["relu-bench", *arguments])
    # Else its usage begins with `python -m pytest.` where pytest was called so.
    patch.setattr(sys.modules["__main__"], "__package__", None, raising=False)
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def expect_error(invoke: Invoke, config: str | bytes, sets: Sequence[str], message: str) -> None:
    """`run` and `check` of c.yaml both end with 2 and exactly `message`."""
    content = config if isinstance(config, bytes) else config.encode()
    Path("c.yaml").write_bytes(content)
    options = [part for each in sets for part in ("--set", each)]
    for command in ("run", "check"):
        assert invoke(command, "c.yaml", *options) == (2, "", f"relu-bench: {message}\n")
    assert not Path("results").exists()
    lines = f"relu-bench: {message}".splitlines()
    assert sum(max(1, math.ceil(len(line) / 80)) for line in lines) <= 24, "more than a screen"
