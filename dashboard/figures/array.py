"""Array: scores and activations over any axes: bars over one, a heatmap over two.

Of more than two axes the two longest are shown, and the others summed over.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import CLEAR, LINE, QUIET, framed, title
from dashboard.text import plotly
from dashboard.work import scale

Array = npt.NDArray[Any]
_BAR = 46  # pixels below a map for the colour bar
_PICKED = "rgba(128,128,128,0.35)"


def shown_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of a shape that a figure shows, rising: the two longest."""
    return tuple(sorted(sorted(range(len(shape)), key=lambda axis: -shape[axis])[:2]))


def scores(
    values: Array,
    palette: str,
    side: int,
    bound: float | None,
    unit: str,
    picked: tuple[int, ...] | None,
    names: tuple[str, ...],
) -> go.Figure:
    """Signed scores over their axes. bound : of the colours, where several figures share it."""
    flat, names, picked = _flat(values, names, picked)
    limit = bound or scale.limit(flat).value or 1.0
    if flat.ndim == 1:
        supports, opposes = colours.bars(palette)
        coloured = [supports if v >= 0 else opposes for v in flat]
        figure = _bars(flat, coloured, unit, names[0], picked)
        if bound:
            figure.update_yaxes(range=[-1.05 * bound, 1.05 * bound])
        return figure
    ramp = colours.ramp(palette)
    return _map(flat, names, side, unit, picked, colorscale=ramp, zmin=-limit, zmax=limit)


def activation(
    values: Array, side: int, picked: tuple[int, ...] | None, names: tuple[str, ...]
) -> go.Figure:
    """Activations over their axes, from the smallest to the largest."""
    flat, names, picked = _flat(values, names, picked)
    if flat.ndim == 1:
        return _bars(flat, [QUIET] * len(flat), "activation", names[0], picked)
    return _map(flat, names, side, "activation", picked, colorscale="Cividis")


def _flat(
    values: Array, names: tuple[str, ...], picked: tuple[int, ...] | None
) -> tuple[Array, tuple[str, ...], tuple[int, ...] | None]:
    kept = shown_axes(values.shape)
    rest = tuple(axis for axis in range(values.ndim) if axis not in kept)
    summed = values.sum(axis=rest, dtype=np.float64).astype(np.float32) if rest else values
    return summed, tuple(names[i] for i in kept), picked and tuple(picked[i] for i in kept)


def _bars(
    values: Array, colour: list[str], unit: str, name: str, picked: tuple[int, ...] | None
) -> go.Figure:
    figure = framed(220, bargap=0.1 if len(values) < 200 else 0)
    figure.add_bar(
        y=values.astype(np.float32),
        marker={"color": colour, "line": {"width": 0}},
        hovertemplate=f"{plotly(name)} %{{x}}<br>%{{y:+.3g}}<extra></extra>",
    )
    if picked:
        figure.add_vrect(picked[0] - 0.5, picked[0] + 0.5, fillcolor=_PICKED, line={"width": 0})
    figure.update_layout(margin={"l": 0, "r": 8, "t": 8, "b": 44})
    figure.update_xaxes(title=title(plotly(name)), fixedrange=True, showgrid=False)
    figure.update_yaxes(
        title=title(unit), fixedrange=True, nticks=5, zerolinecolor=LINE, automargin=True
    )
    return figure


def _map(
    values: Array,
    names: tuple[str, ...],
    side: int,
    unit: str,
    picked: tuple[int, ...] | None,
    **coloured: Any,
) -> go.Figure:
    rows, columns = (plotly(name) for name in names)
    figure = framed(side + _BAR)
    figure.add_heatmap(
        z=values.astype(np.float32),
        zsmooth=False,
        hovertemplate=f"{rows} %{{y}}, {columns} %{{x}}<br>%{{z:+.3g}}<extra></extra>",
        colorbar={"title": {"text": unit, "side": "right"}, "thickness": 10, "outlinewidth": 0},
        **coloured,
    )
    if picked:
        row, column = picked
        box = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
        for colour, width in (("#ffffff", 4), ("#000000", 1.5)):
            figure.add_shape(type="rect", **box, line={"color": colour, "width": width})
    figure.update_layout(margin={"l": 0, "r": 0, "t": 8, "b": 44}, paper_bgcolor=CLEAR)
    figure.update_xaxes(title=title(columns), fixedrange=True, showgrid=False)
    figure.update_yaxes(
        title=title(rows), fixedrange=True, showgrid=False, autorange="reversed", automargin=True
    )
    return figure
