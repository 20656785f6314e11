"""Frame: what all line and bar figures share."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

TEMPLATE = go.layout.Template(
    layout={"colorway": ["#7b6d9b", "#2f9088"], "xaxis": {"automargin": True}}
)
"""Next to nothing: the page's theme does the rest. Plotly's own templates take 20 ms to copy, into
each figure, and its default is not used once Streamlit is imported: that one is near-black."""
CLEAR = "rgba(0,0,0,0)"
QUIET = "#858f90"  # grey that can be read on a light and on a dark page
LINE = "rgba(133,143,144,0.55)"
FIRST, SECOND = "#7b6d9b", "#2f9088"  # two things that are compared: neither warm nor cool
MARK = "#c98a1b"  # what the reader points at


def framed(height: int, *traces: Any, **layout: Any) -> go.Figure:
    """A figure without a ground of its own, that neither zooms nor drags."""
    figure = go.Figure(list(traces), layout={"template": TEMPLATE})
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
    figure.update_layout(**layout)
    return figure


def title(text: str) -> dict[str, Any]:
    """An axis title."""
    return {"text": text, "font": {"size": 13}}


def key(**place: Any) -> dict[str, Any]:
    """A horizontal legend above the plot, that nobody can click a line away with."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1.0,
        "yanchor": "bottom",
        "font": {"size": 13},
        "itemclick": False,
        "itemdoubleclick": False,
        **place,
    }
