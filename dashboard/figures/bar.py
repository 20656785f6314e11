"""Bar: the colours of a map and what they mean, just as wide as the map and right below it.

It is a map itself, on the map's own axes and over the map's own ground: so it is as wide as that,
stays below it where there is little room, and is as pale or strong, whatever theme and opacity are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.frame import QUIET
from dashboard.words.answer import AGAINST, FOR
from dashboard.words.quantity import contributes

_STEPS = 101
_HIGH, _APART = 8, 6  # pixels: the bar, and between map and bar
_ROW = 17  # pixels of a line of words
_ROOM = 300  # pixels: narrower maps have no room for the unit between the words at the ends


def bar(
    figure: go.Figure,
    side: int,
    ends: tuple[float, float],
    unit: str,
    ground: str = "",
    **look: Any,
) -> go.Figure:
    """Below a figure's one map, which is `side` pixels high. ends : of its colours.

    ground : what lies under a map of signed numbers. look : of the heatmap, as the map's own.
    """
    low, high = ends
    left, right = figure.layout.xaxis.range
    foot, head = figure.layout.yaxis.range
    pixel = (foot - head) / side
    upper, lower = foot + _APART * pixel, foot + (_APART + _HIGH) * pixel
    edges = np.linspace(left, right, _STEPS + 1).astype(np.float32)
    figure.add_heatmap(
        x=edges,
        y=[upper, lower],
        z=np.linspace(low, high, _STEPS, dtype=np.float32)[None],
        zmin=low,
        zmax=high,
        showscale=False,
        hoverinfo="skip",
        name=BAR,
        **look,
    )
    if ground:
        figure.add_shape(
            type="rect",
            **{"x0": left, "x1": right, "y0": upper, "y1": lower},
            name=BAR,
            fillcolor=ground,
            line={"width": 0},
            layer="below",
        )
    signed = bool(ground)
    said = signed and contributes(unit)
    apart = said and side < _ROOM
    rows = [(_told(low, signed), "0" if signed else "", _told(high, signed))]
    rows += [(AGAINST, "" if apart else unit, FOR)] if said else []
    rows += [("", unit, "")] if apart or not said else []
    figure.layout.annotations = [
        note for i, row in enumerate(rows) for note in _row(i, (left, right), lower, row)
    ]
    below = 4 + _ROW * len(rows)
    return figure.update_layout(
        height=side + _APART + _HIGH + below,
        margin={"b": below},
        yaxis={"range": [lower, head]},
    )


BAR = "bar"  # the trace's name


def _row(
    row: int, ends: tuple[float, float], y: float, words: tuple[str, str, str]
) -> list[dict[str, Any]]:
    """A line of words below y: at the left end, in the middle and at the right end."""
    left, right = ends
    places = ((left, "left"), ((left + right) / 2, "center"), (right, "right"))
    still = {"showarrow": False, "borderpad": 0, "font": {"size": 12, "color": QUIET}}
    still |= {"xref": "x", "y": y, "yref": "y", "yanchor": "top", "yshift": -2 - _ROW * row}
    return [
        {"x": x, "xanchor": anchor, "text": text, **still}
        for (x, anchor), text in zip(places, words, strict=True)
        if text
    ]


def _told(value: float, signed: bool) -> str:
    """Three digits as of a map, or two with their sign."""
    if not value:
        return "0"
    text = f"{float(f'{value:.1e}'):+,.6g}" if signed else f"{value:,.3g}"
    return text.replace("-", "−")
