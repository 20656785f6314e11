"""Rows in pairs: the first half of a batch is x, the second half, in the same order, the reference.

DeepLIFT compares every activation with its value at the reference. With both in one batch, a rule
that replaces an operation's gradient sees both. The gradient's halves are the multipliers m+ and m-
of the positive and the negative part of the difference; under Rescale they are equal.

A half is half of the memory, so it survives every reshape that keeps examples apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from attribution.trace.replay import replay

Function = Callable[[tf.Tensor], tf.Tensor]
_NOISE = 4.0  # rounding errors of a function's value, in units of its last place


def halves(tensor: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """(2N, ...) -> the N rows at x, the N rows at the reference."""
    both = _apart(tensor)
    return both[0], both[1]


def twice(half: tf.Tensor) -> tf.Tensor:
    """(N, ...) -> (2N, ...): the same for both halves."""
    return tf.concat([half, half], 0)


def join(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """The inverse of `halves`."""
    return tf.concat([first, second], 0)


def swap(tensor: tf.Tensor) -> tf.Tensor:
    """Exchange the halves: m+ and m-, D+ and D-."""
    first, second = halves(tensor)
    return join(second, first)


def difference(tensor: tf.Tensor) -> tf.Tensor:
    """D, (N, ...): the value at x minus the value at the reference."""
    first, second = halves(tensor)
    return first - second


def mean(tensor: tf.Tensor) -> tf.Tensor:
    """The mean of the pair, (N, ...)."""
    first, second = halves(tensor)
    return (first + second) / 2


def times(tensor: tf.Tensor, half: tf.Tensor) -> tf.Tensor:
    """Both halves of `tensor` times the same `half`, (N, ...)."""
    return tf.reshape(_apart(tensor) * half, tf.shape(tensor))


def _apart(tensor: tf.Tensor) -> tf.Tensor:
    """(2N, ...) -> (2, N, ...)."""
    rest = tensor.shape[1:]
    shape = [2, -1, *rest] if rest.is_fully_defined() else None
    dynamic = shape if shape else tf.concat([[2, -1], tf.shape(tensor)[1:]], 0)
    both = tf.reshape(tensor, dynamic)
    both.set_shape([2, None, *rest])
    return both


def gather(tensor: tf.Tensor, blocks: int) -> tf.Tensor:
    """Rows that go block by block, each with all examples: put every example's blocks together."""
    return _transposed(tensor, [blocks, -1]) if blocks else tensor


def scatter(tensor: tf.Tensor, blocks: int) -> tf.Tensor:
    """The inverse of `gather`."""
    return _transposed(tensor, [-1, blocks]) if blocks else tensor


def _transposed(tensor: tf.Tensor, first: list[int]) -> tf.Tensor:
    """Split the first axis in two and exchange these."""
    apart = tf.reshape(tensor, tf.concat([first, tf.shape(tensor)[1:]], 0))
    turned = tf.transpose(apart, [1, 0, *range(2, tensor.shape.rank + 1)])
    together = tf.reshape(turned, tf.shape(tensor))
    together.set_shape(tensor.shape)
    return together


def own_gradient(
    op: tf.Operation,
    wanted: Sequence[int],
    at: Mapping[int, tf.Tensor],
    *gradients: Sequence[tf.Tensor],
) -> list[list[Any]]:
    """TensorFlow's own gradient of the operation, for each of `gradients` (one per output).

    It is taken by the inputs numbered `wanted`, where the inputs in `at` have other values. The
    copy of the operation hangs on new tensors, so that tf.gradients has no more to walk.
    """
    fresh = {i: tf.identity(at.get(i, op.inputs[i])) for i in {*wanted, *at}}
    outputs = replay(op, fresh)
    return [tf.gradients(outputs, [fresh[i] for i in wanted], list(g)) for g in gradients]


def slope(
    f: Function, start: tf.Tensor, step: tf.Tensor, f_start: tf.Tensor, moved: tf.Tensor
) -> tf.Tensor:
    """moved / step, where moved = f(start + step) - f(start), elementwise; or its limit.

    The limit, the derivative in the middle, is taken where it explains the difference of the values
    to within their rounding. There the quotient may be mere noise, and elsewhere it is good: no
    absolute threshold could tell these apart.
    """
    middle = tf.identity(start + step / 2)
    (limit,) = tf.gradients(f(middle), middle, unconnected_gradients="zero")
    size = tf.abs(f_start) + tf.abs(moved) + tf.abs(limit) * (tf.abs(start) + tf.abs(step))
    noise = _NOISE * np.finfo(moved.dtype.as_numpy_dtype).eps * size
    explained = tf.math.is_finite(limit) & (tf.abs(limit * step - moved) <= noise)
    return tf.where(explained, limit, tf.math.divide_no_nan(moved, step))


def kinked_slope(
    f: Function, start: tf.Tensor, step: tf.Tensor, f_start: tf.Tensor, moved: tf.Tensor
) -> tf.Tensor:
    """`slope` for functions whose values are chosen among their operands, without any rounding."""
    del f_start
    point = tf.identity(start)
    (limit,) = tf.gradients(f(point), point, unconnected_gradients="zero")
    return tf.where(tf.equal(step, 0), limit, tf.math.divide_no_nan(moved, step))
