"""Profile: units of a layer over a data set: means with their intervals, spreads, likeness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import (
    COLOUR_BAR,
    LINE,
    MARK,
    NAMES,
    PLAIN,
    QUIET,
    SECOND,
    TINT,
    beside_bar,
    crosswise,
    flat,
    framed,
    title,
)
from dashboard.text import plotly
from dashboard.words.numbers import signed
from dashboard.words.quantity import LOGIT

ROW = 24  # pixels
_BINS = 40
_WIDE, _HIGH, _WORDS = 320, 26, 76  # of a card's bar, and of the words before each of two
_MOST_NAMES = 40  # beside a heatmap: more cannot be read

Array = npt.NDArray[Any]


def bounds(frame: pd.DataFrame, falls: Sequence[pd.Series[Any]] = ()) -> tuple[float, float]:
    """The ends of one axis for the simultaneous intervals of a table, zero among them, and for
    what becomes of inputs without its units."""
    numbers = frame[["mean", "simultaneous_low", "simultaneous_high"]].to_numpy(float).ravel()
    numbers = np.append(numbers, [fall[n] for fall in falls for n in ("measured", "low", "high")])
    found = numbers[np.isfinite(numbers)]
    low, high = min(0.0, found.min(initial=0.0)), max(0.0, found.max(initial=0.0))
    return (low, high) if high > low else (-1.0, 1.0)


def interval(
    row: pd.Series[Any],
    ends: tuple[float, float],
    palette: str,
    fall: pd.Series[Any] | None = None,
) -> str:
    """A mean as a bar from zero, its interval thick and the simultaneous one thin. SVG.

    ends : of the axis, the same for all that are compared. fall : of the score without the unit, as
    of Run.ablation; it lies below, with its interval.
    """
    begin, (low, high) = (4 if fall is None else _WORDS), ends
    count = 1 if fall is None else 2

    def at(value: float) -> float:
        return begin + (_WIDE - 4 - begin) * (min(max(value, low), high) - low) / (high - low)

    def bar(number: int, value: float, colour: str, lines: Sequence[Any]) -> list[str]:
        middle = _HIGH * (number + 0.5)
        left, right = sorted((at(0.0), at(value)))
        return [
            f'<rect x="{left:.1f}" y="{middle - 6}" width="{max(right - left, 1):.1f}" height="12" '
            f'fill="{colour}" opacity=".55"/>',
            *(
                f'<path d="M{at(first):.1f} {middle}H{at(last):.1f}" stroke="{QUIET}" '
                f'stroke-width="{width}" stroke-linecap="round"/>'
                for first, last, width in lines
                if np.isfinite([first, last]).all()
            ),
            f'<circle cx="{at(value):.1f}" cy="{middle}" r="4.5" fill="{colour}"/>',
        ]

    mean, (colour,) = float(row["mean"]), colours.signed([float(row["mean"])], palette)
    both = (row["simultaneous_low"], row["simultaneous_high"], 1.2), (row["low"], row["high"], 4)
    shapes = bar(0, mean, colour, both)
    if fall is not None:
        shapes += bar(1, float(fall["measured"]), SECOND, [(fall["low"], fall["high"], 4)])
        shapes += [
            f'<text x="0" y="{_HIGH * (k + 0.5) + 4}" font-size="12" fill="{QUIET}" '
            f'font-family="system-ui, sans-serif">{word}</text>'
            for k, word in enumerate(("contributes", "without it"))
        ]
    zero = f'<path d="M{at(0.0):.1f} 1V{_HIGH * count - 1}" stroke="{QUIET}" stroke-width="1"/>'
    return _svg(_WIDE, _HIGH * count, [zero, *shapes])


def _svg(width: int, height: int, shapes: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{"".join(shapes)}</svg>'
    )


def intervals(
    frame: pd.DataFrame,
    names: Sequence[str],
    picked: int | None,
    palette: str,
    of: str = LOGIT,
) -> go.Figure:
    """A row for each row of a table: the mean, its interval thick, the simultaneous one thin.

    picked : a row that stands out. A click anywhere in a row selects a point of the first trace,
    whose customdata is the row's number. of : what the target's number is called.
    """
    low, high = bounds(frame)
    room = 0.06 * (high - low)
    low, high = low - room, high + room
    rows = [plotly(name) for name in names]
    means = frame["mean"].to_numpy(float)
    lines = [
        go.Scatter(
            x=np.stack(
                [frame[f"{of}low"], frame[f"{of}high"], np.full(len(frame), None)], 1
            ).ravel(),
            y=[y for row in rows for y in (row, row, None)],
            mode="lines",
            line={"color": QUIET, "width": width},
            hoverinfo="skip",
        )
        for of, width in (("simultaneous_", 1.5), ("", 5))
    ]
    told = [
        f"{signed(m)} ({signed(a)} to {signed(b)}; all at once {signed(c)} to {signed(d)})"
        for m, a, b, c, d in frame[
            ["mean", "low", "high", "simultaneous_low", "simultaneous_high"]
        ].itertuples(index=False)
    ]
    return framed(
        56 + ROW * len(rows),
        crosswise(
            low,
            high,
            rows,
            colour=[TINT if i == picked else "rgba(0,0,0,0)" for i in range(len(rows))],
            customdata=[[i] for i in range(len(rows))],
            text=told,
            hovertemplate="%{y}<br>%{text}<extra></extra>",
        ),
        *lines,
        go.Scatter(
            x=means,
            y=rows,
            mode="markers",
            marker=flat(colours.signed(means, palette), size=10),
            hoverinfo="skip",
        ),
        margin={"r": 8, "t": 4},
        bargap=0.1,
        xaxis={
            "title": title(f"mean contribution to the {of}"),
            "range": [low, high],
            "zeroline": True,
            "zerolinecolor": LINE,
            "nticks": 6,
        },
        yaxis=NAMES | {"range": [len(rows) - 0.5, -0.5], "autorange": False},
    )


def histogram(values: Array, palette: str, here: float | None = None, of: str = LOGIT) -> go.Figure:
    """How many inputs contribute how much. here : a value that is pointed at. of : as above."""
    counts, edges = np.histogram(values, _BINS)
    middles = (edges[1:] + edges[:-1]) / 2
    figure = framed(
        240,
        go.Bar(
            x=middles,
            y=counts,
            width=np.diff(edges),
            marker=flat(colours.signed(middles, palette)),
            hovertemplate="%{y} inputs around %{x:+.3g}<extra></extra>",
        ),
        bargap=0,
        xaxis={"title": title(f"contribution to the {of}"), "showgrid": False, "nticks": 6},
        yaxis={"title": title("inputs"), "nticks": 4, "rangemode": "tozero"},
    )
    if here is not None:
        figure.add_vline(here, line={"color": MARK, "width": 2})
    return figure


def heatmap(means: Array, classes: Sequence[str], units: Sequence[str], palette: str) -> go.Figure:
    """Mean contributions (classes, units), like ones beside each other as they come."""
    limit = float(np.percentile(np.abs(means), 99)) or float(np.abs(means).max()) or 1.0
    many = len(units) > _MOST_NAMES
    short = [plotly(name[:24]) for name in classes]
    figure = framed(
        max(150 + 20 * len(classes), 220),
        go.Heatmap(
            x=[plotly(unit) for unit in units],
            z=means.astype(np.float32),
            zmin=-limit,
            zmax=limit,
            colorscale=colours.ramp(palette),
            hovertemplate="%{x}, class %{y}<br>%{z:+.3g}<extra></extra>",
            colorbar=COLOUR_BAR,
            xgap=0 if many else 1,
            ygap=1,
        ),
        margin={"r": 0, "b": 44 if many else 70},
        xaxis={
            "title": {**title("units, like ones beside each other"), "standoff": 12},
            "type": "category",  # of which Plotly writes as many as there is room for
            "showticklabels": not many,
            "tickangle": -90,
            "showgrid": False,
        },
        yaxis={
            "tickvals": list(range(len(short))),
            "ticktext": short,
            "ticksuffix": "  ",
            "autorange": "reversed",
            **PLAIN,
            "title": title("class"),
        },
    )
    return beside_bar(figure, "mean contribution")
