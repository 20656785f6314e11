"""Mutations: what each single change of a base does, as a map in rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.figures import colours, ruler
from dashboard.figures.frame import CLEAR, COLOUR_BAR, PLAIN, QUIET, beside_bar, framed, written
from dashboard.figures.glyphs import BASES
from dashboard.locus import Locus
from dashboard.words.numbers import signed
from dashboard.words.quantity import LOGIT
from dashboard.work import scale

_BASE_ROWS = len(BASES) + 1.6  # a row of the map, with the letters and numbers under it

Array = npt.NDArray[Any]


def mutations(
    effects: Array,
    letters: str,
    locus: Locus,
    *,
    first: int = 0,
    width: int = 50,
    palette: str = "RdBu",
    of: str = LOGIT,
) -> go.Figure:
    """What each single change of a base does to the target: effects (length, 4), in rows.

    The base that is there has no effect and is outlined. first : the first of these letters among
    those that the network sees, which `locus` numbers. A click on a cell selects a point of the
    last trace, whose customdata is [letter, base].
    """
    length = len(effects)
    width = max(1, min(width, length))
    rows = -(-length // width)
    position = np.arange(length)
    numbers = ruler.numbers(locus, first, length, width)
    numbered = list(numbers)
    top = -(position // width) * _BASE_ROWS  # of each position's column; A is the uppermost base
    bound = scale.limit(effects).value or 1.0
    x = np.repeat(position % width, 4)
    y = (top[:, None] - np.arange(4)).ravel()
    here = np.array([[base == letter for base in BASES] for letter in letters]).ravel()
    flat = np.asarray(effects, dtype=np.float64).ravel()
    named = [
        f"{letter} at {locus.label(first + i)} to {base}<br>{signed(float(effects[i, b]))}"
        for i, letter in enumerate(letters)
        for b, base in enumerate(BASES)
    ]
    unseen = {"marker": {"opacity": 0}}
    figure = framed(
        round(30 + rows * _BASE_ROWS * 17),
        *_cells(flat, position, rows, width, bound, palette),
        written(x[here] + 0.5, y[here], [b for b in letters if b in BASES], 9, QUIET),
        written(
            position[numbered] % width + 0.5,
            top[numbered] - 4.1,
            list(numbers.values()),
            10,
            QUIET,
        ),
        go.Scatter(
            x=x + 0.5,
            y=y,
            mode="markers",
            marker={"symbol": "square", "size": 15, "color": CLEAR},
            selected=unseen,
            unselected=unseen,
            customdata=[[first + i, base] for i in range(length) for base in range(4)],
            hovertext=named,
            hovertemplate="%{hovertext}<extra></extra>",
        ),
        margin={"r": 0, "t": 4, "b": 4},
        hovermode="closest",
        xaxis={"range": [0, width], "visible": False},
        yaxis={
            "range": [-(rows - 1) * _BASE_ROWS - 4.8, 0.7],
            "tickvals": [-r * _BASE_ROWS - b for r in range(rows) for b in range(4)],
            "ticktext": list(BASES) * rows,
            "tickfont": {"family": "monospace", "size": 11},
            **PLAIN,
        },
    )
    return beside_bar(figure, f"change of the {of}")


def _cells(
    flat: Array, position: Array, rows: int, width: int, bound: float, palette: str
) -> list[go.Heatmap]:
    """One heatmap for each row of a mutation map, on one scale."""
    effects = flat.reshape(-1, 4)
    return [
        go.Heatmap(
            z=effects[position // width == r].T.astype(np.float32),
            x=np.arange((position // width == r).sum()) + 0.5,
            y=-r * _BASE_ROWS - np.arange(4),
            zmin=-bound,
            zmax=bound,
            colorscale=colours.ramp(palette),
            showscale=r == 0,
            colorbar=COLOUR_BAR,
            hoverinfo="skip",
            xgap=1,
            ygap=1,
        )
        for r in range(rows)
    ]
