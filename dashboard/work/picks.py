"""Picks: the orders in which channels are switched off. NumPy only."""

from __future__ import annotations

import numpy as np

from dashboard.work.answer import Answer


def order(answer: Answer, name: str, seed: int = 0) -> list[int]:
    """All channels of an answer's layer, first to be switched off first; ties in their order.

    name : of picks.PICKS but "own"; "random 2" is random with the seed moved on by 2.
    """
    values = answer.values("channel")
    if name.startswith("random"):
        moved = seed + int(name.partition(" ")[2] or 0)
        return [int(i) for i in np.random.default_rng(moved).permutation(len(values))]
    if name == "activation":
        flat = np.abs(answer.activations).reshape(-1, answer.width)
        key = -flat.sum(axis=0, dtype=np.float64)
    else:
        key = {
            "supporting": -values,
            "opposing": values,
            "largest": -np.abs(values),
            "smallest": np.abs(values),
        }[name]
    return [int(i) for i in np.argsort(key, kind="stable")]
