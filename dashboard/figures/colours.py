"""Colours of signed numbers: warm supports, cool opposes, zero is neutral."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from plotly.colors import diverging, unlabel_rgb

_SCALES = {"RdBu": diverging.RdBu[::-1], "PuOr": diverging.PuOr[::-1]}
_BARS = {"RdBu": ("#b2403c", "#3a78ad"), "PuOr": ("#b86a14", "#6a5296")}
_FAINTEST = 0.35  # opacity just beside zero, so that small scores are still coloured


def scale(palette: str) -> list[list[Any]]:
    """A zero-centred colour scale whose opacity grows with |score|, from nothing at zero."""
    colours = [_rgb(c) for c in _SCALES[palette]]
    middle = (len(colours) - 1) / 2
    stops: list[list[Any]] = []
    for i, (r, g, b) in enumerate(colours):
        away = abs(i - middle) / middle
        alpha = 0.0 if away == 0 else _FAINTEST + (1 - _FAINTEST) * away
        stops.append([i / (len(colours) - 1), f"rgba({r}, {g}, {b}, {alpha:.2f})"])
    return stops


def painted(values: npt.NDArray[Any], palette: str) -> npt.NDArray[np.float64]:
    """(..., 4) red, green and blue to 255 and opacity to 1, as `scale` has them from -1 to 1."""
    stops = scale(palette)
    places = [2 * at - 1 for at, _ in stops]
    parts = np.array([[float(part) for part in text[5:-1].split(",")] for _, text in stops])
    return np.stack([np.interp(values, places, part) for part in parts.T], axis=-1)


def ramp(palette: str) -> list[list[Any]]:
    """As `scale`, for cells that lie on the page itself: one hue a side, that of the bars.

    The larger |score|, the farther from the ground, be that light or dark.
    """
    supports, opposes = (tuple(bytes.fromhex(colour[1:])) for colour in bars(palette))
    return [
        [0.0, f"rgba{(*opposes, 1)}"],
        [0.5, f"rgba{(*opposes, 0)}"],
        [0.5, f"rgba{(*supports, 0)}"],
        [1.0, f"rgba{(*supports, 1)}"],
    ]


def bars(palette: str) -> tuple[str, str]:
    """The colours of a supporting and of an opposing bar."""
    return _BARS[palette]


def signed(values: Iterable[float], palette: str) -> list[str]:
    """The colour of each value's bar."""
    supports, opposes = bars(palette)
    return [supports if value >= 0 else opposes for value in values]


def _rgb(colour: str) -> tuple[int, int, int]:
    r, g, b = unlabel_rgb(colour)
    return int(r), int(g), int(b)
