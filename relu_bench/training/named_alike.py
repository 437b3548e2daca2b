"""A function that XLA compiles, under names that are the same in every process.

TensorFlow numbers the functions that it traces by a count of all that the process has made so far,
and these names are part of what XLA compiles: by them, what one process has compiled would be of
use only to one that has done the same before. So the traced functions get names made of their own
content; only names change, and the compiled code is the same.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from relu_bench.machine import compile_cache

_NAME_DIGITS = 32


class NamedAlike:
    """Calls of `function`, compiled by XLA once for each combination of shapes and types.

    Args:
        function: of tensors; may use and assign variables.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        import tensorflow as tf

        self._traced = tf.function(function, autograph=False)
        self._compiled: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns for these tensors."""
        key = tuple((tuple(each.shape), each.dtype) for each in arguments)
        if key in self._compiled:
            return self._compiled[key](*arguments)
        traced = self._traced.get_concrete_function(*arguments)
        result, self._compiled[key] = _first_call(traced, arguments)
        return result


def _first_call(traced: Any, arguments: Sequence[Any]) -> tuple[Any, Callable[..., Any]]:
    """What the first call returns, which compiles, and what to call from then on."""
    import tensorflow as tf

    library = _library(traced)
    # Networks of other widths have the same graph: it reads variables of any shape.
    variables = {id(each.handle): each for each in traced.variables}
    captured = [variables.get(id(each), each) for each in traced.captured_inputs]
    shapes = [(tuple(each.shape), each.dtype) for each in (*arguments, *captured)]
    content = library.SerializeToString(deterministic=True) + repr(shapes).encode()
    program = hashlib.sha256(content).hexdigest()[:_NAME_DIGITS]
    lent = compile_cache.lend(program)
    call = _call(traced, library, f"epoch_{program}")
    try:
        result = call(*arguments)
    except tf.errors.OpError:
        if not lent:
            raise
        # TensorFlow cannot use what was kept, and remembers that by the name.
        compile_cache.forget(program)
        call = _call(traced, library, f"epoch_{program}_anew")
        return call(*arguments), call
    compile_cache.keep(program, lent)
    return result, call


def _library(traced: Any) -> Any:
    """The traced function and all that it calls, as `FunctionDefLibrary`, numbered from 0."""
    import tensorflow as tf

    graph = traced.graph.as_graph_def()
    main = traced.function_def
    known = {each.signature.name: each for each in (*graph.library.function, main)}
    numbers = {main.signature.name: 0}
    library = tf.compat.v1.GraphDef().library
    # Those that are found on the way are met later.
    for name in (names := [main.signature.name]):
        function = library.function.add()
        function.CopyFrom(known[name])
        function.signature.name = str(numbers[name])
        _rename_arguments(function, name)
        for node in function.node_def:
            # Which gradient was registered: it has been taken by now.
            node.attr.pop("_gradient_op_type", None)
            for called in _called(node):
                if called.name not in numbers:
                    numbers[called.name] = len(numbers)
                    names.append(called.name)
                called.name = str(numbers[called.name])
    return library


def _called(node: Any) -> Iterator[Any]:
    """The functions in a node's attributes, in an order that is always the same."""
    for key in sorted(node.attr):
        value = node.attr[key]
        if value.HasField("func"):
            yield value.func
        yield from value.list.func


def _rename_arguments(function: Any, old: str) -> None:
    """Take a function's old name out of those of its arguments."""
    renamed = {}
    for argument in function.signature.input_arg:
        if old in argument.name:
            renamed[argument.name] = argument.name.replace(old, "function")
            argument.name = renamed[argument.name]
    for node in function.node_def:
        node.input[:] = [renamed.get(each, each) for each in node.input]
    for output, source in function.ret.items():
        function.ret[output] = renamed.get(source, source)


def _call(traced: Any, library: Any, name: str) -> Callable[..., Any]:
    """A function that calls the first of the library, whose functions get `name` and a number."""
    import tensorflow as tf

    functions = tf.compat.v1.GraphDef(versions=traced.graph.as_graph_def().versions)
    functions.library.CopyFrom(library)
    for function in functions.library.function:
        function.signature.name = f"{name}_{function.signature.name}"
        for node in function.node_def:
            for called in _called(node):
                called.name = f"{name}_{called.name}"
    # Outside of a graph, this makes the functions known to TensorFlow.
    with tf.init_scope():
        tf.graph_util.import_graph_def(functions, name="")
    graph, places = _calling_graph(functions)
    captured = traced.captured_inputs

    def outer(*arguments: Any) -> Any:
        given = dict(zip(places, arguments, strict=True))
        outputs = [f"call:{number}" for number in range(len(traced.outputs))]
        return tf.graph_util.import_graph_def(graph, given, outputs, name="")

    flat = tf.function(outer, autograph=False)

    def call(*arguments: Any) -> Any:
        return tf.nest.pack_sequence_as(traced.structured_outputs, flat(*arguments, *captured))

    return call


def _calling_graph(functions: Any) -> tuple[Any, list[str]]:
    """A graph that calls the first function, compiled by XLA, and the names of its arguments."""
    import tensorflow as tf

    signature = functions.library.function[0].signature
    graph = tf.compat.v1.GraphDef(versions=functions.versions)
    places = [f"argument_{number}" for number in range(len(signature.input_arg))]
    for place, argument in zip(places, signature.input_arg, strict=True):
        node = graph.node.add(name=place, op="Placeholder")
        node.attr["dtype"].type = argument.type
    call = graph.node.add(name="call", op="StatefulPartitionedCall", input=places)
    call.attr["Tin"].list.type.extend(each.type for each in signature.input_arg)
    call.attr["Tout"].list.type.extend(each.type for each in signature.output_arg)
    call.attr["f"].func.name = signature.name
    call.attr["_XlaMustCompile"].b = True
    return graph, places
