"""Where to put the nodes of a path integral, and how far off the sum still is. NumPy only.

The integral is int g(a) . h'(a) da along a in [0, 1], a vector over neurons, for a gradient g and
activations h that may both have kinks. Its trapezoid sum, sum_k (g_k + g_{k-1})/2 (h_k - h_{k-1}),
is exact for a linear head at any number of nodes.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.integration.estimate import Refinement, trapezoid

Array = npt.NDArray[np.floating]
Heap = list[tuple[float, float, float]]  # (-priority, a, b) of intervals

FIRST_NODES = 11
_TOGETHER = 2**21  # numbers taken together in the sums: bounds the temporaries of large layers
_SAMPLE = 1024  # neurons of a layer that tell how many parts contribute to its error
_WIDEST, _FINEST = 1 / 16, 1 / 32
_SCATTER = 7919.2718281828 * (5**0.5 - 1) / 2  # far more than 1, and in no ratio to anything
_SPLIT = (0.35, 0.65)  # where an interval may be cut, in parts of it


def resolution(tolerance: float) -> float:
    """The widest stretch allowed between two nodes, for this tolerance of the sum.

    1/16 at 5 %, and in proportion to finer tolerances down to 1/32. What is narrower may be missed.
    """
    return float(np.clip(_WIDEST * tolerance / 0.05, _FINEST, _WIDEST))


class Path:
    """The nodes of one integral over the neurons of one layer or more, its value and its error.

    A new node cuts the interval with the largest sum_j |dg_j| |dh_j|, the L1 distance between
    the left and the right Riemann sum: networks change fastest near one end of the path, and a
    uniform grid needs 8 to 16 times as many nodes for the same error. Of several layers each counts
    in parts of the norm of its scores.

    starts : where the neurons of each layer begin.
    """

    def __init__(self, starts: Sequence[int] = (0,)) -> None:
        self.nodes: list[float] = []
        self._starts = list(starts)
        self._weights = np.ones(len(starts))
        self._g: dict[float, Array] = {}
        self._h: dict[float, Array] = {}
        self._spread: dict[tuple[float, float], Array] = {}

    def add(self, a: float, h: Array, g: Array) -> None:
        """Note activations h and gradients g, both (neurons,), at place a of the path."""
        self.nodes.insert(bisect_left(self.nodes, a), a)
        self._h[a] = h
        self._g[a] = g

    @property
    def resolution(self) -> float:
        """The widest stretch between two nodes."""
        return float(np.diff(self.nodes).max())

    def held(self) -> tuple[Array, Array]:
        """Activations and gradients at the nodes, (nodes, neurons) each."""
        h, g = (np.stack([kept[a] for a in self.nodes]) for kept in (self._h, self._g))
        return h, g

    def lacking(self, widest: float) -> int:
        """How many nodes are missing until no stretch is wider than `widest`."""
        return len(_cut(self._by_width(), len(self.nodes) + int(4 / widest), widest))

    def propose(self, count: int, *, wide: int = 0, widest: float = 0.0) -> list[float]:
        """The next `count` places to evaluate, sorted.

        Several are chosen at once by foreseeing that a part f of an interval has f ** 2 of its
        spread (both differences shrink alike), so one round may cut an interval several times.
        The first nodes, and the places of the cuts, are irregular: on a regular grid a function
        with its period would look constant.

        wide : so many of the nodes go into the widest intervals, as long as these exceed `widest`.
        """
        if not self.nodes:
            return _first(count)
        places = _cut(self._by_width(), wide, widest)
        if len(places) == count:
            return places
        heap: Heap = []
        spreads = [self._spread_of(a, b) for a, b in pairwise(self.nodes)]
        if not any(spreads):  # nothing was seen anywhere
            spreads = [-width for width, _, _ in self._by_width()]
        for (a, b), spread in zip(pairwise(self.nodes), spreads, strict=True):
            inner = places[bisect_left(places, a) : bisect_left(places, b)]
            heap += [
                (-spread * ((d - c) / (b - a)) ** 2, c, d) for c, d in pairwise([a, *inner, b])
            ]
        return sorted([*places, *_cut(heap, count - len(places))])

    def integrate(self, layer: int | None = None) -> tuple[Array, float]:
        """The trapezoid sum (neurons,) and its estimated L1 error (absolute), of all or one."""
        bounds = [*self._starts, None]
        columns = slice(None) if layer is None else slice(bounds[layer], bounds[layer + 1])
        total = Refinement()
        width = self._h[self.nodes[0]][columns].size
        sample: Any = slice(None)
        if width > _SAMPLE:  # scattered, so that no channel is left out
            sample = np.unique((_scattered(np.arange(_SAMPLE)) * width).astype(int))
        step = 2 * max(1, _TOGETHER // (2 * max(width, 1)))  # whole pairs
        for first in range(0, len(self.nodes) - 1, step):
            rows = self.nodes[first : first + step + 1]
            h, g = (np.stack([kept[a][columns] for a in rows]) for kept in (self._h, self._g))
            total.add(*trapezoid(h, g), h[:, sample], g[:, sample])
        if layer is not None:
            norm = float(np.abs(total.value).sum(dtype=float))
            self._weights[layer] = 1 / norm if 0 < norm < np.inf else 0.0
        return total.value, total.error

    def _by_width(self) -> Heap:
        return [(-((b - a) ** 2), a, b) for a, b in pairwise(self.nodes)]

    def _spread_of(self, a: float, b: float) -> float:
        if (a, b) not in self._spread:
            dg, dh = np.abs(self._g[b] - self._g[a]), np.abs(self._h[b] - self._h[a])
            several = len(self._starts) > 1
            self._spread[a, b] = (
                np.add.reduceat(dg * dh, self._starts) if several else np.array([dg @ dh])
            )
        spread = float(self._spread[a, b] @ (self._weights if len(self._starts) > 1 else [1.0]))
        return spread if np.isfinite(spread) else np.finfo(float).max


def _first(count: int) -> list[float]:
    """Places from 0 to 1, about even, the same read from either end."""
    last = max(count, 2) - 1
    k = np.arange(1, last)
    places = k + 0.15 * (_scattered(k) - _scattered(last - k))
    return [0.0, *(places / last).tolist(), 1.0]


def _cut(heap: Heap, count: int, widest: float = 0.0) -> list[float]:
    """Places that cut the first intervals of a heap, sorted; none in intervals up to `widest`."""
    heapq.heapify(heap)
    places: list[float] = []
    while heap and len(places) < count:
        priority, a, b = heapq.heappop(heap)
        if b - a <= widest:
            continue
        part = _part(a, b, widest)
        place = a + part * (b - a)
        if np.float32(a) < np.float32(place) < np.float32(b):
            places.append(place)
            heapq.heappush(heap, (priority * part**2, a, place))
            heapq.heappush(heap, (priority * (1 - part) ** 2, place, b))
    return sorted(places)


def _part(a: float, b: float, widest: float) -> float:
    """Where an interval is cut: no fixed place; both parts at most `widest` where that can be."""
    low, high = _SPLIT
    if widest < b - a <= 2 * widest:
        low, high = max(low, 1 - widest / (b - a)), min(high, widest / (b - a))
    return low + (high - low) * float(_scattered(a + 2 * b))


def _scattered(value: Any) -> Any:
    """Numbers in [0, 1) that look random; the same for the same value."""
    return value * _SCATTER % 1
