"""Resamples of the inputs, streamed: the same whatever the order in which inputs arrive.

The Poisson bootstrap: in each resample an input counts as often as a Poisson number of mean 1 says.
The number is a function of the input's place in the manifest, so that shards can be added in any
order, and two layers or two runs over one manifest are resampled alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special  # of its statistics too, in a fifth of the memory

from attribution.profile import chance
from attribution.profile.moments import Moments

Array = npt.NDArray[Any]

DRAWS = 1000
"""Resamples of which quantiles are read: 95 % of them is known to ±1.4 % (95 %)."""
EFFECTIVE = 4
"""Inputs that make a unit's spread (`Moments.effective`), at least, for a simultaneous interval."""
_BLOCK = 4096  # inputs whose weights are held at once: 32 MB
_LEVELS = 2**16
_COUNTS = np.searchsorted(
    special.pdtr(np.arange(12), 1), (np.arange(_LEVELS) + 0.5) / _LEVELS
).astype(np.float64)


@dataclass(frozen=True)
class Resamples:
    """Weighted sums over the inputs of each resample; `a + b` is that of both sets of inputs.

    weight : (draws,) of the inputs; first, second : (draws, units) of scores, and of their squares.
    """

    weight: Array
    first: Array
    second: Array

    @classmethod
    def of(cls, index: Array, scores: Array, draws: int = DRAWS) -> Resamples:
        """Those of inputs at places `index` (inputs,) of the manifest, scores (inputs, units)."""
        units = scores.shape[1]
        found = cls(np.zeros(draws), np.zeros((draws, units)), np.zeros((draws, units)))
        for start in range(0, len(index), _BLOCK):
            w = weights(index[start : start + _BLOCK], draws)
            x = np.asarray(scores[start : start + _BLOCK], float)
            found += cls(w.sum(1), w @ x, w @ x**2)
        return found

    def __add__(self, other: Resamples) -> Resamples:
        return Resamples(
            self.weight + other.weight, self.first + other.first, self.second + other.second
        )

    @property
    def means(self) -> Array:
        """(draws, units) the mean score in each resample that holds any input."""
        some = self.weight > 0
        found: Array = self.first[some] / self.weight[some, None]
        return found

    def studentised(self, moments: Moments) -> Array:
        """(draws, units) |mean of the resample - mean| over the resample's own standard error.

        Infinite in a resample in which the score of a unit does not vary.
        """
        some = self.weight > 0
        weight = self.weight[some, None]
        means = self.means
        spread = np.maximum(self.second[some] / weight - means**2, 0)
        floor = 1e-12 * moments.m2 / moments.count  # what is left of sums that cancel
        error = np.sqrt(np.where(spread > floor, spread, 0) / (moments.count - 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Array = np.abs(means - moments.mean) / error
        return np.where(error > 0, found, np.inf)


def intervals(resamples: Resamples, moments: Moments, level: float = 0.95) -> tuple[Array, Array]:
    """Half widths (units,) of the intervals of means: of each unit alone, and of all units at once.

    Studentised bootstrap, symmetric: the quantile of |t*|, and of its maximum over the units, times
    the standard error. Infinite where the data tell no bound: of a unit alone where its score does
    not vary, or so seldom that it does not in 5 % of the resamples; of all at once where fewer than
    EFFECTIVE inputs effectively make its spread. Such units do not take part in the maximum.
    """
    plain, joint = np.full((2, len(moments.mean)), np.inf)
    varies = moments.effective > 0
    known = moments.effective >= EFFECTIVE
    if varies.any():
        sizes = resamples.studentised(moments)
        plain[varies] = upper(sizes[:, varies], level) * moments.standard_error[varies]
        if known.any():
            most = upper(sizes[:, known].max(1), level)
            joint[known] = most * moments.standard_error[known]
    return plain, joint


def upper(values: Array, level: float) -> Array:
    """The quantile of the draws (draws, ...), never one between two: these may be infinite."""
    found: Array = np.quantile(values, level, axis=0, method="higher")
    return found


def weights(index: Array, draws: int = DRAWS) -> Array:
    """(draws, inputs) how often each input counts in each resample: Poisson numbers of mean 1."""
    bits = chance.bits(index, -(-draws // 4))
    parts = [(bits >> np.uint64(16 * k)) & np.uint64(_LEVELS - 1) for k in range(4)]
    found: Array = _COUNTS[np.stack(parts, 2).reshape(len(bits), -1).T[:draws].astype(np.int64)]
    return found
