"""Filters: position x filter, beside the totals of the filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures import colours, ruler
from dashboard.figures.bands import bands
from dashboard.figures.faces import beside
from dashboard.figures.frame import (
    CLEAR,
    COLOUR_BAR,
    MARK,
    NAMES,
    PLAIN,
    QUIET,
    TINT,
    beside_bar,
    crosswise,
    dressed,
    ends,
    flat,
    title,
    written,
)
from dashboard.figures.logo import Mark
from dashboard.figures.sequence import around
from dashboard.locus import Locus
from dashboard.text import plotly
from dashboard.words.numbers import signed
from dashboard.words.quantity import CONTRIBUTION
from dashboard.work import scale
from dashboard.work.answer import NAMELESS, Place

ROW = 22  # pixels of a filter's row; a bar, and what can be clicked, takes 4/5 of it
FACED = 26  # of a row with a face
_FACES = 0.09  # of the width

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
    unit: str = CONTRIBUTION,
    errors: Array | None = None,
    mapped: bool = True,
    least: float = 0.0,
    faces: Sequence[str] = (),
    called: Mapping[int, str] = NAMELESS,
) -> go.Figure:
    """Position x filter: scores (positions, filters) of the filters in `order`, top to bottom.

    At the left the filters' totals as signed bars; a click on one selects a point of the first
    trace, whose customdata is the filter. unit : of scores. centres : (positions,) where each
    position looks. errors : (filters,) standard errors of the totals. mapped : False leaves out
    the map.
    least : as of scale.spread, of the totals. faces : a small picture for each row, or none.
    called : the names of filters that have one.
    """
    totals = scores.sum(axis=0, dtype=np.float64)[list(order)]
    names = [plotly(Place(i).called(called)) for i in order]
    figure = make_subplots(
        1,
        2,
        shared_yaxes=True,
        column_widths=[0.38 if faces else 0.3, 0.62 if faces else 0.7] if mapped else [0.98, 0.02],
        horizontal_spacing=0.015,
    )
    beyond = np.zeros(len(names)) if errors is None else errors[list(order)]
    whisker = {"array": beyond, "color": QUIET, "thickness": 1.2, "width": 3}
    low, high = ends([*(totals - beyond), *(totals + beyond)], 0.45, least)
    told = [signed(float(total)) for total in totals]
    for trace in (
        crosswise(
            low,
            high,
            names,
            colour=[TINT if i == picked else CLEAR for i in order],
            edge=[MARK if i == picked else CLEAR for i in order],
            customdata=list(order),
            hovertext=[f"filter {i}: {total}" for i, total in zip(order, told, strict=True)],
            hovertemplate="%{hovertext}<extra></extra>",
        ),
        go.Bar(
            x=totals,
            y=names,
            orientation="h",
            marker=flat(colours.signed(totals, palette)),
            hoverinfo="skip",
            error_x=None if errors is None else whisker,
        ),
        written(
            totals + np.where(totals >= 0, beyond, -beyond),
            names,
            [f" {total} " for total in told],
            12,
            QUIET,
            textposition=["middle right" if t >= 0 else "middle left" for t in totals],
        ),
    ):
        figure.add_trace(trace, row=1, col=1)
    if mapped:
        _map(figure, scores, centres, order, names, marks, locus, palette)
    dressed(
        figure,
        max(180, 84 + (FACED if faces else ROW) * len(names)),
        template="plotly_white",
        barmode="overlay",
        bargap=0.2,
        margin={"r": 0, "t": 24},
        xaxis={"range": [low, high], "zeroline": True, "nticks": 4, "title": title("total")},
        xaxis2={
            "range": [0, locus.size],
            **PLAIN,
            "title": title("base"),
            **ruler.axis(locus),
            "visible": mapped,
        },
    )
    figure.update_yaxes(showgrid=False, **NAMES)
    if mapped:
        beside_bar(figure, unit)
    if faces:
        beside(figure, names, faces, _FACES)
        right = figure.layout.xaxis.domain[1]
        figure.update_layout(
            xaxis={"domain": [_FACES + 0.005, right]}, yaxis={"anchor": "free", "position": 0}
        )
    return figure


def _map(
    figure: go.Figure,
    scores: Array,
    centres: Array,
    order: Sequence[int],
    names: Sequence[str],
    marks: Sequence[Mark],
    locus: Locus,
    palette: str,
) -> None:
    """The colours end at the 99th percentile of the scores that are not zero."""
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
        colorbar=COLOUR_BAR,
        row=1,
        col=2,
    )
    bands(figure, marks, row=1, col=2)
