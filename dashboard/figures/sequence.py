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
from dashboard.figures.frame import (
    CLEAR,
    LINE,
    PLAIN,
    QUIET,
    TINT,
    clickable,
    dressed,
    flat,
    framed,
    title,
)
from dashboard.figures.logo import Mark
from dashboard.figures.map import Map
from dashboard.locus import Locus

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
    length = len(scores)
    size = -(-length // _BINS)
    padded = np.pad(scores, (0, -length % size)).reshape(-1, size)
    starts = np.arange(len(padded)) * size
    places = {"x": starts + size / 2, "width": size}
    span = float(np.abs(scores).max(initial=0)) or 1.0
    low, high = min(float(scores.min(initial=0)), -0.1 * span), float(scores.max(initial=0))
    extremes = np.maximum(padded.max(axis=1), 0), np.minimum(padded.min(axis=1), 0)
    figure = framed(
        96,
        *(
            go.Bar(y=y.astype(np.float32), marker=flat(colour), hoverinfo="skip", **places)
            for y, colour in zip(extremes, colours.bars(palette), strict=True)
        ),
        clickable(
            opacity=0,
            y=np.full(len(starts), 1.2 * span + high - low),
            base=low - 0.1 * span,
            customdata=starts.tolist(),
            hovertext=[f"from {locus.label(int(i))}" for i in starts],
            hovertemplate="%{hovertext}<extra></extra>",
            **places,
        ),
        bargap=0,
        barmode="overlay",
        hovermode="closest",
        margin={"t": 18, "b": 24},
        xaxis={"range": [0, length], **PLAIN, **ruler.axis(locus)},
        yaxis={
            "range": [low - 0.05 * span, max(high, 0.1 * span) * 1.08],
            "showgrid": False,
            "zerolinecolor": LINE,
            "showticklabels": False,
        },
    )
    bands(figure, marks)
    if window != (0, length):
        figure.add_vrect(*window, line={"color": QUIET, "width": 1.5}, fillcolor=CLEAR)
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
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.08, row_heights=[0.58, 0.42])
    figure.add_trace(_bars(contribution, centres, locus, palette), row=1, col=1)
    figure.add_scatter(
        x=centres + 0.5,
        y=activation.astype(np.float32),
        mode="lines",
        line={"color": QUIET, "width": 1.5, "shape": "hvh"},
        fill="tozeroy",
        fillcolor=TINT,
        hovertext=around(centres, locus),
        hovertemplate="around base %{hovertext}<br>%{y:.3g}<extra></extra>",
        row=2,
        col=1,
    )
    for row in (1, 2):
        bands(figure, marks, named=row == 1, row=row, col=1)
    dressed(figure, 250, template="plotly_white", bargap=0, margin={"t": 20, "b": 40})
    figure.update_xaxes(range=[0, locus.size], **PLAIN)
    figure.update_yaxes(nticks=4, zerolinecolor=LINE)
    return figure.update_layout(
        xaxis2={"title": title("base"), **ruler.axis(locus)},
        yaxis={"title": title("contribution")},
        yaxis2={"title": title("activation")},
    )


def along(shown: Map, centres: Array, locus: Locus) -> go.Figure:
    """A map (positions,) along the sequence. centres : where each position looks."""
    bound, picked = shown.bound, shown.picked
    ends = {"range": [-bound * 1.05, bound * 1.05]} if bound else {}
    figure = framed(
        200,
        _bars(shown.values, centres, locus, shown.palette),
        bargap=0,
        xaxis={"range": [0, locus.size], **PLAIN, "title": title("base"), **ruler.axis(locus)},
        yaxis={"nticks": 4, "zerolinecolor": LINE, "title": title(shown.unit), **ends},
    )
    if picked:
        middle, half = float(centres[picked[0]]) + 0.5, _step(centres) / 2
        figure.add_vrect(middle - half, middle + half, fillcolor=TINT, line={"color": QUIET})
    return figure


def _bars(values: Array, centres: Array, locus: Locus, palette: str | None) -> go.Bar:
    return go.Bar(
        x=centres + 0.5,
        y=values.astype(np.float32),
        width=_step(centres),
        marker=flat(colours.signed(values, palette) if palette else [QUIET] * len(values)),
        hovertext=around(centres, locus),
        hovertemplate="around base %{hovertext}<br>%{y:+.3g}<extra></extra>",
    )


def _step(centres: Array) -> float:
    """Between neighbours."""
    return float(centres[1] - centres[0]) if len(centres) > 1 else 1.0


def around(centres: Array, locus: Locus) -> list[str]:
    """The position of the letter at each centre, in words."""
    return [locus.label(round(float(centre))) for centre in centres]
