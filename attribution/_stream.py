"""Streams: the sums of layers over the rows of a call, in the graph, and which need none."""

from __future__ import annotations

from collections import defaultdict

import tensorflow as tf

from attribution._question import Question
from attribution._rows import every, flat, sampling

_SAMPLE = 1024  # neurons of a layer whose errors tell how many parts contribute to its error


def twins(question: Question) -> dict[str, list[str]]:
    """The layers that are summed, and with each those that score the same."""
    if not question.complete:
        return {name: [name] for name in question.layers}
    found: dict[str, list[str]] = defaultdict(list)
    for name in question.layers:
        found[question.graph.twin(name)].append(name)
    return {names[0]: names for names in found.values()}


def sums(question: Question, name: str) -> list[tf.Tensor]:
    """The trapezoid sum of a layer over the rows, and what it differs from the coarse one.

    Also the L1 norm of that difference for each pair of intervals, on a sample of the neurons.
    """
    h, g = flat(question.curve(name)), flat(question.slope(name))
    moved = h - h[:1]  # only differences matter: a constant neuron scores exactly 0
    value, difference = (
        tf.reduce_sum(moved * tf.matmul(tf.cast(m, g.dtype), g), 0)
        for m in question.graph.matrices()
    )
    neurons = h.shape[1] or question.width(name)
    stride = sampling(question.curve(name), neurons, _SAMPLE, question.channel_axis(name))
    return [value, difference, parts(every(h, stride), every(g, stride))]


def parts(h: tf.Tensor, g: tf.Tensor) -> tf.Tensor:
    """The last result of `quadrature.trapezoid`, (pairs,)."""
    even = tf.shape(h)[0] - 1 - (tf.shape(h)[0] - 1) % 2
    (h0, h1, h2), (g0, g1, g2) = ((t[:even:2], t[1 : even + 1 : 2], t[2::2]) for t in (h, g))
    coarse = (g0 + g2) * (h2 - h0)
    return tf.reduce_sum(tf.abs((g0 + g1) * (h1 - h0) + (g1 + g2) * (h2 - h1) - coarse) / 2, 1)
