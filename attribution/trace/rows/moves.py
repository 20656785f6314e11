"""How the axes go through operations that only move entries: reshapes, slices, copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from attribution.trace.rows.axes import (
    BATCH,
    Axes,
    Axis,
    Parted,
    bare,
    channels,
    has_examples,
    is_channels,
    number,
    regrouped,
    times,
)
from attribution.trace.rows.operand import (
    Mixing,
    Moved,
    Operand,
    Rule,
    broadcasted,
    channel_axis,
    rank_of,
    static,
)


def transpose(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    return tuple(at[0].axes[int(i)] for i in static(op.inputs[1]))


def expand(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    place = int(static(op.inputs[1]).reshape(-1)[0]) % (len(at[0].axes) + 1)
    return (*at[0].axes[:place], (), *at[0].axes[place:])


def squeeze(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    axes = at[0].axes
    gone = {i % len(axes) for i in op.get_attr("squeeze_dims")}
    if not gone and op.inputs[0].shape[0] is None:
        raise Parted
    return tuple(a for i, a in enumerate(axes) if (i not in gone if gone else a))


def reshape(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    out = op.outputs[0].shape
    if out.rank is None:
        raise Parted
    entries = at[1].entries or (None,) * out.rank
    wanted = [e if n is None else number(n) for n, e in zip(out.as_list(), entries, strict=True)]
    axes = at[0].axes
    try:
        return regrouped(axes, wanted)
    except Parted:
        # Whatever is done within the first axis' entries, they stay what they are.
        if not wanted or wanted[0] is None or has_examples(axes[1:]) or bare(axes[0]) != wanted[0]:
            raise
        return (axes[0], *wanted[1:])


def pack(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    axes = _broadcast_same(at)
    place = op.get_attr("axis") % (len(axes) + 1)
    return (*axes[:place], number(len(at)), *axes[place:])


def _broadcast_same(at: Sequence[Operand]) -> Axes:
    """Tensors of one shape; each must hold the examples in the same place."""
    if len({has_examples(o.axes) for o in at}) > 1:
        raise Mixing
    return broadcasted([o.axes for o in at])


def unpack(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    axes = at[0].axes
    place = op.get_attr("axis") % len(axes)
    if has_examples([axes[place]]):
        raise Mixing
    return (*axes[:place], *axes[place + 1 :])


def concat(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    parts = at[:-1]
    place = int(static(op.inputs[len(parts)])) % len(parts[0].axes)
    along_it = [o.axes[place] for o in parts]
    others = [Operand((*o.axes[:place], *o.axes[place + 1 :]), o.varies) for o in parts]
    if has_examples(along_it):
        return _stacked(along_it, others, place)
    rest = _broadcast_same(others)
    wide = op.outputs[0].shape[place]
    marked = any(map(is_channels, along_it))
    axis = None if wide is None else channels(number(wide)) if marked else number(wide)
    return (*rest[:place], axis, *rest[place:])


def _stacked(along_it: list[Axis], others: list[Operand], place: int) -> Moved:
    """Whole batches one after another: a further factor, outside of the examples."""
    counts = [f[0].length if f[0] not in BATCH else 1 for f in along_it if f]
    inner = {f[1:] if f[0] not in BATCH else f for f in along_it if f}
    if len(counts) != len(along_it) or len(inner) != 1 or not all(counts):
        raise Mixing
    (rest,) = inner
    if rest[:1] != BATCH:
        raise Mixing
    axes = broadcasted([o.axes for o in others])
    return (*axes[:place], times(number(sum(counts)), rest), *axes[place:])


def split(data: int, by: int) -> Rule:
    """Parts along an axis; batches that were stacked come apart again."""

    def rule(op: tf.Operation, at: Sequence[Operand]) -> Moved:
        axes = list(at[data].axes)
        place = int(static(op.inputs[by])) % len(axes)
        if not has_examples([axes[place]]):
            wide, marked = op.outputs[0].shape[place], is_channels(axes[place])
            part = None if wide is None else number(wide)
            return (*axes[:place], channels(part) if part and marked else part, *axes[place + 1 :])
        outer, count = axes[place][0], len(op.outputs)
        if op.type != "Split" or outer.name or outer.length % count:
            raise Mixing
        axes[place] = times(number(outer.length // count), axes[place][1:])
        return tuple(axes)

    return rule


def cut(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """Slice: of the examples, all or none."""
    start = tf.get_static_value(op.inputs[1])
    size = tf.get_static_value(op.inputs[2], partial=True)
    found: list[Axis | None] = []
    for i, axis in enumerate(at[0].axes):
        whole = start is not None and start[i] == 0 and _reaches_end(size, at[2], i, axis)
        found.append(axis if whole else None)
        if has_examples([axis]) and not whole:
            _part(axis)
    return tuple(found)


def _reaches_end(size: Any, entries: Operand, i: int, axis: Axis) -> bool:
    if size is not None and size[i] == -1:
        return True
    known = entries.entries
    return known is not None and known[i] is not None and bare(known[i] or ()) == bare(axis)


def _part(axis: Axis) -> None:
    """Some entries of an axis that counts examples: some examples, unless they have several."""
    if axis == BATCH:
        raise Mixing
    raise Parted


_MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")


def strided(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """StridedSlice: the indices of Python, spelled in bits."""
    begin, step = (tf.get_static_value(op.inputs[i], partial=True) for i in (1, 3))
    masks = {name: op.get_attr(f"{name}_mask") for name in _MASKS}
    rank = len(op.inputs[1].shape) and op.inputs[1].shape[0]
    if rank is None or step is None:
        raise Parted
    given, found = list(at[0].axes), list[Axis | None]()
    for i in range(rank):
        bit = {name: mask >> i & 1 for name, mask in masks.items()}
        if bit["ellipsis"]:
            later = rank - i - 1 - sum(masks["new_axis"] >> j & 1 for j in range(i + 1, rank))
            count = len(given) - later
            found += given[:count]
            given = given[count:]
        elif bit["new_axis"]:
            found.append(())
        else:
            axis = given.pop(0)
            starts = bit["begin"] or (begin is not None and begin[i] == 0)
            ends = bit["end"] or _reaches_end(None, at[2], i, axis)
            whole = starts and ends and step[i] == 1 and not bit["shrink_axis"]
            if has_examples([axis]) and not whole:
                _part(axis)
            if not bit["shrink_axis"]:
                found.append(axis if whole else None)
    return (*found, *given)


def gather(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """Rows of a table, by their numbers; table or numbers may hold the examples."""
    table, places = at[0].axes, at[1].axes
    axis = 0 if op.type == "ResourceGather" else int(static(op.inputs[2])) % len(table)
    batch = op.get_attr("batch_dims") if "batch_dims" in op.node_def.attr else 0
    batch += len(places) * (batch < 0)
    if has_examples([table[axis]]):
        _part(table[axis])
    shared = broadcasted([table[:batch], places[:batch]])
    row = table[axis + 1 :]
    if len(row) == 1 and not at[0].varies:
        row = (channels(row[0]),)  # an embedding
    return (*shared, *table[batch:axis], *places[batch:], *row)


def gather_nd(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    if has_examples(at[0].axes) or has_examples(at[1].axes[-1:]):
        raise Parted
    depth = op.inputs[1].shape[-1]
    if depth is None:
        raise Parted
    return (*at[1].axes[:-1], *at[0].axes[depth:])


def tile(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    entries = at[1].entries or (None,) * len(at[0].axes)
    found: list[Axis | None] = []
    for i, (axis, more) in enumerate(zip(at[0].axes, entries, strict=True)):
        if more is None and has_examples([axis]):
            raise Parted
        unknown = more is None and op.outputs[0].shape[i] is None
        if unknown:
            raise Parted
        if more and has_examples([axis]) and has_examples([more]):
            raise Mixing
        found.append(axis if more == () else None if more is None else times(more, bare(axis)))
    return tuple(found)


def broadcast(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    out, entries = op.outputs[0].shape, at[1].entries or (None,) * rank_of(op)
    wanted = [e if n is None else number(n) for n, e in zip(out, entries, strict=True)]
    if any(axis is None for axis in wanted):
        raise Parted
    return broadcasted([at[0].axes, tuple(axis or () for axis in wanted)])


def fill(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    if has_examples(at[1].axes):
        raise Parted
    out, entries = op.outputs[0].shape, at[0].entries or (None,) * rank_of(op)
    wanted = tuple(e if n is None else number(n) for n, e in zip(out, entries, strict=True))
    if None in wanted:
        raise Parted
    return wanted


def one_hot(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    axes = at[0].axes
    place = op.get_attr("axis") % (len(axes) + 1)
    return (*axes[:place], None, *axes[place:])


def pad(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    widths = static(op.inputs[1])
    found = tuple(None if np.any(w) else axis for axis, w in zip(at[0].axes, widths, strict=True))
    if has_examples(a for a, f in zip(at[0].axes, found, strict=True) if f is None):
        raise Mixing
    return found


def scatter(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """SpaceToBatchND: block after block, each with all rows; and back."""
    blocks = [int(n) for n in static(op.inputs[1]).reshape(-1)]
    axes = list[Axis | None](at[0].axes)
    if has_examples(at[0].axes[1 : len(blocks) + 1]):
        raise Mixing
    rows, count = at[0].axes[0], int(np.prod(blocks))
    if op.type == "SpaceToBatchND":
        axes[0] = times(number(count), rows)
    elif not rows or rows[0].name or rows[0].length % count:
        raise Parted
    else:
        axes[0] = times(number(rows[0].length // count), rows[1:])
    axes[1 : len(blocks) + 1] = [None] * len(blocks)
    return tuple(axes)


def depth(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """SpaceToDepth and back."""
    if has_examples(at[0].axes[1:]):
        raise Mixing
    c = channel_axis(op, len(at[0].axes))
    wide = op.outputs[0].shape[c]
    found: list[Axis | None] = [at[0].axes[0], *[None] * (len(at[0].axes) - 1)]
    found[c] = channels(number(wide)) if wide else None
    return tuple(found)


def diagonal(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """A vector becomes the diagonal of a matrix, and back."""
    axes = at[0].axes
    count = 1 if op.type.startswith("MatrixDiagV") else 2
    if has_examples(axes[-count:]):
        raise Mixing
    return (*axes[:-count], *[None] * (3 - count))
