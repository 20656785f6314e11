"""A plot for each question, from the same numbers as the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from benchmarks.evidence import tables
from benchmarks.evidence.plan import Plan

NAMES = {
    "planted": "Planted",
    "digits": "Digits",
    "tal1-gata1": "TAL1 and GATA1",
    "efficientnet-lite0": "EfficientNet-Lite0",
}
_COLOURS = ("#7fb6c1", "#2c7d8c", "#0b3d47")  # early, middle, late
_DEPTHS = ("early layer", "middle layer", "late layer")
_INK, _RULE = "#12181a", "#e2e6e6"
_WIDTH, _ROW, _EDGE = 900, 21, 120  # pixels; of a ranking; of what is around
PLOTS: dict[int, tuple[str, tuple[str, ...], bool]] = {
    1: ("distance", (*tables.DEEPLIFT, "layer IG", "gradient x difference"), False),
    2: ("cpr", (), False),
    3: ("seconds", (), True),
    4: ("shared", tables.UNDER[1:], False),
    6: ("baseline", (), False),
    7: ("randomised", (), False),
}
"""Question -> what is drawn of which rankings (none: all), and whether by powers of ten."""


def write(frame: pd.DataFrame, plan: Plan, folder: Path) -> list[Path]:
    """An .svg of each figure. Needs a Chrome or Chromium, as Kaleido does."""
    found = []
    for question, figure in drawn(frame, plan).items():
        found.append(folder / f"question-{question}.svg")
        figure.write_image(found[-1])
    return found


def drawn(frame: pd.DataFrame, plan: Plan) -> dict[int, go.Figure]:
    """A figure for each question that has rows."""
    made = {q: errors(frame) if q == 5 else dots(frame, q, plan) for q in tables.QUESTIONS}
    return {question: figure for question, figure in made.items() if figure is not None}


def dots(frame: pd.DataFrame, question: int, plan: Plan) -> go.Figure | None:
    """A dot with its interval for each ranking: panels are networks, colours layers."""
    name, only, powers = PLOTS[question]
    metric = replace(tables.METRICS[name], only=only)
    table = tables.cells(frame, metric, plan)
    if table.empty:
        return None
    networks = list(table.network.unique())
    titles = [NAMES[n] for n in networks]
    figure = make_subplots(1, len(networks), shared_yaxes=True, subplot_titles=titles)
    order = table.groupby("ranking")["mean"].mean().sort_values().index.to_list()
    for column, network in enumerate(networks, 1):
        layers = list(table[table.network == network].layer.unique())
        for place, layer in enumerate(layers):
            depth = place if len(layers) == len(_DEPTHS) else 1
            group = table[(table.network == network) & (table.layer == layer)]
            figure.add_scatter(
                x=group["mean"],
                y=[order.index(r) + 0.22 * (1 - depth) for r in group.ranking],
                error_x=_interval(group),
                mode="markers",
                marker={"color": _COLOURS[depth], "size": 7},
                name=_DEPTHS[depth],
                legendgroup=_DEPTHS[depth],
                showlegend=column == 2 or len(networks) == 1,
                row=1,
                col=column,
            )
    figure.update_yaxes(tickvals=list(range(len(order))), ticktext=order, showgrid=False)
    figure.update_xaxes(type="log" if powers else "linear", zeroline=not powers)
    return _light(figure, _EDGE + _ROW * max(len(order), 4), tables.METRICS[name].title)


def errors(frame: pd.DataFrame) -> go.Figure | None:
    """The true error over the estimated one, with the line on which both are the same."""
    found = frame[frame.study == "error"]
    if found.empty:
        return None
    figure = go.Figure()
    groups: Sequence = list(found.groupby("network", sort=False))
    for (network, group), colour in zip(groups, _COLOURS[:2:-1] or _COLOURS, strict=False):
        figure.add_scatter(
            x=group.estimated,
            y=group.true,
            mode="markers",
            name=NAMES[str(network)],
            marker={"size": 6, "opacity": 0.6, "color": colour},
        )
    ends = np.array([1e-4, 0.3])
    figure.add_scatter(x=ends, y=ends, mode="lines", name="the same", line={"color": "#8a9494"})
    figure.update_xaxes(type="log", title="estimated error")
    figure.update_yaxes(type="log", title="true error")
    return _light(figure, 420, "")


def _interval(group: pd.DataFrame) -> dict[str, object]:
    up, down = group.high - group["mean"], group["mean"] - group.low
    return {
        "type": "data",
        "array": up.fillna(0),
        "arrayminus": down.fillna(0),
        "thickness": 1.2,
        "width": 0,
    }


def _light(figure: go.Figure, height: int, title: str) -> go.Figure:
    """On white, with its axis named once below all panels."""
    figure.update_layout(
        template="simple_white",
        width=_WIDTH,
        height=height,
        font={"family": "Helvetica, Arial, sans-serif", "size": 12, "color": _INK},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "yref": "container"},
        margin={"l": 10, "r": 20, "t": 60, "b": 50},
    )
    if title:
        figure.add_annotation(
            text=title, x=0.5, y=0, yshift=-42, xref="paper", yref="paper", showarrow=False
        )
    figure.update_xaxes(showgrid=True, gridcolor=_RULE)
    return figure.update_yaxes(automargin=True)
