"""Means over references that are examples of their own: how far to trust them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.methods import Method
from attribution.result import Attribution

Array = npt.NDArray[Any]


def mean(layer: Attribution, results: Collection[Attribution], method: Method) -> Attribution:
    """The mean of a layer over its examples, as one: its error is the largest of all results.

    So is the widest stretch of the path, and it has not converged where one of them has not.
    """
    error_ = float(np.max([error(result, method) for result in results]))
    converged_ = converged(results, error_, layer.tolerance)
    spread = standard_error(layer.scores)
    return replace(
        layer,
        scores=layer.scores.mean(axis=0, keepdims=True),
        gap=layer.gap.mean(keepdims=True),
        error=np.array([error_]),
        converged=None if converged_ is None else np.array([converged_]),
        evaluations=layer.evaluations.sum(keepdims=True),
        resolution=np.array([np.max([r.resolution for r in results if r.resolution is not None])]),
        f_input=layer.f_input[:1],
        f_baseline=layer.f_baseline.mean(keepdims=True),
        target=layer.target[:1] if isinstance(layer.target, np.ndarray) else layer.target,
        notes=tuple(dict.fromkeys(n for r in (layer, *results) for n in r.notes)),
        standard_error=None if spread is None else spread[None].astype(np.float32),
    )


def error(result: Attribution, method: Method) -> float:
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


def converged(
    results: Collection[Attribution], error: float, tolerance: float | None
) -> bool | None:
    """Of all examples of all results; None where the method does not know.

    error, tolerance : of their means; None of a method without.
    """
    if tolerance is not None and not error <= tolerance:
        return False
    if any(result.converged is None for result in results):
        return None
    return all(bool(np.all(result.converged)) for result in results)


def standard_error(values: Array) -> Array | None:
    """Of the mean over the first axis; None of one."""
    count = len(values)
    if count < 2:
        return None
    return np.asarray(values.std(axis=0, ddof=1, dtype=np.float64) / np.sqrt(count))
