"""Sequence figures: numbers along a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures import colours, ruler
from dashboard.figures.bands import bands
from dashboard.figures.frame import CLEAR, LINE, QUIET, framed, title
from dashboard.figures.logo import Mark
from dashboard.locus import Locus

_PICKED = "rgba(128,128,128,0.22)"
_BINS = 1000  # an overview of more positions shows the extremes of as many stretches

Array = npt.NDArray[Any]


def overview(
    scores: Array,
    window: tuple[int, int],
    marks: Sequence[Mark],
    locus: Locus,
    palette: str = "RdBu",
) -> go.Figure:
    """A whole sequence in one line: (length,) signed scores; the window in a frame.

    window, marks : in letters of the network, which `locus` numbers. A click on a bar selects a
    point whose customdata is the first of its letters.
    """
    supports, opposes = colours.bars(palette)
    length = len(scores)
    size = -(-length // _BINS)
    padded = np.pad(scores, (0, -length % size)).reshape(-1, size)
    starts = np.arange(len(padded)) * size
    figure = framed(96, bargap=0, barmode="overlay", hovermode="closest")
    for values, colour in (
        (np.maximum(padded.max(axis=1), 0), supports),
        (np.minimum(padded.min(axis=1), 0), opposes),
    ):
        figure.add_bar(
            x=starts + size / 2,
            y=values.astype(np.float32),
            width=size,
            marker={"color": colour, "line": {"width": 0}},
            hoverinfo="skip",
        )
    span = float(np.abs(scores).max(initial=0)) or 1.0
    low, high = min(float(scores.min(initial=0)), -0.1 * span), float(scores.max(initial=0))
    figure.add_bar(
        x=starts + size / 2,
        y=np.full(len(starts), 1.2 * span + high - low),
        base=low - 0.1 * span,
        width=size,
        marker={"color": CLEAR, "line": {"width": 0}},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=starts.tolist(),
        hovertext=[f"from {locus.label(int(i))}" for i in starts],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    bands(figure, marks)
    if window != (0, length):
        figure.add_vrect(*window, line={"color": QUIET, "width": 1.5}, fillcolor=CLEAR)
    figure.update_layout(margin={"l": 0, "r": 8, "t": 18, "b": 24})
    figure.update_xaxes(range=[0, length], showgrid=False, zeroline=False, **ruler.axis(locus))
    figure.update_yaxes(
        range=[low - 0.05 * span, max(high, 0.1 * span) * 1.08],
        showgrid=False,
        zerolinecolor=LINE,
        showticklabels=False,
    )
    return figure


def tracks(
    contribution: Array,
    activation: Array,
    centres: Array,
    marks: Sequence[Mark],
    locus: Locus,
    palette: str = "RdBu",
) -> go.Figure:
    """One filter along the sequence: its contribution above, its activation below."""
    supports, opposes = colours.bars(palette)
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.08, row_heights=[0.58, 0.42])
    step = float(centres[1] - centres[0]) if len(centres) > 1 else 1.0
    figure.add_bar(
        x=centres + 0.5,
        y=contribution.astype(np.float32),
        width=step,
        marker={
            "color": [supports if v >= 0 else opposes for v in contribution],
            "line": {"width": 0},
        },
        hovertext=around(centres, locus),
        hovertemplate="around base %{hovertext}<br>%{y:+.3g}<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=centres + 0.5,
        y=activation.astype(np.float32),
        mode="lines",
        line={"color": QUIET, "width": 1.5, "shape": "hvh"},
        fill="tozeroy",
        fillcolor=_PICKED,
        hovertext=around(centres, locus),
        hovertemplate="around base %{hovertext}<br>%{y:.3g}<extra></extra>",
        row=2,
        col=1,
    )
    for row in (1, 2):
        bands(figure, marks, named=row == 1, row=row, col=1)
    figure.update_layout(
        template="plotly_white",
        height=250,
        showlegend=False,
        dragmode=False,
        bargap=0,
        margin={"l": 0, "r": 8, "t": 20, "b": 40},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
    )
    figure.update_xaxes(fixedrange=True, range=[0, locus.size], showgrid=False, zeroline=False)
    figure.update_xaxes(title=title("base"), **ruler.axis(locus), row=2, col=1)
    figure.update_yaxes(fixedrange=True, nticks=4, zerolinecolor=LINE, automargin=True)
    figure.update_yaxes(title=title("contribution"), row=1, col=1)
    figure.update_yaxes(title=title("activation"), row=2, col=1)
    return figure


def along(
    values: Array,
    centres: Array,
    locus: Locus,
    palette: str | None,
    bound: float | None,
    unit: str,
    picked: tuple[int, ...] | None,
) -> go.Figure:
    """Numbers (positions,) along the sequence. centres : where each position looks.

    palette : of signed scores; None for others. bound : of the axis, where several figures share
    it. picked : the position to mark.
    """
    step = float(centres[1] - centres[0]) if len(centres) > 1 else 1.0
    supports, opposes = colours.bars(palette) if palette else (QUIET, QUIET)
    figure = framed(200, bargap=0)
    figure.add_bar(
        x=centres + 0.5,
        y=values.astype(np.float32),
        width=step,
        marker={"color": [supports if v >= 0 else opposes for v in values], "line": {"width": 0}},
        hovertext=around(centres, locus),
        hovertemplate="around base %{hovertext}<br>%{y:+.3g}<extra></extra>",
    )
    if picked:
        middle = float(centres[picked[0]]) + 0.5
        figure.add_vrect(
            middle - step / 2, middle + step / 2, fillcolor=_PICKED, line={"color": QUIET}
        )
    figure.update_xaxes(range=[0, locus.size], showgrid=False, zeroline=False, title=title("base"))
    figure.update_xaxes(**ruler.axis(locus))
    ends = {"range": [-bound * 1.05, bound * 1.05]} if bound else {}
    figure.update_yaxes(nticks=4, zerolinecolor=LINE, title=title(unit), **ends)
    return figure


def around(centres: Array, locus: Locus) -> list[str]:
    """The position of the letter at each centre, in words."""
    return [locus.label(round(float(centre))) for centre in centres]
