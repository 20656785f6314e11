"""Frame: what figures share: their ground, axes, bars, words and colour bars."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from PIL import Image

from dashboard.work.scale import spread

TEMPLATE = go.layout.Template(
    layout={"colorway": ["#7b6d9b", "#2f9088"], "xaxis": {"automargin": True}}
)
"""Next to nothing: the page's theme does the rest. Plotly's own templates take 20 ms to copy, into
each figure, and its default is not used once Streamlit is imported: that one is near-black."""
CLEAR = "rgba(0,0,0,0)"
QUIET = "#858f90"  # grey that can be read on a light and on a dark page
LINE = "rgba(133,143,144,0.55)"
TINT = "rgba(128,128,128,0.22)"  # behind what is picked
FIRST, SECOND = "#7b6d9b", "#2f9088"  # two things that are compared: neither warm nor cool
MARK = "#c98a1b"  # what the reader points at
PLAIN = {"showgrid": False, "zeroline": False}  # an axis without lines
NAMES = {
    "type": "category",
    "autorange": "reversed",
    "ticksuffix": "  ",
    "tickfont": {"family": "monospace", "size": 12},
}
"""An axis of numbered units, the first on top."""


def framed(height: int, *traces: Any, **layout: Any) -> go.Figure:
    """A figure without a ground of its own, that neither zooms nor drags."""
    return dressed(go.Figure(list(traces), layout={"template": TEMPLATE}), height, **layout)


def dressed(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """The same for a figure that is there: one of subplots."""
    figure.update_layout(
        height=height,
        dragmode=False,
        showlegend=False,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        margin={"l": 0, "r": 8, "t": 8, "b": 44},
    )
    figure.update_xaxes(fixedrange=True, automargin=True)
    figure.update_yaxes(fixedrange=True, automargin=True)
    return figure.update_layout(**layout)


def title(text: str) -> dict[str, Any]:
    """An axis title."""
    return {"text": text, "font": {"size": 13}}


def key(**place: Any) -> dict[str, Any]:
    """A horizontal legend above the plot, that nobody can click a line away with."""
    above = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom"}
    return {**above, "font": {"size": 13}, "itemclick": False, "itemdoubleclick": False, **place}


def ends(values: Sequence[float], room: float, least: float = 0.0) -> tuple[float, float]:
    """Limits of an axis, zero among them, with room at the ends of bars for their numbers.

    room : of the widest bar. least : as of scale.spread. The limits are never the same.
    """
    low, high = spread(min([0.0, *values]), max([0.0, *values]), least)
    if low == high:
        return 0.0, 1.0
    room *= high - low
    return low - (room if low < 0 else 0.0), high + (room if high > 0 else 0.0)


def flat(colour: Any, **more: Any) -> dict[str, Any]:
    """A marker without an edge."""
    return {"color": colour, "line": {"width": 0}, **more}


def clickable(colour: Any = CLEAR, opacity: int = 1, edge: Any = CLEAR, **bar: Any) -> go.Bar:
    """Bars that are pointed at and clicked, and look no different for it. edge : their colours."""
    same = {"marker": {"opacity": opacity}}
    line = {"width": 0 if edge == CLEAR else 1.5, "color": edge}
    return go.Bar(marker=flat(colour, line=line), selected=same, unselected=same, **bar)


def crosswise(low: float, high: float, names: Sequence[str], **bar: Any) -> go.Bar:
    """Clickable rows, as wide as the plot from low to high."""
    bar |= {"x": [high - low] * len(names), "base": [low] * len(names), "y": names}
    return clickable(**bar, orientation="h", textposition="none")


def numbered(values: Any, texts: Sequence[str], **bar: Any) -> go.Bar:
    """Bars with their numbers at their ends, which are read there and not hovered over."""
    across = bar.get("orientation") == "h"
    return go.Bar(
        **({"x": values} if across else {"y": values}),
        text=texts,
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
        **bar,
    )


def written(x: Any, y: Any, words: Sequence[str], size: int, colour: str, **more: Any) -> Any:
    """Words in their places."""
    font = {"size": size, "color": colour, **more.pop("textfont", {})}
    still = {"mode": "text", "hoverinfo": "skip", "cliponaxis": False}
    return go.Scatter(x=x, y=y, text=words, textfont=font, **still, **more)


COLOUR_BAR = {"thickness": 10, "outlinewidth": 0, "x": 1, "xpad": 8}
"""An upright one beside the plot; `beside_bar` says its unit."""
_NUMBERS = 74  # pixels from the plot, beyond the bar and its numbers


def beside_bar(figure: go.Figure, unit: str) -> go.Figure:
    """The unit of an upright colour bar. Its own title would lie on its numbers wherever Plotly
    draws a figure before that is seen."""
    figure.add_annotation(
        text=unit,
        **{"xref": "paper", "yref": "paper", "x": 1, "y": 0.5, "textangle": -90},
        **{"xanchor": "center", "yanchor": "middle", "xshift": _NUMBERS, "showarrow": False},
        font={"size": 13},
    )
    return figure.update_layout(margin={"r": _NUMBERS + 12})


def outline(figure: go.Figure, picked: Sequence[int] | None, outer: float, inner: float) -> None:
    """A cell, row and column; black within white: seen on every colour and on both themes."""
    if not picked:
        return
    row, column = picked
    box = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    for colour, width in (("#ffffff", outer), ("#000000", inner)):
        figure.add_shape(type="rect", **box, line={"color": colour, "width": width})


def slider(name: str, prefix: str, steps: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A slider that moves in the browser, without ticks. more : `currentvalue` may be of it."""
    said = {"prefix": prefix, **more.pop("currentvalue", {})}
    bare = {"tickwidth": 0, "minorticklen": 0, "ticklen": 0, "font": {"color": CLEAR, "size": 1}}
    return {"name": name, "currentvalue": said, "steps": steps, **bare, **more}


def picture(pixels: npt.NDArray[np.uint8], side: int) -> go.Figure:
    """A picture (height, width, 3) as a figure, so wide."""
    height, width = pixels.shape[:2]
    hidden = {"visible": False, "constrain": "domain"}
    figure = framed(
        round(side * height / width),
        margin={"r": 0, "t": 0, "b": 0},
        xaxis={**hidden, "range": [0, width]},
        yaxis={**hidden, "range": [0, height], "scaleanchor": "x"},
    )
    return figure.add_layout_image(
        source=jpeg(Image.fromarray(pixels)),
        **{"xref": "x", "yref": "y", "x": 0, "y": height, "sizex": width, "sizey": height},
        sizing="stretch",
    )


def jpeg(image: Image.Image) -> str:
    """A picture as a data URI."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
