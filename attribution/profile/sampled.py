"""The sampled integral: scores for class means, from a few evaluations of each input, unbiased.

The score of a neuron is int g dh along the path, with g the gradient by it and h its activation.
Over fixed nodes that is the trapezoid sum, exactly but for the rest int (g - c) h' da, with c the
mean of g at the two fixed nodes around. Of the rest each input sees one random point a in each of
m strata of a density p, as (g(a) - c) h'(a) / (m p(a)), whose mean over chance is the rest: what is
left is noise, another for each input, that goes down in class means as that of the inputs does.
h'(a) is the difference to a close node, before or after by chance, so that what the gradient does
between the two cancels in the mean as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution import units
from attribution.integration.integrand import Conductance
from attribution.integration.stream import separate
from attribution.network import Network
from attribution.profile import chance
from attribution.profile.estimate import Estimates, classes
from attribution.profile.plan import Plan
from attribution.questions import question as _question

Array = npt.NDArray[Any]

_CLOSE = 1 / 64  # of the stratum around a point, how far the close node is; 1/4 of the cell at most


def sampled(
    net: Network,
    layers: Sequence[str],
    x: Any,
    places: Array,
    target: Any,
    baseline: Any,
    plan: Plan,
) -> Estimates:
    """The scores of a batch. Arguments and what is returned are those of `estimate.estimate`.

    quadrature : from the differences of neighbouring strata; as these differ in what they hold,
        too, it is in the mean not below the variance, and somewhat above.
    """
    asked = _question.ask(net, x, list(layers), target=target, baseline=baseline)
    integrand, batch, several = Conductance(asked), asked.batch, len(asked.references)
    names, run = asked.layers, _function(integrand)
    ends, spent = np.zeros((2, batch)), np.zeros(batch, int)
    scores, variances, activations = ({n: _Zeros(batch) for n in names} for _ in range(3))
    for r in range(several):
        points = _points(plan, places, r)
        random = {n: _Zeros(batch * plan.points) for n in names}
        for call in _calls(plan, points, _limit(net, integrand, plan)):
            example, a = (np.array(c) for c in zip(*call.rows, strict=True))
            fed = integrand.points(example.tolist(), [r] * len(a), a)
            f, *found = separate(run(*fed, np.array(call.reads), np.array(call.weights)))
            spent += np.bincount(example, minlength=batch)
            for end in (0, 1):
                ends[end, example[a == end]] += f[a == end] / several
            owner, term = np.array(call.terms).T
            scale = np.where(term < 0, 1.0, points.scale[owner, term])
            for name, (parts, means) in zip(names, found, strict=True):
                parts = parts * scale[:, None]
                scores[name].add(owner, parts / several)
                own = term >= 0
                random[name].add((owner * plan.points + term)[own], parts[own])
                activations[name].add(example[a == 1], means[a == 1] / several)
        for name in names:
            pairs = random[name].sums.reshape(batch, plan.points // 2, 2, -1)
            variance = (np.diff(pairs, axis=2) ** 2).sum((1, 2)) / several**2
            variances[name].add(np.arange(batch), variance)
    held = ({n: of[n].sums for n in layers} for of in (scores, variances, activations))
    return Estimates(classes(asked.target, batch), ends[1], ends[0], spent, *held)


class _Zeros:
    """Sums of rows (places, units) that begin at zero; how many units is known from the first."""

    def __init__(self, places: int) -> None:
        self.sums: Array = np.zeros((places, 0))

    def add(self, places: Array, rows: Array) -> None:
        if not self.sums.size:
            self.sums = np.zeros((len(self.sums), rows.shape[1]))
        np.add.at(self.sums, places, rows)


class _Points(NamedTuple):
    """The random points of each input, (inputs, points) each.

    at, close : places on the path. scale : what a product g (h(close) - h(at)) is to be taken by.
    """

    at: Array
    close: Array
    scale: Array


def _points(plan: Plan, places: Array, reference: int) -> _Points:
    m, edges, chances = plan.points, np.array(plan.edges), np.array(plan.chances)
    drawn = chance.uniform(places, 2 * m * (reference + 1), plan.seed)[:, -2 * m :]
    share = (np.arange(m) + drawn[:, :m]) / m
    ends = np.append(0, np.cumsum(chances))
    at = np.interp(share, ends / ends[-1], edges)
    cell = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, len(chances) - 1)
    width = np.diff(edges)[cell]
    stratum = width / (m * chances[cell])
    step = np.where(drawn[:, m:] < 0.5, -1, 1) * np.minimum(_CLOSE * stratum, width / 4)
    step = np.where((at + step < 0) | (at + step > 1), -step, step)
    at, close = (v.astype(np.float32).astype(float) for v in (at, at + step))  # as they are fed
    return _Points(at, close, stratum / (close - at))


_Term = tuple[int, tuple[float, ...], tuple[float, float, float]]
"""Which random point a product is of, -1 of none; the places it reads; the weights of g."""


class _Call(NamedTuple):
    """Rows of a call, and the products that are made of them.

    rows : (example, place on the path) -> its number.
    terms : of each product the example, and which random point it is; -1 between fixed nodes.
    reads : the rows of the difference of h, second less first, and three of g.
    weights : of those three.
    """

    rows: dict[tuple[int, float], int]
    terms: list[tuple[int, int]]
    reads: list[list[int]]
    weights: list[tuple[float, float, float]]


def _calls(plan: Plan, points: _Points, limit: int) -> Iterator[_Call]:
    """All products of all inputs, in calls of at most `limit` rows, or 4."""
    call = _Call({}, [], [], [])
    for example, (at, close, _) in enumerate(zip(*points, strict=True)):
        for stretch in _stretches(plan, at, close):
            parts = [stretch]
            if len({a for _, reads, _ in stretch for a in reads}) > limit:
                parts = [[term] for term in stretch]
            for part in parts:
                wanted = {(example, a) for _, reads, _ in part for a in reads}
                if call.rows and len(call.rows.keys() | wanted) > limit:
                    yield call
                    call = _Call({}, [], [], [])
                for term, reads, weights in part:
                    rows = [(example, a) for a in reads]
                    call.reads.append([call.rows.setdefault(r, len(call.rows)) for r in rows])
                    call.terms.append((example, term))
                    call.weights.append(weights)
    yield call


def _stretches(plan: Plan, at: Array, close: Array) -> Iterator[list[_Term]]:
    """The products of one input along its path, those between two fixed nodes together."""
    own = np.searchsorted(plan.nodes, at, side="right") - 1
    for j, (a, b) in enumerate(pairwise(plan.nodes)):
        found: list[_Term] = [(-1, (a, b, a, b, b), (0.5, 0.5, 0.0))]
        for k in np.flatnonzero(np.minimum(own, len(plan.nodes) - 2) == j):
            middle, near = float(at[k]), float(close[k])
            found.append((int(k), (middle, near, middle, a, b), (1.0, -0.5, -0.5)))
        yield found


def _limit(net: Network, integrand: Conductance, plan: Plan) -> int:
    """Rows of a call: whole inputs, or equal parts of one; parts share a row."""
    whole = plan.evaluations
    rows = integrand.chunk(net, integrand.question.layers)
    calls = round(whole / rows)
    return rows // whole * whole if calls < 2 and rows >= whole else -(-whole // max(calls, 1)) + 1


def _function(integrand: Conductance) -> Any:
    """Rows, reads (terms, 5) and weights (terms, 3) -> F, and of each layer terms and means.

    The terms are (terms, units): products summed over positions; the means (rows, units): of the
    activations over positions.
    """
    graph, layers = integrand.question.graph, integrand.question.layers
    axes = {
        n: units.channel_axis(n, integrand.question.layer_shape(n), graph.channel_axes[n])
        for n in layers
    }

    def make() -> list[tf.Tensor]:
        return [
            tf.compat.v1.placeholder(tf.int64, [None, 5]),
            tf.compat.v1.placeholder(tf.float32, [None, 3]),
        ]

    reads, weights = graph.once("reads", make)

    def fetch() -> list[Any]:
        found: list[Any] = [graph.score]
        for name in layers:
            h, g = integrand.curve(name), integrand.slope(name)
            h = h[:, None] if h.shape.rank == 1 else h
            g = tf.reshape(g, tf.shape(h))
            axis = axes[name] + 1
            over = [i for i in range(1, h.shape.rank) if i != axis]
            aligned = tf.reshape(tf.cast(weights, g.dtype), [-1, 3, *[1] * (g.shape.rank - 1)])
            change = tf.gather(h, reads[:, 1]) - tf.gather(h, reads[:, 0])
            slope = sum(aligned[:, k] * tf.gather(g, reads[:, 2 + k]) for k in range(3))
            found.append([tf.reduce_sum(change * slope, over), tf.reduce_mean(h, over)])
        return found

    feeds = [*integrand.feeds(), reads, weights]
    return graph.function(("sampled", layers), feeds, fetch)
