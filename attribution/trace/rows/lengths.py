"""Lengths that a graph computes: what shapes, products and slices of shapes hold, as products.

A reshape to (-1, 7, 7, channels) says which entries stay together only if its lengths are known.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.trace.constants import constant
from attribution.trace.rows import axes
from attribution.trace.rows.axes import Axis, number

ASKS = ("Shape", "ShapeN", "Size", "Rank")
COUNTS = frozenset(
    (
        *("AddV2", "Add", "Sub", "Mul", "FloorDiv", "FloorMod", "Maximum", "Minimum", "Neg"),
        *("Pack", "ConcatV2", "StridedSlice", "Slice", "SplitV", "GatherV2", "Unpack", "Range"),
        *("Prod", "Sum", "Max", "Min", "Cast", "Identity", "Reshape", "ExpandDims", "Squeeze"),
        *("Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"),
        *("LogicalAnd", "LogicalOr"),
    )
)
"""Operations on lengths whose results are lengths, or questions about them."""

Entries = tuple[Axis | None, ...] | None
"""The lengths that a tensor holds; None for one that is not known, or for all."""


def _copied(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    return [at[0]]


def _packed(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    return [tuple(e[0] if e else None for e in at)]


def _chained(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    counts = [None if t.shape.rank is None else t.shape.num_elements() for t in op.inputs[:-1]]
    parts = [(None,) * n if e is None and n else e for e, n in zip(at, counts, strict=False)]
    return [None if any(e is None for e in parts) else tuple(x for e in parts for x in e or ())]


def _unpacked(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    return [None if at[0] is None else (e,) for e in (at[0] or [None] * len(op.outputs))]


def _parted(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    """A list of lengths cut into lists, as many entries each as a constant says."""
    sizes = value(op.inputs[1])
    if at[0] is None or sizes is None:
        return [None] * len(op.outputs)
    counts = [len(at[0]) - int(sizes[sizes >= 0].sum()) if n < 0 else int(n) for n in sizes]
    ends = np.cumsum(counts)
    return [at[0][end - count : end] for count, end in zip(counts, ends, strict=True)]


def _picked(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    """Some entries of a list of lengths, by the operation itself."""
    if at[0] is None:
        return [None]
    if op.type == "GatherV2":
        places = tf.get_static_value(op.inputs[1])
        return [None if places is None else tuple(at[0][int(i)] for i in np.reshape(places, -1))]
    spec = [tf.get_static_value(op.inputs[i]) for i in (1, 2, 3)]
    if any(s is None or len(s) != 1 for s in spec) or op.get_attr("new_axis_mask"):
        return [None]
    begin, end, step = (int(s[0]) for s in spec)
    if op.get_attr("shrink_axis_mask"):
        return [(at[0][begin],)]
    start = None if op.get_attr("begin_mask") else begin
    return [at[0][start : None if op.get_attr("end_mask") else end : step]]


def _multiplied(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    a, b = at
    if a is None or b is None or (1 not in (len(a), len(b)) and len(a) != len(b)):
        return [None]
    count = max(len(a), len(b))
    pairs = zip(a * (count // len(a)), b * (count // len(b)), strict=True)
    return [tuple(None if x is None or y is None else axes.times(x, y) for x, y in pairs)]


def _product(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    if at[0] is None or any(e is None for e in at[0]):
        return [None]
    return [(tuple(f for e in at[0] for f in e or ()),)]


def _divided(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    """Exact where the divisor is a part of the last number."""
    a, b = at
    if not a or not b or len(a) != 1 or len(b) != 1 or a[0] is None or b[0] is None:
        return [None]
    by = axes.length(b[0])
    whole = axes.bare(a[0])
    last = whole[-1] if whole else None
    if by == 1:
        return [a]
    if not by or last is None or last.name or last.length % by:
        return [None]
    return [(axes.times(whole[:-1], number(last.length // by)),)]


def _reckoned(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    """A sum of two numbers that are both known, their difference, the larger or the smaller one."""
    numbers = [_number(t, entries) for t, entries in zip(op.inputs, at, strict=True)]
    if None in numbers:
        return [None]
    found = _RECKON[op.type](*numbers)
    return [(number(found),) if found > 0 else None]


def _number(tensor: tf.Tensor, entries: Entries) -> int | None:
    if entries and len(entries) == 1 and entries[0] is not None:
        return axes.length(entries[0]) or None
    known = value(tensor)
    return None if known is None or known.size != 1 else int(known.item())


_RECKON: Mapping[str, Callable[..., int]] = {
    **dict.fromkeys(("Add", "AddV2"), operator.add),
    "Sub": operator.sub,
    "Maximum": max,
    "Minimum": min,
}

RULES: Mapping[str, Callable[[tf.Operation, Sequence[Entries]], list[Entries]]] = {
    **dict.fromkeys(["Cast", "Identity", "Reshape", "ExpandDims", "Squeeze"], _copied),
    "Pack": _packed,
    "ConcatV2": _chained,
    "Unpack": _unpacked,
    "SplitV": _parted,
    **dict.fromkeys(("StridedSlice", "GatherV2"), _picked),
    "Mul": _multiplied,
    "Prod": _product,
    "FloorDiv": _divided,
    **dict.fromkeys(_RECKON, _reckoned),
}
"""Operations on lengths whose results are known as products."""


def value(tensor: tf.Tensor) -> npt.NDArray[Any] | None:
    """The whole numbers that a small tensor always holds; None where they may vary."""
    small = tensor.dtype.is_integer and (tensor.shape.rank or 0) < 3
    found = constant(tensor) if small else None
    return None if found is None else np.asarray(found)


def constants(tensor: tf.Tensor) -> Entries:
    """The lengths that a constant holds; None for those that are none, such as -1."""
    found = value(tensor)
    if found is None or found.ndim > 1 or found.dtype.kind not in "iu":
        return None
    return tuple(number(int(n)) if n > 0 else None for n in found.reshape(-1))


def results(op: tf.Operation, at: Sequence[Entries]) -> list[Entries]:
    """The lengths that the results of an operation hold."""
    return RULES[op.type](op, at) if op.type in RULES else [None] * len(op.outputs)
