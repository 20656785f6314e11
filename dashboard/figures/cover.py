"""Cover: a finding as a small picture without words, for a card: SVG, on a light or a dark page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from dashboard.figures import colours
from dashboard.figures.frame import QUIET, SECOND, jpeg

WIDTH, HEIGHT = 480, 120
_EDGE = 12  # pixels
_GAP = 10  # between pictures

Array = npt.NDArray[Any]
Line = tuple[Sequence[float] | Array, Sequence[float] | Array, str, float]
"""x, y, colour and width in pixels."""


def bars(values: Sequence[float] | Array, palette: str = "") -> str:
    """A bar for each number. palette : of signed numbers; else all are of one quiet colour."""
    numbers = np.asarray(values, np.float64)
    low, high = min(0.0, float(numbers.min())), max(0.0, float(numbers.max()))
    ground = _down(np.zeros(1), low, high)[0]
    step = (WIDTH - 2 * _EDGE) / len(numbers)
    shades = colours.signed(numbers.tolist(), palette) if palette else [SECOND] * len(numbers)
    tops = _down(numbers, low, high)
    drawn = (
        f'<rect x="{_EDGE + (i + 0.12) * step:.1f}" y="{min(top, ground):.1f}" '
        f'width="{0.76 * step:.1f}" height="{abs(top - ground):.1f}" fill="{shade}"/>'
        for i, (top, shade) in enumerate(zip(tops, shades, strict=True))
    )
    return _svg(f"{_rule(ground)}{''.join(drawn)}")


def lines(drawn: Sequence[Line]) -> str:
    """Lines on common axes, the last one in front."""
    every = [np.asarray(values, np.float64) for x, y, *_ in drawn for values in (x, y)]
    left, right = _ends(every[::2])
    low, high = _ends(every[1::2])
    paths = []
    for x, y, (*_, shade, width) in zip(every[::2], every[1::2], drawn, strict=True):
        places = zip(_across(x, left, right), _down(y, low, high), strict=True)
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        paths.append(
            f'<polyline points="{points}" fill="none" stroke="{shade}" stroke-width="{width}" '
            'stroke-linejoin="round" stroke-linecap="round"/>'
        )
    return _svg(f"{_rule(HEIGHT - _EDGE)}{''.join(paths)}")


def points(x: Array, y: Array) -> str:
    """A point for each pair of numbers, and the line on which both are equal."""
    low, high = _ends([x, y])
    places = zip(_across(x, low, high), _down(y, low, high), strict=True)
    shade = f'fill="{SECOND}" fill-opacity=".7"'
    drawn = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" {shade}/>' for a, b in places)
    equal = (
        f'<path d="M{_EDGE} {HEIGHT - _EDGE}L{WIDTH - _EDGE} {_EDGE}" stroke="{QUIET}" '
        'stroke-dasharray="4 5"/>'
    )
    return _svg(f"{equal}{drawn}")


def pictures(shown: Sequence[Image.Image]) -> str:
    """Square pictures, side by side in the middle."""
    whole = len(shown) * (HEIGHT + _GAP) - _GAP
    left = (WIDTH - whole) / 2
    return _svg(
        "".join(
            f'<image href="{jpeg(picture)}" x="{left + i * (HEIGHT + _GAP):.1f}" y="0" '
            f'width="{HEIGHT}" height="{HEIGHT}"/>'
            for i, picture in enumerate(shown)
        )
    )


def nothing() -> str:
    """Two layers of neurons, where nothing has been found yet."""
    before, after = (
        [(x, HEIGHT * (i + 1) / (count + 1)) for i in range(count)]
        for x, count in ((0.38 * WIDTH, 4), (0.62 * WIDTH, 3))
    )
    joined = "".join(f"M{a} {b}L{c} {d}" for a, b in before for c, d in after)
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="7" fill="{shade}"/>'
        for row, shade in ((before, QUIET), (after, SECOND))
        for x, y in row
    )
    return _svg(f'<path d="{joined}" stroke="{QUIET}" stroke-opacity=".5"/>{dots}')


def _svg(inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><rect width="{WIDTH}" height="{HEIGHT}" rx="6" '
        f'fill="{QUIET}" fill-opacity=".12"/>{inside}</svg>'
    )


def _rule(y: float) -> str:
    return f'<path d="M{_EDGE} {y:.1f}H{WIDTH - _EDGE}" stroke="{QUIET}"/>'


def _ends(values: Sequence[Array]) -> tuple[float, float]:
    low, high = (float(f(np.concatenate(values))) for f in (np.min, np.max))
    return low, high if high > low else low + 1


def _across(values: Array, left: float, right: float) -> Array:
    return _EDGE + (np.asarray(values) - left) / (right - left) * (WIDTH - 2 * _EDGE)


def _down(values: Array, low: float, high: float) -> Array:
    share = (np.asarray(values) - low) / ((high - low) or 1)
    return HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE)
