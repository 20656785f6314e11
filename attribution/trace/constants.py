"""Tensors whose values follow from constants and known shapes alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf


def constant(tensor: tf.Tensor) -> Any:
    """The value of a tensor that follows from constants and known shapes alone; else None.

    Beyond tf.get_static_value, which knows no sums: axes counted from the end, such as those of a
    softmax over another axis than the last.
    """
    value = tf.get_static_value(tensor)
    op = tensor.op
    value = clamped(op) if value is None else value
    combine = _sliced(op) if op.type == "StridedSlice" else _ARITHMETIC.get(op.type)
    if value is not None or combine is None:
        return value
    operands = [constant(t) for t in op.inputs]
    return None if any(v is None for v in operands) else combine(operands)


def clamped(op: tf.Operation) -> Any:
    """The value of min(c, max(m, x)) where m is no smaller than c: it is c whatever x; else None.

    So Keras says how many categories its encodings have.
    """
    if op.type != "Minimum":
        return None
    for bound, other in (op.inputs, op.inputs[::-1]):
        most = tf.get_static_value(bound)
        below = other.op.inputs if other.op.type == "Maximum" else ()
        least = [m for m in map(tf.get_static_value, below) if m is not None]
        if most is not None and any(np.all(m >= most) for m in least):
            return most
    return None


def _sliced(op: tf.Operation) -> Callable[[list[Any]], Any] | None:
    """A piece or an entry of a list of numbers; None for slices of anything else."""
    if op.inputs[0].shape.rank != 1 or op.get_attr("new_axis_mask") or op.get_attr("ellipsis_mask"):
        return None
    first, last = op.get_attr("begin_mask"), op.get_attr("end_mask")
    if op.get_attr("shrink_axis_mask"):
        return lambda v: v[0][v[1][0]]
    return lambda v: v[0][slice(None if first else v[1][0], None if last else v[2][0], v[3][0])]


_ARITHMETIC: Mapping[str, Callable[[list[Any]], Any]] = {
    "Sub": lambda v: v[0] - v[1],
    "AddV2": lambda v: v[0] + v[1],
    "Range": lambda v: np.arange(*v),
    "Pack": lambda v: np.stack(v),
    "ConcatV2": lambda v: np.concatenate(v[:-1], int(v[-1])),
    "Mul": lambda v: v[0] * v[1],
    "Neg": lambda v: -v[0],
    "FloorDiv": lambda v: v[0] // v[1],
    "FloorMod": lambda v: v[0] % v[1],
    "Maximum": lambda v: np.maximum(*v),
    "Minimum": lambda v: np.minimum(*v),
    "ExpandDims": lambda v: np.expand_dims(v[0], int(v[1])),
    "Reshape": lambda v: np.reshape(v[0], v[1]),
    "Fill": lambda v: np.full(*v),
    "GatherV2": lambda v: np.take(v[0], v[1], int(v[2])),
    **dict.fromkeys(("Cast", "Identity"), lambda v: v[0]),
}
