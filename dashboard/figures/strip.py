"""Strip: a few inputs beside each other, each with where in it a unit got its contribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from dashboard.figures import colours
from dashboard.figures.faces import over
from dashboard.work import scale

SIDE, GAP = 96, 6  # pixels
_ALONE, _STACKED = (200, 48), (504, 30)  # of a tile of one axis; several are one below the other
_LINE = (133, 143, 144, 140)

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Pane:
    """picture : the input, uint8 (height, width, 3), or None for what is no picture. scores :
    (*positions) of the unit, or None where they are not known or have no positions."""

    picture: Array | None
    scores: Array | None


def strip(tiles: Sequence[Pane], palette: str, bound: float | None = None) -> Array | None:
    """The tiles in one picture, uint8 (height, width, 4), on one scale: side by side, those along
    one axis one below the other. None if there is nothing to see. bound : of the scale, where
    others share it."""
    shown = [each for each in tiles if each.picture is not None or each.scores is not None]
    if not shown or len(shown) < len(tiles):
        return None
    bound = bound or shared(tiles)
    along = [t.picture is None and t.scores is not None and t.scores.ndim == 1 for t in tiles]
    down = len(tiles) > 1 and all(along)
    parts = [_drawn(tile, palette, bound, _STACKED if down else _ALONE) for tile in tiles]
    wide, high = ([part.size[axis] for part in parts] for axis in (0, 1))
    gaps = GAP * (len(parts) - 1)
    size = (max(wide), sum(high) + gaps) if down else (sum(wide) + gaps, max(high))
    whole = Image.new("RGBA", size, (0, 0, 0, 0))
    at = 0
    for part in parts:
        whole.paste(part, (0, at) if down else (at, 0))
        at += part.size[int(down)] + GAP
    return np.asarray(whole)


def shared(tiles: Sequence[Pane]) -> float:
    """One end of the colours for all of these."""
    return scale.shared([t.scores for t in tiles if t.scores is not None]) or 1.0


def _drawn(tile: Pane, palette: str, bound: float, track: tuple[int, int]) -> Image.Image:
    scores = tile.scores
    if tile.picture is not None:
        if scores is None or scores.ndim != 2:
            return Image.fromarray(tile.picture).convert("RGBA").resize((SIDE, SIDE))
        return over(tile.picture, scores, bound, palette, SIDE).convert("RGBA")
    assert scores is not None
    if scores.ndim == 1:
        return _bars(scores, palette, bound, track)
    flat = scores.reshape(scores.shape[0], scores.shape[1], -1).sum(-1)
    painted = colours.painted(np.clip(flat / bound, -1, 1), palette)
    painted[..., 3] *= 255
    cells_ = Image.fromarray(np.rint(painted).astype(np.uint8), "RGBA")
    return cells_.resize((SIDE, SIDE), Image.Resampling.NEAREST)


def _bars(values: Array, palette: str, bound: float, size: tuple[int, int]) -> Image.Image:
    """Along the input, up for and down against."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    middle, reach = size[1] // 2, size[1] // 2 - 2
    draw.line([(0, middle), (size[0], middle)], fill=_LINE)
    edges = np.linspace(0, size[0], len(values) + 1)
    for value, colour, left, right in zip(
        values, colours.signed(values, palette), edges[:-1], edges[1:], strict=True
    ):
        high = reach * float(np.clip(value / bound, -1, 1))
        if abs(high) >= 0.5:
            box = [
                left,
                min(middle - high, middle),
                max(right - 1, left + 1),
                max(middle - high, middle),
            ]
            draw.rectangle(box, fill=colour)
    return image
