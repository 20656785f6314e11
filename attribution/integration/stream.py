"""Streams: the sums of layers over nodes that are known, of several paths in one call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from attribution.integration.estimate import Refinement, contractions
from attribution.integration.integrand import Call, Integrand
from attribution.questions.matrices import every, flat
from attribution.questions.report import Place
from attribution.trace.twins import twin

_SAMPLE = 1024  # neurons of a layer whose errors tell how many parts contribute to its error


class _Stretch(NamedTuple):
    """Neighbouring nodes of one path; of all its stretches, whether it is the last."""

    place: Place
    nodes: list[float]
    last: bool


def twins(integrand: Integrand, layers: Sequence[str]) -> dict[str, list[str]]:
    """The layers that are summed, and with each those of `layers` that score the same."""
    if integrand.caveat:
        return {name: [name] for name in layers}
    found: dict[str, list[str]] = defaultdict(list)
    for name in layers:
        found[twin(integrand.question.graph, name)].append(name)
    return {names[0]: names for names in found.values()}


def stream(
    integrand: Integrand,
    layers: tuple[str, ...],
    paths: Mapping[Place, Sequence[float]],
    chunk: int,
    call: Call,
) -> Iterator[tuple[Place, dict[str, Refinement]]]:
    """The trapezoid sums of these layers over the nodes of each path, one path after another.

    A call takes stretches of several paths, up to `chunk` rows. What is held are the sums of the
    paths that a call touches.
    """
    graph, key = integrand.question.graph, integrand.key
    run = graph.function(
        ("sums", key, layers),
        [*integrand.feeds(), *_matrices(integrand)],
        lambda: [graph.once(("sums", key, n), partial(_sums, integrand, n)) for n in layers],
    )
    held: dict[Place, dict[str, Refinement]] = {}
    for part in _calls(paths, chunk):
        rows = max(len(s.nodes) for s in part)
        # A stretch that is shorter stays at its last node, where nothing is added to the sums.
        places = [s.place for s in part for _ in range(rows)]
        nodes = [a for s in part for a in s.nodes + s.nodes[-1:] * (rows - len(s.nodes))]
        _add(held, part, layers, call(run, places, nodes, *contractions(rows)))
        for place in [s.place for s in part if s.last]:
            yield place, held.pop(place)


def _add(
    held: dict[Place, dict[str, Refinement]],
    part: Sequence[_Stretch],
    layers: Sequence[str],
    found: Sequence[Any],
) -> None:
    """Add what a call found to the sums of its paths; what it found is not kept beyond that."""
    rows = max(len(s.nodes) for s in part)
    for i, (place, own, _) in enumerate(part):
        sums = held.setdefault(place, {name: Refinement() for name in layers})
        for name, (both, h, g) in zip(layers, found, strict=True):
            mine = slice(i * rows, i * rows + len(own))
            sums[name].add(both[i, 0], both[i, 1], h[mine], g[mine])


def _calls(paths: Mapping[Place, Sequence[float]], chunk: int) -> Iterator[list[_Stretch]]:
    """The stretches of each call: of about as many nodes, an even number of intervals each."""
    step = _step([len(nodes) - 1 for nodes in paths.values()], chunk)
    part: list[_Stretch] = []
    for place, nodes in paths.items():
        for first in range(0, len(nodes) - 1, step):
            own = list(nodes[first : first + step + 1])
            longest = max(len(s.nodes) for s in [*part, _Stretch(place, own, False)])
            if part and longest * (len(part) + 1) > chunk:
                yield part
                part = []
            part.append(_Stretch(place, own, first + step >= len(nodes) - 1))
    if part:
        yield part


def _step(intervals: Sequence[int], chunk: int) -> int:
    """Intervals of a stretch, even, so that the fewest rows serve all paths."""
    most = max(2, chunk - chunk % 2)

    def rows(step: int) -> int:
        stretches = sum(-(-n // step) for n in intervals)
        alone = 2 * (step + 1) > chunk or stretches == 1
        return sum(intervals) + stretches if alone else stretches * (step + 1)

    return min(range(most, 0, -2), key=rows)


def _matrices(integrand: Integrand) -> list[tf.Tensor]:
    """What is fed of `contractions`."""

    def make() -> list[tf.Tensor]:
        return [tf.compat.v1.placeholder(tf.float32, [None, None]) for _ in range(3)]

    return integrand.question.graph.once("contractions", make)


def _sums(integrand: Integrand, name: str) -> list[tf.Tensor]:
    """The sums of a layer over each stretch of the rows, (stretches, 2, neurons).

    The first is the trapezoid sum, the second what it differs from the coarse one. Also the
    activations and the gradients of a sample of the neurons, (rows, sample).
    """
    h, g = flat(integrand.curve(name)), flat(integrand.slope(name))
    steps, means, sums = (tf.cast(m, g.dtype) for m in _matrices(integrand))
    nodes = tf.shape(steps)[1]

    def apart(rows: tf.Tensor) -> tf.Tensor:
        return tf.reshape(rows, [-1, nodes, tf.shape(rows)[1]])

    both = tf.matmul(sums, tf.matmul(steps, apart(h)) * tf.matmul(means, apart(g)))
    stride = integrand.stride(name, h.shape[1] or integrand.width(name), _SAMPLE)
    return [both, every(h, stride), every(g, stride)]


def separate(values: Any) -> Any:
    """Arrays of the results of a call."""
    return tf.nest.map_structure(np.asarray, values)
