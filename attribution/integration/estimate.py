"""How far off a trapezoid sum still is, from the sum itself. NumPy only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


class Refinement:
    """A sum over intervals beside the same sum over pairs of them, and what the two tell together.

    Calling d the difference of the two: where the integrand has kinks at unknown places, a single
    kink leaves an error uniform in [0, |d|], and many of them, with independent signs, add up to
    |d| / sqrt(3) on average if the intervals of a pair are equal, and to |d| / sqrt(2) if one is
    twice the other, as they typically are; where it is smooth, the error is at most |d| / 2. The
    estimate is |d| (1 + m) / sqrt(2) with a margin m = 1.5 / sqrt(n) for the n parts that
    effectively contribute to d: 1.8 |d| for one, 0.8 |d| for a hundred. It is made twice, the
    intervals paired from the first and from the second, and the root of the mean square is taken:
    one of them may be small by luck. benchmarks/estimated_error.py holds it against the truth.
    """

    def __init__(self) -> None:
        self.value: Array = np.zeros(0, np.float32)
        self.difference: Array = np.zeros(0, np.float32)
        self._last: list[Array] = []  # dh and dg of the last interval, (1, sample)
        self._sums: list[Array] = [np.zeros(1), np.zeros(1)]  # d of both pairings, (sample,)
        self._parts: list[list[Array]] = [[], []]

    @np.errstate(over="ignore", invalid="ignore")  # what is not finite is told by `estimates`
    def add(self, value: Array, difference: Array, h: Array, g: Array) -> None:
        """Add a stretch of an even number of intervals, or the last.

        value, difference : its sum, and what the coarse sum lacks of it, (neurons,).
        h, g : (nodes, sample) at its nodes, of all neurons or of a sample: of what they show only
            the proportions count. The first node is the last of the stretch before.
        """
        if not self.value.size:
            self.value, self.difference = np.array(value), np.array(difference)
        else:
            self.value += value
            self.difference += difference
        steps = [np.diff(h, axis=0), np.diff(g, axis=0)]
        if self._last:
            steps = [np.concatenate(both) for both in zip(self._last, steps, strict=True)]
        dh, dg = steps
        lacking = (dg[:-1] * dh[1:] - dg[1:] * dh[:-1]) / 2  # of each interval with the next
        for which in (0, 1):
            pairs = lacking[(which + bool(self._last)) % 2 :: 2]
            self._sums[which] = self._sums[which] + pairs.sum(0, dtype=float)
            self._parts[which].append(np.abs(pairs).sum(1, dtype=float))
        self._last = [dh[-1:], dg[-1:]]

    @property
    def error(self) -> float:
        """Estimated L1 distance of `value` to the integral, absolute; NaN if that is not finite."""
        return float(np.sqrt(np.mean(np.square(self.estimates))))

    @property
    @np.errstate(over="ignore", invalid="ignore")
    def estimates(self) -> Array:
        """The estimates with either pairing of the intervals; NaN where that is not finite."""
        norm = float(np.abs(self.difference).sum(dtype=float))
        seen, shifted = (float(np.abs(s).sum()) for s in self._sums)
        scale = norm / seen if seen else self.difference.size / max(self._sums[0].size, 1)
        found = [
            size * (1 + 1.5 / np.sqrt(_effective(np.concatenate(parts)))) / np.sqrt(2)
            for size, parts in zip((norm, shifted * scale), self._parts, strict=True)
        ]
        finite = np.isfinite(found).all() and np.isfinite(self.value).all()
        return np.array(found if finite else [np.nan, np.nan])


def trapezoid(h: Array, g: Array) -> tuple[Array, Array]:
    """Trapezoid sum over consecutive rows (nodes, neurons) against that over every second row.

    Returns the sum and its difference to the coarse sum, both (neurons,). An odd last interval has
    no pair: it is the same in both.
    """
    dh, dg = np.diff(h, axis=0), np.diff(g, axis=0)
    pairs = len(dh) // 2 * 2
    value = np.einsum("kj,kj->j", g[1:] + g[:-1], dh) / 2
    first, second = slice(0, pairs, 2), slice(1, pairs, 2)
    difference = np.einsum("kj,kj->j", dg[first], dh[second])
    difference -= np.einsum("kj,kj->j", dg[second], dh[first])
    return value, difference / 2


def contractions(rows: int) -> tuple[Array, Array, Array]:
    """Matrices L, R (parts, rows) and S (2, parts) that make both sums from rows of h and g.

    S ((L h) * (R g)) is the trapezoid sum over the rows, and its difference to the sum over every
    second row: the same numbers as `trapezoid` from three products, where reading the memory costs
    more than the arithmetic.
    """
    fine = [(k, k + 1) for k in range(rows - 1)]
    coarse = [(k, k + 2) for k in range(0, rows - 2, 2)]
    steps, means = np.zeros((2, len(fine) + len(coarse), rows), np.float32)
    sums = np.zeros((2, len(steps)), np.float32)
    for part, (a, b) in enumerate([*fine, *coarse]):
        steps[part, [a, b]] = -1, 1
        means[part, [a, b]] = 0.5
    paired = rows - 1 - (rows - 1) % 2  # an odd last interval is the same in both sums
    sums[0, : rows - 1] = 1
    sums[1, :paired] = 1
    sums[1, rows - 1 :] = -1
    return steps, means, sums


def _effective(parts: Array) -> float:
    """How many parts effectively contribute.

    Of those that a sample of the neurons does not show there may be as few as one.
    """
    largest = parts.max(initial=0.0)
    shares = parts / largest if 0 < largest < np.inf else np.ones(1)
    return float(shares.sum() ** 2 / (shares**2).sum())
