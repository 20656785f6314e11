"""How faithful a ranking of units is: what happens to the score where units are kept or removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

Array = np.ndarray[Any, Any]
Measured = Callable[[Array], Array]
"""kept units, bool (sets, units) -> the score of each, (sets,)."""

COUNTS = 16
"""Of units at which the score is measured while they are removed one by one; straight between."""
GRID = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Shares of the units that are kept: MIB's (arXiv 2504.13151), and none."""


class Remembered:
    """Measures no set twice: rankings share many, and all share none and all."""

    def __init__(self, measured: Measured) -> None:
        self._measured, self._known = measured, dict[bytes, float]()

    def __call__(self, kept: Array) -> Array:
        new = {row.tobytes(): row for row in kept if row.tobytes() not in self._known}
        if new:
            scores = self._measured(np.stack(list(new.values())))
            self._known |= zip(new, map(float, scores), strict=True)
        return np.array([self._known[row.tobytes()] for row in kept])


def first(order: Array, units: int) -> Array:
    """(shares, units): which are kept at each share of the grid, the first of an order."""
    counts = np.round(np.array(GRID) * units).astype(int)
    kept = np.zeros((len(GRID), units), bool)
    for row, count in zip(kept, counts, strict=True):
        row[order[:count]] = True
    return kept


def faithfulness(measured: Measured, order: Array) -> Array:
    """f = (m(first k kept) - m(none)) / (m(all) - m(none)) along the grid."""
    m = measured(first(order, len(order)))
    return (m - m[0]) / (m[-1] - m[0])


def cpr(f: Array) -> float:
    """Area under f over the share kept: finds what helps."""
    return float(np.trapezoid(f, GRID))


def cmd(f: Array) -> float:
    """Area of |1 - f|: lower where the behaviour is kept."""
    return float(np.trapezoid(np.abs(1 - f), GRID))


def removal(measured: Measured, order: Array) -> float:
    """Mean share of the score that is left while the first of an order are removed one by one."""
    units = len(order)
    counts = np.unique(np.round([0, *np.geomspace(1, units, COUNTS)])).astype(int)
    kept = np.ones((len(counts), units), bool)
    for row, count in zip(kept, counts, strict=True):
        row[order[:count]] = False
    m = np.interp(np.arange(units + 1), counts, measured(kept))
    return float(((m - m[-1]) / (m[0] - m[-1])).mean())


def joint(measured: Measured, scores: Array, kept: Array) -> tuple[float, float]:
    """Predicted against measured change of random sets: Pearson's r, and the error.

    kept : bool (sets, units). Predicted is the sum of the scores of what is removed. The error is
    the L1 distance relative to the L1 norm of what was measured.
    """
    whole = measured(np.ones((1, kept.shape[1]), bool))[0]
    change, predicted = whole - measured(kept), (~kept) @ scores
    return correlation(predicted, change), float(
        np.abs(predicted - change).sum() / np.abs(change).sum()
    )


def correlation(a: Array, b: Array, ranks: bool = False) -> float:
    """Pearson's or Spearman's; NaN where one of them does not vary."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float((stats.spearmanr if ranks else stats.pearsonr)(a, b)[0])


def auroc(scores: Array, truth: Array) -> float:
    """The chance that a unit which matters has a larger |score| than one which does not."""
    ranks = stats.rankdata(np.abs(scores))
    good = int(truth.sum())
    return float((ranks[truth].sum() - good * (good + 1) / 2) / (good * (len(truth) - good)))
