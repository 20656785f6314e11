"""Inputs: the scores of an input's own features as signed bars by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import NAMES, ends, flat, framed, numbered, title
from dashboard.text import plotly
from dashboard.words.answer import CONTRIBUTION
from dashboard.words.numbers import signed

MOST = 30  # bars; what is left is one more
_ROW = 24  # pixels
_ROOM = 0.3  # of the widest bar, for the number at its end
_LONGEST = 34  # characters of a name


def features(
    names: Sequence[str],
    scores: npt.NDArray[np.floating],
    palette: str = "RdBu",
    unit: str = CONTRIBUTION,
) -> go.Figure:
    """scores (names,), the largest on top; those after the first 30 in one bar."""
    order = np.argsort(-np.abs(scores), kind="stable")
    kept, rest = order[:MOST], order[MOST:]
    labels = [_short(names[i]) for i in kept]
    values = [float(scores[i]) for i in kept]
    if rest.size:
        labels.append(f"{rest.size:,} others together")
        values.append(float(scores[rest].sum(dtype=np.float64)))
    low, high = ends(values, _ROOM)
    places = [*range(len(labels))]  # of two features of one name, or shortened to one, both stay
    return framed(
        56 + _ROW * len(labels),
        numbered(
            values,
            [signed(value) for value in values],
            y=places,
            orientation="h",
            marker=flat(colours.signed(values, palette)),
        ),
        bargap=0.2,
        margin={"r": 0, "t": 4},
        xaxis={"title": title(unit), "range": [low, high], "zeroline": True, "nticks": 6},
        yaxis={
            **{k: v for k, v in NAMES.items() if k not in ("type", "tickfont")},
            "tickvals": places,
            "ticktext": labels,
            "showgrid": False,
        },
    )


def _short(name: str) -> str:
    return plotly(name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…")
