"""Mutations: what each single change of a base does, measured by running the network."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_BYTES = 8 * 2**20  # of changed sequences at once


def effects(net: Any, x: Array, target: int) -> Array:
    """(length, 4): how each single change moves the target's logit; x (1, length, 4)."""
    count = 4 * x.shape[1]
    size = min(count, max(1, _BYTES // x.nbytes))
    found = np.zeros(count)
    for first in range(0, count, size):
        changes = np.arange(first, min(count, first + size))
        scores = np.asarray(net.score(_changed(x, changes, size), target), np.float64)
        found[changes] = scores[1 : len(changes) + 1] - scores[0]
    return found.reshape(-1, 4)


def _changed(x: Array, changes: Array, size: int) -> Array:
    """(1 + size, length, 4): x as it is, then with one change each, then as it is.

    Change 4 i + b puts base b at i. All are of one size, or the network is compiled again.
    """
    found = np.repeat(x, 1 + size, axis=0)
    found[1 + np.arange(len(changes)), changes // 4] = np.eye(4, dtype=x.dtype)[changes % 4]
    return found
