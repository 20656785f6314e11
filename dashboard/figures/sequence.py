"""Sequence figures: numbers along a sequence, as an overview, by filter, and by mutation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures import colours
from dashboard.figures.frame import CLEAR, LINE, QUIET, framed, title
from dashboard.figures.glyphs import BASES
from dashboard.figures.logo import UNIT, Mark
from dashboard.words import signed

ROW = 22  # pixels of a filter's row; a bar, and what can be clicked, takes 4/5 of it
_BAND = "rgba(128,128,128,0.14)"
_PICKED = "rgba(128,128,128,0.22)"
_BINS = 1000  # an overview of more positions shows the extremes of as many stretches
_BASE_ROWS = len(BASES) + 1.6  # a row of a mutation map, with the letters and numbers under it

Array = npt.NDArray[Any]


def overview(
    scores: Array, window: tuple[int, int], marks: Sequence[Mark], palette: str = "RdBu"
) -> go.Figure:
    """A whole sequence in one line: (length,) signed scores; the window in a frame.

    A click on a bar selects a point whose customdata is the position.
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
        hovertemplate="from %{customdata:,}<extra></extra>",
    )
    _bands(figure, marks)
    if window != (0, length):
        figure.add_vrect(*window, line={"color": QUIET, "width": 1.5}, fillcolor=CLEAR)
    figure.update_layout(margin={"l": 0, "r": 8, "t": 18, "b": 24})
    figure.update_xaxes(range=[0, length], showgrid=False, zeroline=False, nticks=9)
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
    length: int,
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
        _map(figure, scores, centres, order, marks, palette)
    return _laid_out(figure, len(names), (low, high), length, mapped)


def _map(
    figure: go.Figure,
    scores: Array,
    centres: Array,
    order: Sequence[int],
    marks: Sequence[Mark],
    palette: str,
) -> None:
    """The colours end at the 99th percentile of the scores that are not zero."""
    names = [f"#{i}" for i in order]
    nonzero = scores[scores != 0]
    bound = colours.limit(nonzero).value if nonzero.size else 1.0
    figure.add_heatmap(
        z=scores[:, list(order)].T.astype(np.float32),
        x=centres + 0.5,
        y=names,
        zmin=-bound,
        zmax=bound,
        colorscale=colours.scale(palette),
        zsmooth=False,
        hovertemplate="filter %{y}, around base %{customdata}<br>%{z:+.3g}<extra></extra>",
        customdata=np.broadcast_to(np.round(centres).astype(int), (len(names), len(centres))),
        colorbar={"title": {"text": UNIT, "side": "right"}, "thickness": 10, "outlinewidth": 0},
        row=1,
        col=2,
    )
    _bands(figure, marks, row=1, col=2)


def _laid_out(
    figure: go.Figure, rows: int, ends: tuple[float, float], length: int, mapped: bool
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
        range=[0, length],
        showgrid=False,
        zeroline=False,
        nticks=9,
        title=title("base, from 0"),
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
    length: int,
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
        hovertemplate="around base %{x:.0f}<br>%{y:+.3g}<extra></extra>",
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
        hovertemplate="around base %{x:.0f}<br>%{y:.3g}<extra></extra>",
        row=2,
        col=1,
    )
    for row in (1, 2):
        _bands(figure, marks, named=row == 1, row=row, col=1)
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
    figure.update_xaxes(fixedrange=True, range=[0, length], showgrid=False, zeroline=False)
    figure.update_xaxes(title=title("base, from 0"), nticks=9, row=2, col=1)
    figure.update_yaxes(fixedrange=True, nticks=4, zerolinecolor=LINE, automargin=True)
    figure.update_yaxes(title=title("contribution"), row=1, col=1)
    figure.update_yaxes(title=title("activation"), row=2, col=1)
    return figure


def mutations(
    effects: Array, letters: str, *, first: int = 0, width: int = 50, palette: str = "RdBu"
) -> go.Figure:
    """What each single change of a base does to the target: effects (length, 4), in rows.

    The base that is there has no effect and is outlined. A click on a cell selects a point of the
    last trace, whose customdata is [position, base].
    """
    length = len(effects)
    width = max(1, min(width, length))
    rows = -(-length // width)
    position = np.arange(length)
    top = -(position // width) * _BASE_ROWS  # of each position's column; A is the uppermost base
    bound = colours.limit(effects).value or 1.0
    x = np.repeat(position % width, 4)
    y = (top[:, None] - np.arange(4)).ravel()
    here = np.array([[base == letter for base in BASES] for letter in letters]).ravel()
    flat = np.asarray(effects, dtype=np.float64).ravel()
    named = [
        f"{letter} at {first + i:,} to {base}<br>{signed(float(effects[i, b]))}"
        for i, letter in enumerate(letters)
        for b, base in enumerate(BASES)
    ]
    figure = framed(
        round(30 + rows * _BASE_ROWS * 17),
        *_cells(flat, position, rows, width, bound, palette),
        _text(x[here] + 0.5, y[here], [b for b in letters if b in BASES], 9),
        _text(
            position[::10] % width + 0.5,
            top[::10] - 4.1,
            [f"{first + i:,}" for i in position[::10]],
        ),
        go.Scatter(
            x=x + 0.5,
            y=y,
            mode="markers",
            marker={"symbol": "square", "size": 15, "color": "rgba(128,128,128,0)"},
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
            customdata=[[first + i, base] for i in range(length) for base in range(4)],
            hovertext=named,
            hovertemplate="%{hovertext}<extra></extra>",
        ),
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        hovermode="closest",
    )
    figure.update_xaxes(range=[0, width], visible=False)
    figure.update_yaxes(
        range=[-(rows - 1) * _BASE_ROWS - 4.8, 0.7],
        tickvals=[-r * _BASE_ROWS - b for r in range(rows) for b in range(4)],
        ticktext=list(BASES) * rows,
        tickfont={"family": "monospace", "size": 11},
        showgrid=False,
        zeroline=False,
    )
    return figure


def _cells(
    flat: Array, position: Array, rows: int, width: int, bound: float, palette: str
) -> list[go.Heatmap]:
    """One heatmap for each row of a mutation map, on one scale."""
    effects = flat.reshape(-1, 4)
    return [
        go.Heatmap(
            z=effects[position // width == r].T.astype(np.float32),
            x=np.arange((position // width == r).sum()) + 0.5,
            y=-r * _BASE_ROWS - np.arange(4),
            zmin=-bound,
            zmax=bound,
            colorscale=colours.scale(palette),
            showscale=r == 0,
            colorbar={
                "title": {"text": "change of the logit", "side": "right"},
                "thickness": 10,
                "outlinewidth": 0,
            },
            hoverinfo="skip",
            xgap=1,
            ygap=1,
        )
        for r in range(rows)
    ]


def _text(x: Array, y: Array, words: list[str], size: int = 10) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        text=words,
        mode="text",
        textfont={"size": size, "color": QUIET},
        hoverinfo="skip",
        cliponaxis=False,
    )


def _bands(figure: go.Figure, marks: Sequence[Mark], named: bool = True, **place: int) -> None:
    """Known motifs as grey bands, with their names above."""
    for mark in marks:
        label = {}
        if named:
            label = {
                "annotation_text": mark.label,
                "annotation_position": "top left",
                "annotation_font": {"size": 11, "color": QUIET},
                "annotation_yshift": 14,
            }
        figure.add_vrect(
            mark.start,
            mark.end,
            fillcolor=_BAND,
            line={"width": 0},
            layer="below",
            **label,
            **place,
        )
