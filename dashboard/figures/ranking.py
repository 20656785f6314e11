"""Ranking: the neurons that matter most, as signed bars."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import TEMPLATE
from dashboard.words.answer import CONTRIBUTION
from dashboard.words.numbers import signed
from dashboard.work.answer import Place, Ranked

ROW = 22  # pixels; a bar, and what can be clicked, takes 4/5 of it
_CLEAR = "rgba(0,0,0,0)"
_ROOM = 0.3  # of the widest bar, for the number at its end


def ranking(
    ranked: Sequence[Ranked],
    picked: Place | None,
    palette: str = "RdBu",
    unit: str = CONTRIBUTION,
) -> go.Figure:
    """One bar for each line, the largest |score| on top; the picked one stands out.

    A click anywhere in a row selects a point of the first trace, which lies behind the bars;
    its customdata is the channel's number, and then a neuron's position.
    """
    supports, opposes = colours.bars(palette)
    names = [short(line.place) for line in ranked]
    scores = [line.score for line in ranked]
    low, high = min([0.0, *scores]), max([0.0, *scores])
    room = _ROOM * ((high - low) or 1.0)
    low, high = low - (room if low < 0 else 0), high + (room if high > 0 else 0)
    if low == high:
        high = 1.0
    behind = ["rgba(128,128,128,0.22)" if line.place == picked else _CLEAR for line in ranked]
    figure = go.Figure(
        [
            go.Bar(
                x=[high - low] * len(ranked),
                base=[low] * len(ranked),
                y=names,
                orientation="h",
                marker={"color": behind, "line": {"width": 0}},
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
                customdata=[[line.place.channel, *(line.place.position or ())] for line in ranked],
                text=[f"{signed(line.score)} · {line.share:.1%} of all" for line in ranked],
                textposition="none",
                hovertemplate="%{y}<br>%{text}<extra></extra>",
            ),
            go.Bar(
                x=scores,
                y=names,
                orientation="h",
                marker={
                    "color": [supports if s >= 0 else opposes for s in scores],
                    "line": {"width": 0},
                },
                text=[signed(s) for s in scores],
                textposition="outside",
                cliponaxis=False,
                hoverinfo="skip",
            ),
        ],
        layout={"template": TEMPLATE},
    )
    figure.update_layout(
        barmode="overlay",
        bargap=0.2,
        showlegend=False,
        dragmode=False,
        height=56 + ROW * len(ranked),
        margin={"l": 0, "r": 0, "t": 4, "b": 44},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={
            "title": {"text": unit, "font": {"size": 13}},
            "range": [low, high],
            "fixedrange": True,
            "zeroline": True,
            "nticks": 6,
        },
        yaxis={
            "type": "category",
            "autorange": "reversed",
            "fixedrange": True,
            "ticksuffix": "  ",
            "tickfont": {"family": "monospace", "size": 12},
        },
    )
    return figure


def short(place: Place) -> str:
    """'#137', or '#137 (3, 4)' for a neuron."""
    if place.position is None:
        return f"#{place.channel}"
    return f"#{place.channel} ({', '.join(map(str, place.position))})"
