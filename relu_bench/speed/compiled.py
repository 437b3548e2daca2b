"""An activation as a program compiled by XLA, as the training of perceptrons is.

The program applies it in a loop of its own, so that the call from Python is paid once for many
applications. Nothing in it can be left out:

- How often the loop runs is an argument, unknown to the compiler, as in `program.py`.
- Each application takes the input plus a shift, as a layer adds its bias, and the shift is 10⁻⁶
  times an element of the output before: no two applications are the same, and none can be moved
  out of the loop or begun before the last one has ended.
- Output and gradients are carried through the loop as whole tensors, and are the program's results.
"""

from typing import Any

from relu_bench.speed.applying import Apply, apply_layer

SHIFT = 1e-6


def compiled_work(layer: Any, x: Any, upstream: Any, *, backward: bool) -> Apply:
    """The program for these tensors, compiled at its first call; each call runs it to its end."""
    from relu_bench.machine.quiet_tensorflow import tf

    program = make_program(layer, x.shape, backward=backward).get_concrete_function(
        x, upstream, tf.TensorSpec([], tf.int32)
    )

    def apply(times: int) -> Any:
        return program(x, upstream, tf.constant(times))

    return apply


def make_program(layer: Any, shape: Any, *, backward: bool) -> Any:
    """The compiled function of (input, gradient from above, times).

    It gives the output of the last application and, with `backward`, the gradients by its input and
    by each trainable variable of the layer; all zeros for no application.
    """
    from relu_bench.machine.quiet_tensorflow import tf

    shapes = [shape]
    if backward:
        shapes += [shape, *(variable.shape for variable in layer.trainable_variables)]

    def run(x: Any, upstream: Any, times: Any) -> Any:
        def body(index: Any, shift: Any, *_: Any) -> tuple[Any, ...]:
            results = apply_layer(layer, x + shift, upstream, backward=backward)
            return index + 1, SHIFT * results[0][0, 0], *results

        start = (tf.constant(0), tf.constant(0.0), *(tf.zeros(each) for each in shapes))
        _, _, *results = tf.while_loop(
            lambda index, *_: index < times, body, start, parallel_iterations=1
        )
        return results

    return tf.function(run, jit_compile=True, autograph=False)
