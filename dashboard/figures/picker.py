"""Picker: the network as a small drawing of its layers, of which one is chosen by a click."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.figures.frame import CLEAR, MARK, PLAIN, QUIET, TINT, clickable, flat, framed
from dashboard.request.catalogue import Layer
from dashboard.text import plotly

ROW = 26  # pixels
_MOST = 4  # rows
_WIDE = 48  # layers of a row, for as long as there are rows: each can be hit with a finger
_LEAST, _HIGHEST = 0.16, 0.86  # of a row's height
_EQUAL = 0.5


def picker(layers: Sequence[Layer], chosen: str, evidence: Mapping[str, float]) -> go.Figure:
    """A bar for each layer in graph order, from left to right and row by row.

    Cuts are filled, others hollow. evidence : of each layer the size of its contributions; empty
    where they are not known, and then all bars are equal. A click on a layer, also above its bar,
    selects a point of the last trace, whose customdata is [name].
    """
    rows = min(_MOST, -(-len(layers) // _WIDE))
    wide = -(-len(layers) // rows)
    across = [i % wide for i in range(len(layers))]
    foot = [-(i // wide) for i in range(len(layers))]
    colour = [MARK if layer.name == chosen else QUIET for layer in layers]
    fill = [c if layer.is_cut else CLEAR for c, layer in zip(colour, layers, strict=True)]
    largest = max(evidence.values(), default=0.0)
    heights = [_height(evidence.get(layer.name, 0.0), largest) for layer in layers]
    return framed(
        ROW * rows + 4,
        go.Bar(
            x=across,
            y=[round(height, 3) for height in heights],
            base=foot,
            marker=flat(fill, line={"width": 1, "color": colour}),
            hoverinfo="skip",
        ),
        clickable(
            [TINT if layer.name == chosen else CLEAR for layer in layers],
            x=across,
            y=[1] * len(layers),
            base=foot,
            width=1,
            customdata=[[layer.name] for layer in layers],
            text=[_told(layer) for layer in layers],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
        ),
        barmode="overlay",
        bargap=0.25,
        hovermode="closest",
        margin={"l": 0, "r": 0, "t": 2, "b": 2},
        xaxis={"range": [-0.6, max(wide, 12) - 0.4], **PLAIN, "visible": False},
        yaxis={"range": [1 - rows - 0.02, 1], **PLAIN, "visible": False},
    )


def _height(evidence: float, largest: float) -> float:
    """On a root scale, as in Overview: sums shrink a hundredfold on the way up."""
    if not largest:
        return _EQUAL
    return _LEAST + (_HIGHEST - _LEAST) * math.sqrt(evidence / largest)


def _told(layer: Layer) -> str:
    return f"{plotly(layer.name)}<br>{layer.dimensions}{'' if layer.is_cut else ' · not a cut'}"
