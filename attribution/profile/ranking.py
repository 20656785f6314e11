"""Ranking: which units of a class come first by |mean|, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.profile.moments import FIRST, Moments
from attribution.profile.resampling import Resamples, upper

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Ranking:
    """The first units of a class by |mean|, of the inputs that were drawn.

    first : (k,) the units, the largest first.
    undecided : units inside whose place, and units outside whose exclusion, the data do not settle
        at the level asked for, all comparisons at once; empty: the set is settled.
    jaccard : mean over the resamples of what the first k of a resample share with `first`: the size
        of the intersection over that of the union. Above .8 a ranking is called stable (arXiv
        2510.00845).
    """

    first: Array
    undecided: Array
    jaccard: float

    @property
    def settled(self) -> bool:
        """Whether the set of the first k is settled."""
        return not len(self.undecided)


def ranking(
    resamples: Resamples, moments: Moments, count: int = FIRST, level: float = 0.95
) -> Ranking:
    """The first `count` units, fewer where there are fewer.

    Each unit inside is compared with each outside, as |mean i| - |mean j| with the difference taken
    input by input: the sign of each mean is that of the sample, and j is compared with both signs.
    The bounds hold for all these pairs at once: the bootstrap's quantile of the largest difference
    in parts of its own standard error.
    """
    order = np.argsort(-np.abs(moments.mean), kind="stable")
    first, rest = order[:count], order[count:]
    means = resamples.means
    chosen = np.argsort(-np.abs(means), axis=1, kind="stable")[:, : len(first)]
    shared = np.isin(chosen, first).sum(1)
    jaccard = float(np.mean(shared / (2 * len(first) - shared)))
    if not len(rest):
        return Ranking(first, np.zeros(0, int), jaccard)
    sign = np.where(moments.mean < 0, -1.0, 1.0)
    pairs = (2, len(first), len(rest))
    gap, error, most = np.zeros(pairs), np.zeros(pairs), np.zeros(len(means))
    for turn, signs in enumerate((sign[rest], -sign[rest])):
        outside, others = signs * moments.mean[rest], signs * means[:, rest]
        for i, unit in enumerate(first):  # (draws, rest) at a time
            gap[turn, i] = sign[unit] * moments.mean[unit] - outside
            deviation = sign[unit] * means[:, unit, None] - others - gap[turn, i]
            error[turn, i] = deviation.std(0)
            varies = error[turn, i] > 0
            sizes = np.abs(deviation[:, varies]) / error[turn, i, varies]
            most = np.maximum(most, sizes.max(1, initial=0.0))
    open_pairs: Array = np.any(gap <= upper(most, level) * error, axis=0)
    undecided = [*first[open_pairs.any(1)], *rest[open_pairs.any(0)]]
    return Ranking(first, np.array(undecided, int), jaccard)


def difference(
    resamples: Resamples, moments: Moments, i: int, j: int, level: float = 0.95
) -> tuple[float, float, float]:
    """|mean i| - |mean j| of a pair that was chosen beforehand, and its interval.

    Unit i is before unit j where all of the interval is above 0. Paired: input by input.
    """
    a, b = (np.where(moments.mean[u] < 0, -1.0, 1.0) for u in (i, j))
    gap = float(a * moments.mean[i] - b * moments.mean[j])
    away = a * resamples.means[:, i] - b * resamples.means[:, j] - gap
    half = float(upper(np.abs(away), level))
    return gap, gap - half, gap + half
