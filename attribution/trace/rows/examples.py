"""Which example each entry of a traced model's tensors belongs to, and where examples mix.

One sweep over the operations, by the rules of `axis_rules`. What it says is proven: a tensor whose
axes hold the examples once, and which has no cause to doubt, is computed for each example alone.
Where the sweep ends, at operations that no rule covers, only running them can tell (`alone`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import tensorflow as tf

from attribution.trace.constants import clamped
from attribution.trace.rows import axes as _axes
from attribution.trace.rows import lengths as _lengths
from attribution.trace.rows.axes import (
    BATCH,
    Axes,
    Axis,
    Parted,
    channels,
    has_examples,
    is_channels,
    named,
    number,
)
from attribution.trace.rows.axis_rules import LENGTHS, RULES
from attribution.trace.rows.chance import draws, is_stateful
from attribution.trace.rows.layout import Layout
from attribution.trace.rows.lengths import ASKS, COUNTS, Entries, constants
from attribution.trace.rows.operand import Mixing, Operand

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_KINDS = ("chance", "mixed", "unknown")  # of several causes, the one that says most is told
_ROUNDS = 4  # after which what goes around in a loop has come to rest


@dataclass(frozen=True)
class Cause:
    """Why a tensor is not one example's alone, or not known to be, and the operation to blame."""

    kind: Literal["mixed", "chance", "unknown"]
    op: tf.Operation


@dataclass(frozen=True)
class Knowledge:
    """What is known of a tensor.

    axes : None where that is not known.
    entries : of a tensor that holds lengths, these.
    sized : its values depend on how many examples are fed.
    varies : its values depend on what is fed.
    cause : of doubt; None where it is proven what belongs to which example.
    """

    axes: Axes | None
    entries: Entries = None
    sized: bool = False
    varies: bool = True
    cause: Cause | None = None


