"""How the axes go through operations that compute: entry by entry, over windows, as sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from attribution.trace.rows.axes import (
    Axis,
    Parted,
    channels,
    has_examples,
    number,
)
from attribution.trace.rows.operand import (
    Mixing,
    Moved,
    Operand,
    Rule,
    broadcasted,
    channel_axis,
    met,
    static,
)


def elementwise(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """Entry by entry, with axes of length 1 repeated."""
    return broadcasted([operand.axes for operand in at])


def first(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """The axes of the first input, which alone holds values."""
    return at[0].axes


def choice(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """Select of the first version: one condition for a whole row, or one for each entry."""
    if len(at[0].axes) != len(at[1].axes):
        raise Parted
    return elementwise(op, at)


def bias(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    axes = list(at[0].axes)
    c = channel_axis(op, len(axes))
    axes[c] = channels(axes[c])
    return tuple(axes)


def _windows(operand: Operand, op: tf.Operation) -> list[Axis | None]:
    """The axes where windows slide over all but the rows and the channels."""
    rank = len(operand.axes)
    c = channel_axis(op, rank)
    kept: list[Axis | None] = [None] * rank
    kept[0], kept[c] = operand.axes[0], operand.axes[c]
    if has_examples(axis for i, axis in enumerate(operand.axes) if i not in (0, c)):
        raise Mixing
    return kept


def pool(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """Pools and resizing: channel by channel."""
    return tuple(_windows(at[0], op))


def convolution(data: int) -> Rule:
    """Windows over positions, sums over channels."""

    def rule(op: tf.Operation, at: Sequence[Operand]) -> Moved:
        if has_examples(at[1].axes):
            raise Parted
        kept = _windows(at[data], op)
        c = channel_axis(op, len(kept))
        if has_examples([at[data].axes[c]]):
            raise Parted if op.type.startswith("Depthwise") else Mixing
        wide = op.outputs[0].shape[c]
        kept[c] = channels(number(wide)) if wide else None
        return tuple(kept)

    return rule


def batch_norm(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    axes = bias(op, at)
    c = channel_axis(op, len(axes))
    others = [axis for i, axis in enumerate(axes) if i != c and axis]
    if op.get_attr("is_training") and has_examples(others):
        raise Mixing(axes)
    return axes


def product(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """Matrix products of the last two axes; the others as elementwise."""
    a, b = (list(operand.axes) for operand in at)
    turns = [("transpose_a", "transpose_b"), ("adj_x", "adj_y")]
    for pair in turns:
        for axes, name in zip((a, b), pair, strict=True):
            if name in op.node_def.attr and op.get_attr(name):
                axes[-2:] = axes[-2:][::-1]
    if has_examples([a[-1], b[-2]]):
        raise Mixing
    wide = b[-1] if at[1].varies else channels(b[-1])
    return (*broadcasted([tuple(a[:-2]), tuple(b[:-2])]), a[-2], wide)


def einsum(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    terms, result, labels = _labels(op, at)
    if any(len(set(term)) != len(term) for term in terms):
        raise Parted
    for label, axis in labels.items():
        if has_examples([axis]) and label not in result:
            raise Mixing
    weights = [t for t, operand in zip(terms, at, strict=True) if not operand.varies]
    given = {x for t, operand in zip(terms, at, strict=True) if operand.varies for x in t}
    new = [x for x in result if any(x in t for t in weights) and x not in given]
    if len(new) == 1:
        labels[new[0]] = channels(labels[new[0]])
    return tuple(labels[x] for x in result)


def _labels(
    op: tf.Operation, at: Sequence[Operand]
) -> tuple[list[list[str]], list[str], dict[str, Axis]]:
    """The labels of the operands and of the result, an ellipsis spelled out; label -> axis."""
    left, right = op.get_attr("equation").decode().replace(" ", "").split("->")
    most = max(
        len(operand.axes) - len(term.replace("...", ""))
        for term, operand in zip(left.split(","), at, strict=True)
    )

    def spelled(term: str, rank: int | None) -> list[str]:
        if "..." not in term:
            return list(term)
        before, after = term.split("...")
        count = most if rank is None else rank - len(before) - len(after)
        return [*before, *(f"{i}" for i in range(most - count, most)), *after]

    terms = [spelled(t, len(o.axes)) for t, o in zip(left.split(","), at, strict=True)]
    labels: dict[str, Axis] = {}
    for term, operand in zip(terms, at, strict=True):
        for label, axis in zip(term, operand.axes, strict=True):
            labels[label] = met(labels.get(label, ()), axis)
    return terms, spelled(right, None), labels


def reduced(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """Sums, maxima and the like over some axes."""
    rank = len(at[0].axes)
    gone = {int(i) % rank for i in static(op.inputs[1]).reshape(-1)} if rank else set()
    keep = "keep_dims" in op.node_def.attr and op.get_attr("keep_dims")
    found = tuple(
        () if i in gone else axis for i, axis in enumerate(at[0].axes) if keep or i not in gone
    )
    if has_examples(at[0].axes[i] for i in gone):
        raise Mixing(found)
    return found


def counts(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """How often each number occurs: of a vector in all of it, of a matrix in each row."""
    if len(at[0].axes) != 2:
        raise Mixing if has_examples(at[0].axes) else Parted
    if has_examples(at[0].axes[1:]):
        raise Mixing
    met_weights = broadcasted([at[0].axes, at[2].axes]) if at[2].axes[1:] else at[0].axes
    return (met_weights[0], None)


def along(where: Callable[[tf.Operation], Any], *, same: bool = True) -> Rule:
    """What acts along some axes and keeps them (not same: their lengths change)."""

    def rule(op: tf.Operation, at: Sequence[Operand]) -> Moved:
        axes = at[0].axes
        acted = {int(i) % len(axes) for i in np.reshape(where(op), -1)}
        if has_examples(axes[i] for i in acted):
            raise Mixing(axes if same else None)
        return tuple(axis if same or i not in acted else None for i, axis in enumerate(axes))

    return rule


def running(op: tf.Operation, at: Sequence[Operand]) -> Moved:
    """Running sums. Of integers over the examples they are where each one starts (ragged rows)."""
    acted = static(op.inputs[1]).reshape(-1) if at[0].axes else ()
    if op.inputs[0].dtype.is_integer and has_examples(at[0].axes[int(i)] for i in acted):
        raise Parted
    return along(lambda op: acted)(op, at)
