"""Means of inputs with bootstrap intervals, Holm over comparisons, how settled a set is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Statistic = Callable[..., Any]
"""np.mean or np.median."""

FEW = 10
"""Inputs below which no interval is told."""


@functools.lru_cache(maxsize=16)
def draws(count: int, resamples: int, seed: int) -> Array:
    """Which inputs each bootstrap sample holds, (resamples, count): the same for every metric."""
    return np.random.default_rng(seed).integers(0, count, (resamples, count))


def resampled(values: Array, resamples: int, seed: int, statistic: Statistic = np.mean) -> Array:
    """A statistic of bootstrap samples of the inputs, (resamples,)."""
    found: Array = statistic(values[draws(len(values), resamples, seed)], axis=1)
    return found


def interval(
    values: Array, resamples: int, seed: int, statistic: Statistic = np.mean
) -> tuple[float, float, float]:
    """A statistic and its 95 % interval, NaN where the inputs are few."""
    values = values[np.isfinite(values)]
    if len(values) < FEW:
        return float(statistic(values)) if len(values) else np.nan, np.nan, np.nan
    low, high = np.quantile(resampled(values, resamples, seed, statistic), [0.025, 0.975])
    return float(statistic(values)), float(low), float(high)


def chance(differences: Array, resamples: int, seed: int) -> float:
    """Two-sided p-value of a mean difference of 0, by bootstrap; never below what it can tell."""
    means = resampled(differences, resamples, seed)
    tail = min((means <= 0).mean(), (means >= 0).mean())
    return float(min(1.0, 2 * max(tail, 1 / resamples)))


def holm(p: Sequence[float]) -> Array:
    """p-values of several comparisons, adjusted (Holm 1979)."""
    order = np.argsort(p)
    scaled = np.asarray(p)[order] * np.arange(len(p), 0, -1)
    found = np.empty(len(p))
    found[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return found


def jaccard(a: Sequence[int], b: Sequence[int]) -> float:
    """Shared over all, of two sets."""
    return len({*a} & {*b}) / len({*a} | {*b})


def settled(scores: Array, first: int, resamples: int, seed: int) -> Array:
    """Jaccard of the first units by mean |score| of bootstrap samples and of all, (resamples,).

    scores : (inputs, units).
    """
    sizes = np.abs(scores)
    best = np.argsort(-sizes.mean(0), kind="stable")[:first]
    samples = np.stack([sizes[d].mean(0) for d in draws(len(sizes), resamples, seed)])
    tops = np.argsort(-samples, axis=1, kind="stable")[:, :first]
    return np.array([jaccard(best.tolist(), top.tolist()) for top in tops])
