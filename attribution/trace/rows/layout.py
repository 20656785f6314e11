"""Where the examples are in a layer's tensor, and the tensor with the examples first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.trace.rows.axes import EXAMPLES, Axes, is_channels, length

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Layout:
    """One axis of a tensor counts the examples: it has outer * examples * inner entries.

    rest : the other axes' lengths, without the axis of the examples; None where a length varies.
    channel : the axis of the tensor that holds the channels; None where that is not known.
    outer, inner : None where that depends on the lengths that are fed, which one of them may.
    """

    axis: int
    outer: int | None
    inner: int | None
    rest: tuple[int | None, ...]
    channel: int | None = None

    @classmethod
    def of(cls, axes: Axes) -> Layout | None:
        """The layout of a tensor with these axes; None where no axis counts the examples once."""
        places = [(i, j) for i, axis in enumerate(axes) for j, f in enumerate(axis)
                  if f.name == EXAMPLES]  # fmt: skip
        if len(places) != 1:
            return None
        ((at, part),) = places
        outer, inner = length(axes[at][:part]), length(axes[at][part + 1 :])
        marked = [i for i, axis in enumerate(axes) if is_channels(axis)]
        rest = tuple(length(axis) for i, axis in enumerate(axes) if i != at)
        if outer is None and inner is None:
            return None
        return cls(at, outer, inner, rest, marked[0] if len(marked) == 1 else None)

    @property
    def plain(self) -> bool:
        """Whether the tensor's rows are the examples."""
        return self.axis == 0 and self.outer == self.inner == 1

    @property
    def merged(self) -> bool:
        """Whether each example has several entries of the axis, which become an axis of its own."""
        return not self.outer == self.inner == 1

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of one example's values: the axes in their order, without the examples."""
        known = self.outer * self.inner if self.outer and self.inner else None
        several = (known,) if self.merged else ()
        return (*self.rest[: self.axis], *several, *self.rest[self.axis :])

    @property
    def channel_axis(self) -> int | None:
        """The axis of `shape` that holds the channels; None where that is not known."""
        if len(self.shape) == 1:
            return 0
        if self.channel is None or self.channel == self.axis:
            return None
        return self.channel - (self.channel > self.axis and not self.merged)

    @property
    def counted(self) -> bool:
        """Whether `fold` must be told how many examples there are."""
        return self.outer is None or self.inner is None

    def fold(self, tensor: Any, count: Any = -1) -> Any:
        """(..., outer * examples * inner, ...) -> (examples, *shape), of an array or a tensor.

        count : the number of examples, where the layout is `counted`.
        """
        if self.plain:
            return tensor
        given = _shape(tensor)
        before, after = given[: self.axis], given[self.axis + 1 :]
        parts = [-1 if n is None else n for n in (self.outer, self.inner)]
        apart = [*before, parts[0], count, parts[1], *after]
        order = [self.axis + 1, *(i for i in range(len(apart)) if i != self.axis + 1)]
        first = _transposed(_reshaped(tensor, apart), order)
        several = [-1] if self.merged else []
        folded = _reshaped(first, [_shape(first)[0], *before, *several, *after])
        if tf.is_tensor(folded):
            folded.set_shape([None, *self.shape])
        return folded

    def unfold(self, values: Array) -> Array:
        """The inverse of `fold`, of an array."""
        if self.plain:
            return values
        count = len(values)
        before, after = values.shape[1 : self.axis + 1], values.shape[self.axis + 1 + self.merged :]
        parts = [self.outer, -1] if self.outer else [-1, self.inner or 1]
        apart = values.reshape(count, *before, *parts, *after)
        turned = np.moveaxis(apart, 0, self.axis + 1)
        return turned.reshape(*before, -1, *after)


def _shape(tensor: Any) -> list[Any]:
    if not tf.is_tensor(tensor):
        return list(np.shape(tensor))
    dynamic = tf.shape(tensor)
    return [dynamic[i] if n is None else n for i, n in enumerate(tensor.shape)]


def _reshaped(tensor: Any, shape: list[Any]) -> Any:
    return (tf if tf.is_tensor(tensor) else np).reshape(tensor, shape)


def _transposed(tensor: Any, order: list[int]) -> Any:
    return tf.transpose(tensor, order) if tf.is_tensor(tensor) else np.transpose(tensor, order)
