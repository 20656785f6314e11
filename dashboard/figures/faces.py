"""Faces: small pictures that stand beside bars, so that a number of a channel is seen as a place.

Each is a data URI. They are drawn here and not by Plotly: a figure has many of them.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from PIL import Image

from dashboard.figures import colours
from dashboard.figures.frame import MARK, jpeg
from dashboard.figures.glyphs import BASES, extent, polygon, stack
from dashboard.figures.overlay import OPACITY, grey
from dashboard.work import scale

SIDE = 64  # pixels: seen in half of that, and sharp on screens that have two for one
_FAINTEST = 0.02  # of the highest pile: smaller letters are not drawn
_MARKED = 9  # pixels of the square at a neuron's place

Array = npt.NDArray[Any]


def faces(
    photograph: npt.NDArray[np.uint8],
    maps: Sequence[Array],
    places: Sequence[tuple[int, ...] | None],
    palette: str,
    smooth: bool,
) -> list[str]:
    """Maps (rows, columns) over a photograph (height, width, 3), on one scale.

    places : in each map, the cell that is meant; None for all of it.
    """
    bound = scale.shared(maps) or 1.0
    ground = grey(photograph).resize((SIDE, SIDE), Image.Resampling.BOX)
    return [
        jpeg(_face(ground, cells, place, bound, palette, smooth))
        for cells, place in zip(maps, places, strict=True)
    ]


def over(photograph: Array, cells: Array, bound: float, palette: str, side: int) -> Image.Image:
    """A map (rows, columns) over a photograph (height, width, 3), as wide as high."""
    ground = grey(photograph).resize((side, side), Image.Resampling.BOX)
    return _face(ground, cells, None, bound, palette, True)


def logos(kernels: Sequence[Array], letters: Sequence[str]) -> list[str]:
    """The bases that kernels (width, 4) weigh above the mean, as letters, each as high as it goes.

    letters : the colour of each base.
    """
    above = [np.maximum(kernel.astype(np.float64), 0) for kernel in kernels]
    return [_svg(kernel / (extent(kernel)[1] or 1.0), letters) for kernel in above]


def _svg(heights: Array, letters: Sequence[str]) -> str:
    """Piles of letters in a frame that is one high, twice as wide for each letter."""
    piles, wide = stack(heights), len(heights)
    shapes = "".join(
        f'<path id="{base}" fill="{colour}" d="M'
        + "L".join(f"{x:.2f} {y:.2f}" for x, y in polygon(base))
        + 'Z"/>'
        for base, colour in zip(BASES, letters, strict=True)
    )
    parts = (piles.position, piles.base, piles.low, piles.high)
    seen = piles.high - piles.low > _FAINTEST
    places = zip(*(part[seen].tolist() for part in parts), strict=True)
    used = "".join(
        f'<use href="#{BASES[base]}" transform="translate({at} {1 - low:.3f}) '
        f'scale(.94 {low - high:.3f})"/>'
        for at, base, low, high in places
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{12 * wide}" height="48" '
        f'viewBox="0 0 {wide} 1" preserveAspectRatio="none"><defs>{shapes}</defs>{used}</svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def beside(figure: go.Figure, names: Sequence[str], pictures: Sequence[str], share: float) -> None:
    """Put pictures between the names of rows and their bars. share : of the figure's width."""
    place = {"xref": "paper", "x": 0, "sizex": share, "xanchor": "left"}
    place |= {"yref": "y", "sizey": 0.92, "yanchor": "middle", "sizing": "contain"}
    figure.layout.images = [
        {"source": source, "y": name, **place} for name, source in zip(names, pictures, strict=True)
    ]


def _face(
    ground: Image.Image,
    cells: Array,
    place: tuple[int, ...] | None,
    bound: float,
    palette: str,
    smooth: bool,
) -> Image.Image:
    how = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    large = Image.fromarray(cells.astype(np.float32)).resize(ground.size, how)
    painted = colours.painted(np.asarray(large) / bound, palette)
    strength = painted[..., 3:] * OPACITY
    pale = np.asarray(ground, dtype=np.float64)[..., None]
    found = np.rint(painted[..., :3] * strength + pale * (1 - strength)).astype(np.uint8)
    if place is not None:
        _mark(found, place, cells.shape)
    return Image.fromarray(found)


def _mark(face: Array, place: tuple[int, ...], grid: tuple[int, ...]) -> None:
    """A square of the colour of what is pointed at, around a cell's middle."""
    row, column = (int((at + 0.5) * SIDE / count) for at, count in zip(place, grid, strict=True))
    half = _MARKED // 2
    top, left = (min(max(at - half, 0), SIDE - _MARKED) for at in (row, column))
    square = face[top : top + _MARKED, left : left + _MARKED]
    inner = square[2:-2, 2:-2].copy()
    square[:] = tuple(bytes.fromhex(MARK[1:]))
    square[2:-2, 2:-2] = inner
