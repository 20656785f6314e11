"""A plot for each question, from the same summaries as the tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from benchmarks.evidence import tables
from benchmarks.evidence.plan import Plan


def write(frame: pd.DataFrame, plan: Plan, folder: Path) -> list[Path]:
    """One .html file for each question that has rows."""
    found = []
    for question, (title, _, metrics) in tables.QUESTIONS.items():
        table = tables.summary(frame, question, plan)
        if table.empty:
            continue
        figure = errors(frame) if question == 5 else bars(table, metrics[0])
        figure.update_layout(title=title, template="simple_white")
        file = folder / f"question-{question}.html"
        figure.write_html(file, include_plotlyjs="cdn")
        found.append(file)
    return found


def bars(table: pd.DataFrame, metric: str) -> go.Figure:
    """A dot with its interval for each ranking, a colour for each layer."""
    figure = go.Figure()
    chosen = table[table.metric == metric]
    for (network, layer), group in chosen.groupby(["network", "layer"], sort=False):
        up, down = group.high - group["mean"], group["mean"] - group.low
        error = {"type": "data", "array": up.fillna(0), "arrayminus": down.fillna(0)}
        figure.add_scatter(
            x=group["mean"],
            y=group.ranking,
            error_x=error,
            mode="markers",
            name=f"{network}, {layer}",
        )
    return figure.update_xaxes(title=metric)


def errors(frame: pd.DataFrame) -> go.Figure:
    """The true error over the estimated one, with the line on which both are the same."""
    found = frame[frame.study == "error"]
    figure = go.Figure()
    for tolerance, group in found.groupby("ranking", sort=False):
        figure.add_scatter(x=group.estimated, y=group.true, mode="markers", name=str(tolerance))
    ends = np.array([1e-4, 0.3])
    figure.add_scatter(x=ends, y=ends, mode="lines", name="the same", line={"color": "grey"})
    figure.update_xaxes(type="log", title="estimated error")
    return figure.update_yaxes(type="log", title="true error")
