"""Convergence: error against gradient evaluations, and the toy on which the gradient fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.frame import FIRST, MARK, QUIET, SECOND, flat, framed, key, numbered, title
from dashboard.words.numbers import percent
from dashboard.work.toy import Toy

if TYPE_CHECKING:
    from attribution import Convergence  # the module itself needs TensorFlow

HEIGHT = 400
TOY = 300
_STYLES = {
    "right, uniform": (QUIET, "dot", "square"),
    "trapezoid, uniform": (FIRST, "dash", "circle"),
    "secant, uniform": (FIRST, "dot", "triangle-up"),
    "trapezoid, adaptive": (SECOND, "solid", "diamond"),
    "secant, adaptive": (SECOND, "dash", "star"),
}
_LEAST = 1e-3  # what is below is drawn here: there is no more to see in it than rounding
_LINES = 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1


def convergence(race: Convergence, tolerance: float | None = None) -> go.Figure:
    """One line for each rule, both axes logarithmic; thin: the error that adaptive itself gives."""
    counts = list(next(iter(race.curves.values()))[0])
    figure = framed(
        HEIGHT,
        showlegend=True,
        legend=key(),
        margin={"t": 52},
        hovermode="closest",
        xaxis={
            "type": "log",
            "title": title("gradient evaluations"),
            "tickvals": counts,
            "ticktext": [str(n) for n in counts],
        },
        yaxis={
            "type": "log",
            "title": title("error of the scores"),
            "tickvals": (_LEAST, *_LINES),
            "ticktext": [f"≤ {percent(_LEAST)}", *map(percent, _LINES)],
        },
    )
    for rule, (evaluations, errors) in race.curves.items():
        colour, dash, symbol = _STYLES.get(rule, (QUIET, "longdash", "cross"))
        figure.add_scatter(
            x=evaluations,
            y=np.maximum(errors, _LEAST),
            mode="lines+markers",
            name=rule,
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"size": 8, "symbol": symbol},
            text=[percent(float(e)) for e in errors],
            hovertemplate=f"{rule}<br>%{{x}} evaluations: %{{text}}<extra></extra>",
        )
    figure.add_scatter(
        x=race.estimate[0],
        y=np.maximum(race.estimate[1], _LEAST),
        customdata=race.estimate[1],
        mode="lines",
        name="error that adaptive states",
        line={"color": SECOND, "width": 1, "dash": "dot"},
        hovertemplate="stated at %{x}: %{customdata:.1%}<extra></extra>",
    )
    if tolerance:
        figure.add_hline(y=tolerance, line={"color": MARK, "width": 1})
    return figure


def toy_path(toy: Toy) -> go.Figure:
    """F of the two-neuron network along its path, and the tangent at the input."""
    a, f = toy.curve()
    end = float(f[-1])
    tangent, line = [end - toy.slope, end], {"color": MARK, "width": 2, "dash": "dash"}
    named = {"mode": "lines", "name": "F along the path", "line": {"color": SECOND, "width": 3}}
    return framed(
        TOY,
        go.Scatter(x=a, y=f, **named),
        go.Scatter(x=[0.0, 1.0], y=tangent, mode="lines", name="tangent at the input", line=line),
        go.Scatter(
            x=[1.0], y=[end], mode="markers", marker={"size": 10, "color": MARK}, showlegend=False
        ),
        showlegend=True,
        legend=key(),
        margin={"t": 30},
        xaxis={"title": title("a"), "range": [-0.02, 1.04]},
        yaxis={"title": title("F"), "range": [-0.12, 1.3], "nticks": 5},
    )


def toy_scores(toy: Toy) -> go.Figure:
    """What each method gives the two neurons."""
    rows = {
        "gradient × difference": (toy.gradient, QUIET),
        "NIG": (toy.conductance, SECOND),
    }
    names = ["h₁", "h₂", "sum"]
    figure = framed(
        TOY,
        *(
            numbered(
                [*values, sum(values)],
                [f"{v:.2f}" for v in (*values, sum(values))],
                x=names,
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
        yaxis={"title": title("score"), "range": [0, 1.35], "nticks": 5},
    )
    return figure.add_hline(y=toy.f, line={"color": QUIET, "width": 1, "dash": "dot"})
