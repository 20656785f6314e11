"""Every call of a layer watched while a model is traced; the model afterwards as it was."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.common import global_state  # the counters of names are not public

from attribution.trace import precision
from attribution.trace.snapshot import Snapshot
from attribution.trace.state import Writes

# Layers may be shared between models, so one lock guards every change of a layer.
_LOCK = threading.RLock()
_ABSENT = object()
_SETTINGS = ("_dtype_policy", "_trainable")  # which no call of a layer changes

Watcher = Callable[[Any, Sequence[Any], Callable[[], Any]], Any]
"""Makes the call of an operation with some arguments, and notes what it returns."""


@contextmanager
def as_it_was(model: keras.Model, graph: tf.Graph, strangers: Collection[int]) -> Iterator[None]:
    """Put back what calls leave on the model's layers, such as a counter, before it goes on.

    strangers : other threads that run the model meanwhile. Where there are any, what was noted may
        be theirs: then no more is taken away than tensors of `graph` and of those within it.
    """
    parts = [*operations(model), model]
    trackers = [p._tracker for p in parts if hasattr(p, "_tracker")]
    before = Snapshot([*parts, *trackers], but=_SETTINGS)
    try:
        yield
    finally:
        before.restore(functools.partial(_is_of, graph) if strangers else None)


def _is_of(graph: tf.Graph, value: Any, depth: int = 5) -> bool:
    """Whether a value is, or holds, a tensor of a graph or of one that was made within it."""
    if isinstance(value, list | tuple | set | dict):
        parts = value.values() if isinstance(value, dict) else value
        return depth > 0 and any(_is_of(graph, part, depth - 1) for part in list(parts))
    found = getattr(value, "graph", None)
    while isinstance(found, tf.Graph) and found is not graph:
        found = getattr(found, "outer_graph", None)
    return found is graph


@contextmanager
def watching(
    model: keras.Model, graph: tf.Graph, noted: Watcher
) -> Iterator[tuple[Writes, Collection[int]]]:
    """Have `noted` make every call of a layer of `model`, in float32; restore all at the end.

    In this thread only: another one may run the model meanwhile, and meets it as it is. Variables
    keep their values and losses are not collected (the scope too is of this thread alone).

    Yields what is written, and the other threads that have called a layer so far.
    """
    thread, strangers = threading.get_ident(), set[int]()

    def watched(operation: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def watcher(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != thread:
                strangers.add(threading.get_ident())
                return call(*args, **kwargs)
            return noted(operation, args, lambda: call(*args, **kwargs))

        return watcher

    def elsewhere(call: Callable[[], None]) -> Callable[[], None]:
        """What a call does first, to losses that another thread may still read."""
        return lambda: None if threading.get_ident() == thread else call()

    with _LOCK, as_it_was(model, graph, strangers):
        layers = list(operations(model))
        # Layers made within a call would take the next names from this thread's counters.
        mine = Snapshot([global_state.GLOBAL_STATE_TRACKER])
        patches = [(layer, "call", watched(layer, layer.call)) for layer in layers]
        patches += precision.patches([*layers, model])
        patches.append((model, "_clear_losses", elsewhere(model._clear_losses)))
        was = [vars(layer).get(name, _ABSENT) for layer, name, _ in patches]
        try:
            for layer, name, patch in patches:
                layer.__dict__[name] = patch
            with Writes() as writes:
                yield writes, strangers
        finally:
            for (layer, name, patch), own in zip(patches, was, strict=True):
                if vars(layer).get(name) is patch:  # else another thread has set it since
                    layer.__dict__.pop(name) if own is _ABSENT else vars(layer).update({name: own})
            mine.restore()


def operations(model: keras.Model) -> Iterator[Any]:
    """Every layer at any depth, and the functional operations (`x + y`) between them, once each."""
    seen: set[int] = set()
    # The recursion into composite layers (attention, wrappers) has no public name in Keras 3.
    for layer in model._flatten_layers():
        own = [] if layer is model or isinstance(layer, keras.layers.InputLayer) else [layer]
        for operation in own + list(getattr(layer, "operations", [])):
            if id(operation) in seen or isinstance(operation, keras.layers.InputLayer):
                continue
            seen.add(id(operation))
            yield operation
