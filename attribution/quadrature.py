"""Where to put the nodes of a path integral, and how far off the sum still is. NumPy only.

The integral is int g(a) . h'(a) da along a in [0, 1], a vector over neurons, for a gradient g and
activations h that may both have kinks. Its trapezoid sum, sum_k (g_k + g_{k-1})/2 (h_k - h_{k-1}),
is exact for a linear head at any number of nodes.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]

FIRST_NODES = 9
_TOGETHER = 2**21  # numbers taken together in the sums: bounds the temporaries of large layers


class Path:
    """The nodes of one integral, its value and the error of that value.

    A new node bisects the interval with the largest sum_j |dg_j| |dh_j|, the L1 distance between
    the left and the right Riemann sum: networks change fastest near one end of the path, and a
    uniform grid needs 8 to 16 times as many nodes for the same error.
    """

    def __init__(self) -> None:
        self.nodes: list[float] = []
        self._g: dict[float, Array] = {}
        self._h: dict[float, Array] = {}
        self._spread: dict[tuple[float, float], float] = {}

    def add(self, a: float, h: Array, g: Array) -> None:
        """Note activations h and gradients g, both (neurons,), at place a of the path."""
        self.nodes.insert(bisect_left(self.nodes, a), a)
        self._h[a] = h
        self._g[a] = g

    def propose(self, count: int) -> list[float]:
        """The next `count` places to evaluate, sorted.

        Several are chosen at once by foreseeing that halving an interval quarters its spread (both
        differences halve), so one round may split an interval several times.
        """
        if not self.nodes:
            return np.linspace(0, 1, max(count, 2)).tolist()
        heap = [(-self._spread_of(a, b), a, b) for a, b in pairwise(self.nodes)]
        return _bisect(heap, count)

    def _spread_of(self, a: float, b: float) -> float:
        if (a, b) not in self._spread:
            dg, dh = np.abs(self._g[b] - self._g[a]), np.abs(self._h[b] - self._h[a])
            self._spread[a, b] = float(dg @ dh)
        return self._spread[a, b]

    def integrate(self) -> tuple[Array, float]:
        """The trapezoid sum (neurons,) and its estimated L1 error (absolute)."""
        total = Refinement()
        step = 2 * max(1, _TOGETHER // (2 * self._h[self.nodes[0]].size))  # whole pairs
        for first in range(0, len(self.nodes) - 1, step):
            rows = self.nodes[first : first + step + 1]
            h, g = (np.stack([kept[a] for a in rows]) for kept in (self._h, self._g))
            total.add(*trapezoid(h, g))
        return total.value, total.error


class Refinement:
    """A sum over intervals beside the same sum over pairs of them, and what the two tell together.

    Calling d the difference of the two: where the integrand has kinks at unknown places, a single
    kink leaves an error uniform in [0, |d|], and many of them, with independent signs, add up to
    |d| / sqrt(3) on average; where it is smooth, the error is |d| / 3. The estimate is
    |d| (1 + m) / sqrt(3) with a margin m = 2 / sqrt(n) for the n parts that effectively contribute
    to d: 1.7 |d| for one, 0.7 |d| for a hundred. benchmarks/estimated_error.py holds it against
    the truth.
    """

    def __init__(self) -> None:
        self.value: Array = np.zeros(0, np.float32)
        self.difference: Array = np.zeros(0, np.float32)
        self._parts: list[float] = []

    def add(self, value: Array, difference: Array, parts: Array) -> None:
        """Add a stretch: its sum, what the coarse sum lacks (neurons,), |that| for each part.

        The parts may be those of a sample of the neurons: only their proportions count.
        """
        if self._parts:
            self.value += value
            self.difference += difference
        else:
            self.value, self.difference = np.array(value), np.array(difference)
        self._parts += [float(p) for p in parts]

    @property
    def error(self) -> float:
        """Estimated L1 distance of `value` to the integral, absolute."""
        parts = np.array(self._parts)
        # Of parts that a sample of the neurons does not show there may be as few as one.
        effective = parts.sum() ** 2 / (parts**2).sum() if parts.any() else 1.0
        return float(
            np.abs(self.difference).sum(dtype=float) * (1 + 2 / np.sqrt(effective)) / np.sqrt(3)
        )


def trapezoid(h: Array, g: Array) -> tuple[Array, Array, Array]:
    """Trapezoid sum over consecutive rows (nodes, neurons) against that over every second row.

    Returns the sum (neurons,), the difference to the coarse sum (neurons,) and the L1 norm of that
    difference for each pair of intervals (pairs,). An odd last interval has no pair.
    """
    parts = (g[1:] + g[:-1]) * (h[1:] - h[:-1]) / 2
    pairs = len(parts) // 2
    ends = slice(0, 2 * pairs + 1, 2)
    coarse = (g[ends][1:] + g[ends][:-1]) * (h[ends][1:] - h[ends][:-1]) / 2
    differences = parts[: 2 * pairs : 2] + parts[1 : 2 * pairs : 2] - coarse
    return parts.sum(0), differences.sum(0), np.abs(differences).sum(1)


def contractions(rows: int) -> tuple[Array, Array]:
    """Matrices A, D (rows, rows) such that sum_k h_k (A g)_k is the trapezoid sum over the rows.

    D gives the difference to the sum over every second row. The same numbers as `trapezoid` from
    two products, where reading the memory costs more than the arithmetic.
    """
    fine, coarse = np.zeros((2, rows, rows), np.float32)
    for matrix, places in ((fine, np.arange(rows)), (coarse, np.arange(0, rows, 2))):
        for a, b in pairwise(places):
            matrix[b, [a, b]] += 0.5
            matrix[a, [a, b]] -= 0.5
    if rows % 2 == 0:  # the odd last interval has no pair: it is the same in both sums
        coarse[-1, -2:] += 0.5
        coarse[-2, -2:] -= 0.5
    return fine, fine - coarse


def _bisect(heap: list[tuple[float, float, float]], count: int) -> list[float]:
    heapq.heapify(heap)
    places: list[float] = []
    while heap and len(places) < count:
        spread, a, b = heapq.heappop(heap)
        middle = (a + b) / 2
        if np.float32(a) < np.float32(middle) < np.float32(b):
            places.append(middle)
            heapq.heappush(heap, (spread / 4, a, middle))
            heapq.heappush(heap, (spread / 4, middle, b))
    return sorted(places)
