"""Array: scores and activations over any axes: bars over one, a heatmap over two.

Of more than two axes the two longest are shown, and the others summed over.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import (
    COLOUR_BAR,
    LINE,
    QUIET,
    beside_bar,
    flat,
    framed,
    outline,
    title,
)
from dashboard.figures.map import Map
from dashboard.text import plotly
from dashboard.work import scale

_BAR = 46  # pixels below a map for the colour bar
_PICKED = "rgba(128,128,128,0.35)"


def shown_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of a shape that a figure shows, rising: the two longest."""
    return tuple(sorted(sorted(range(len(shape)), key=lambda axis: -shape[axis])[:2]))


def laid(shown: Map) -> go.Figure:
    """A map over its own axes."""
    kept = shown_axes(shown.values.shape)
    rest = tuple(axis for axis in range(shown.values.ndim) if axis not in kept)
    summed = shown.values.sum(axis=rest, dtype=np.float64).astype(np.float32)
    return (_bars if len(kept) == 1 else _cells)(
        replace(
            shown,
            values=summed if rest else shown.values,
            axes=tuple(plotly(shown.axes[i]) for i in kept),
            picked=shown.picked and tuple(shown.picked[i] for i in kept),
        )
    )


def _bars(shown: Map) -> go.Figure:
    values, palette, (name,) = shown.values, shown.palette, shown.axes
    ends = [-1.05 * shown.bound, 1.05 * shown.bound] if shown.bound else None
    figure = framed(
        220,
        go.Bar(
            y=values.astype(np.float32),
            marker=flat(colours.signed(values, palette) if palette else [QUIET] * len(values)),
            hovertemplate=f"{name} %{{x}}<br>%{{y:+.3g}}<extra></extra>",
        ),
        bargap=0.1 if len(values) < 200 else 0,
        xaxis={"title": title(name), "showgrid": False},
        yaxis={"title": title(shown.unit), "nticks": 5, "zerolinecolor": LINE, "range": ends},
    )
    if shown.picked:
        (at,) = shown.picked
        figure.add_vrect(at - 0.5, at + 0.5, fillcolor=_PICKED, line={"width": 0})
    return figure


def _cells(shown: Map) -> go.Figure:
    rows, columns = shown.axes
    coloured: dict[str, Any] = {"colorscale": "Cividis"}
    if shown.palette:
        limit = shown.bound or scale.limit(shown.values).value or 1.0
        coloured = {"colorscale": colours.ramp(shown.palette), "zmin": -limit, "zmax": limit}
    figure = framed(
        shown.side + _BAR,
        go.Heatmap(
            z=shown.values.astype(np.float32),
            zsmooth=False,
            hovertemplate=f"{rows} %{{y}}, {columns} %{{x}}<br>%{{z:+.3g}}<extra></extra>",
            colorbar=COLOUR_BAR,
            **coloured,
        ),
        margin={"r": 0},
        xaxis={"title": title(columns), "showgrid": False},
        yaxis={"title": title(rows), "showgrid": False, "autorange": "reversed"},
    )
    outline(figure, shown.picked, 4, 1.5)
    return beside_bar(figure, shown.unit)
