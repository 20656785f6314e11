"""What a rule is told of an operation's inputs, and what it answers: the axes of its results.

A rule raises Mixing where the operation lets examples of a batch act on each other, with the axes
of the result where these are known, and Parted where that cannot be told. An axis of None has
whatever length the graph knows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from attribution.trace.rows import lengths
from attribution.trace.rows.axes import (
    Axes,
    Axis,
    Parted,
    has_examples,
    joined,
    length,
)

Moved = tuple[Axis | None, ...]


class Mixing(Exception):
    """The operation lets examples act on each other. axes : those of its result, if known."""

    def __init__(self, axes: Moved | None = None) -> None:
        super().__init__()
        self.axes = axes


@dataclass(frozen=True)
class Operand:
    """What is known of an input: its axes, whether its values depend on what is fed, and, of a
    tensor that holds lengths, these (None: a length that is not known).
    """

    axes: Axes
    varies: bool
    entries: tuple[Axis | None, ...] | None = None


Rule = Callable[[tf.Operation, Sequence[Operand]], Moved]


def static(tensor: tf.Tensor) -> Any:
    """A constant's value as an array; raises Parted where it is none."""
    value = lengths.value(tensor)
    if value is None:
        raise Parted
    return value


def rank_of(op: tf.Operation) -> int:
    rank = op.outputs[0].shape.rank
    if rank is None:
        raise Parted
    return int(rank)


def channel_axis(op: tf.Operation, rank: int) -> int:
    """Where an operation's data format puts the channels."""
    form = op.get_attr("data_format").decode() if "data_format" in op.node_def.attr else "NHWC"
    return 1 if form.startswith("NC") else rank - 1


def broadcasted(given: Sequence[Axes]) -> Axes:
    rank = max(len(axes) for axes in given)
    found: list[Axis] = []
    for i in range(-rank, 0):
        here = [axes[i] for axes in given if len(axes) >= -i]
        result: Axis = ()
        for axis in here:
            result = met(result, axis)
        found.append(result)
    return tuple(found)


def met(a: Axis, b: Axis) -> Axis:
    """Two axes entry by entry; examples must be in the same places of both."""
    if a and b and has_examples([a]) != has_examples([b]):
        if length(a) or length(b):
            raise Mixing  # as many entries as a batch may have, each for one place of it
        raise Parted
    try:
        return joined(a, b)
    except Parted:
        raise Mixing from None  # an example meets another one
