"""A plot for each question, from the same numbers as the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
from plotly.subplots import make_subplots

from benchmarks.evidence import tables
from benchmarks.evidence.plan import Plan

NAMES = {
    "planted": "Planted",
    "digits": "Digits",
    "tal1-gata1": "TAL1 and GATA1",
    "efficientnet-lite0": "EfficientNet-Lite0",
}
_DEPTHS = {"early layer": "#7fb6c1", "middle layer": "#2c7d8c", "late layer": "#0b3d47"}
_ONLY = {"the only layer": "#c2703d"}
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
    figures = drawn(frame, plan)
    files = [folder / f"question-{question}.svg" for question in figures]
    sizes = {side: [f.layout[side] for f in figures.values()] for side in ("width", "height")}
    pio.write_images(fig=[*figures.values()], file=files, **sizes)
    return files


def drawn(frame: pd.DataFrame, plan: Plan) -> dict[int, go.Figure]:
    """A figure for each question that has rows."""
    made = {q: errors(frame) if q == 5 else dots(frame, q, plan) for q in tables.QUESTIONS}
    return {question: figure for question, figure in made.items() if figure is not None}


def dots(frame: pd.DataFrame, question: int, plan: Plan) -> go.Figure | None:
    """A dot with its interval for each ranking: panels are networks, colours layers."""
    name, only, powers = PLOTS[question]
    table = tables.cells(frame, tables.METRICS[name], plan)
    table = table[table.ranking.isin(only)] if only else table
    table = table[table.ranking != "random"] if powers else table  # it costs nothing
    if table.empty:
        return None
    networks = list(table.network.unique())
    titles = [NAMES[n] for n in networks]
    figure = make_subplots(1, len(networks), shared_yaxes=True, subplot_titles=titles)
    order = table.groupby("ranking")["mean"].mean().sort_values().index.to_list()
    shown = set[str]()
    for column, network in enumerate(networks, 1):
        own = table[table.network == network]
        layers = list(own.layer.unique())
        for place, (layer, depth) in enumerate(zip(layers, _depths(layers), strict=True)):
            called, colour = depth
            group = own[own.layer == layer]
            shift = 0.22 * ((len(layers) - 1) / 2 - place)
            figure.add_scatter(
                x=group["mean"],
                y=[order.index(r) + shift for r in group.ranking],
                error_x=_interval(group),
                mode="markers",
                marker={"color": colour, "size": 7},
                name=called,
                legendgroup=called,
                showlegend=called not in shown,
                row=1,
                col=column,
            )
            shown.add(called)
    figure.update_yaxes(tickvals=list(range(len(order))), ticktext=order, showgrid=False)
    powers_of_ten = {"type": "log", "dtick": 2, "tickangle": 0}
    figure.update_xaxes(**(powers_of_ten if powers else {"nticks": 5}))
    return _light(figure, _EDGE + _ROW * max(len(order), 4), tables.METRICS[name].title)


def _depths(layers: Sequence[str]) -> list[tuple[str, str]]:
    """Name and colour of each layer of a network."""
    return list((_DEPTHS if len(layers) == len(_DEPTHS) else _ONLY).items())[: len(layers)]


def errors(frame: pd.DataFrame) -> go.Figure | None:
    """The true error over the estimated one, with the line on which both are the same."""
    found = frame[frame.study == "error"]
    if found.empty:
        return None
    figure = go.Figure()
    least = tables.ROUNDING
    for (network, group), colour in zip(
        found.groupby("network", sort=False), [*_ONLY.values(), *_DEPTHS.values()], strict=False
    ):
        figure.add_scatter(
            x=group.estimated.clip(lower=least),
            y=group.true.clip(lower=least),
            mode="markers",
            name=NAMES[str(network)],
            marker={"size": 6, "opacity": 0.6, "color": colour},
        )
    ends = np.array([least, 0.3])
    figure.add_scatter(x=ends, y=ends, mode="lines", name="the same", line={"color": "#8a9494"})
    figure.update_xaxes(type="log", dtick=1, title="estimated error")
    figure.update_yaxes(type="log", dtick=1, title="true error")
    return _light(figure, 440, "")


def growth(frame: pd.DataFrame, told: Mapping[str, str]) -> go.Figure:
    """Seconds over what grows: networks and pixels, bases, batch, references."""
    series = {
        "networks": "pictures of 96 to 224 px, by network",
        "length": "bases",
        "batch": "sequences of 1,000 bases",
        "references": "references of 1,000 bases",
    }
    titles = list(series.values())
    figure = make_subplots(2, 2, subplot_titles=titles, vertical_spacing=0.28)
    for place, name in enumerate(series):
        given = frame[~frame.series.isin(series)] if place == 0 else frame[frame.series == name]
        if name in ("batch", "references"):
            given = pd.concat([frame[frame.case == "1,000 bases"].assign(size=1), given])
        for (what, title), colour in zip(told.items(), _DEPTHS.values(), strict=True):
            figure.add_scatter(
                x=given.case if place == 0 else given["size"],
                y=given[f"{what} seconds"],
                mode="markers" if place == 0 else "lines+markers",
                marker={"color": colour, "size": 7},
                name=title,
                legendgroup=title,
                showlegend=place == 0,
                row=place // 2 + 1,
                col=place % 2 + 1,
            )
    figure.update_yaxes(type="log", dtick=1, title="seconds of processor")
    for place in (1, 2, 3):
        figure.update_xaxes(type="log", dtick="D2", row=place // 2 + 1, col=place % 2 + 1)
    return _light(figure, 640, "")


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
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1, "yref": "container"},
        margin={"l": 10, "r": 20, "t": 70, "b": 50},
    )
    figure.update_layout(legend_yanchor="top")
    if title:
        figure.add_annotation(
            text=title, x=0.5, y=0, yshift=-46, xref="paper", yref="paper", showarrow=False
        )
    figure.update_xaxes(showgrid=True, gridcolor=_RULE, exponentformat="power")
    return figure.update_yaxes(automargin=True, exponentformat="power")
