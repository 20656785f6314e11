"""Inputs: the scores of an input's own features as signed bars by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import NAMES, ends, flat, framed, numbered, title
from dashboard.text import plotly
from dashboard.words.numbers import signed
from dashboard.words.quantity import CONTRIBUTION

MOST = 30  # bars; what is left is one more
_ROW = 24  # pixels
_ROOM = 0.3  # of the widest bar, for the number at its end
_LONGEST, _VALUE = 22, 12  # characters of a name and of a value


def features(
    names: Sequence[str],
    values: Sequence[str],
    scores: npt.NDArray[np.floating],
    palette: str = "RdBu",
    unit: str = CONTRIBUTION,
) -> go.Figure:
    """scores (names,), the largest on top, by name and value; those after 30 are one bar."""
    order = np.argsort(-np.abs(scores), kind="stable")
    kept, rest = order[:MOST], order[MOST:]
    labels = [plotly(f"{_short(names[i], _LONGEST)} = {_short(values[i], _VALUE)}") for i in kept]
    sums = [float(scores[i]) for i in kept]
    if rest.size:
        labels.append(f"{rest.size:,} others together")
        sums.append(float(scores[rest].sum(dtype=np.float64)))
    low, high = ends(sums, _ROOM)
    places = [*range(len(labels))]  # of two features of one name, or shortened to one, both stay
    return framed(
        56 + _ROW * len(labels),
        numbered(
            sums,
            [signed(value) for value in sums],
            y=places,
            orientation="h",
            marker=flat(colours.signed(sums, palette)),
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


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
