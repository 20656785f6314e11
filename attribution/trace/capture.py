"""Run a Keras model once inside a graph and note what each of its layers returned.

Sub-models (`keras.Model(model.inputs, layer.output)`) fail for nested models, see only the first
call of a shared layer and do not exist for subclassed ones. Noting the results while the model runs
works for all of them, because the noted tensors lie in the very graph that computes the target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from attribution.errors import UnsupportedModel
from attribution.trace import repeat, unsupported
from attribution.trace import state as _state
from attribution.trace.precision import HALVES
from attribution.trace.rows import channels as _channels
from attribution.trace.state import Writes
from attribution.trace.watch import as_it_was, operations, watching

_ENCODERS = (
    *(keras.layers.Embedding, keras.layers.CategoryEncoding, keras.layers.Discretization),
    *(keras.layers.Hashing, keras.layers.HashedCrossing, keras.layers.IntegerLookup),
)
"""Layers that make numbers with points between them of indices, which have none."""


@dataclass
class Seen:
    """What one run of a model left behind in a graph, in the order of the calls.

    embeddings : names of the layers that read indices.
    channels : name of a tensor -> the axis that a layer takes for its channels.
    spans : (name, first, last) of each layer call, inner calls before outer ones: it created the
        graph's operations number first to last - 1.
    state : a sentence for each variable by which the answer depends on the calls before.
    """

    outputs: dict[str, tf.Tensor] = field(default_factory=dict)
    tensors: dict[str, tf.Tensor] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    embeddings: list[str] = field(default_factory=list)
    channels: dict[str, int] = field(default_factory=dict)
    spans: list[tuple[str, int, int]] = field(default_factory=list)
    state: list[str] = field(default_factory=list)


def run(model: keras.Model, inputs: list[tf.Tensor]) -> Seen:
    """Run `model` at inference on graph tensors; note each layer's floating-point results.

    Names are the layers' own. A layer inside another is named by path (`mobilenetv2/Conv1_relu`),
    the second call of a shared layer `relu#2`, the second tensor of one call `lstm:1`.
    The model is changed only while this function runs, under a lock, and restored on every exit.
    """
    graph = tf.compat.v1.get_default_graph()
    seen = Seen()
    calls: Counter[str] = Counter()
    stack: list[str] = []
    loops: list[str] = []
    trial: list[tuple[str, int, int, tf.Graph]] | None = None

    def note(name: str, kind: str, tensor: Any) -> None:
        # A loop runs its cell in a graph of its own, and once outside to learn the shapes.
        if loops:
            return
        inside = tf.is_tensor(tensor) and getattr(tensor, "graph", None) is graph
        if inside and tensor.dtype.is_floating:
            seen.tensors[name] = tensor
            seen.kinds[name] = kind

    def mark(operation: Any, tensors: Sequence[Any]) -> None:
        for tensor in tensors:
            if getattr(tensor, "graph", None) is graph and tensor.dtype.is_floating:
                place = _channels.convention(operation, tensor)
                if place is not None:
                    seen.channels.setdefault(tensor.name, place)

    def noted(operation: Any, given: Sequence[Any], call: Callable[[], Any]) -> Any:
        name = "/".join([*stack, operation.name])
        if trial is not None:
            inside = tf.compat.v1.get_default_graph()
            first = inside.version
            result = call()
            if repeat.is_foreign(operation):
                trial.append((name, first, inside.version, inside))
            return result
        calls[name] += 1
        if calls[name] > 1:
            name = f"{name}#{calls[name]}"
        is_loop = isinstance(operation, keras.layers.RNN) and not operation.unroll
        stack.append(name.rsplit("/", 1)[-1])
        loops.extend([name] * is_loop)
        first = graph.version
        try:
            result = call()
        finally:
            stack.pop()
            del loops[len(loops) - is_loop :]
        seen.spans.append((name, first, graph.version))
        if isinstance(operation, _ENCODERS):
            seen.embeddings.append(name)
        mark(operation, [*given[:1], *tf.nest.flatten(result)[:1]])
        kind = type(operation).__name__
        for i, tensor in enumerate(tf.nest.flatten(result)):
            note(f"{name}:{i}" if i else name, kind, tensor)
        return result

    with watching(model, graph, noted) as (writes, strangers):
        for tensor, name in zip(inputs, input_names(model), strict=True):
            note(name, "InputLayer", tensor)
        if any(map(repeat.is_foreign, [model, *operations(model)])):
            trial, tops = [], list[tf.Graph]()
            with as_it_was(model, graph, strangers):
                where = repeat.change(
                    [tf.TensorSpec(t.shape, t.dtype) for t in inputs],
                    lambda tensors: _again(model, tensors, tops),
                )
            if where is not None:
                spans = [(n, a, b) for n, a, b, inside in trial if inside is tops[0]]
                raise UnsupportedModel(repeat.sentence(spans, where))
            trial = None
        result = _call(model, inputs)
    seen.outputs = dict(zip(output_names(model, result), tf.nest.flatten(result), strict=True))
    unsupported.refuse_operations(model.name, inputs, seen.outputs.values(), seen.spans)
    seen.state = _state.notes(writes.written, seen.outputs.values(), seen.spans)
    return seen


def _call(model: keras.Model, inputs: Sequence[tf.Tensor]) -> Any:
    arguments, named = pack(model, list(inputs))
    return model(*arguments, **named, training=False)


def _again(model: keras.Model, inputs: Sequence[tf.Tensor], graphs: list[tf.Graph]) -> list[Any]:
    """The results of a call, which reads variables as the first one does; its graph is added."""
    graphs.append(tf.compat.v1.get_default_graph())
    with Writes():
        return list(tf.nest.flatten(_call(model, inputs)))


def input_specs(model: keras.Model) -> list[tf.TensorSpec]:
    """Name, shape (batch and variable lengths None) and dtype of each input, in order.

    A subclassed model keeps no inputs; the shapes it was built with stand in, as float32.
    """
    if getattr(model, "inputs", None):
        return [
            tf.TensorSpec(
                [None, *t.shape[1:]],
                "float32" if t.dtype in HALVES else t.dtype,
                name=t._keras_history.operation.name,
            )
            for t in model.inputs
        ]
    shapes = _built_with(model)
    flat = _flat_shapes(shapes)
    names = ["input"] if len(flat) == 1 else [f"input_{i}" for i in range(len(flat))]
    if isinstance(shapes, dict) and len(shapes) == len(flat):
        names = list(shapes)
    return [
        tf.TensorSpec([None, *s[1:]], keras.config.floatx(), name=n)
        for s, n in zip(flat, names, strict=True)
    ]


def input_names(model: keras.Model) -> list[str]:
    return [spec.name for spec in input_specs(model)]


def output_names(model: keras.Model, result: Any) -> list[str]:
    """Names of the outputs: keys of a dict, else those of the model, else their positions.

    Of a dict that holds lists or dicts, the keys and positions on the way to an output.
    """
    if isinstance(result, dict):
        return ["/".join(map(str, path)) for path, _ in keras.tree.flatten_with_path(result)]
    flat = tf.nest.flatten(result)
    names = list(getattr(model, "output_names", None) or [])
    if len(names) == len(flat) and len(set(names)) == len(names):
        return names
    return [f"output_{i}" for i in range(len(flat))]


def pack(model: keras.Model, inputs: list[tf.Tensor]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of the model's call, in the structure that it was made with."""
    if getattr(model, "inputs", None):
        try:
            return [tf.nest.pack_sequence_as(model.input, inputs)], {}
        except (AttributeError, ValueError):  # a Sequential loaded without an Input layer
            return [inputs[0] if len(inputs) == 1 else inputs], {}
    filled = _fill(_built_with(model), iter(inputs))
    if "shapes_dict" in model.get_build_config():
        return [], filled
    return [filled], {}


def _built_with(model: keras.Model) -> Any:
    """The shapes with which a subclassed model was built: a shape, or a list or dict of shapes."""
    config = model.get_build_config() or {}
    if "shapes_dict" in config:  # its call takes several arguments, and its build says so
        return {k.removesuffix("_shape"): shape for k, shape in config["shapes_dict"].items()}
    return config.get("input_shape")


def _is_shape(shape: Any) -> bool:
    return not isinstance(shape, dict) and all(n is None or isinstance(n, int) for n in shape)


def _fill(shapes: Any, tensors: Iterator[tf.Tensor]) -> Any:
    """The structure of `shapes` with a tensor for each shape."""
    if _is_shape(shapes):
        return next(tensors)
    if isinstance(shapes, dict):
        return {name: _fill(shape, tensors) for name, shape in shapes.items()}
    return [_fill(shape, tensors) for shape in shapes]


def _flat_shapes(shape: Any) -> list[tuple[int | None, ...]]:
    if shape is None:
        return []
    if isinstance(shape, dict):
        return [s for value in shape.values() for s in _flat_shapes(value)]
    if _is_shape(shape):
        return [tuple(shape)]
    return [s for value in shape for s in _flat_shapes(value)]
