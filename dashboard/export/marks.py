"""Marks: the symbols of Plotly's points on paper."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dashboard.export.plate import Item, Line, Shape

_MARKS = {  # corners, angle of the first, and how far every second one is from the middle
    "circle": (24, 0.0, 1.0),
    "square": (4, math.pi / 4, 1.0),
    "diamond": (4, 0.0, 1.0),
    "triangle-up": (3, -math.pi / 2, 1.0),
    "triangle-down": (3, math.pi / 2, 1.0),
    "star": (10, -math.pi / 2, 0.4),
}
SYMBOLS = (*_MARKS, "line-ns-open", "x", "cross")


def mark(
    x: float, y: float, radius: float, symbol: str, colour: str, opacity: float
) -> Iterator[Item]:
    """The items of one mark around a point."""
    if symbol == "line-ns-open":
        yield Line(((x, y - radius), (x, y + radius)), colour, 1, (), opacity)
    elif symbol == "x":
        for side in (-radius, radius):
            yield Line(((x - radius, y - side), (x + radius, y + side)), colour, 3, (), opacity)
    elif symbol == "cross":
        yield Line(((x - radius, y), (x + radius, y)), colour, 3, (), opacity)
        yield Line(((x, y - radius), (x, y + radius)), colour, 3, (), opacity)
    elif opacity:
        yield Shape(tuple(corners(x, y, radius, symbol)), colour, opacity)


def corners(x: float, y: float, radius: float, symbol: str) -> list[tuple[float, float]]:
    """The outline of a filled mark."""
    count, first, inner = _MARKS[symbol]
    found = []
    for i in range(count):
        angle, reach = first + 2 * math.pi * i / count, radius * (inner if i % 2 else 1.0)
        found.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    return found
