"""Agreement: two scorings of the same channels, as a scatter and as dumbbells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.figures.frame import FIRST, MARK, NAMES, QUIET, SECOND, flat, framed, key, title
from dashboard.text import plotly
from dashboard.words.numbers import signed
from dashboard.words.quantity import CONTRIBUTION
from dashboard.work.answer import NAMELESS, Place
from dashboard.work.comparison import Disagreement

SIDE = 400
ROW = 26  # pixels
_ROOM = 1.12
_WRITTEN = 5  # units with their number beside them
_NEAR = 0.04  # of the axis: the height of a number, and half of its width


def scatter(
    first: npt.NDArray[Any],
    second: npt.NDArray[Any],
    named: Sequence[Disagreement],
    names: tuple[str, str],
    picked: int | None = None,
    called: Mapping[int, str] = NAMELESS,
) -> go.Figure:
    """One point for each unit, (units,) against (units,), on equal axes with the diagonal.

    The units of `named` stand out, and the first of them carry their number. Points select; their
    customdata is [unit]. called : the names of units that have one.
    """
    low = _ROOM * min(float(first.min()), float(second.min()), 0.0)
    high = _ROOM * max(float(first.max()), float(second.max()), 0.0)
    if low == high:
        low, high = -1.0, 1.0
    told = {d.unit for d in named}
    first_named = [d.unit for d in named[:_WRITTEN]]
    near = _NEAR * (high - low)
    written = list[int]()  # numbers of units side by side would lie on one another
    for unit in first_named if picked is None else [picked, *first_named]:
        apart = ((abs(first[unit] - first[w]), abs(second[unit] - second[w])) for w in written)
        if all(x > 2 * near or y > near for x, y in apart):
            written.append(unit)
    if picked is not None:
        told.add(picked)
    units = np.arange(len(first))
    colour = [MARK if u == picked else (SECOND if u in told else QUIET) for u in units]
    text = [f"#{u}" if u in written else "" for u in units]
    axis = {"range": [low, high], "zeroline": True, "nticks": 6}
    return framed(
        SIDE,
        go.Scatter(
            x=[low, high],
            y=[low, high],
            mode="lines",
            line={"color": QUIET, "width": 1, "dash": "dot"},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=first,
            y=second,
            mode="markers+text",
            text=text,
            textposition=_sides(first, second),
            textfont={"size": 12, "family": "monospace"},
            marker=flat(
                colour,
                size=[11 if u == picked else 8 for u in units],
                opacity=[0.95 if u in told else 0.55 for u in units],
                line={"width": [2 if u == picked else 0 for u in units], "color": QUIET},
            ),
            selected={"marker": {"opacity": 0.95}},
            unselected={"marker": {"opacity": 0.75}},
            customdata=[[int(u)] for u in units],
            hovertext=[plotly(Place(int(u)).called(called)) for u in units],
            hovertemplate="%{hovertext}<br>%{x:+.3g} against %{y:+.3g}<extra></extra>",
            cliponaxis=False,
        ),
        hovermode="closest",
        xaxis={"title": title(plotly(f"A · {names[0]}")), **axis},
        yaxis={"title": title(plotly(f"B · {names[1]}")), **axis},
    )


def dumbbells(
    rows: Sequence[Disagreement],
    names: tuple[str, str],
    unit: str = CONTRIBUTION,
    called: Mapping[int, str] = NAMELESS,
) -> go.Figure:
    """The two scores of each unit, joined: a disc for the first, a diamond for the second.

    unit : of both.
    """
    labels = [plotly(Place(r.unit).called(called)) for r in rows]
    return framed(
        72 + ROW * len(rows),
        go.Scatter(
            x=[v for r in rows for v in (r.first, r.second, None)],
            y=[v for label in labels for v in (label, label, None)],
            mode="lines",
            line={"color": QUIET, "width": 2},
            hoverinfo="skip",
            showlegend=False,
        ),
        *(
            go.Scatter(
                x=values,
                y=labels,
                mode="markers",
                name=plotly(f"{letter} · {name}"),
                marker=flat(colour, size=11, symbol=symbol),
                text=[signed(v) for v in values],
                hovertemplate=f"%{{y}} {letter}<br>%{{text}}<extra></extra>",
            )
            for letter, name, values, colour, symbol in (
                ("A", names[0], [r.first for r in rows], FIRST, "circle"),
                ("B", names[1], [r.second for r in rows], SECOND, "diamond"),
            )
        ),
        showlegend=True,
        legend=key(),
        margin={"t": 28},
        hovermode="closest",
        xaxis={"title": title(unit), "zeroline": True, "nticks": 6},
        yaxis=NAMES,
    )


def _sides(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> list[str]:
    """Numbers stand on the side of the diagonal on which the point lies."""
    return ["top center" if b > a else "bottom center" for a, b in zip(first, second, strict=True)]
