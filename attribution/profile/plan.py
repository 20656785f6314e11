"""Plan: where the sampled integral of a class mean looks, from a pilot of a few inputs.

The path is cut at a few fixed nodes, the same for all inputs: what the trapezoid sum over these
leaves is estimated at random points, so that no bias is the same for all (`sampled`). A pilot of
adaptively integrated inputs shows where that rest lies, and so where random points are worth it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import units
from attribution.errors import InvalidRequest
from attribution.integration import guide as _guide
from attribution.integration.guide import Guide
from attribution.integration.integral import doubts
from attribution.integration.integrand import Conductance
from attribution.integration.quadrature import resolution
from attribution.integration.search import Limits, choose
from attribution.integration.stream import separate
from attribution.integration.vouch import Vouchers
from attribution.network import Network
from attribution.profile import chance
from attribution.questions import question as _question

Array = npt.NDArray[Any]
Gather = Callable[[Array], Array]

PILOT = 6
"""Inputs that are integrated adaptively before the others."""
_SIZES = ((6, 2), (8, 2), (8, 4))  # fixed nodes and random points, from the cheapest on
_INFLATION = 1.05  # of the standard error: half of the tenth that the integral may add
_TOLERANCE = 0.1  # of the pilot
_STEPS = 257  # at most, on a path of the pilot
_CELLS = 128
_FLOOR = 0.05  # share of the chance that is spread evenly, for what no pilot has shown


@dataclass(frozen=True)
class Plan:
    """Where the integral of every input is looked at; plain numbers, kept with a run.

    nodes : (fixed nodes,) places on the path, 0 and 1 among them.
    edges, chances : (cells + 1,) and (cells,), the density of random points, constant in each cell.
    points : random points, one in each of as many strata of that density; an even number.
    seed : of the random points.
    inflation : by what factor the integral is expected to widen the standard error of a mean.
    pilot : evaluations that went into it.
    """

    nodes: tuple[float, ...]
    edges: tuple[float, ...]
    chances: tuple[float, ...]
    points: int
    seed: int = 0
    inflation: float = float("nan")
    pilot: int = 0

    @property
    def evaluations(self) -> int:
        """Gradient evaluations of an input for each baseline."""
        return len(self.nodes) + 2 * self.points


def order(inputs: int, seed: int = 0) -> Array:
    """The places of a manifest of so many inputs as chance has them: the first are the pilot."""
    return np.argsort(chance.bits(np.arange(inputs), 1, seed)[:, 0], kind="stable")


def plan(
    net: Network,
    layers: Sequence[str],
    x: Any,
    target: Any = None,
    baseline: Any = None,
    seed: int = 0,
) -> Plan:
    """The plan that a pilot of inputs, (batch, *shape), asks for.

    The fewest evaluations with which the integral is expected to widen the standard error of a mean
    by a twentieth, or the most that there are. Several layers are looked at together where they are
    narrow, else by the one that chooses the nodes for others.

    Raises
    ------
    InvalidRequest : nothing is finite on the path of any of these inputs.
    """
    asked = _question.ask(net, x, list(layers), target=target, baseline=baseline)
    integrand = Conductance(asked)
    guide = _guide.guide(net, integrand, _guide.names(integrand, asked.layers), _STEPS)

    def call(run: Any, places: Sequence[tuple[int, int]], a: Sequence[float], *more: Any) -> Any:
        examples, references = zip(*places, strict=True)
        return separate(run(*integrand.points(examples, references, np.array(a)), *more))

    limits = Limits(_TOLERANCE, resolution(_TOLERANCE), Vouchers(integrand).most)
    found = []
    spent = 0
    for example in range(asked.batch):
        (search,) = choose(integrand, [(example, 0)], guide, limits, call)
        spent += len(search.path.nodes)
        if search.sound:
            found.append(_Curve(np.array(search.path.nodes), *search.path.held()))
    if not found:
        raise InvalidRequest(
            "The activations, gradients or scores are not finite on the path of any of the first "
            f"{asked.batch} inputs: choose another baseline or layer."
        )
    return _planned(found, _gatherer(guide, integrand, found), seed, spent)


def vouched(net: Network, layers: Sequence[str], x: Any, target: Any, baseline: Any) -> None:
    """Raises InvalidRequest where, on the paths of these few inputs, the scores of a layer do not
    sum to what F itself differs by: they would be wrong in the same way for all inputs.
    """
    asked = _question.ask(net, x, list(layers), target=target, baseline=baseline)
    if told := doubts(net, Conductance(asked), _TOLERANCE, _STEPS):
        raise InvalidRequest(f"{told} Take a layer after it, or a method that integrates nothing.")


@dataclass(frozen=True)
class _Curve:
    """A path of the pilot: (nodes,) places, (nodes, neurons) activations and gradients."""

    nodes: Array
    h: Array
    g: Array

    def at(self, places: Array) -> _Curve:
        """The same with these places among the nodes, between others by straight lines."""
        nodes = np.union1d(self.nodes, places)
        right = np.clip(np.searchsorted(self.nodes, nodes), 1, len(self.nodes) - 1)
        left = right - 1
        part = (nodes - self.nodes[left]) / (self.nodes[right] - self.nodes[left])
        part = part[:, None]
        h, g = (v[left] + part * (v[right] - v[left]) for v in (self.h, self.g))
        return _Curve(nodes, h, g)

    def parts(self, fixed: Array) -> tuple[Array, Array]:
        """Per stretch between nodes, what the trapezoid over `fixed`, among these, leaves.

        (stretches, neurons), beside the integral itself, (stretches, neurons).
        """
        dh, middle = np.diff(self.h, axis=0), (self.g[1:] + self.g[:-1]) / 2
        places = np.searchsorted(self.nodes, fixed)
        means = (self.g[places[1:]] + self.g[places[:-1]]) / 2
        own = np.repeat(np.arange(len(means)), np.diff(places))
        return (middle - means[own]) * dh, middle * dh


def _gatherer(guide: Guide, integrand: Conductance, curves: Sequence[_Curve]) -> Gather:
    """What sums neurons of the guide up to units, each layer in parts of its size in the pilot.

    Neurons stay apart where not all are read, or the channels of a layer are not known.
    """
    sizes = sum(np.abs(c.parts(c.nodes[[0, -1]])[1].sum(0)) for c in curves)
    norms = np.add.reduceat(np.asarray(sizes, float), guide.starts)
    counts = np.diff([*guide.starts, guide.width])
    scale = np.repeat(1 / np.where(norms > 0, norms, np.inf), counts)
    graph = integrand.question.graph
    shapes = [integrand.question.layer_shape(n) for n in guide.names]
    axes = [None if guide.sampled else graph.channel_axes[n] for n in guide.names]

    def gather(values: Array) -> Array:
        apart = np.split(values * scale, guide.starts[1:], axis=1)
        return np.concatenate(
            [
                v if axis is None else units.summed(v.reshape(len(v), *shape), axis)
                for v, shape, axis in zip(apart, shapes, axes, strict=True)
            ],
            axis=1,
        )

    return gather


def _planned(curves: Sequence[_Curve], gather: Gather, seed: int, spent: int) -> Plan:
    edges = _edges(curves)
    scores = np.stack([gather(c.parts(c.nodes[[0, -1]])[1]).sum(0) for c in curves])
    between = scores.var(0, ddof=1).sum() if len(curves) > 1 else np.nan
    for count, points in _SIZES:
        fixed = _fixed(curves, edges, count)
        rests = []
        for curve in curves:
            curve = curve.at(np.union1d(fixed, edges))
            rests.append((curve.nodes, gather(curve.parts(fixed)[0])))
        chances = _chances(rests, edges)
        own = np.mean([_variance(*rest, edges, chances, points) for rest in rests])
        inflation = float(np.sqrt(1 + own / between)) if between else np.nan
        if inflation <= _INFLATION:
            break
    return Plan(
        tuple(fixed.tolist()),
        tuple(edges.tolist()),
        tuple(chances.tolist()),
        points,
        seed,
        float(f"{inflation:.3g}"),
        spent,
    )


def _edges(curves: Sequence[_Curve]) -> Array:
    """Cells with about as many of the pilot's nodes in each."""
    nodes = np.sort(np.concatenate([c.nodes for c in curves]))
    return np.unique(_rounded(np.quantile(nodes, np.linspace(0, 1, _CELLS + 1))))


