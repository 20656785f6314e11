"""Array: scores and activations over any axes: bars over one, a heatmap over two.

Of more than two axes the two longest are shown, and the others summed over.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import LINE, QUIET, colour_bar, framed, outline, title
from dashboard.figures.frame import flat as marker
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
        figure = _bars(flat, colours.signed(flat, palette), unit, names[0], picked)
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
    figure = framed(
        220,
        go.Bar(
            y=values.astype(np.float32),
            marker=marker(colour),
            hovertemplate=f"{plotly(name)} %{{x}}<br>%{{y:+.3g}}<extra></extra>",
        ),
        bargap=0.1 if len(values) < 200 else 0,
        xaxis={"title": title(plotly(name)), "showgrid": False},
        yaxis={"title": title(unit), "nticks": 5, "zerolinecolor": LINE},
    )
    if picked:
        figure.add_vrect(picked[0] - 0.5, picked[0] + 0.5, fillcolor=_PICKED, line={"width": 0})
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
    figure = framed(
        side + _BAR,
        go.Heatmap(
            z=values.astype(np.float32),
            zsmooth=False,
            hovertemplate=f"{rows} %{{y}}, {columns} %{{x}}<br>%{{z:+.3g}}<extra></extra>",
            colorbar=colour_bar(unit),
            **coloured,
        ),
        margin={"r": 0},
        xaxis={"title": title(columns), "showgrid": False},
        yaxis={"title": title(rows), "showgrid": False, "autorange": "reversed"},
    )
    outline(figure, picked, 4, 1.5)
    return figure
