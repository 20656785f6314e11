"""Which tensors of a traced graph depend on which, and by how many differentiable paths."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

WITHOUT_VALUES = frozenset({"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"})
"""Operations whose results say nothing of the values that they read."""


def carries(tensor: tf.Tensor) -> bool:
    """Whether a derivative can flow through the tensor (variants hold the lists of loops)."""
    return tensor.dtype.is_floating or tensor.dtype.is_complex or tensor.dtype == tf.variant


def before(ends: Iterable[tf.Tensor], operations: Sequence[tf.Operation]) -> dict[str, int]:
    """Tensor name -> number of differentiable paths from it to `ends`, exact (Python integers)."""
    paths = {t.name: 1 for t in ends}
    for op in reversed(operations):
        total = sum(paths.get(t.name, 0) for t in op.outputs)
        for t in op.inputs if total else ():
            if carries(t):
                paths[t.name] = paths.get(t.name, 0) + total
    return paths


def after(starts: Iterable[tf.Tensor], operations: Sequence[tf.Operation]) -> dict[str, int]:
    """Tensor name -> number of differentiable paths from `starts` to it."""
    paths = {t.name: 1 for t in starts}
    for op in operations:
        total = sum(paths.get(t.name, 0) for t in op.inputs if carries(t))
        for t in op.outputs if total else ():
            paths.setdefault(t.name, total)
    return paths


def depending(
    sources: Iterable[tf.Tensor], operations: Sequence[tf.Operation], fed: Collection[str] = ()
) -> set[str]:
    """Names of the tensors, of any type, whose values follow from those of `sources`.

    fed : names of tensors whose values are given, so that nothing reaches further through them.
    """
    found = {t.name for t in sources}
    for op in operations:
        if op.type not in WITHOUT_VALUES and any(t.name in found for t in op.inputs):
            found.update(t.name for t in op.outputs if t.name not in fed)
    return found


def constant(tensor: tf.Tensor) -> Any:
    """The value of a tensor that follows from constants and known shapes alone; else None.

    Beyond tf.get_static_value, which knows no sums: axes counted from the end, such as those of a
    softmax over another axis than the last.
    """
    value = tf.get_static_value(tensor)
    combine = _ARITHMETIC.get(tensor.op.type)
    if value is not None or combine is None:
        return value
    operands = [constant(t) for t in tensor.op.inputs]
    return None if any(v is None for v in operands) else combine(operands)


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
