"""Bands: known motifs behind a figure along a sequence."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.figures.frame import QUIET
from dashboard.figures.logo import Mark
from dashboard.text import plotly

_BAND = "rgba(128,128,128,0.14)"


def bands(figure: go.Figure, marks: Sequence[Mark], named: bool = True, **place: int) -> None:
    """Known motifs as grey bands, with their names above."""
    for mark in marks:
        label = {}
        if named:
            label = {
                "annotation_text": plotly(mark.label),
                "annotation_position": "top left",
                "annotation_font": {"size": 11, "color": QUIET},
                "annotation_yshift": 14,
            }
        line, at = {"width": 0}, (mark.start, mark.end)
        figure.add_vrect(*at, fillcolor=_BAND, line=line, layer="below", **label, **place)
