"""Does the Python code of a model make the same operations at every call?

A trace keeps the operations that a call makes, not the Python that makes them: what numpy draws
inside of a call, what an attribute counts and what a clock says become constants, and the traced
model would answer for one call that Keras may never make again. So code that is not Keras's own is
called some times, and what it makes is compared, operation by operation.
"""

from __future__ import annotations

import functools
import random
import types
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import attribution
from attribution.trace import canonical
from attribution.trace.unsupported import behind

Call = Callable[[Sequence[tf.Tensor]], Iterable[Any]]
"""Calls the model on tensors of the default graph, and returns its outputs."""

_TIMES = 5  # calls that are compared
_SEEDS = (1751, 1266)  # of NumPy and Python, whose first numbers are near 0 and near 1
_FAILURES = (TypeError, ValueError, AttributeError, LookupError, RuntimeError, tf.errors.OpError)
_HOMES = tuple(
    str(Path(package.__file__).parent) for package in (keras, tf, attribution) if package.__file__
)
"""Where the code lies that makes the same operations at every call."""


def is_foreign(part: Any) -> bool:
    """Whether a layer runs code that is not Keras's: its class, or a function that it was given."""
    if isinstance(part, keras.layers.Lambda) or not _at_home(type(part)):
        return True
    return not all(_at_home(value) for value in vars(part).values() if callable(value))


def _at_home(code: Any) -> bool:
    """Whether a function, or an object that is called, is Keras's or TensorFlow's throughout.

    By the file that it was written in: a module's name can be said, or be that of who loaded it.
    """
    if isinstance(code, functools.partial):
        return _at_home(code.func)
    if isinstance(code, types.MethodType):
        return _at_home(code.__func__)
    if isinstance(code, types.FunctionType):
        wrapped = getattr(code, "__wrapped__", None)
        mine = code.__code__.co_filename.startswith(_HOMES)
        return mine and (wrapped is None or _at_home(wrapped))
    if isinstance(code, type):
        return (code.__module__ or "").split(".")[0] in ("builtins", "keras", "tensorflow")
    return _at_home(type(code))


def change(signature: Sequence[tf.TensorSpec], call: Call) -> int | None:
    """Where the operations of a first call differ from those of the next ones.

    Code that changes more rarely than every few calls, by a counter, is not seen.

    Returns the number of the first operation that differs; None: there is none, or the model cannot
    be called in this way.
    """
    traces: list[list[tuple[Hashable, int]]] = []

    def again(*arguments: tf.Tensor) -> tf.Tensor:
        traces.append(list(_lines(arguments, call(arguments))))
        return tf.constant(0)

    for time in range(_TIMES):
        with _drawing(_SEEDS[time % 2]):
            try:
                tf.function(again, autograph=False).get_concrete_function(*signature)
            except _FAILURES:
                return None
        last = traces[0][-1][1] if traces[0] else 0
        pairs = zip_longest(traces[0], traces[-1], fillvalue=(None, last))
        where = next((a[1] for a, b in pairs if a[0] != b[0]), None)
        if where is not None:
            return min(where, last)
    return None


@contextmanager
def _drawing(seed: int) -> Iterator[None]:
    """NumPy and Python draw other numbers, so that a choice by chance shows; then as before."""
    numpy, python = np.random.get_state(), random.getstate()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(numpy)  # noqa: NPY002
        random.setstate(python)


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
    return canonical.lines(operations, known, wanted)


def _identity(tensor: Any) -> Hashable:
    """What a call takes from outside: a variable is itself, a value may be made anew each time."""
    if tensor.dtype in (tf.resource, tf.variant) or not hasattr(tensor, "numpy"):
        return id(tensor)
    value = tensor.numpy()
    return str(value.dtype), value.shape, value.tobytes()
