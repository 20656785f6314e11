"""Which axis of a tensor holds the channels: from the operations, and from Keras's conventions.

A convolution, a dense layer or an embedding says it of its result, and every move of axes carries
it on (`axis_rules`). What comes before the first of them, such as the input, is read backwards
from the first operation that sums over its channels. Where nothing says it, it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from attribution.trace.rows.axes import Axes, Parted, bare, channels, is_channels
from attribution.trace.rows.axis_rules import LENGTHS, RULES
from attribution.trace.rows.examples import Examples
from attribution.trace.rows.operand import Mixing, Operand, channel_axis

_LAST = (
    keras.layers.RNN,
    keras.layers.Bidirectional,
    keras.layers.Dense,
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
    keras.layers.Attention,
    keras.layers.AdditiveAttention,
)
_NORMAL = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
)
_WINDOWS = ("Conv2D", "Conv3D", "DepthwiseConv2dNative", "Conv2DBackpropInput",
            "Conv3DBackpropInputV2")  # fmt: skip
_IN_PLACE = frozenset(
    [
        *("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Sigmoid", "Tanh", "Softplus", "Softsign"),
        *("Erf", "Erfc", "Exp", "Mul", "Add", "AddV2", "AddN", "Sub", "BiasAdd", "RealDiv"),
        *("Maximum", "Minimum", "Identity", "IdentityN", "Cast", "FusedBatchNormV3"),
    ]
)
_ROWS = ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")


def convention(layer: Any, tensor: tf.Tensor) -> int | None:
    """The axis that a layer of Keras takes for the channels of what it takes and gives."""
    rank = tensor.shape.rank or 0
    if rank < 3 or (isinstance(layer, keras.layers.Flatten) and not _is_deep(layer, tensor)):
        return None
    if isinstance(layer, _NORMAL):
        axis = layer.axis if isinstance(layer.axis, int) else (*layer.axis, None)[0]
        several = not isinstance(layer.axis, int) and len(layer.axis) != 1
        return None if several or axis is None else axis % rank
    form = getattr(layer, "data_format", None)
    if form in ("channels_first", "channels_last"):
        return 1 if form == "channels_first" else rank - 1
    return rank - 1 if isinstance(layer, _LAST) else None


def _is_deep(layer: Any, tensor: tf.Tensor) -> bool:
    """Whether a Flatten speaks of channels: of an input with more places than channels (letters).

    It has a data format whatever it is given, pictures in grey and attention as well.
    """
    place = 1 if layer.data_format == "channels_first" else tensor.shape.rank - 1
    lengths = [n or 0 for n in tensor.shape[1:]]
    count = lengths.pop(place - 1)
    return tensor.op.type == "Placeholder" and 0 < count < min(lengths)


def marked(tensor: tf.Tensor, marks: Mapping[str, int]) -> int | None:
    """The channels of a tensor whose axes cannot be followed: as a layer of Keras marks it.

    Also through operations that keep every value where it is, such as an activation behind it.
    """
    while tensor.name not in marks:
        shape = tensor.shape  # of unknown rank behind tf.py_function
        known = [t for t in tensor.op.inputs if shape.rank is not None and t.shape.rank is not None]
        same = [t for t in known if t.shape.as_list() == shape.as_list()]
        if tensor.op.type not in _IN_PLACE or not same:
            return None
        tensor = same[0]
    return marks[tensor.name]


def axes(examples: Examples, operations: Sequence[tf.Operation]) -> dict[str, int]:
    """Tensor name -> the axis of its channels, for tensors that hold examples."""
    found: dict[str, int] = {}
    disputed: set[str] = set()
    for op in reversed(operations):
        for tensor in op.outputs:
            place = _marked(examples.of(tensor).axes)
            if place is not None:
                found[tensor.name] = place
        if not any(_is_open(examples, t) for t in op.inputs):
            continue
        for tensor, place in _before(examples, op, found):
            if _is_open(examples, tensor) and found.setdefault(tensor.name, place) != place:
                disputed.add(tensor.name)
    return {name: place for name, place in found.items() if name not in disputed}


def _marked(given: Axes | None) -> int | None:
    places = [i for i, axis in enumerate(given or ()) if is_channels(axis)]
    return places[0] if len(places) == 1 else None


def _is_open(examples: Examples, tensor: tf.Tensor) -> bool:
    """Whether the tensor itself does not say where its channels are."""
    known, layout = examples.of(tensor), examples.layout(tensor)
    several = layout is not None and len(layout.shape) > 1
    return several and known.varies and _marked(known.axes) is None


def _before(
    examples: Examples, op: tf.Operation, found: dict[str, int]
) -> list[tuple[tf.Tensor, int]]:
    """The inputs of an operation, and the axis of each that it says holds the channels."""
    varying = [t for t in op.inputs if examples.of(t).varies]
    if op.type in _WINDOWS:
        return [(t, channel_axis(op, t.shape.rank)) for t in varying if t.shape.rank]
    if op.type in _ROWS and len(varying) == 1 and varying[0] is op.inputs[0]:
        turned = any(op.get_attr(n) for n in ("transpose_a", "adj_x") if n in op.node_def.attr)
        return [(t, t.shape.rank - 1 - turned) for t in varying if t.shape.rank]
    places = [(i, found[t.name]) for i, t in enumerate(op.outputs) if t.name in found]
    if op.type not in RULES or not places:
        return []
    return [(t, j) for t in varying for j in _sources(examples, op, t, places[0][1])]


def _sources(examples: Examples, op: tf.Operation, tensor: tf.Tensor, place: int) -> list[int]:
    """The axes of an input that become the axis `place` of the result, whole."""
    at = []
    for t in op.inputs:
        known = examples.of(t)
        if known.axes is None:
            return []
        entries = examples.lengths(t) if t is not tensor and op.type in LENGTHS else None
        at.append(Operand(tuple(bare(a) for a in known.axes), known.varies, entries))
    number = next(i for i, t in enumerate(op.inputs) if t is tensor)
    found = []
    for j, axis in enumerate(at[number].axes):
        marked = list(at[number].axes)
        marked[j] = channels(axis)
        tried = [*at]
        tried[number] = replace(at[number], axes=tuple(marked))
        try:
            moved = RULES[op.type](op, tried)
            plain = RULES[op.type](op, at)
        except (Mixing, Parted):
            return []
        there = place < len(moved) and is_channels(moved[place] or ())
        if there and not is_channels(plain[place] or ()):
            found.append(j)
    return found
