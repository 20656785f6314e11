"""Paper: a figure of the page as it leaves it: light, whatever the page is, and with its sentence.

The page's theme draws the rest of a figure on the screen; here a template stands in for it.
"""

from __future__ import annotations

import textwrap
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.frame import FIRST, SECOND
from dashboard.text import plotly

WIDTH = 720  # pixels of a figure that may be as wide as it likes
SCALE = 2  # pixels of a picture for each of the screen
_INK, _RULE, _WHITE = (
    "#12181a",
    "#e2e6e6",
    "#ffffff",
)  # as .streamlit/config.toml has the light page
_FONT = "Source Sans, Helvetica, Arial, sans-serif"
_AXIS = {
    "automargin": True,
    "gridcolor": _RULE,
    "zerolinecolor": "#b4bcbc",
    "tickcolor": _RULE,
    "tickfont": {"size": 12},
    "title": {"font": {"size": 14}},
}
LIGHT = go.layout.Template(
    layout={
        "font": {"family": _FONT, "size": 12, "color": _INK},
        "colorway": [FIRST, SECOND],
        "paper_bgcolor": _WHITE,
        "plot_bgcolor": _WHITE,
        "margin": {"pad": 8},
        "hoverlabel": {"bgcolor": _WHITE, "font": {"color": _INK}},
        "xaxis": {**_AXIS, "showgrid": False, "zeroline": False},
        "yaxis": _AXIS,
    }
)
GROUND = {"template": LIGHT, "paper_bgcolor": _WHITE, "plot_bgcolor": _WHITE}
_EDGE = 24  # pixels around a picture
_ROW = 17  # of a sentence
_TICK = 7  # of a letter of a label that is turned


def camera(name: str, kind: str) -> dict[str, Any]:
    """Plotly's settings of a figure. name : of the file that its one button, a camera, saves.

    kind : "svg" or "png".
    """
    return {
        "displayModeBar": "hover",
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "scrollZoom": False,
        "toImageButtonOptions": {"format": kind, "filename": name, "scale": SCALE},
    }


def light(figure: go.Figure) -> go.Figure:
    """The same figure on white, still to be hovered over and slid."""
    return go.Figure(figure).update_layout(GROUND)


def still(figure: go.Figure, sentence: str, width: int = WIDTH) -> go.Figure:
    """The same for a picture: without its sliders, the sentence below. width : in pixels."""
    found, rows = light(figure), textwrap.wrap(sentence, int(width / 6.4))
    margin, foot, axis = found.layout.margin, _ROW * len(rows) + _EDGE, _below(found.layout)
    height = found.layout.height + _EDGE + foot + axis - (margin.b or 0)
    found.layout.sliders = ()
    return found.update_layout(
        width=width + 2 * _EDGE,
        height=height,
        margin={**{k: (margin[k] or 0) + _EDGE for k in "lrt"}, "b": axis + foot},
        title={
            "text": "<br>".join(map(plotly, rows)),
            "font": {"size": 13, "color": _INK},
            "x": _EDGE / (width + 2 * _EDGE),
            "y": (foot - _EDGE / 3) / height,
            "xanchor": "left",
            "yanchor": "top",
            "yref": "container",
        },
    )


def _below(layout: Any) -> float:
    """What the axis along the foot needs. On a screen Plotly takes it of the plot, after it has
    placed the sentence."""
    axis, given = layout.xaxis, layout.margin.b or 0
    if axis.visible is False:
        return given
    longest = max(map(len, axis.ticktext or ()), default=0) if axis.tickangle else 2
    return max(given, _TICK * longest + _ROW + (2 * _ROW if axis.title.text else 0))