def _fixed(curves: Sequence[_Curve], edges: Array, count: int) -> Array:
    """Nodes at equal parts of the root of how far left and right Riemann sums are apart."""
    spread = np.zeros(len(edges) - 1)
    for curve in curves:
        fine = curve.at(edges)
        apart = np.abs(np.diff(fine.h, axis=0) * np.diff(fine.g, axis=0)).sum(1, dtype=float)
        rate = apart / np.diff(fine.nodes) ** 2
        own = np.searchsorted(edges, fine.nodes[:-1], side="right") - 1
        total = np.bincount(own, rate * np.diff(fine.nodes), len(spread))
        spread += total / np.diff(edges)
    density = np.sqrt(spread) * np.diff(edges)
    density = density / density.sum() if density.sum() > 0 else np.diff(edges)
    share = 0.9 * np.cumsum(density) + 0.1 * edges[1:]
    places = np.interp(np.linspace(0, 1, count)[1:-1], np.append(0, share), edges)
    return np.unique(_rounded(np.concatenate([[0.0], places, [1.0]])))


def _chances(rests: Sequence[tuple[Array, Array]], edges: Array) -> Array:
    """The chance of each cell: in proportion to the root mean square of the rest, in the pilot."""
    square = np.zeros(len(edges) - 1)
    for nodes, rest in rests:
        width = np.diff(nodes)
        own = np.searchsorted(edges, nodes[:-1], side="right") - 1
        square += np.bincount(own, (rest**2).sum(1) / width, len(square)) / np.diff(edges)
    near = np.pad(square, 2, mode="edge")
    smooth = np.mean([near[k : k + len(square)] for k in range(5)], axis=0)
    chance_of = np.sqrt(smooth) * np.diff(edges)
    total = chance_of.sum()
    even = np.diff(edges)
    found = (1 - _FLOOR) * chance_of / total + _FLOOR * even if total else even
    found = _rounded(found)
    return np.asarray(found / found.sum())


def _rounded(values: Array) -> Array:
    """To three digits: what differs between machines by rounding gives one plan."""
    return np.array([float(f"{v:.3g}") for v in values])


def _variance(nodes: Array, rest: Array, edges: Array, chances: Array, points: int) -> float:
    """What the random points add to the variance of an input's scores, summed over units."""
    p = np.diff(np.interp(nodes, edges, np.append(0, np.cumsum(chances))))
    stratum = np.minimum((np.cumsum(p) - p / 2) * points, points - 1).astype(int)
    total = 0.0
    for k in range(points):
        own = (stratum == k) & (p > 0)
        square = ((rest[own] ** 2).sum(1) / p[own]).sum() * p[own].sum()
        total += float(square - (rest[own].sum(0) ** 2).sum())
    return total
