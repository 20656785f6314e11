"""Convergence: error against gradient evaluations, and the toy on which the gradient fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from dashboard.figures.frame import FIRST, MARK, QUIET, SECOND, framed, key, title
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
_LINES = 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1


def convergence(race: Convergence, tolerance: float | None = None) -> go.Figure:
    """One line for each rule, both axes logarithmic; thin: the error that adaptive itself gives."""
    figure = framed(
        HEIGHT, showlegend=True, legend=key(), margin={"t": 52, "b": 44}, hovermode="closest"
    )
    for rule, (evaluations, errors) in race.curves.items():
        colour, dash, symbol = _STYLES.get(rule, (QUIET, "longdash", "cross"))
        figure.add_trace(
            go.Scatter(
                x=evaluations,
                y=errors,
                mode="lines+markers",
                name=rule,
                line={"color": colour, "dash": dash, "width": 2.5},
                marker={"size": 8, "symbol": symbol},
                text=[percent(float(e)) for e in errors],
                hovertemplate=f"{rule}<br>%{{x}} evaluations: %{{text}}<extra></extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=race.estimate[0],
            y=race.estimate[1],
            mode="lines",
            name="error that adaptive states",
            line={"color": SECOND, "width": 1, "dash": "dot"},
            hovertemplate="stated at %{x}: %{y:.1%}<extra></extra>",
        )
    )
    if tolerance:
        figure.add_hline(y=tolerance, line={"color": MARK, "width": 1})
    counts = next(iter(race.curves.values()))[0]
    figure.update_xaxes(
        type="log",
        title=title("gradient evaluations"),
        tickvals=list(counts),
        ticktext=[str(n) for n in counts],
    )
    figure.update_yaxes(
        type="log",
        title=title("error of the scores"),
        tickvals=_LINES,
        ticktext=[percent(v) for v in _LINES],
    )
    return figure


def toy_path(toy: Toy) -> go.Figure:
    """F of the two-neuron network along its path, and the tangent at the input."""
    a, f = toy.curve()
    end = float(f[-1])
    slope = toy.slope
    figure = framed(
        TOY,
        go.Scatter(
            x=a, y=f, mode="lines", name="F along the path", line={"color": SECOND, "width": 3}
        ),
        go.Scatter(
            x=[0.0, 1.0],
            y=[end - slope, end],
            mode="lines",
            name="tangent at the input",
            line={"color": MARK, "width": 2, "dash": "dash"},
        ),
        go.Scatter(
            x=[1.0], y=[end], mode="markers", marker={"size": 10, "color": MARK}, showlegend=False
        ),
        showlegend=True,
        legend=key(),
        margin={"t": 30, "b": 44},
    )
    figure.update_xaxes(title=title("a"), range=[-0.02, 1.04])
    figure.update_yaxes(title=title("F"), range=[-0.12, 1.3], nticks=5)
    return figure


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
            go.Bar(
                x=names,
                y=[*values, sum(values)],
                name=name,
                marker={"color": colour, "line": {"width": 0}},
                text=[f"{v:.2f}" for v in (*values, sum(values))],
                textposition="outside",
                cliponaxis=False,
                hoverinfo="skip",
            )
            for name, (values, colour) in rows.items()
        ),
        barmode="group",
        bargap=0.3,
        showlegend=True,
        legend=key(),
        margin={"t": 30, "b": 30},
    )
    figure.add_hline(y=toy.f, line={"color": QUIET, "width": 1, "dash": "dot"})
    figure.update_yaxes(title=title("score"), range=[0, 1.35], nticks=5)
    return figure
