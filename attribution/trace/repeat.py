"""Does the Python code of a model make the same operations at every call?

A trace keeps the operations that a call makes, not the Python that makes them: what numpy draws
inside of a call, what an attribute counts and what a clock says become constants, and the traced
model would answer for one call that Keras may never make again. So code that is not Keras's own is
called again, and what it makes is compared, operation by operation.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import keras
import tensorflow as tf

from attribution.trace.unsupported import behind

Call = Callable[[Sequence[tf.Tensor]], Iterable[Any]]
"""Calls the model on tensors of the default graph, and returns its outputs."""

_OURS = ("keras", "tensorflow")
_NEW = frozenset(("seed", "seed2", "token", "shared_name", "container"))  # in every trace
_FAILURES = (TypeError, ValueError, AttributeError, LookupError, RuntimeError, tf.errors.OpError)


def is_foreign(part: Any) -> bool:
    """Whether a layer runs code that is not Keras's: its class, or a function that it was given."""
    if not type(part).__module__.startswith("keras.") or isinstance(part, keras.layers.Lambda):
        return True
    given = [v for v in vars(part).values() if isinstance(v, types.FunctionType)]
    return any(f.__module__.split(".")[0] not in _OURS for f in given)


def change(inputs: Sequence[tf.Tensor], outputs: Iterable[Any], call: Call) -> int | None:
    """Where the default graph, made by a first call, differs from what the next call makes.

    Parameters
    ----------
    inputs, outputs : of the first call.
    call : makes the next calls. There is a third where the first two differ: what a call makes only
        once, and keeps for those after it, is no change.

    Returns the number of the first operation that differs; None: there is none, or the model cannot
    be called again in this way.
    """
    first = list(_lines(inputs, outputs))
    traces: list[list[tuple[Hashable, int]]] = []

    def again(*arguments: tf.Tensor) -> tf.Tensor:
        traces.append(list(_lines(arguments, call(arguments))))
        return tf.constant(0)

    signature = [tf.TensorSpec(t.shape, t.dtype) for t in inputs]
    before, where = first, -1
    for _ in range(2):
        try:
            tf.function(again, autograph=False).get_concrete_function(*signature)
        except _FAILURES:
            return None
        pairs = zip_longest(before, traces[-1], fillvalue=(None, first[-1][1]))
        where = next((a[1] for a, b in pairs if a[0] != b[0]), -1)
        if where < 0:
            return None
        before = traces[-1]
    return min(where, first[-1][1])


def sentence(spans: Sequence[tuple[str, int, int]], number: int) -> str:
    """Whose call differs, and the mend.

    spans : of the layers that run code of their own; one that makes fewer operations than before
        shows in those that follow.
    """
    within = [name for name, a, b in spans if a <= number < b]
    before = [name for name, _, b in spans if b <= number]
    name = next(iter(within), before[-1] if before else None)
    return (
        f"{f'Layer {name!r}' if name else 'The model'} runs Python code that makes other numbers "
        "at every call (by numpy, a counter, a clock): a trace would keep those of one call. Give "
        "it fixed numbers, or draw them with keras.random in training only."
    )


def _lines(inputs: Sequence[tf.Tensor], outputs: Iterable[Any]) -> Iterator[tuple[Hashable, int]]:
    """What each operation behind the outputs does and takes, and its number in the graph."""
    graph = tf.compat.v1.get_default_graph()
    operations, wanted = behind(outputs)
    known: dict[str, Hashable] = {t.op.name: ("input", i) for i, t in enumerate(inputs)}
    for outer, inner in graph.captures:
        known[inner.op.name] = ("outside", _identity(outer))
    for number, op in enumerate(operations):
        if op.name in known or op.name not in wanted:
            continue
        taken = tuple((known.get(t.op.name), t.value_index) for t in op.inputs)
        known[op.name] = len(known)
        yield (op.type, _attributes(op.node_def, graph), taken), number


def _identity(tensor: Any) -> Hashable:
    """What a call takes from outside: a variable is itself, a value may be made anew each time."""
    if tensor.dtype in (tf.resource, tf.variant) or not hasattr(tensor, "numpy"):
        return id(tensor)
    value = tensor.numpy()
    return str(value.dtype), value.shape, value.tobytes()


def _attributes(node: Any, graph: tf.Graph) -> Hashable:
    """The attributes of an operation, with the bodies of functions in place of their names."""
    found: list[tuple[str, Hashable]] = []
    for name, value in node.attr.items():
        if name in _NEW or name.startswith("_"):
            continue
        bodies = [f.name for f in (value.func, *value.list.func) if f.name]
        said = value.SerializeToString(deterministic=True)
        found.append((name, tuple(_body(b, graph) for b in bodies) if bodies else said))
    return tuple(sorted(found, key=lambda pair: pair[0]))


def _body(name: str, graph: tf.Graph) -> Hashable:
    """What a function of the graph does, whatever it is called."""
    definition = graph._get_function(name)  # there is no public name for it
    if definition is None:
        return name
    body = definition.graph
    numbers = {op.name: i for i, op in enumerate(body.get_operations())}
    return tuple(
        (op.type, _attributes(op.node_def, body), tuple(numbers[t.op.name] for t in op.inputs))
        for op in body.get_operations()
    )
