"""Plates: the figures of an answer on paper: a map over its picture, and the ranking."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from plotly.colors import diverging, unlabel_rgb

from dashboard.answer import Ranked
from dashboard.export.plate import GREY, INK, RULE, Box, Picture, Plate, Text
from dashboard.figures import colours
from dashboard.figures.overlay import UNIT
from dashboard.figures.ranking import short
from dashboard.words import number, signed

SIDE = 384  # of a map
BAR_ROW = 20
_MARGIN = 16
_STRONGEST = 0.85  # opacity of the largest scores over the picture
_CELLS = 1024  # more than these are pixels, not shapes
_STOPS = {"RdBu": diverging.RdBu[::-1], "PuOr": diverging.PuOr[::-1]}


def overlay_plate(
    photograph: npt.NDArray[np.uint8],
    scores: npt.NDArray[Any],
    title: str,
    palette: str = "RdBu",
    unit: str = UNIT,
    bound: float | None = None,
) -> Plate:
    """Signed scores (rows, columns) over a photograph in grey, with their scale.

    The limits are those of the figure on the page; bound : of the colours, where several maps
    share it. title : the sentence under it.
    """
    rows, columns = scores.shape
    height = SIDE * photograph.shape[0] / photograph.shape[1]
    bound = bound or colours.limit(scores).value
    grey = np.asarray(Image.fromarray(photograph).convert("L"), np.float64)
    pale = np.repeat((70 + grey * (185 / 255)).astype(np.uint8)[..., None], 3, axis=2)
    items: list[Box | Text | Picture] = [Picture(_MARGIN, _MARGIN, SIDE, height, pale)]
    tinted = _tint(scores, bound, palette)
    if scores.size > _CELLS:
        items.append(Picture(_MARGIN, _MARGIN, SIDE, height, tinted))
    else:
        wide, high = SIDE / columns, height / rows
        for row, column in np.ndindex(rows, columns):
            *colour, alpha = (int(n) for n in tinted[row, column])
            if alpha:
                x, y = _MARGIN + column * wide, _MARGIN + row * high
                items.append(Box(x, y, wide, high, _hex(colour), alpha / 255))
    foot = _MARGIN + height + 14
    items += _scale(foot, bound, palette, unit)
    lines = list(caption(title, foot + 58, 2 * _MARGIN + SIDE))
    return Plate(2 * _MARGIN + SIDE, lines[-1].y + _MARGIN, title, (*items, *lines))


def ranking_plate(
    ranked: Sequence[Ranked], title: str, palette: str = "RdBu", unit: str = UNIT
) -> Plate:
    """Signed bars, the largest |score| on top, each with its number."""
    supports, opposes = colours.bars(palette)
    left, room, right = 110.0, 56.0, 500.0
    scores = [line.score for line in ranked] or [0.0]
    low, high = min(0.0, *scores), max(0.0, *scores)
    start, end = left + (room if low < 0 else 0), right - (room if high > 0 else 0)
    per = (end - start) / ((high - low) or 1.0)
    zero = start - low * per
    items: list[Box | Text] = []
    for i, line in enumerate(ranked):
        y, length = _MARGIN + i * BAR_ROW, line.score * per
        colour = supports if line.score >= 0 else opposes
        items.append(Box(min(zero, zero + length), y + 2, abs(length), BAR_ROW - 4, colour))
        items.append(Text(left - 10, y + 14, short(line.place), 12, INK, "end"))
        if line.score >= 0:
            items.append(Text(zero + length + 4, y + 14, signed(line.score), 11))
        else:
            items.append(Text(zero + length - 4, y + 14, signed(line.score), 11, GREY, "end"))
    foot = _MARGIN + BAR_ROW * len(ranked)
    items.append(Box(zero - 0.5, _MARGIN, 1, foot - _MARGIN, GREY))
    items.append(Text((left + right) / 2, foot + 20, unit, 12, GREY, "middle"))
    lines = list(caption(title, foot + 44, right + _MARGIN))
    return Plate(right + _MARGIN, lines[-1].y + _MARGIN, title, (*items, *lines))


def _tint(values: npt.NDArray[Any], bound: float, palette: str) -> npt.NDArray[np.uint8]:
    """uint8 (..., 4): the diverging colour of each value, opaque with its size."""
    share = np.clip(np.asarray(values, np.float64) / (bound or 1.0), -1, 1)
    stops = np.array([unlabel_rgb(c) for c in _STOPS[palette]], np.float64)
    at = (share + 1) / 2 * (len(stops) - 1)
    channels = [np.interp(at, np.arange(len(stops)), stops[:, c]) for c in range(3)]
    alpha = np.where(share == 0, 0.0, 0.2 + 0.8 * np.abs(share)) * _STRONGEST * 255
    return np.rint(np.stack([*channels, alpha], -1)).astype(np.uint8)


def _scale(y: float, bound: float, palette: str, unit: str) -> Iterator[Box | Text | Picture]:
    """The bar of colours with its two ends, zero, and the unit."""
    strip = _tint(np.linspace(-bound, bound, 128)[None], bound, palette)
    yield Box(_MARGIN - 1, y - 1, SIDE + 2, 12, RULE)
    yield Box(_MARGIN, y, SIDE, 10, "#ffffff")
    yield Picture(_MARGIN, y, SIDE, 10, strip)
    for x, words, anchor in (
        (_MARGIN, f"−{number(bound)}" if bound else "", "start"),
        (_MARGIN + SIDE / 2, "0", "middle"),
        (_MARGIN + SIDE, f"+{number(bound)}" if bound else "", "end"),
    ):
        yield Text(x, y + 24, words, 12, GREY, anchor)  # type: ignore[arg-type]
    yield Text(_MARGIN + SIDE / 2, y + 38, unit, 12, GREY, "middle")


def caption(words: str, y: float, width: float) -> Iterator[Text]:
    """A sentence as rows of words, from a base line y down."""
    for i, line in enumerate(textwrap.wrap(words, int((width - 2 * _MARGIN) / 6)) or [""]):
        yield Text(_MARGIN, y + 16 * i, line, 12, INK)


def _hex(colour: Sequence[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
