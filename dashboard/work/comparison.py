"""Comparison: how far two scorings of the same neurons agree. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_RESOLUTION = 1e-5  # of the largest score


@dataclass(frozen=True)
class Disagreement:
    """One unit that two scorings see differently."""

    unit: int
    first: float
    second: float


@dataclass(frozen=True)
class Agreement:
    """Rank agreement of two scorings.

    overlap : how many of the k largest |scores| are the same. spearman : rank correlation of the
    signed scores, NaN where one of them is constant. same_sign : share of the units, of those that
    neither calls zero, whose signs agree.
    """

    k: int
    overlap: int
    spearman: float
    same_sign: float
    largest: tuple[Disagreement, ...]


def compare(first: Array, second: Array, k: int = 20, count: int = 10) -> Agreement:
    """Compare two arrays (units,) of scores; `count` largest |first - second| are listed."""
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"Two arrays of one shape (units,), not {first.shape}, {second.shape}.")
    k = min(k, len(first))
    both = (first != 0) & (second != 0)
    apart = np.argsort(-np.abs(first - second), kind="stable")[:count]
    return Agreement(
        k=k,
        overlap=len(set(largest(first, k)) & set(largest(second, k))),
        spearman=spearman(_settled(first), _settled(second)),
        same_sign=float((np.sign(first) == np.sign(second))[both].mean()) if both.any() else np.nan,
        largest=tuple(Disagreement(int(i), float(first[i]), float(second[i])) for i in apart),
    )


def _settled(values: Array) -> Array:
    """Values to what single precision can tell apart: noise around zero has no rank."""
    step = _RESOLUTION * float(np.abs(values).max(initial=0.0))
    settled: Array = np.round(values / step) if step else values
    return settled


def largest(values: Array, k: int) -> list[int]:
    """The units of the k largest |values|; equal ones in their order."""
    return [int(i) for i in np.argsort(-np.abs(values), kind="stable")[:k]]


def spearman(first: Array, second: Array) -> float:
    """Correlation of the ranks; equal values share their mean rank."""
    a, b = (_ranks(v) - (len(v) - 1) / 2 for v in (first, second))
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm else np.nan


def _ranks(values: Array) -> Array:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[inverse]
