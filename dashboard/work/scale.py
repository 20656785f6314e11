"""Scale: where the colours of signed numbers end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.work.answer import Answer

PERCENTILE = 99


@dataclass(frozen=True)
class Limit:
    """Symmetric limits of a colour scale, and the share of all values that lies beyond."""

    value: float
    clipped: float


def shared(maps: Sequence[npt.NDArray[Any]]) -> float:
    """One end for several figures: of their colours; of bars, which are not cut, the largest."""
    values = np.concatenate([each.ravel() for each in maps] or [np.zeros(1)])
    if all(each.ndim == 1 for each in maps):
        return float(np.abs(values).max())
    return limit(values).value


def limit(values: npt.ArrayLike) -> Limit:
    """The 99th percentile of |values|; the largest if that is zero; 0 if all are zero."""
    sizes = np.abs(np.asarray(values, dtype=np.float64)).ravel()
    bound = float(np.percentile(sizes, PERCENTILE)) or float(sizes.max())
    return Limit(bound, float((sizes > bound * (1 + 1e-9)).mean()) if bound else 0.0)


def least(answer: Answer, small: bool) -> float:
    """The size of the end of bars and letters below which none is drawn as high as there is room.

    Where the difference is within the error: what the scores may be off by. Where the answer is a
    small chance: a whole unit of the logit. Else 0: the largest number decides.
    """
    unsure = answer.unsure
    within = math.isfinite(unsure) and abs(answer.delta) <= unsure
    return max(unsure if within else 0.0, 1.0 if small else 0.0)


def spread(low: float, high: float, least: float) -> tuple[float, float]:
    """The ends of an axis with zero between, of which the farther is no nearer than `least`."""
    if max(-low, high) >= least:
        return low, high
    return (low, least) if high >= -low else (-least, high)
