"""Where lines between neighbouring rows cross: the bends of ReLUs and of maxima. NumPy only.

Row r of an array holds values at node r of a path, and between two nodes they run straight. A place
is told as (interval, t): t in (0, 1) of the way from node `interval` to the next.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Places = tuple[npt.NDArray[np.intp], Array]

NOISE = 2.0**-44
"""Of the largest value, what is taken for nothing: 256 roundings of float64."""


def zeros(difference: Array, noise: float) -> Places:
    """Where a difference changes its sign, (rows, ...).

    What is no larger than `noise` at a node is zero there: it bends at that node, if at all.
    """
    left, right = difference[:-1], difference[1:]
    turned = (np.minimum(left, right) < -noise) & (np.maximum(left, right) > noise)
    a, b = left[turned], right[turned]
    return np.nonzero(turned)[0], a / (a - b)


def overtakings(values: Array, noise: float) -> Places:
    """Where the largest of some values changes, (rows, ..., competitors).

    The largest of straight lines is convex: where the winner at one end is among the winners at
    the other it wins between, and nothing is looked at.
    """
    flat = values.reshape(len(values), -1, values.shape[-1])
    winner, best = flat.argmax(-1), flat.max(-1)
    later = np.take_along_axis(flat[1:], winner[:-1, :, None], -1)[..., 0]
    before = np.take_along_axis(flat[:-1], winner[1:, :, None], -1)[..., 0]
    turned = (later < best[1:] - noise) & (before < best[:-1] - noise)
    interval, group = np.nonzero(turned)
    start, end = flat[interval, group], flat[interval + 1, group]
    which, t = _envelope(start, end - start, noise)
    return interval[which], t


def _envelope(start: Array, slope: Array, noise: float) -> Places:
    """The corners of the upper envelope of lines over (0, 1), (groups, competitors).

    From the left: of the lines that rise faster than the present one, the first to reach it.
    """
    found = [(np.zeros(0, np.intp), np.zeros(0))]
    alive = np.arange(len(start))
    ahead = start >= start.max(-1, keepdims=True, initial=-np.inf) - noise
    line = np.where(ahead, slope, -np.inf).argmax(-1)
    while alive.size:
        rise = slope - np.take_along_axis(slope, line[:, None], -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            meet = (np.take_along_axis(start, line[:, None], -1) - start) / rise
        meet = np.where(rise > 0, meet, np.inf)
        t = meet.min(-1)
        # Of those that come at once, the steepest: the others are overtaken at that very place.
        first = np.where(meet <= t[:, None], rise, -np.inf).argmax(-1)
        stays = t < 1
        alive, start, slope, line = (v[stays] for v in (alive, start, slope, first))
        found.append((alive, t[stays]))
    which, places = (np.concatenate(column) for column in zip(*found, strict=True))
    inside = places > 0
    return which[inside], places[inside]
