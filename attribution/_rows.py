"""The rows of a call, one for each example or point of a path, as matrices (rows, neurons)."""

from __future__ import annotations

import numpy as np
import tensorflow as tf


def flat(tensor: tf.Tensor) -> tf.Tensor:
    """(rows, ...) -> (rows, neurons); a known number of neurons stays known."""
    known = tensor.shape[1:].num_elements()
    return tf.reshape(tensor, [-1, known] if known else [tf.shape(tensor)[0], -1])


def every(tensor: tf.Tensor, stride: int) -> tf.Tensor:
    """(rows, neurons) -> (rows, every stride-th neuron).

    A slice with steps, or places that are computed, takes far longer than a gather at known places.
    """
    if stride == 1:
        return tensor
    width = tensor.shape[1]
    places = tf.range(0, tf.shape(tensor)[1], stride) if width is None else np.r_[0:width:stride]
    return tf.gather(tensor, places, axis=1)
