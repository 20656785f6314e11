"""The multipliers of DeepLIFT, and what other letters of a sequence would contribute."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.arguments import Baseline, Input, Output, Progress, Target
from attribution.contributions import ask
from attribution.errors import InvalidRequest
from attribution.network import Network
from attribution.questions import target as _target
from attribution.rules.differences import complete_pairs, parts
from attribution.rules.pairs import halves

Array = npt.NDArray[Any]


class Multipliers(NamedTuple):
    """What the scores are made of, each float32 (batch, *layer shape).

    A neuron scores positive * increase + negative * decrease: m+ D+ + m- D-. Under "rescale" the
    two multipliers are the same. Over a list of several references each is (references, batch,
    *layer shape), and the mean of that sum over the first axis is the score: a mean multiplier
    times a mean difference is not.
    """

    positive: Array
    negative: Array
    increase: Array
    decrease: Array


def deeplift_multipliers(
    net: Network,
    x: Input,
    layer: str,
    *,
    target: Target = None,
    baseline: Baseline = None,
    rule: str = "rescale",
    output: Output = "logit",
    progress: Progress | None = None,
) -> Multipliers:
    """The multipliers m+, m- of a layer's neurons, and the parts D+, D- of their differences.

    The arguments are those of `deeplift`, for one layer.

    Raises
    ------
    UnsupportedOperation, UnknownLayer, InvalidRequest : as `deeplift`.
    AttributionError : the scores of the layer, or of the nearest cut before it, do not add up to
        F(x) - F(baseline).
    """
    question = ask(net, x, layer, target, baseline, rule, output)
    if len(question.layers) != 1:
        raise InvalidRequest("deeplift_multipliers takes one layer.")
    (name,) = question.layers
    graph = question.graph

    def fetches() -> list[tf.Tensor]:
        return [*halves(graph.slopes(name)), *halves(parts(graph, name))]

    count = len(question.references)
    shape = count, question.batch, *question.layer_shape(name)
    found = np.zeros((len(Multipliers._fields), *shape), np.float32)
    for (example, reference), values in complete_pairs(
        net, question, rule, ("multipliers", rule, name), fetches, progress
    ):
        found[:, reference, example] = values
    return Multipliers(*(found if count > 1 else found[:, 0]))


def hypothetical_contributions(
    net: Network,
    x: Input,
    *,
    layer: str | None = None,
    target: Target = None,
    baseline: Baseline = None,
    rule: str = "rescale",
    output: Output = "logit",
    progress: Progress | None = None,
) -> Array:
    """What each letter would contribute at each position of one-hot sequences.

    hyp[l, b] = sum over c of (onehot_b - reference)_c m[l, c], with the multipliers of the sequence
    as it is; the mean over references. At the letters of x these are the contributions, summed over
    the letters of a position. Returns float32 (batch, length, letters).

    Parameters
    ----------
    layer : the one-hot input, (batch, length, letters); None is the only input.
    The others are those of `deeplift`, and the errors those of `deeplift_multipliers`.
    """
    graph, _ = _target.explain(net, target, output)
    name = layer if layer is not None else graph.starts[0]
    if layer is None and len(graph.starts) != 1:
        raise InvalidRequest(f"The network has the inputs {list(graph.starts)}: name one as layer.")
    question = ask(net, x, name, target, baseline, rule, output)
    graph = question.graph
    if name not in graph.inputs or graph.tensors[name].shape.rank != 3:
        raise InvalidRequest(
            f"Layer {name!r} is not an input of shape (length, letters): hypothetical "
            "contributions replace the letters of one-hot sequences."
        )

    def fetches() -> list[tf.Tensor]:
        _, reference = halves(graph.values(name))
        letters = tf.eye(tf.shape(reference)[2], dtype=reference.dtype)
        moved = letters - reference[:, :, None, :]  # (N, length, letter put there, letters)
        m = [g[:, :, None, :] for g in halves(graph.slopes(name))]
        return [tf.reduce_sum(tf.where(moved > 0, m[0], m[1]) * moved, 3)]

    total = np.zeros((question.batch, *question.layer_shape(name)))
    for (example, _), (values,) in complete_pairs(
        net, question, rule, ("hypothetical", rule, name), fetches, progress
    ):
        total[example] += values
    return (total / len(question.references)).astype(np.float32)
