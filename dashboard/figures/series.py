"""Series figures: traces along time, and scores along them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures import colours
from dashboard.figures.frame import (
    COLOUR_BAR,
    LINE,
    PLAIN,
    QUIET,
    TEMPLATE,
    TINT,
    beside_bar,
    dressed,
    flat,
    title,
)
from dashboard.figures.map import Map
from dashboard.text import plotly
from dashboard.words.quantity import CONTRIBUTION
from dashboard.work import scale
from dashboard.work.traces import Traces, stretches, summed

Array = npt.NDArray[Any]
MOST = 8  # channels that are drawn, each in a row of its own
_ROW, _EDGES, _BARS = 92, 56, 150  # pixels
_LONGEST = 13  # characters of a channel's name
_INK = "#7d8788"  # of a trace: seen on both grounds and on the colours


def coloured(
    traces: Traces, scores: Array, palette: str = "RdBu", unit: str = CONTRIBUTION
) -> go.Figure:
    """Each trace on its own scores (times, channels), on one scale; of many the largest eight."""
    kept, sums = shown(scores), summed(scores)
    limit = scale.limit(sums).value or 1.0
    middles = traces.at(_middles(stretches(scores)))
    figure = make_subplots(len(kept), 1, shared_xaxes=True, vertical_spacing=0.3 / (3 * len(kept)))
    for row, channel in enumerate(kept, 1):
        low, high = _range(traces.values[:, channel])
        figure.add_heatmap(
            x=middles,
            y0=(low + high) / 2,
            dy=high - low,
            z=sums[None, :, channel].astype(np.float32),
            zmin=-limit,
            zmax=limit,
            colorscale=colours.ramp(palette),
            colorbar=COLOUR_BAR,
            showscale=row == 1,
            hovertemplate=f"{traces.axis} %{{x:.4g}}<br>%{{z:+.3g}}<extra></extra>",
            row=row,
            col=1,
        )
        _trace(figure, traces, channel, row, (low, high))
    return beside_bar(_finished(figure, traces, _EDGES + max(_ROW * len(kept), 150)), unit)


def along(shown_map: Map, centres: Array, traces: Traces) -> go.Figure:
    """A layer's map (positions,) along time, above the traces. centres : where positions look."""
    kept = shown(traces.values)
    heights = [_BARS, *[_ROW * 0.7] * len(kept)]
    figure = make_subplots(
        len(heights), 1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.02
    )
    values, bound = shown_map.values, shown_map.bound
    palette = shown_map.palette
    step = float(centres[1] - centres[0]) if len(centres) > 1 else 1.0
    figure.add_bar(
        x=traces.at(centres),
        y=values.astype(np.float32),
        width=step / (traces.rate or 1.0),
        marker=flat(colours.signed(values, palette) if palette else [QUIET] * len(values)),
        hovertemplate=f"{traces.axis} %{{x:.4g}}<br>%{{y:+.3g}}<extra></extra>",
        row=1,
        col=1,
    )
    for row, channel in enumerate(kept, 2):
        _trace(figure, traces, channel, row, _range(traces.values[:, channel]))
    if shown_map.picked:
        at = centres[shown_map.picked[0]]
        edges = traces.at(at - step / 2), traces.at(at + step / 2)
        figure.add_vrect(*map(float, edges), fillcolor=TINT, line={"color": QUIET, "width": 1})
    _finished(figure, traces, _EDGES + round(sum(heights)))
    ends = {"range": [-bound * 1.05, bound * 1.05]} if bound else {}
    return figure.update_layout(
        bargap=0,
        yaxis={"title": title(shown_map.unit), "nticks": 5, "zerolinecolor": LINE, **ends},
    )


def shown(scores: Array) -> list[int]:
    """The channels that are drawn: all of a few, else those with the most in them, in order."""
    sizes = np.abs(scores).sum(axis=0)
    return sorted(int(i) for i in np.argsort(-sizes, kind="stable")[:MOST])


def _trace(
    figure: go.Figure, traces: Traces, channel: int, row: int, ends: tuple[float, float]
) -> None:
    parts = stretches(traces.values[:, [channel]])
    values, places = parts[:, 0, 0], _middles(parts)
    if parts.shape[1] > 1:  # the least and the largest of each stretch
        ends_of = np.nanmin(parts, axis=(1, 2)), np.nanmax(parts, axis=(1, 2))
        values, places = np.stack(ends_of, axis=1).ravel(), np.repeat(places, 2)
    figure.add_scatter(
        x=traces.at(places),
        y=values.astype(np.float32),
        mode="lines",
        line={"color": _INK, "width": 1.3},
        hoverinfo="skip",
        row=row,
        col=1,
    )
    figure.update_yaxes(
        range=ends,
        title=title(plotly(_short(traces.names[channel]))),
        nticks=4,
        **PLAIN,
        row=row,
        col=1,
    )


def _finished(figure: go.Figure, traces: Traces, height: int) -> go.Figure:
    figure.update_layout(template=TEMPLATE)
    dressed(figure, height)
    ends = traces.at([-0.5, len(traces.values) - 0.5])
    figure.update_xaxes(**PLAIN, range=[float(end) for end in ends])
    *_, last = figure.select_xaxes()
    last.update(title=title(traces.axis))
    return figure


def _middles(parts: Array) -> Array:
    """Of stretches, in places of the input."""
    return np.asarray((np.arange(len(parts)) + 0.5) * parts.shape[1] - 0.5)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _range(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = 0.08 * (high - low) or 0.5
    return low - room, high + room
