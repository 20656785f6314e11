"""Chance as a function of an input's place in the manifest: the same in any shard and order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_STEP = np.uint64(0x9E3779B97F4A7C15)


def bits(places: Array, count: int, seed: int = 0) -> Array:
    """(inputs, count) numbers of 64 bits for each place of the manifest, as good as drawn."""
    start = _mixed(np.asarray(places, np.uint64) + _mixed(np.array([seed], np.uint64)))
    return _mixed(start[:, None] + np.arange(1, count + 1, dtype=np.uint64) * _STEP)


def uniform(places: Array, count: int, seed: int = 0) -> Array:
    """(inputs, count) numbers in [0, 1)."""
    found: Array = (bits(places, count, seed) >> np.uint64(11)) * 2.0**-53
    return found


def _mixed(state: Array) -> Array:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): every bit depends on every bit."""
    z = state + _STEP
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Array = z ^ (z >> np.uint64(31))
    return found