class Examples:
    """What is known of the tensors of a graph whose inputs have one row for each example.

    marks : name of a tensor -> the axis that a layer takes for its channels, where no operation
        says which it is.
    """

    def __init__(self, marks: Mapping[str, int] | None = None) -> None:
        self._known: dict[str, Knowledge] = {}
        self._marks = dict(marks or {})
        self._written: set[str] = set()

    def feed(self, inputs: Iterable[tf.Tensor]) -> None:
        """Note tensors that are fed with one row for each example."""
        for tensor in inputs:
            self._note(tensor, Knowledge((BATCH, *(_static(tensor) or ())[1:])))

    def sweep(self, operations: Sequence[tf.Operation]) -> None:
        """Learn what the results of these operations are, in the order of the graph."""
        self._written |= {op.inputs[0].name for op in operations if op.type.startswith("Assign")}
        for op in operations:
            for tensor, known in zip(op.outputs, self._results(op), strict=True):
                if known is not None and tensor.name not in self._known:
                    self._note(tensor, known)

    def _note(self, tensor: tf.Tensor, known: Knowledge) -> None:
        place = self._marks.get(tensor.name)
        if place is not None and known.axes and not any(map(is_channels, known.axes)):
            axes = list(known.axes)
            axes[place] = channels(axes[place])
            known = replace(known, axes=tuple(axes))
        self._known[tensor.name] = known

    def of(self, tensor: tf.Tensor) -> Knowledge:
        found = self._known.get(tensor.name)
        return Knowledge(_static(tensor), varies=False) if found is None else found

    def cause(self, tensor: tf.Tensor) -> Cause | None:
        """Why it is not proven that the tensor is computed for each example alone."""
        return self.of(tensor).cause

    def layout(self, tensor: tf.Tensor) -> Layout | None:
        """Where the examples are in the tensor, as far as is known."""
        axes = self.of(tensor).axes
        return None if axes is None else Layout.of(axes)

    def _results(self, op: tf.Operation) -> Sequence[Knowledge | None]:
        """What is known of an operation's results; None: they have nothing to do with examples."""
        at = [self.of(t) for t in op.inputs]
        if op.type in ASKS:
            return [_asked(op, i, at) for i in range(len(op.outputs))]
        if clamped(op) is not None:
            return [None]
        if draws(op, self._written):
            return [Knowledge(None, cause=Cause("chance", op)) for _ in op.outputs]
        causes = [k.cause for k in at if k.cause]
        first = min(causes, key=lambda cause: _KINDS.index(cause.kind), default=None)
        if first is None and not any(k.varies or k.sized for k in at) and not is_stateful(op):
            return _plain(op, at)
        if first is None and not any(has_examples(k.axes or ()) for k in at):
            counted = _counted(op, at)
            if counted is not None:
                return counted
        try:
            moved = self._moved(op, at)
        except Mixing as mixing:
            cause = first or Cause("mixed", op)
            return [Knowledge(_filled(t, mixing.axes), cause=cause) for t in op.outputs]
        except Parted:
            cause = first or Cause("unknown", op)
            return [Knowledge(None, cause=cause) for _ in op.outputs]
        return [replace(k, cause=first or k.cause) for k in moved]

    def _moved(self, op: tf.Operation, at: Sequence[Knowledge]) -> Sequence[Knowledge]:
        """The results of an operation on examples, by its rule."""
        if op.type == "IdentityN":
            return at
        if op.type in CALLS:
            called = self._called(op, op.get_attr("f").name, at)
            if len(called) != len(op.outputs):
                raise Parted
            return called
        if op.type in ("While", "StatelessWhile"):
            return self._looped(op, at)
        if op.type in _LISTS:
            return [_LISTS[op.type](op, at)]
        if op.type not in RULES or any(k.axes is None for k in at):
            raise Parted
        lengths = LENGTHS.get(op.type, ())
        if any(k.sized and i not in lengths for i, k in enumerate(at)):
            raise Parted  # the number of examples is used as a number
        operands = [
            Operand(k.axes or (), k.varies, self.lengths(t) if i in lengths else None)
            for i, (t, k) in enumerate(zip(op.inputs, at, strict=True))
        ]
        moved = RULES[op.type](op, operands)
        found = [_filled(t, moved) for t in op.outputs]
        if any(axes is None for axes in found):
            raise Parted
        if any(_twice(axes) for axes in found):
            raise Mixing  # every example with every other
        varies = any(k.varies for k in at)
        return [Knowledge(axes, varies=varies or has_examples(axes or ())) for axes in found]

    def _called(self, op: tf.Operation, name: str, at: Sequence[Knowledge]) -> list[Knowledge]:
        """The results of an inner function: the same sweep over what is inside."""
        inner = op.graph._get_function(name)  # has no public name
        if inner is None or len(inner.graph.inputs) != len(at):
            raise Parted
        operations = inner.graph.get_operations()
        if any(o.type.startswith("Assign") for o in operations):
            raise Parted
        inside = Examples()
        inside._known = {t.name: k for t, k in zip(inner.graph.inputs, at, strict=True)}
        inside.sweep(operations)
        # A gradient taken of the function elsewhere has added outputs behind its own.
        own = inner.graph.outputs[: len(op.outputs) if op.type in CALLS else None]
        found = [inside.of(t) for t in own]
        return [
            replace(k, cause=Cause(k.cause.kind, op))
            if k.cause and k.cause.op.graph is not op.graph
            else k
            for k in found
        ]

    def _looped(self, op: tf.Operation, at: Sequence[Knowledge]) -> list[Knowledge]:
        """What a loop leaves behind, if a further round says the same as the one before."""
        before = list(at)
        for _ in range(_ROUNDS):
            (again,) = self._called(op, op.get_attr("cond").name, before)
            if again.varies or again.sized or again.cause:
                raise Parted  # as many rounds as the batch needs
            after = self._called(op, op.get_attr("body").name, before)
            if len(after) != len(before):
                raise Parted
            if after == before:
                return after
            before = after
        raise Parted

    def lengths(self, tensor: tf.Tensor) -> Entries:
        """What a tensor of lengths holds, as far as is known."""
        known = self.of(tensor).entries
        return known if known is not None else constants(tensor)


