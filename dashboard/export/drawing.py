"""Drawing: one figure of an answer, as its report and its pictures need it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.figures.paper import WIDTH


@dataclass(frozen=True)
class Drawing:
    """name : in file names. sentence : what it shows. width : in pixels."""

    name: str
    sentence: str
    build: Callable[[], go.Figure]
    width: int = WIDTH
