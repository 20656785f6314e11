"""Plan: where the sampled integral of a class mean looks, from a pilot of a few inputs.

Nodes lie closer where the paths of a pilot of adaptively integrated inputs bend; how many there
are is the fewest that keep what the integral adds small. `sampled` says how they are moved and
refined by chance, so that no bias is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
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
OFTEN = (1.0, 0.1, 0.01)
"""Of which share of the inputs the path is seen, and seen more finely, and more finely yet."""
FINER = 4
"""By how much."""
_NODES = (6, 8, 10, 12, 14)  # of the coarsest sum, from the cheapest on
_INFLATION = 1.05  # of the standard error: half of the tenth that the integral may add
_TOLERANCE = 0.1  # of the pilot
_STEPS = 257  # at most, on a path of the pilot
_CELLS = 128
_EVEN = 0.1  # share of the nodes that are spread evenly, for what no pilot has shown
_MOVES = 8  # of the nodes along the path, on which the expected noise is a mean


@dataclass(frozen=True)
class Plan:
    """Where the integral of every input is looked at; plain numbers, kept with a run.

    nodes : of the coarsest sum, beside both ends of the path; an even number.
    edges, chances : (cells + 1,) and (cells,), the density of nodes, constant in each cell.
    seed : of what is drawn by chance.
    inflation : by what factor the integral is expected to widen the standard error of a mean.
    left : the variance that the integral adds to a score over Richardson's correction, squared.
    pilot : evaluations that went into it.
    """

    nodes: int
    edges: tuple[float, ...]
    chances: tuple[float, ...]
    seed: int = 0
    inflation: float = float("nan")
    left: float = 0.0
    pilot: int = 0

    @property
    def evaluations(self) -> float:
        """Gradient evaluations of an input for each baseline, in the mean over chance."""
        counts = [self.nodes * FINER**level for level in range(len(OFTEN))]
        more = (often * (b - a) for often, (a, b) in zip(OFTEN[1:], pairwise(counts), strict=True))
        return 2 + counts[0] + sum(more)

    def grid(self, level: int, moved: float) -> Array:
        """The places of the nodes of a level between both ends, each among those of the next.

        moved : from 0 to 1, by what part of a step of the coarsest nodes they are moved.
        """
        most = FINER ** (len(OFTEN) - 1)
        finest = (np.arange(self.nodes * most) + moved * most % 1) / (self.nodes * most)
        stride = most // FINER**level
        cut = finest[int(moved * FINER**level % 1 * stride) :: stride]
        ends = np.append(0, np.cumsum(self.chances))
        at = np.interp(cut, ends / ends[-1], self.edges)
        return at.astype(np.float32).astype(float)  # as they are fed


def parts(nodes: Array) -> list[tuple[float, Array]]:
    """Trapezoid sums along the path, (places,) each, and their weights: Richardson's extrapolation.

    From all nodes and from every other one, of which there are two choices: with the ends.
    """
    every = (nodes, nodes[::2], nodes[1::2])
    return [
        (weight, np.concatenate([[0.0], places, [1.0]]))
        for weight, places in zip((4 / 3, -1 / 6, -1 / 6), every, strict=True)
    ]


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

    def along(self, places: Array) -> Array:
        """(stretches, neurons): the trapezoid sum over these places, which are among the nodes."""
        own = np.searchsorted(self.nodes, places)
        h, g = self.h[own], self.g[own]
        return (g[1:] + g[:-1]) / 2 * np.diff(h, axis=0)


def _gatherer(guide: Guide, integrand: Conductance, curves: Sequence[_Curve]) -> Gather:
    """What sums neurons of the guide up to units, each layer in parts of its size in the pilot.

    Neurons stay apart where not all are read, or the channels of a layer are not known.
    """
    sizes = sum(np.abs(c.along(c.nodes).sum(0)) for c in curves)
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
    chances = _chances(curves, edges)
    scores = np.stack([gather(c.along(c.nodes)).sum(0) for c in curves])
    between = scores.var(0, ddof=1).sum() if len(curves) > 1 else np.nan
    for nodes in _NODES:
        plan = Plan(nodes, tuple(edges.tolist()), tuple(chances.tolist()), seed)
        noise, corrected = np.mean([_noise(plan, curve, gather) for curve in curves], axis=0)
        inflation = float(np.sqrt(1 + noise / between)) if between else np.nan
        if inflation <= _INFLATION:
            break
    left = noise / corrected if corrected else 0.0
    return replace(
        plan, inflation=float(f"{inflation:.3g}"), left=float(f"{left:.3g}"), pilot=spent
    )


def _noise(plan: Plan, curve: _Curve, gather: Gather) -> tuple[float, float]:
    """What chance adds to the variance of an input's scores, and the square of Richardson's
    correction, summed over units."""
    noise, corrected, finest = 0.0, 0.0, []
    for moved in (np.arange(_MOVES) + 0.5) / _MOVES:
        grids = [plan.grid(level, moved) for level in range(len(OFTEN))]
        fine, sums = curve.at(grids[-1]), []
        for grid in grids:
            apart = [(w, gather(fine.along(at).sum(0)[None])[0]) for w, at in parts(grid)]
            sums.append(np.sum([weight * whole for weight, whole in apart], axis=0))
            if len(sums) == 1:
                corrected += float(((sums[0] - apart[0][1]) ** 2).sum()) / _MOVES
        steps = np.diff(sums, axis=0)
        onward = np.cumsum(steps[::-1], axis=0)[::-1]  # each step with those after it
        often = 1 / np.array(OFTEN[1:]) - 1
        noise += float((often @ (steps * (2 * onward - steps)).sum(axis=1)) / _MOVES)
        finest.append(sums[-1])
    return noise + float(np.var(finest, axis=0).sum()), corrected


def _edges(curves: Sequence[_Curve]) -> Array:
    """Cells with about as many of the pilot's nodes in each."""
    nodes = np.sort(np.concatenate([c.nodes for c in curves]))
    return np.unique(_rounded(np.quantile(nodes, np.linspace(0, 1, _CELLS + 1))))


def _chances(curves: Sequence[_Curve], edges: Array) -> Array:
    """The share of each cell: by the root of how far left and right Riemann sums are apart."""
    spread = np.zeros(len(edges) - 1)
    for curve in curves:
        fine = curve.at(edges)
        apart = np.abs(np.diff(fine.h, axis=0) * np.diff(fine.g, axis=0)).sum(1, dtype=float)
        rate = apart / np.diff(fine.nodes) ** 2
        own = np.searchsorted(edges, fine.nodes[:-1], side="right") - 1
        total = np.bincount(own, rate * np.diff(fine.nodes), len(spread))
        spread += total / np.diff(edges)
    density, even = np.sqrt(spread) * np.diff(edges), np.diff(edges)
    total = density.sum()
    found = _rounded((1 - _EVEN) * density / total + _EVEN * even if total else even)
    return np.asarray(found / found.sum())


def _rounded(values: Array) -> Array:
    """To three digits: what differs between machines by rounding gives one plan."""
    return np.array([float(f"{v:.3g}") for v in values])
