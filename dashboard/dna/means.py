"""Means over references that are examples of their own: how far to trust them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def error(result: Any, method: Any) -> float:
    """The error of the mean of an attribution.Attribution over its examples.

    As the core has it for a list of references: the mean of the absolute errors, for a cut no less
    than the gap of the mean, relative to the L1 norm of the mean scores. NaN where one is unknown.
    """
    scores = result.scores.reshape(len(result.scores), -1).astype(np.float64)
    norm, gaps = np.abs(scores).sum(axis=1), np.abs(result.gap)
    with np.errstate(invalid="ignore"):  # without scores the error is infinite: then it is the gap
        found = float(np.where(np.isinf(result.error), gaps, result.error * norm).mean())
    if method.estimated and method.complete and result.is_cut:
        found = float(np.maximum(found, abs(float(result.gap.mean()))))  # NaN stays NaN
    of_mean = float(np.abs(scores.mean(axis=0)).sum())
    return found / of_mean if of_mean else np.inf if found else 0.0


def converged(results: Sequence[Any], error: float, tolerance: float | None) -> bool | None:
    """Of all examples of all results; None where the method does not know.

    error, tolerance : of their means; None of a method without.
    """
    if tolerance is not None and not error <= tolerance:
        return False
    if any(result.converged is None for result in results):
        return None
    return all(bool(result.converged.all()) for result in results)


def standard_error(values: Array) -> Array | None:
    """Of the mean over the first axis; None of one."""
    count = len(values)
    if count < 2:
        return None
    return np.asarray(values.std(axis=0, ddof=1, dtype=np.float64) / np.sqrt(count))
