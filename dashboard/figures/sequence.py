"""Sequence figures: numbers along a sequence, as an overview and by filter."""

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
from dashboard.figures.logo import UNIT, Mark
from dashboard.locus import Locus
from dashboard.words.numbers import signed
from dashboard.work import scale

ROW = 22  # pixels of a filter's row; a bar, and what can be clicked, takes 4/5 of it
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


def filters(
    scores: Array,
    centres: Array,
    order: Sequence[int],
    picked: int | None,
    marks: Sequence[Mark],
    locus: Locus,
    palette: str = "RdBu",
    *,
    errors: Array | None = None,
    mapped: bool = True,
) -> go.Figure:
    """Position x filter: scores (positions, filters) of the filters in `order`, top to bottom.

    At the left the filters' totals as signed bars; a click on one selects a point of the first
    trace, whose customdata is the filter. centres : (positions,) where each position looks.
    errors : (filters,) standard errors of the totals. mapped : False leaves out the map.
    """
    totals = scores.sum(axis=0, dtype=np.float64)[list(order)]
    names = [f"#{i}" for i in order]
    figure = make_subplots(
        1,
        2,
        shared_yaxes=True,
        column_widths=[0.3, 0.7] if mapped else [0.98, 0.02],
        horizontal_spacing=0.015,
    )
    supports, opposes = colours.bars(palette)
    spread = 0.0 if errors is None else errors[list(order)]
    low, high = min(0.0, *(totals - spread)), max(0.0, *(totals + spread))
    room = 0.45 * ((high - low) or 1.0)
    low, high = low - (room if low < 0 else 0), high + (room if high > 0 else 0)
    if low == high:
        high = 1.0
    figure.add_bar(
        x=[high - low] * len(names),
        base=[low] * len(names),
        y=names,
        orientation="h",
        marker={"color": [_PICKED if i == picked else CLEAR for i in order], "line": {"width": 0}},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        customdata=list(order),
        hovertext=[f"filter {i}: {signed(float(t))}" for i, t in zip(order, totals, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_bar(
        x=totals,
        y=names,
        orientation="h",
        marker={
            "color": [supports if t >= 0 else opposes for t in totals],
            "line": {"width": 0},
        },
        hoverinfo="skip",
        error_x=None
        if errors is None
        else {"array": errors[list(order)], "color": QUIET, "thickness": 1.2, "width": 3},
        row=1,
        col=1,
    )
    beyond = np.zeros(len(names)) if errors is None else errors[list(order)]
    figure.add_scatter(
        x=totals + np.where(totals >= 0, beyond, -beyond),
        y=names,
        mode="text",
        text=[f" {signed(float(t))} " for t in totals],
        textposition=["middle right" if t >= 0 else "middle left" for t in totals],
        textfont={"size": 12, "color": QUIET},
        cliponaxis=False,
        hoverinfo="skip",
        row=1,
        col=1,
    )
    if mapped:
        _map(figure, scores, centres, order, marks, locus, palette)
    return _laid_out(figure, len(names), (low, high), locus, mapped)


def _map(
    figure: go.Figure,
    scores: Array,
    centres: Array,
    order: Sequence[int],
    marks: Sequence[Mark],
    locus: Locus,
    palette: str,
) -> None:
    """The colours end at the 99th percentile of the scores that are not zero."""
    names = [f"#{i}" for i in order]
    nonzero = scores[scores != 0]
    bound = scale.limit(nonzero).value if nonzero.size else 1.0
    figure.add_heatmap(
        z=scores[:, list(order)].T.astype(np.float32),
        x=centres + 0.5,
        y=names,
        zmin=-bound,
        zmax=bound,
        colorscale=colours.ramp(palette),
        zsmooth=False,
        hovertemplate="filter %{y}, around base %{customdata}<br>%{z:+.3g}<extra></extra>",
        customdata=np.broadcast_to(_around(centres, locus), (len(names), len(centres))),
        colorbar={"title": {"text": UNIT, "side": "right"}, "thickness": 10, "outlinewidth": 0},
        row=1,
        col=2,
    )
    bands(figure, marks, row=1, col=2)


def _laid_out(
    figure: go.Figure, rows: int, ends: tuple[float, float], locus: Locus, mapped: bool
) -> go.Figure:
    figure.update_layout(
        template="plotly_white",
        barmode="overlay",
        bargap=0.2,
        showlegend=False,
        dragmode=False,
        height=max(180, 84 + ROW * rows),
        margin={"l": 0, "r": 0, "t": 24, "b": 44},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
    )
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        fixedrange=True,
        showgrid=False,
        automargin=True,
        ticksuffix="  ",
        tickfont={"family": "monospace", "size": 12},
    )
    figure.update_xaxes(fixedrange=True)
    figure.update_xaxes(range=ends, zeroline=True, nticks=4, title=title("total"), row=1, col=1)
    figure.update_xaxes(
        range=[0, locus.size],
        showgrid=False,
        zeroline=False,
        title=title("base"),
        **ruler.axis(locus),
        visible=mapped,
        row=1,
        col=2,
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
        hovertext=_around(centres, locus),
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
        hovertext=_around(centres, locus),
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
        hovertext=_around(centres, locus),
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


def _around(centres: Array, locus: Locus) -> list[str]:
    return [locus.label(round(float(centre))) for centre in centres]
