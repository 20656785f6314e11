"""Glyphs: the letters A, C, G, T as outlines, stacked to the heights of a matrix.

A letter is a closed outline in the unit square (y upwards), made of straight lines and arcs of
ellipses, which become a polygon: it stays sharp at any zoom.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

BASES = "ACGT"
COLOURS = {
    # Paul Tol's muted scheme: told apart with any kind of colour blindness.
    "safe": ("#117733", "#88CCEE", "#DDCC77", "#882255"),
    # As genome browsers have them; A and T look alike to many.
    "classic": ("#109648", "#255C99", "#F7B32B", "#D62839"),
}
DARK_COLOURS = {
    "safe": ("#2FA866", "#88CCEE", "#DDCC77", "#CC5C92"),
    "classic": ("#2DB367", "#5B9BE0", "#F7B32B", "#EC5A68"),
}
ARC_POINTS = 24

Array = npt.NDArray[Any]
Point = tuple[float, float]


@dataclass(frozen=True)
class Arc:
    """Part of an ellipse, angles in degrees, counter-clockwise where `end` is the larger."""

    centre: Point
    radii: Point
    start: float
    end: float

    def points(self) -> Array:
        """(ARC_POINTS, 2) along it."""
        angle = np.radians(np.linspace(self.start, self.end, ARC_POINTS))
        turned = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.asarray(np.asarray(self.centre) + np.asarray(self.radii) * turned)


_OPENING = 42.0  # degrees above and below the axis at which C ends
_RADIUS = 1 / (1 + float(np.cos(np.radians(_OPENING))))  # so that C is as wide as the square
_CENTRE = (_RADIUS, 0.5)
_STROKE = (0.21, 0.17)  # of upright and of level parts
_INNER = (_RADIUS - _STROKE[0], 0.5 - _STROKE[1])
_SPUR = 1 - _STROKE[0]  # the inner edge of G's upright
_SPUR_ANGLE = float(np.degrees(np.arccos((_SPUR - _CENTRE[0]) / _INNER[0])))

_OUTLINES: dict[str, tuple[Point | Arc, ...]] = {
    # The hole of A is reached through a slit of no width, so that the outline is one polygon.
    "A": (
        *((0.0, 0.0), (0.2, 0.0), (0.2825, 0.22), (0.5, 0.22), (0.5, 0.38), (0.3425, 0.38)),
        *((0.5, 0.8), (0.6575, 0.38), (0.5, 0.38), (0.5, 0.22), (0.7175, 0.22)),
        *((0.8, 0.0), (1.0, 0.0), (0.605, 1.0), (0.395, 1.0)),
    ),
    "C": (
        Arc(_CENTRE, (_RADIUS, 0.5), _OPENING, 360 - _OPENING),
        Arc(_CENTRE, _INNER, 360 - _OPENING, _OPENING),
    ),
    "G": (
        Arc(_CENTRE, (_RADIUS, 0.5), _OPENING, 360 - _OPENING),
        *((1.0, 0.53), (0.56, 0.53), (0.56, 0.38), (_SPUR, 0.38)),
        Arc(_CENTRE, _INNER, 360 - _SPUR_ANGLE, _OPENING),
    ),
    "T": (
        *((0.395, 0.0), (0.605, 0.0), (0.605, 0.83), (1.0, 0.83)),
        *((1.0, 1.0), (0.0, 1.0), (0.0, 0.83), (0.395, 0.83)),
    ),
}


@cache
def polygon(base: str) -> Array:
    """The letter as a closed polygon (points, 2) in the unit square; read-only."""
    parts = [p.points() if isinstance(p, Arc) else np.array([p]) for p in _OUTLINES[base]]
    outline = np.concatenate(parts)
    closed = np.concatenate([outline, outline[:1]])
    closed.setflags(write=False)
    return closed


@dataclass(frozen=True)
class Letters:
    """Letters in their places, one entry each.

    position : column of the matrix. base : 0 to 3. low, high : where the letter's foot and head
    are; the foot is the end nearer to zero, so a letter below zero hangs from it upside down.
    """

    position: npt.NDArray[np.intp]
    base: npt.NDArray[np.intp]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.position)


def stack(heights: npt.ArrayLike) -> Letters:
    """Heights (length, 4) -> letters: positive ones piled up, negative ones piled down from zero.

    In each pile the largest is farthest from zero. Zeros have no letter.
    """
    values = np.asarray(heights, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(BASES) or not np.isfinite(values).all():
        raise ValueError(f"heights have shape {values.shape}; finite numbers (length, 4) expected.")
    order = np.argsort(np.abs(values), axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    parts = []
    for piled in (np.maximum(ordered, 0), np.minimum(ordered, 0)):
        high = np.cumsum(piled, axis=1)
        at = np.nonzero(piled)
        parts.append((at[0], order[at], (high - piled)[at], high[at]))
    position, base, low, high = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Letters(position, base, low, high)


def extent(heights: npt.ArrayLike) -> tuple[float, float]:
    """(lowest, highest) that the piles reach; zero included."""
    values = np.asarray(heights, dtype=np.float64)
    if not values.size:
        return 0.0, 0.0
    return (
        float(np.minimum(values, 0).sum(axis=1).min()),
        float(np.maximum(values, 0).sum(axis=1).max()),
    )