def _static(tensor: tf.Tensor) -> Axes | None:
    """The axes as far as the graph says; lengths that vary are named."""
    if tensor.shape.rank is None:
        return None
    return tuple(
        named(f"{tensor.name}:{i}") if n is None else number(n) for i, n in enumerate(tensor.shape)
    )


def _filled(tensor: tf.Tensor, moved: Any) -> Axes | None:
    """Axes by a rule, and what the graph says where the rule says nothing."""
    static = _static(tensor)
    if tensor.value_index and tensor.op.type.startswith("FusedBatchNorm"):
        return static  # the statistics, one for each channel
    if moved is None or static is None or len(moved) != len(static):
        return None
    return tuple(
        own if axis is None or (not has_examples([axis]) and not _same(axis, n)) else axis
        for axis, own, n in zip(moved, static, tensor.shape, strict=True)
    )


def _same(axis: Axis, n: int | None) -> bool:
    return n is None or _axes.length(axis) == n


def _twice(axes: Axes | None) -> bool:
    return sum(f.name == _axes.EXAMPLES for axis in axes or () for f in axis) > 1


def _asked(op: tf.Operation, i: int, at: Sequence[Knowledge]) -> Knowledge | None:
    """Shape, Size, Rank: what they say of a tensor's axes."""
    axes = at[i if op.type == "ShapeN" else 0].axes
    if axes is None:
        return Knowledge(_static(op.outputs[i]), sized=True, varies=False)
    whole = tuple(f for axis in axes for f in axis)
    entries = {"Size": (whole,), "Rank": None}.get(op.type, tuple(axes))
    sized = op.type != "Rank" and has_examples(axes)
    return Knowledge(_static(op.outputs[i]), entries, sized=sized, varies=False)


def _plain(op: tf.Operation, at: Sequence[Knowledge]) -> Sequence[Knowledge | None]:
    """The results of operations that have nothing to do with examples: lengths, where they are."""
    counted = _counted(op, at) if any(k.entries is not None for k in at) else None
    return [replace(k, sized=False) for k in counted] if counted else [None] * len(op.outputs)


def _counted(op: tf.Operation, at: Sequence[Knowledge]) -> Sequence[Knowledge] | None:
    """The results of operations on lengths; None for other operations."""
    if any(k.varies for k in at) or op.type not in COUNTS:
        return None
    pairs = zip(op.inputs, at, strict=True)
    entries = [k.entries if k.entries is not None else constants(t) for t, k in pairs]
    found = []
    for tensor, made in zip(op.outputs, _lengths.results(op, entries), strict=True):
        known = made is not None and all(e is not None for e in made)
        sized = not known or has_examples(e or () for e in made or ())
        found.append(Knowledge(_static(tensor), made, sized=sized, varies=False))
    return found


def _listed(op: tf.Operation, at: Sequence[Knowledge]) -> Knowledge:
    """Operations on lists, such as the steps of a loop: a list has the axes of its elements."""
    what, other = at[0], at[1]
    placed = op.type in ("TensorListSetItem", "TensorListGetItem", "TensorListReserve")
    if placed and (other.varies or other.sized):
        raise Parted  # a place in the list, or its length, that is another one for each batch
    if op.type == "TensorListReserve":
        return Knowledge((), varies=False)
    if op.type == "TensorListSetItem":
        item = at[2]
        if what.varies and (what.axes is None or what.axes != item.axes):
            raise Parted
        return item
    if what.axes is None:
        raise Parted
    if op.type == "TensorListFromTensor":
        if has_examples(what.axes[:1]):
            raise Parted
        return replace(what, axes=what.axes[1:])
    if op.type == "TensorListStack":
        static = _static(op.outputs[0])
        if static is None:
            raise Parted
        return replace(what, axes=(static[0], *what.axes))
    return what


_LISTS = dict.fromkeys(
    ["TensorListFromTensor", "TensorListGetItem", "TensorListSetItem", "TensorListStack"], _listed
)
