"""Walk: what a layer does along the path from the baseline to the input, node by node.

The integrand behind one number of Neuron Integrated Gradients: a neuron's activation, the gradient
that it meets, and the score that the two have added up to so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution import units
from attribution.arguments import Baseline, Input, Output, Progress, Target
from attribution.errors import InvalidRequest
from attribution.integration.integral import path_nodes
from attribution.integration.integrand import Conductance, Integrand
from attribution.network import Network
from attribution.questions import question as _question
from attribution.questions.matrices import every, flat
from attribution.questions.report import request_notes
from attribution.waypoints import Walk

Array = npt.NDArray[Any]
Row = tuple[float, float, Array, Array]
"""A place of the path, and there the score, the activations and the gradients (neurons,)."""


def walk(
    net: Network,
    x: Input,
    layer: str,
    *,
    position: Sequence[int] | None = None,
    axis: int | None = None,
    target: Target = None,
    baseline: Baseline = None,
    tolerance: float = 0.05,
    steps: int | None = None,
    output: Output = "logit",
    progress: Progress | None = None,
) -> Walk:
    """Follow every channel of a layer along the path of one example from one baseline.

    Parameters
    ----------
    position : the place in the layer without its channel axis, such as (row, column), to follow
        the single neurons there; None takes each channel's positions together.
    axis : of the layer's shape, without the batch, which holds the channels, where that is not
        known (`LayerInfo.channel_axis`).
    Others as in `neuron_integrated_gradients`; x holds one example, and there is one baseline.

    Raises
    ------
    UnknownLayer, InvalidRequest : a request that does not fit the network, or several paths.
    """
    integrand = one_path(net, x, layer, target=target, baseline=baseline, output=output)
    question = integrand.question
    shape = question.layer_shape(layer)
    channel = units.channel_axis(layer, shape, question.graph.channel_axes[layer], axis)
    where = _where(position, tuple(n for i, n in enumerate(shape) if i != channel), shape)
    width = shape[channel]
    nodes = path_nodes(net, integrand, tolerance, steps, progress)
    f, activations, gradients, parts = [], [], [], []
    before: tuple[Array, Array] | None = None
    for _, score, flat_h, flat_g in rows(net, integrand, nodes, progress=progress):
        both = (np.moveaxis(flat.reshape(shape), channel, -1) for flat in (flat_h, flat_g))
        h, g = (values[where].reshape(-1, width) for values in both)
        f.append(score)
        activations.append(h.mean(0, dtype=float))
        gradients.append(g.sum(0, dtype=float))
        if before is None:
            parts.append(np.zeros(width))
        else:
            parts.append(((g + before[1]) * (h - before[0])).sum(0, dtype=float) / 2)
        before = h, g
    return Walk(
        nodes=np.array(nodes),
        f=np.array(f),
        activations=np.stack(activations),
        gradients=np.stack(gradients),
        accumulated=np.cumsum(parts, axis=0),
        notes=tuple(request_notes(question, (np.array(f[-1:]), np.array(f[:1])))),
    )


def one_path(net: Network, x: Any, layer: str, **request: Any) -> Conductance:
    """That of one layer, one example and one baseline. Raises InvalidRequest otherwise."""
    if not isinstance(layer, str) or layer == "all":
        raise InvalidRequest("A path is followed in one layer: give one name.")
    question = _question.ask(net, x, layer, **request)
    if question.batch != 1 or len(question.references) != 1:
        raise InvalidRequest(
            f"x holds {question.batch} examples, with {len(question.references)} baselines; one "
            "of each is expected, because each pair has a path of its own."
        )
    return Conductance(question)


def rows(
    net: Network,
    integrand: Integrand,
    nodes: Sequence[float],
    *,
    stride: int = 1,
    progress: Progress | None = None,
    first: int = 0,
    total: int | None = None,
) -> Iterator[Row]:
    """Score, activations and gradients at each node, every `stride`-th neuron of them.

    first, total : of a longer piece of work that `progress` is about.
    """
    (layer,) = integrand.components
    graph = integrand.question.graph

    def fetch() -> list[tf.Tensor]:
        found = (integrand.curve(layer), integrand.slope(layer))
        return [graph.score, *(every(flat(t), stride) for t in found)]

    run = graph.function(("rows", integrand.key, layer, stride), integrand.feeds(), fetch)
    chunk = integrand.chunk(net, [layer])
    for start in range(0, len(nodes), chunk):
        part = nodes[start : start + chunk]
        zeros = [0] * len(part)
        f, h, g = (np.asarray(t) for t in run(*integrand.points(zeros, zeros, np.array(part))))
        if progress:
            progress(first + start + len(part), total or len(nodes))
        yield from ((a, float(f[i]), h[i], g[i]) for i, a in enumerate(part))


def _where(
    position: Sequence[int] | None, positions: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[Any, ...]:
    """A checked index into the axes of a layer without that of its channels."""
    if position is None:
        return (...,)
    place = tuple(position)
    fits = len(place) == len(positions) and all(
        isinstance(n, int | np.integer) and 0 <= n < size
        for n, size in zip(place, positions, strict=False)
    )
    if not fits:
        raise InvalidRequest(
            f"position {place!r} does not fit a layer of shape {shape}: give {len(positions)} "
            "numbers within it, without the channel."
        )
    return place
