"""Histograms of scores on bins that are the same for every unit and set: counts just add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_SIDES = 2.0 ** (np.arange(-48, 41) / 2)  # two bins an octave, from 6e-8 to 1e6
EDGES: Array = np.concatenate([[-np.inf], -_SIDES[::-1], _SIDES, [np.inf]])
"""(bins + 1,) the bounds of the bins: half octaves on both sides of 0."""


@dataclass(frozen=True)
class Histogram:
    """How many inputs have a score in each bin, (units, bins); `a + b` is that of both sets.

    Bin k holds EDGES[k] <= score < EDGES[k + 1].
    """

    counts: Array

    @classmethod
    def of(cls, scores: Array) -> Histogram:
        """That of scores (inputs, units)."""
        bins, units = len(EDGES) - 1, scores.shape[1]
        place = np.searchsorted(EDGES, np.asarray(scores, float), side="right") - 1
        place = np.minimum(place, bins - 1) + bins * np.arange(units)
        return cls(np.bincount(place.ravel(), minlength=units * bins).reshape(units, bins))

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(self.counts + other.counts)

    def quantile(self, share: float) -> tuple[Array, Array]:
        """Bounds (units,) that hold the score below which that share of the inputs lies."""
        below = np.cumsum(self.counts, axis=1)
        place = (below < share * below[:, -1:]).sum(1)
        return EDGES[place], EDGES[place + 1]
