"""The rows of a call, one for each example or point of a path, as matrices (rows, neurons)."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np
import tensorflow as tf


def flat(tensor: tf.Tensor) -> tf.Tensor:
    """(rows, ...) -> (rows, neurons); a known number of neurons stays known."""
    known = tensor.shape[1:].num_elements()
    return tf.reshape(tensor, [-1, known] if known else [tf.shape(tensor)[0], -1])


def joined(tensors: Sequence[tf.Tensor]) -> tf.Tensor:
    """Tensors of the same rows as one, (rows, values), in the widest of their types."""
    wide = tf.float64 if any(t.dtype == tf.float64 for t in tensors) else tf.float32
    return tf.concat([tf.cast(flat(t), wide) for t in tensors], axis=1)


def sampling(tensor: tf.Tensor, neurons: int, most: int, channel: int | None = None) -> int:
    """The stride that takes at most `most` of so many neurons of a layer, and every channel.

    channel : the axis of the channels, without that of the rows; None: the last.

    A stride that shares a factor with the number of channels would see some of these only. Where
    a channel's neurons lie together, it is to step over none of them.
    """
    shape = tensor.shape[1:].as_list() or [1]
    channel = len(shape) - 1 if channel is None else channel
    stride = -(-neurons // most)
    together = tensor.shape[channel + 2 :].num_elements() or 1
    if stride <= together > 1:
        return stride
    steps = -(-stride // together)
    while steps > 1 and gcd(steps, shape[channel] or 1) > 1:
        steps += 1
    return steps * together


def every(tensor: tf.Tensor, stride: int) -> tf.Tensor:
    """(rows, neurons) -> (rows, every stride-th neuron).

    A slice with steps, or places that are computed, takes far longer than a gather at known places.
    """
    if stride == 1:
        return tensor
    width = tensor.shape[1]
    places = tf.range(0, tf.shape(tensor)[1], stride) if width is None else np.r_[0:width:stride]
    return tf.gather(tensor, places, axis=1)
