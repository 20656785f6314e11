"""Proof: what becomes of unused inputs when units are switched off, beside what was foretold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.frame import FIRST, MARK, QUIET, SECOND, flat, framed, key, title
from dashboard.words.numbers import number, percent
from dashboard.words.quantity import LOGIT

HIGH = 250  # pixels, of both
_APART = 0.2  # of a row, between what is foretold and what is measured


def removals(rows: pd.DataFrame, of: str = LOGIT) -> go.Figure:
    """The fall of the score without the first units, by how many: measured with its interval,
    foretold, and by as many others, whose draws lie along the grey line.

    rows : of one class, as of Run.proof. of : what falls.
    """
    places = np.arange(len(rows), dtype=float)
    names = ["the first" if n == 1 else f"the first {n}" for n in rows["count"]]
    drawn = (  # what it is called, where, its ends, the place in its row, colour, mark
        ("foretold", "predicted", None, -_APART, FIRST, "diamond-open"),
        ("measured", "measured", ("low", "high"), 0.0, SECOND, "circle"),
        ("random", "random", ("random_low", "random_high"), _APART, QUIET, "circle-open"),
    )
    traces = [
        trace
        for name, column, ends, aside, colour, symbol in drawn
        for trace in (
            *((_lines(rows, ends, places + aside, colour),) if ends else ()),
            go.Scatter(
                x=rows[column],
                y=places + aside,
                mode="markers",
                name=name,
                marker={"color": colour, "symbol": symbol, "size": 10, "line": {"width": 2}},
                text=[
                    f"without {of}: {number(x)} {name}"
                    for of, x in zip(names, rows[column], strict=True)
                ],
                hovertemplate="%{text}<extra></extra>",
            ),
        )
    ]
    return framed(
        HIGH,
        *traces,
        showlegend=True,
        legend=key(),
        margin={"r": 8, "t": 30},
        hovermode="closest",
        xaxis={"title": title(f"fall of the {of}"), "zeroline": True, "nticks": 6},
        yaxis={
            "tickvals": places,
            "ticktext": names,
            "ticksuffix": "  ",
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
    )


def _lines(rows: pd.DataFrame, ends: tuple[str, str], y: Any, colour: str) -> go.Scatter:
    gap = np.full(len(rows), np.nan)
    return go.Scatter(
        x=np.stack([rows[ends[0]], rows[ends[1]], gap], 1).ravel(),
        y=np.stack([y, y, gap], 1).ravel(),
        mode="lines",
        line={"color": colour, "width": 3},
        opacity=0.6,
        hoverinfo="skip",
        showlegend=False,
    )


def pruning(curve: pd.DataFrame, gone: int, unit: str) -> go.Figure:
    """The accuracy over the number of units that are switched off, the least first, with its
    interval. gone : how many can go; they are pointed at. curve : as of Run.pruning."""
    counts = curve["count"]
    figure = framed(
        HIGH,
        go.Scatter(
            x=[*counts, *counts[::-1]],
            y=[*curve["high"], *curve["low"][::-1]],
            mode="lines",
            fill="toself",
            line={"width": 0, "color": SECOND},
            opacity=0.25,
            hoverinfo="skip",
        ),
        go.Scatter(
            x=counts,
            y=curve["accuracy"],
            mode="lines+markers",
            line={"color": SECOND, "width": 2},
            marker=flat(SECOND, size=7),
            text=[percent(share) for share in curve["accuracy"]],
            hovertemplate="%{x} off: %{text}<extra></extra>",
        ),
        margin={"r": 8, "t": 30},
        xaxis={"title": title(f"{unit}s switched off, the least first"), "nticks": 8},
        yaxis={
            "title": title("right answers"),
            "range": [0, 1.04],
            "tickformat": ".0%",
            "nticks": 6,
        },
    )
    return figure.add_vline(gone, line={"color": MARK, "width": 1.5})
