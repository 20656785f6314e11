"""A band: which places of an input reach which positions of a layer, as one line through a matrix.

Measured is a matrix (places, positions): whether, or how much, a change at a place of the input
changes a position of the layer. Along an axis that a layer follows it is a band: position p sees
`width` places from p * stride + offset on. Nothing here needs TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_ROUND = 1e-9
_DENOMINATORS = range(1, 5)
_SPARE = 0.1
"""Of the places, those that may lie off a band that is found by its amounts."""
_SHARE = 0.3
"""Of the largest change that a place makes above what it changes everywhere: what counts."""
_CONTRAST = 2.0
"""Between the most and the least that a place changes; below, it changes everything alike."""
_LOCAL = 0.7
"""Of the places, those that must change some positions more than others."""
_LEAST = 3
"""Places and positions from which a band is found by amounts."""
_OVERLAP = 0.6
_STRAY = 0.25
"""Of the height of a band, how far its edges may be off on average: they step behind a stride."""
_TIE = 1.01
"""Where no band fits, those so much larger than the narrowest are as good: neurons may be off."""
_NEAR = 40
_SIMPLE = 1.1
"""The same for a stride that is no fraction, and for bands that are found by amounts."""


class Band(NamedTuple):
    """Position p sees `width` places at most, from p * stride + offset on."""

    stride: float
    offset: float
    width: int


def sharp(moved: Array, at: Array) -> Band | None:
    """The band outside of which nothing moves; None where its two edges are not to be seen.

    moved : bool (places, positions). at : (places,) where along the input they are, ascending.
    """
    return _turned(moved, at, lambda seen: _sharp(seen, at))


def blurred(amount: Array, at: Array) -> Band | None:
    """The band where a change is largest; None where every position sees all places alike.

    amount : >= 0 (places, positions), how much a change at a place changes a position.
    """
    most, least = amount.max(axis=1), np.quantile(amount, _SPARE, axis=1)
    usable = (most > _CONTRAST * least) & (most > _SHARE * np.median(most))
    if usable.mean() < _LOCAL or min(usable.sum(), amount.shape[1]) < _LEAST:
        return None
    rise = (amount - least[:, None])[usable] / (most - least)[usable, None]
    return _turned(rise > _SHARE, at[usable], lambda seen: _blurred(seen, at[usable]))


def interaction(amount: Array, at: Array) -> float:
    """How much which positions change depends on the place: 0 for a rank-one matrix, up to 2.

    A place stands for those around it that were not tried.
    """
    amount = amount * np.gradient(at.astype(float))[:, None]
    total = float(amount.sum())
    if not total:
        return 0.0
    alike = amount.sum(axis=1, keepdims=True) * amount.sum(axis=0, keepdims=True) / total
    return float(np.abs(amount - alike).sum()) / total


def _turned(seen: Array, at: Array, find: Any) -> Band | None:
    """The band of a layer that may run against the input, as one that reads backwards does."""
    found: Band | None = find(seen)
    back: Band | None = None if found else find(seen[:, ::-1])
    if back is None:
        return found
    return Band(-back.stride, back.stride * (seen.shape[1] - 1) + back.offset, back.width)


def _sharp(seen: Array, at: Array) -> Band | None:
    first, last, rows = _edges(seen)
    if len(rows) < 2 or not _is_bounded(first, last, seen.shape[1]):
        return None
    line = _line(first, last, at[rows], seen.shape[1], 0.0)
    if line is None:
        return None
    low, high = line.edges(at[rows], seen.shape[1])
    stray = float((np.abs(low - first) + np.abs(high - last)).mean())
    return line.band() if stray <= _STRAY * float((high - low + 1).mean()) else None


def _blurred(seen: Array, at: Array) -> Band | None:
    first, last, rows = _edges(seen)
    count = seen.shape[1]
    if len(rows) < 2 or (np.ptp(first) == 0 and np.ptp(last) == 0):
        return None
    line = _line(first, last, at[rows], count, _SPARE)
    if line is None:
        return None
    low, high = line.edges(at[rows], count)
    common = np.minimum(high, last) - np.maximum(low, first) + 1
    either = np.maximum(high, last) - np.minimum(low, first) + 1
    return line.band() if np.clip(common, 0, None).sum() >= _OVERLAP * either.sum() else None


def _edges(seen: Array) -> tuple[Array, Array, Array]:
    """The first and the last position that each place reaches, and which places reach any."""
    rows = np.flatnonzero(seen.any(axis=1))
    count = seen.shape[1]
    return seen[rows].argmax(axis=1), count - 1 - seen[rows, ::-1].argmax(axis=1), rows


def _is_bounded(first: Array, last: Array, count: int) -> bool:
    """Whether both edges of the band show often enough to say where it runs."""
    heads = len(set(last[last < count - 1].tolist()))
    tails = len(set(first[first > 0].tolist()))
    return min(heads, tails) >= 1 and heads + tails >= min(4, 2 * (count - 1))


class _Line(NamedTuple):
    """Place i reaches the positions from i / stride + tail to i / stride + head."""

    stride: Fraction
    tail: float
    head: float

    def edges(self, at: Array, count: int) -> tuple[Array, Array]:
        middle = at / float(self.stride)
        low = np.ceil(middle + self.tail - _ROUND).astype(int)
        high = np.floor(middle + self.head + _ROUND).astype(int)
        return np.clip(low, 0, count - 1), np.clip(high, 0, count - 1)

    def band(self) -> Band:
        """Its centre is that of what a position sees, between places where it sees a fraction."""
        stride = float(self.stride)
        length = stride * (self.head - self.tail)
        width = int(np.floor(length + _ROUND)) + 1
        offset = -stride * self.head + (length - (width - 1)) / 2
        return Band(stride, round(offset, 6) + 0.0, width)


def _line(first: Array, last: Array, at: Array, count: int, spare: float) -> _Line | None:
    """The narrowest line that covers the edges of all places, but for a share to spare."""
    found = list[tuple[float, _Line]]()
    for stride in _strides(first, last, at, count):
        middle = at / float(stride)
        head = float(np.quantile(last - middle, 1 - spare, method="nearest"))
        tail = float(np.quantile(first - middle, spare, method="nearest"))
        line = _Line(stride, tail, head)
        low, high = line.edges(at, count)
        area = float(np.clip(high - low + 1, 0, None).sum())
        miss = np.clip(low - first, 0, None).sum() + np.clip(last - high, 0, None).sum()
        if head >= tail:
            found.append((area + 2 * float(miss), line))
    if not found:
        return None
    least = min(cost for cost, _ in found)
    plain = [pair for pair in found if 1 in pair[1].stride.as_integer_ratio()]
    simple = min((cost for cost, _ in plain), default=math.inf)
    if simple <= _SIMPLE * least:
        found, least = plain, simple
    fits = least == float((last - first + 1).sum())
    tie = 1.0 if fits else _TIE if not spare else _SIMPLE
    return next(line for cost, line in found if cost <= tie * least)


def _strides(first: Array, last: Array, at: Array, count: int) -> Iterator[Fraction]:
    """Those that come into question: whole ones first, then those as the lengths suggest."""
    middle = (first + last) / 2.0
    inside = (first > 0) & (last < count - 1)
    rows = inside if len(set(middle[inside].tolist())) > 1 else np.ones(len(at), bool)
    slope = float(np.polyfit(at[rows], middle[rows], 1)[0])
    if slope <= 0:
        return
    ratio, given = float(at[-1] + 1) / count, set[Fraction]()
    for guess in (min(max(1 / slope, 1 / count), float(at[-1] + 1)), ratio):
        for d in _DENOMINATORS:
            for near, up in ((guess * d, True), (d / guess, False)):
                few = max(2, min(int(near * 0.4), _NEAR))
                reach = range(max(1, int(near) - few), int(near) + few)
                given |= {Fraction(n, d) if up else Fraction(d, n) for n in reach}

    def order(stride: Fraction) -> tuple[int, float]:
        return min(stride.numerator, stride.denominator), abs(math.log(float(stride) / ratio))

    yield from sorted(given, key=order)
