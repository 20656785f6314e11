"""Filters: position x filter, beside the totals of the filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures import colours, ruler
from dashboard.figures.bands import bands
from dashboard.figures.frame import CLEAR, QUIET, title
from dashboard.figures.logo import UNIT, Mark
from dashboard.figures.sequence import around
from dashboard.locus import Locus
from dashboard.words.numbers import signed
from dashboard.work import scale

ROW = 22  # pixels of a filter's row; a bar, and what can be clicked, takes 4/5 of it
_PICKED = "rgba(128,128,128,0.22)"

Array = npt.NDArray[Any]


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
        customdata=np.broadcast_to(around(centres, locus), (len(names), len(centres))),
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
