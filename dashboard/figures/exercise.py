"""Exercise: what is pointed at before an answer is seen: units and cells, without their scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from PIL import Image

from dashboard.figures.frame import (
    CLEAR,
    LINE,
    MARK,
    NAMES,
    QUIET,
    crosswise,
    flat,
    framed,
    jpeg,
    outline,
)
from dashboard.figures.overlay import grey

ACROSS = 4  # tiles in a row
TILE = 104  # pixels
_GLOW = np.array([0xC9, 0x8A, 0x1B], np.float64)  # neither warm nor cool: no sign is meant
_SIDE = 96

Array = npt.NDArray[Any]


def glow(photograph: npt.NDArray[np.uint8], active: Array) -> str:
    """A small picture, grey, that glows where a unit (rows, columns) is active; a data URI."""
    ground = np.asarray(grey(photograph).resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float64)
    size = np.abs(active).astype(np.float32)
    share = np.sqrt(size / (float(size.max()) or 1.0))  # what is dim is seen, too
    large = Image.fromarray(share).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    alpha = np.clip(np.asarray(large, np.float64), 0, 1)[..., None] * 0.85
    mixed = ground[..., None] * (1 - alpha) + _GLOW * alpha
    return jpeg(Image.fromarray(mixed.astype(np.uint8)))


def tiles(pictures: Sequence[str], units: Sequence[int], picked: int | None) -> go.Figure:
    """A tile with its number for each unit; a click selects a point with [unit]."""
    rows = -(-len(units) // ACROSS)
    places = [(i % ACROSS, -(i // ACROSS)) for i in range(len(units))]
    axis = {"visible": False}
    figure = framed(
        (TILE + 26) * rows,
        go.Scatter(
            x=[x for x, _ in places],
            y=[y for _, y in places],
            mode="markers",
            marker={"symbol": "square", "size": TILE, "color": "rgba(128,128,128,0.01)"},
            customdata=[[u] for u in units],
            hovertemplate="unit %{customdata[0]}<extra></extra>",
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
        ),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis={**axis, "range": [-0.5, ACROSS - 0.5]},
        yaxis={**axis, "range": [-rows + 0.42, 0.58]},
    )
    at = [*zip(units, pictures, places, strict=True)]
    size = {"xref": "x", "yref": "y", "sizex": 0.8, "sizey": 0.8, "sizing": "contain"}
    middle = {"xanchor": "center", "yanchor": "middle", "layer": "below"}
    figure.layout.images = [
        {"source": source, "x": x, "y": y, **size, **middle} for _, source, (x, y) in at
    ]
    figure.layout.annotations = [
        {
            "text": f"<b>#{unit}</b>" if unit == picked else f"#{unit}",
            **{"x": x, "y": y - 0.4, "yanchor": "top", "showarrow": False},
        }
        for unit, _, (x, y) in at
    ]
    for _, _, (x, y) in (each for each in at if each[0] == picked):
        box = {"x0": x - 0.45, "x1": x + 0.45, "y0": y - 0.4, "y1": y + 0.42}
        figure.add_shape(type="rect", **box, line={"color": MARK, "width": 3})
    return figure


def activity(sizes: Sequence[float], units: Sequence[int], picked: int | None) -> go.Figure:
    """The same for units without a picture: how active each is."""
    names, top = [f"#{u}" for u in units], max([*sizes, 1e-9])
    return framed(
        56 + 26 * len(units),
        crosswise(0.0, top, names, customdata=[[u] for u in units], text=["" for _ in units]),
        go.Bar(
            x=list(sizes),
            y=names,
            orientation="h",
            hoverinfo="skip",
            marker=flat([MARK if u == picked else QUIET for u in units]),
        ),
        barmode="overlay",
        bargap=0.2,
        xaxis={"title": {"text": "activation, all positions together"}, "range": [0, top]},
        yaxis=NAMES,
    )


def photo(
    photograph: npt.NDArray[np.uint8],
    side: int,
    grid: tuple[int, int] | None = None,
    picked: tuple[int, int] | None = None,
) -> go.Figure:
    """A picture (height, width, 3). grid : rows and columns that can be pointed at: a click selects
    a point with [row, column]."""
    height, width = photograph.shape[:2]
    rows, columns = grid or (height, width)
    axis: dict[str, Any] = {"visible": False, "constrain": "domain"}
    figure = framed(
        round(side * min(1.0, height / width)),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis={**axis, "range": [-0.5, columns - 0.5]},
        yaxis={
            **axis,
            "range": [rows - 0.5, -0.5],
            "scaleanchor": "x",
            "scaleratio": (height / rows) / (width / columns),
        },
    )
    figure.add_layout_image(
        source=jpeg(Image.fromarray(photograph)),
        **{"xref": "x", "yref": "y", "x": -0.5, "y": -0.5, "sizex": columns, "sizey": rows},
        **{"sizing": "stretch", "layer": "below"},
    )
    if not grid:
        return figure.add_scatter(
            x=[0], y=[0], mode="markers", marker=flat(CLEAR), hoverinfo="skip"
        )
    cells = [(r, c) for r in range(rows) for c in range(columns)]
    figure.add_scatter(
        x=[c for _, c in cells],
        y=[r for r, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": 0.9 * side / max(grid), "color": CLEAR},
        customdata=[list(cell) for cell in cells],
        hovertemplate="row %{y}, column %{x}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    line = {"type": "line", "line": {"color": LINE, "width": 1}}
    across = {"x0": -0.5, "x1": columns - 0.5}
    down = {"y0": -0.5, "y1": rows - 0.5}
    figure.layout.shapes = [
        *({**line, **across, "y0": at - 0.5, "y1": at - 0.5} for at in range(1, rows)),
        *({**line, **down, "x0": at - 0.5, "x1": at - 0.5} for at in range(1, columns)),
    ]
    outline(figure, picked, 5, 3)
    return figure
