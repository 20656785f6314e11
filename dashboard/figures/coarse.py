"""Coarse: few steps beside many; what turns an answer; and the minimum of two inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import (
    FIRST,
    MARK,
    NAMES,
    QUIET,
    SECOND,
    ends,
    flat,
    framed,
    key,
    title,
)
from dashboard.figures.frame import numbered as bars
from dashboard.text import plotly
from dashboard.words.numbers import percent, signed
from dashboard.work.findings import Coarse, Flips
from dashboard.work.minimum import Minimum

_LINES = 6  # units whose scores are followed
_BARS = 16
_HEIGHT = 340


def signs(found: Coarse) -> go.Figure:
    """A bar for each number of steps: how many units have the wrong sign."""
    wrong = [int(n) for n in found.flipped]
    names = [str(n) for n in found.counts]
    texts = [f"{n} · error {percent(float(e))}" for n, e in zip(wrong, found.errors, strict=True)]
    return framed(
        44 * len(names) + 56,
        bars(wrong, texts, y=names, orientation="h", marker=flat(QUIET)),
        bargap=0.3,
        xaxis={"title": title("units with the wrong sign"), **_whole(max(wrong))},
        yaxis={**NAMES, "title": title("steps")},
    )


def _whole(most: int) -> dict[str, Any]:
    """An axis of whole numbers, with room for what stands at the end of a bar."""
    return {"range": [0, 1.6 * max(most, 2)], **({"dtick": 1} if most < 6 else {})}


def units(found: Coarse) -> go.Figure:
    """The scores of the largest units over the number of steps, and where they end."""
    largest = np.argsort(-np.abs(found.converged), kind="stable")[:_LINES]
    names = [*map(str, found.counts), "converged"]
    figure = framed(
        _HEIGHT,
        hovermode="closest",
        xaxis={"type": "category", "title": title("steps")},
        yaxis={"title": title("score"), "zeroline": True, "nticks": 7},
        margin={"r": 56},
    )
    shades = colours.signed([float(found.converged[i]) for i in largest], "RdBu")
    for unit, shade in zip(largest, shades, strict=True):
        values = [*map(float, found.scores[:, unit]), float(found.converged[unit])]
        figure.add_scatter(
            x=names,
            y=values,
            mode="lines+markers+text",
            text=[""] * len(found.counts) + [f"  #{unit}"],
            textposition="middle right",
            cliponaxis=False,
            line={"color": shade, "width": 2},
            hovertemplate=f"#{unit}, %{{x}}: %{{y:.2f}}<extra></extra>",
        )
    return figure


def flips(found: Flips, names: Sequence[str]) -> go.Figure:
    """The logits of the target, its rival and the rest, over the number of units held."""
    counts = list(range(len(found.outputs)))
    figure = framed(
        _HEIGHT,
        showlegend=True,
        legend=key(),
        margin={"t": 30},
        xaxis={"title": title("units switched off"), "rangemode": "tozero", "nticks": 9},
        yaxis={"title": title("logit"), "nticks": 7},
    )
    shown = {found.at: (FIRST, 3), found.rival: (SECOND, 3)}
    for other in range(found.outputs.shape[1]):
        colour, width = shown.get(other, (QUIET, 1))
        figure.add_scatter(
            x=counts,
            y=found.outputs[:, other],
            mode="lines",
            name=plotly(names[other]),
            showlegend=other in shown,
            opacity=1.0 if other in shown else 0.5,
            line={"color": colour, "width": width},
            hovertemplate=f"{plotly(names[other])}, %{{x}} off: %{{y:.2f}}<extra></extra>",
        )
    if found.needed is not None:
        figure.add_vline(x=found.needed, line={"color": MARK, "width": 1.5})
    return figure


def margins(found: Flips, names: Sequence[str]) -> go.Figure:
    """The first units of the order, by how much they speak for the target and not its rival."""
    first = found.channels[:_BARS]
    values = [float(found.margins[c]) for c in first]
    return framed(
        56 + 22 * len(first),
        bars(
            values,
            [signed(v) for v in values],
            y=[f"#{c}" for c in first],
            orientation="h",
            marker=flat(colours.signed(values, "RdBu")),
        ),
        bargap=0.25,
        xaxis={
            "title": title(
                f"for {plotly(names[found.at])} rather than {plotly(names[found.rival])}"
            ),
            "range": ends(values, 0.25),
            "nticks": 6,
        },
        yaxis=NAMES,
    )


def wired(name: str, pair: tuple[float, float], formula: str) -> go.Figure:
    """Two neurons, or inputs, the larger the more, and the answer that both lead to."""
    places = {"x": [0.0, 0.0, 1.0], "y": [1.0, 0.0, 0.5]}
    top = max(*pair, 0.1)
    sizes = [28 + 32 * value / top for value in pair]
    figure = framed(
        240,
        *(
            go.Scatter(x=[0, 1], y=[y, 0.5], mode="lines", line={"color": QUIET}, hoverinfo="skip")
            for y in (1.0, 0.0)
        ),
        go.Scatter(
            **places,
            mode="markers",
            marker={"size": [*sizes, 44], "color": [SECOND, SECOND, FIRST], "opacity": 1},
            hoverinfo="skip",
        ),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis={"visible": False, "range": [-0.9, 1.5]},
        yaxis={"visible": False, "range": [-0.85, 1.4]},
    )
    said = [f"{name}{mark} = {value:g}" for mark, value in zip("₁₂", pair, strict=True)]
    for x, y, text, anchor, shift in (
        (0, 1.0, said[0], "right", -38),
        (0, 0.0, said[1], "right", -38),
        (1, 0.5, "F", "left", 28),
        (0.3, -0.7, formula, "center", 0),
    ):
        figure.add_annotation(
            x=x, y=y, text=text, xanchor=anchor, xshift=shift, showarrow=False, font={"size": 14}
        )
    return figure


def minimum(found: Minimum) -> go.Figure:
    """What three methods give the two inputs."""
    rows = {
        "integrated gradients": (found.integrated, SECOND),
        "Rescale": (found.rescale, QUIET),
        "RevealCancel": (found.reveal_cancel, FIRST),
    }
    top = max(found.first, found.second, 0.1)
    return framed(
        300,
        *(
            bars(
                [*values, sum(values)],
                [f"{v:.2f}" for v in (*values, sum(values))],
                x=["i₁", "i₂", "sum"],
                name=name,
                marker=flat(colour),
            )
            for name, (values, colour) in rows.items()
        ),
        barmode="group",
        bargap=0.3,
        showlegend=True,
        legend=key(),
        margin={"t": 30, "b": 30},
        yaxis={"title": title("score"), "range": [0, 1.2 * top], "nticks": 5},
    )
