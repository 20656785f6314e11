"""Examples of a unit: inputs from all of the range of its scores, not the strongest alone.

Galleries of the strongest examples mislead about what a unit does (arXiv 2405.06855): they show one
end of the range. So inputs are shown by quantile, each part with its share of the effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from attribution.profile import chance

Array = npt.NDArray[Any]

KEPT = 512
"""Inputs whose scores are kept: all of a class with no more, else drawn by their place."""
ENDS = 4
"""Inputs at either end of each unit's range that are kept beside these."""


class Part(NamedTuple):
    """Some of the range of a unit's scores.

    low, high : scores at its ends; share : of the sum of |score|; places : (examples,) in the
    manifest, from the lowest score to the highest; scores : (examples,).
    """

    low: float
    high: float
    share: float
    places: Array
    scores: Array


@dataclass(frozen=True)
class Gallery:
    """Inputs of which examples are chosen; `a + b` is those of both sets of inputs.

    index, scores : (inputs,) places in the manifest, and (inputs, units), KEPT of them by chance.
    ends, extremes : (2 ENDS, units) places and scores of the lowest and the highest of all inputs,
        fewer where there are fewer inputs.
    """

    index: Array
    scores: Array
    ends: Array
    extremes: Array

    @classmethod
    def of(cls, index: Array, scores: Array) -> Gallery:
        """Those of inputs at places `index` (inputs,) of the manifest, scores (inputs, units)."""
        places = np.broadcast_to(np.asarray(index)[:, None], scores.shape)
        return cls(*_drawn(np.asarray(index), scores), *_outermost(places, scores))

    def __add__(self, other: Gallery) -> Gallery:
        def both(a: Array, b: Array) -> Array:
            return np.concatenate([a, b])

        return Gallery(
            *_drawn(both(self.index, other.index), both(self.scores, other.scores)),
            *_outermost(both(self.ends, other.ends), both(self.extremes, other.extremes)),
        )

    def parts(self, unit: int, count: int = 5, each: int = 4) -> list[Part]:
        """The range of a unit's scores in `count` parts of as many inputs, from low to high.

        each : examples of a part, evenly from all of it. Fewer parts where there are few inputs.
        """
        order = np.lexsort((self.index, self.scores[:, unit]))
        index, scores = self.index[order], self.scores[order, unit].astype(float)
        total = np.abs(scores).sum()
        found = []
        for part in np.array_split(np.arange(len(index)), min(count, len(index))):
            inner = (np.arange(min(each, len(part))) + 0.5) / min(each, len(part))
            chosen = part[(inner * len(part)).astype(int)]
            share = np.abs(scores[part]).sum() / total if total else 0.0
            low, high = scores[part[[0, -1]]]
            found.append(Part(low, high, float(share), index[chosen], scores[chosen]))
        return found

    def strongest(self, unit: int) -> tuple[Array, Array]:
        """Places and scores of the lowest and highest of all inputs, (<= 2 ENDS,) each, sorted."""
        return self.ends[:, unit], self.extremes[:, unit]


def _drawn(index: Array, scores: Array) -> tuple[Array, Array]:
    kept = np.argsort(chance.bits(index, 1)[:, 0], kind="stable")[:KEPT]
    return index[kept], scores[kept]


def _outermost(places: Array, scores: Array) -> tuple[Array, Array]:
    """The ENDS lowest and highest of each unit, each input once; ties by the place."""
    order = np.lexsort((places, scores), axis=0)
    places, scores = (np.take_along_axis(a, order, axis=0) for a in (places, scores))
    if len(places) > 2 * ENDS:
        rows = np.r_[0:ENDS, len(places) - ENDS : len(places)]
        places, scores = places[rows], scores[rows]
    return places, scores
