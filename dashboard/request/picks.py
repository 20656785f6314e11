"""Picks: the orders in which channels are switched off, and what they are held at, by name."""

from __future__ import annotations

PICKS = {
    "supporting": "Most supporting",
    "opposing": "Most opposing",
    "largest": "Largest",
    "smallest": "Smallest",
    "activation": "Most active",
    "random": "Random",
    "own": "My own",
}
HOLDS = {"baseline": "Baseline", "zero": "Zero", "mean": "Mean"}
CURVES = ("supporting", "largest", "activation", "smallest", "random 1", "random 2", "random 3")
MOST = 40  # channels of a pick, and points of a curve
