"""Conductance by its definition, one Jacobian-vector product per input: the slow oracle.

Dhamdhere, Sundararajan, Yan, arXiv 1805.12233, equation 1. For teaching, and for checking the path
integral on a hidden layer, with which it shares no arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.arguments import Baseline, Input, Output, Target
from attribution.network import Network
from attribution.questions import question as _question
from attribution.questions.question import Question

Array = npt.NDArray[Any]


def direct_conductance(
    net: Network,
    x: Input,
    layer: str,
    *,
    target: Target = None,
    baseline: Baseline = None,
    output: Output = "logit",
    points: int = 256,
) -> Array:
    """Every c_ij of a layer by its definition: slow, for teaching and for checking faster methods.

    For each input i, and at each of `points` midpoints of equal intervals, one Jacobian-vector
    product with the tangent (x_i - x'_i) e_i gives dh_j of all neurons, which the gradient
    multiplies. The cost is inputs x points forward and backward passes for each example.

    Returns
    -------
    (batch, inputs, *layer shape), the inputs flat and one after another (of integer inputs, the
    values of their embedding), averaged over references. The sum over axis 1 is the conductance
    of each neuron; the sum over neurons of a cut is the integrated gradient of each input.
    """
    question = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    graph = question.graph
    run, tangents = _forward_mode(question, layer)
    feeds = [*question.feeds(), *tangents]
    function = graph.function(("direct", layer), feeds, lambda: [run * graph.slopes(layer)])
    sizes = [int(np.prod(end.shape[1:])) for end in question.ends]
    total = np.zeros((question.batch, sum(sizes), *question.layer_shape(layer)))
    places = (np.arange(points) + 0.5) / points
    rows = [(i, a) for i in range(sum(sizes)) for a in places]
    step = net.chunk([layer], graph, question.fed())
    for e in range(question.batch):
        for r, reference in enumerate(question.references):
            change = [end[e] - ref[e] for end, ref in zip(question.ends, reference, strict=True)]
            for first in range(0, len(rows), step):
                inputs, a = zip(*rows[first : first + step], strict=True)
                fed = question.points([e] * len(a), [r] * len(a), np.array(a))
                (value,) = function(*fed, *question.laid(_tangents(change, inputs)))
                np.add.at(total[e], list(inputs), np.asarray(value))
    return total / (points * len(question.references))


def _forward_mode(question: Question, layer: str) -> tuple[Any, list[Any]]:
    """The product of the layer's Jacobian with fed tangents, (rows, *layer shape), and these.

    The product of a cotangent u with the Jacobian is linear in u, whatever u is, so its own
    gradient by u carries a tangent forward.
    """
    graph = question.graph

    def make() -> tuple[Any, list[Any]]:
        starts, hidden = graph.start_tensors(), graph.values(layer)
        tangents = [tf.compat.v1.placeholder(t.dtype, t.shape) for t in starts]
        u = tf.zeros_like(hidden)
        backward = tf.gradients(hidden, starts, u, stop_gradients=starts)
        linked = [(b, t) for b, t in zip(backward, tangents, strict=True) if b is not None]
        if not linked:
            return tf.zeros_like(hidden), tangents
        products, used = zip(*linked, strict=True)
        (forward,) = tf.gradients(list(products), u, grad_ys=list(used))
        return forward, tangents

    return graph.once(("forward", layer), make)


def _tangents(change: Sequence[Array], inputs: Sequence[int]) -> list[Array]:
    """For each row, x - x' at that row's one input (counted over all of them) and 0 elsewhere."""
    found, first = [], 0
    for whole in change:
        rows = np.zeros((len(inputs), whole.size), whole.dtype)
        for row, i in enumerate(inputs):
            if 0 <= i - first < whole.size:
                rows[row, i - first] = whole.flat[i - first]
        found.append(rows.reshape(-1, *whole.shape))
        first += whole.size
    return found
