"""Drawing: one figure of an answer, the same for its page, its report and its pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.figures.paper import WIDTH


@dataclass(frozen=True)
class Drawing:
    """name : in file names. sentence : what it shows. build : as the page shows it. width : on
    paper, in pixels. paper : the same on white, where the page's own is of its theme or window.
    html : what stands in its place where text can: words that wrap.
    """

    name: str
    sentence: str
    build: Callable[[], go.Figure]
    width: int = WIDTH
    paper: Callable[[], go.Figure] | None = None
    html: str = ""

    def on_paper(self) -> go.Figure:
        """As it leaves the page."""
        return (self.paper or self.build)()
