"""Ranking: the neurons that matter most, as signed bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.faces import beside
from dashboard.figures.frame import (
    CLEAR,
    MARK,
    NAMES,
    TINT,
    crosswise,
    ends,
    flat,
    framed,
    numbered,
    title,
)
from dashboard.text import plotly
from dashboard.words.numbers import signed
from dashboard.words.quantity import CONTRIBUTION
from dashboard.work.answer import NAMELESS, Place, Ranked

ROW = 22  # pixels; a bar, and what can be clicked, takes 4/5 of it
FACED = 34  # of a row with a face
_FACES = 0.09  # of the width
_ROOM = 0.3  # of the widest bar, for the number at its end


def ranking(
    ranked: Sequence[Ranked],
    picked: Place | None,
    palette: str = "RdBu",
    unit: str = CONTRIBUTION,
    faces: Sequence[str] = (),
    least: float = 0.0,
    called: Mapping[int, str] = NAMELESS,
) -> go.Figure:
    """One bar for each line, the largest |score| on top; the picked one stands out.

    faces : a small picture for each line, or none. least : as of scale.spread, of the bars.
    called : the names of channels that have one.

    A click anywhere in a row selects a point of the first trace, which lies behind the bars;
    its customdata is the channel's number, and then a neuron's position.
    """
    names, scores = (
        [plotly(line.place.called(called)) for line in ranked],
        [line.score for line in ranked],
    )
    low, high = ends(scores, _ROOM, least)
    figure = framed(
        56 + (FACED if faces else ROW) * len(ranked),
        crosswise(
            low,
            high,
            names,
            colour=[TINT if line.place == picked else CLEAR for line in ranked],
            edge=[MARK if line.place == picked else CLEAR for line in ranked],
            customdata=[[line.place.channel, *(line.place.position or ())] for line in ranked],
            text=[f"{signed(line.score)} · {line.share:.1%} of all" for line in ranked],
            hovertemplate="%{y}<br>%{text}<extra></extra>",
        ),
        numbered(
            scores,
            [signed(s) for s in scores],
            y=names,
            orientation="h",
            marker=flat(colours.signed(scores, palette)),
        ),
        barmode="overlay",
        bargap=0.2,
        margin={"r": 0, "t": 4},
        xaxis={"title": title(unit), "range": [low, high], "zeroline": True, "nticks": 6},
        yaxis=NAMES,
    )
    if faces:
        beside(figure, names, faces, _FACES)
        figure.update_layout(
            xaxis={"domain": [_FACES + 0.01, 1]}, yaxis={"anchor": "free", "position": 0}
        )
    return figure
