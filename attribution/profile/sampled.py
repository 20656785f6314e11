"""The sampled integral: scores for class means, from a few evaluations of each input, unbiased.

The score of a neuron is int g dh along the path, with g the gradient by it and h its activation.
Each input sees it as a trapezoid sum over a few nodes, at equal parts of a density that the pilot
shows, moved along the path by chance; the sums over every other node take most of its error away
(Richardson). What is left would be nearly the same for all inputs, a bias: so of one input in ten,
by chance, all of the path is seen `FINER` times as finely, and the difference counts ten times; of
one in a hundred once more. In the mean over chance that is the sum over the finest nodes (Giles,
"Multilevel Monte Carlo methods", Acta Numerica 2015, in the form of Rhee and Glynn, 2015): what is
left is noise, another for each input, that goes down in class means as that of the inputs does.
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
from attribution.profile.plan import OFTEN, Plan, parts
from attribution.questions import question as _question

Array = npt.NDArray[Any]


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

    quadrature : by the size of Richardson's correction, in the proportion that the pilot shows.
    """
    asked = _question.ask(net, x, list(layers), target=target, baseline=baseline)
    integrand, batch, several = Conductance(asked), asked.batch, len(asked.references)
    names, run, levels = asked.layers, _function(integrand), len(OFTEN)
    ends, spent = np.zeros((2, batch)), np.zeros(batch, int)
    scores, variances, activations = ({n: _Zeros(batch) for n in names} for _ in range(3))
    for r in range(several):
        level, moved = _drawn(plan, places, r)
        sums = {n: _Zeros(batch * levels) for n in names}
        plain = {n: _Zeros(batch) for n in names}
        for call in _calls(plan, level, moved, _limit(net, integrand, plan)):
            example, a = (np.array(c) for c in zip(*call.rows, strict=True))
            fed = integrand.points(example.tolist(), [r] * len(a), a)
            f, *found = separate(run(*fed, np.array(call.reads)))
            spent += np.bincount(example, minlength=batch)
            for end in (0, 1):
                ends[end, example[a == end]] += f[a == end] / several
            owner, own_level = np.array(call.terms).T
            weight, first = np.array(call.weights).T
            for name, (products, means) in zip(names, found, strict=True):
                sums[name].add(owner * levels + own_level, products * weight[:, None])
                plain[name].add(owner, products * first[:, None])
                activations[name].add(example[a == 1], means[a == 1] / several)
        for name in names:
            own = sums[name].sums.reshape(batch, levels, -1)
            steps = np.diff(own, axis=1) * (level[:, None] >= np.arange(1, levels))[..., None]
            finer = (steps / np.array(OFTEN[1:])[:, None]).sum(1)
            scores[name].add(np.arange(batch), (own[:, 0] + finer) / several)
            left = (own[:, 0] - plain[name].sums) ** 2 * plan.left
            variances[name].add(np.arange(batch), left / several**2)
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


def _drawn(plan: Plan, places: Array, reference: int) -> tuple[Array, Array]:
    """How often each input's path is refined, and by what part of a step its nodes are moved."""
    drawn = chance.uniform(places, 2 * (reference + 1), plan.seed)[:, -2:]
    return (drawn[:, :1] < np.array(OFTEN[1:])).sum(1), drawn[:, 1]


class _Call(NamedTuple):
    """Rows of a call, and the products that are made of them.

    rows : (example, place on the path) -> its number. terms : of each product the example, and the
    level of the sum that it is of. reads : its two rows. weights : in that sum; and in the plain
    trapezoid sum of the coarsest level, without the correction.
    """

    rows: dict[tuple[int, float], int]
    terms: list[tuple[int, int]]
    reads: list[tuple[int, int]]
    weights: list[tuple[float, float]]


_Term = tuple[float, float, int, float]
"""The two places, the level, and the weight in its sum."""


def _calls(plan: Plan, level: Array, moved: Array, limit: int) -> Iterator[_Call]:
    """All products of all inputs, in calls of at most `limit` rows."""
    call = _Call({}, [], [], [])
    for example, (deep, by) in enumerate(zip(level, moved, strict=True)):
        terms = _terms(plan, int(deep), float(by))
        whole = {(example, a) for term in terms for a in term[:2]}
        for group in [terms] if len(whole) <= limit else [[term] for term in terms]:
            wanted = {(example, a) for term in group for a in term[:2]}
            if call.rows and len(call.rows.keys() | wanted) > limit:
                yield call
                call = _Call({}, [], [], [])
            for a, b, of, weight in group:
                first, second = (
                    call.rows.setdefault((example, place), len(call.rows)) for place in (a, b)
                )
                call.reads.append((first, second))
                call.terms.append((example, of))
                call.weights.append((weight, float(of == 0 and weight > 0)))
    yield call


def _terms(plan: Plan, deep: int, moved: float) -> list[_Term]:
    """The products of one input along its path, whose nodes are refined so many times."""
    found = []
    for level in range(deep + 1):
        for weight, nodes in parts(plan.grid(level, moved)):
            found += [(a, b, level, weight) for a, b in pairwise(nodes)]
    return sorted(found, key=lambda term: term[1::-1])


def _limit(net: Network, integrand: Conductance, plan: Plan) -> int:
    """Rows of a call: some whole inputs, or equal parts of one, which share a row."""
    whole, rows = plan.nodes + 2, integrand.chunk(net, integrand.question.layers)
    if rows >= whole:
        return rows
    calls = max(whole // max(rows, 1), 1)
    return whole if calls == 1 else max(-(-whole // calls) + 1, 4)


def _function(integrand: Conductance) -> Any:
    """Rows and reads (terms, 2) -> F, and of each layer terms and means.

    The terms are (terms, units): the mean gradient at two rows times the difference of their
    activations, summed over positions; the means (rows, units): of the activations over positions.
    """
    graph, layers = integrand.question.graph, integrand.question.layers
    axes = {
        n: units.channel_axis(n, integrand.question.layer_shape(n), graph.channel_axes[n])
        for n in layers
    }
    reads = graph.once("reads", lambda: tf.compat.v1.placeholder(tf.int64, [None, 2]))

    def fetch() -> list[Any]:
        found: list[Any] = [graph.score]
        for name in layers:
            h, g = integrand.curve(name), integrand.slope(name)
            h = h[:, None] if h.shape.rank == 1 else h
            g = tf.reshape(g, tf.shape(h))
            axis = axes[name] + 1
            over = [i for i in range(1, h.shape.rank) if i != axis]
            (h0, h1), (g0, g1) = ([tf.gather(t, reads[:, k]) for k in (0, 1)] for t in (h, g))
            found.append([tf.reduce_sum((h1 - h0) * (g0 + g1) / 2, over), tf.reduce_mean(h, over)])
        return found

    return graph.function(("sampled", layers), [*integrand.feeds(), reads], fetch)
