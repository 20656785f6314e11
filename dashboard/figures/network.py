"""Network: every layer in graph order, what supports and what opposes the target in it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import CLEAR, MARK, PLAIN, QUIET, clickable, flat, framed, key, title
from dashboard.text import plotly
from dashboard.words.numbers import number, percent, signed
from dashboard.words.quantity import LOGIT
from dashboard.work.findings import LayerSum, Overview

HEIGHT = 480
_FAINT = 0.45  # layers that part of the signal goes around
_MOST_TICKS = 16
_ROOM = 1.08
_PICKED = "rgba(128,128,128,0.28)"


def network(
    overview: Overview,
    layers: Sequence[LayerSum],
    picked: str,
    palette: str = "RdBu",
    of: str = LOGIT,
) -> go.Figure:
    """Two bars for each of `layers`, its net sum as a dot, and below them its error.

    A click anywhere above a layer selects a point of the last trace, whose customdata is [name].
    of : what the target's number is called.
    """
    supports, opposes = colours.bars(palette)
    places = list(range(len(layers)))
    opacity = [1.0 if layer.is_cut else _FAINT for layer in layers]
    largest = max([max(x.positive, -x.negative) for x in layers], default=0.0) or 1.0
    high = _ROOM * _root(max([x.positive for x in layers], default=0.0)) or 1.0
    low = _ROOM * _root(min([x.negative for x in layers], default=0.0))
    figure = framed(HEIGHT)
    for name, values, colour in (
        ("supports", [layer.positive for layer in layers], supports),
        ("opposes", [layer.negative for layer in layers], opposes),
    ):
        marker, heights = flat(colour, opacity=opacity), [_root(v) for v in values]
        figure.add_bar(x=places, y=heights, marker=marker, name=name, hoverinfo="skip")
    figure.add_scatter(  # net sums: full for cuts, which all lie on one line, else rings
        x=places,
        y=[_root(layer.net) for layer in layers],
        mode="markers",
        marker={
            "size": 5,
            "color": [QUIET if layer.is_cut else CLEAR for layer in layers],
            "line": {"width": 1, "color": QUIET},
        },
        name="sum of both",
        hoverinfo="skip",
    )
    if overview.estimated:
        figure.add_bar(
            x=places,
            y=[layer.error for layer in layers],
            marker=flat(QUIET, opacity=opacity),
            yaxis="y2",
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_trace(
        clickable(
            [_PICKED if layer.name == picked else CLEAR for layer in layers],
            edge=[MARK if layer.name == picked else CLEAR for layer in layers],
            x=places,
            y=[high - low] * len(layers),
            base=[low] * len(layers),
            width=1,
            customdata=[[layer.name] for layer in layers],
            text=[_told(overview, layer) for layer in layers],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    ticks = _ticks([layer.name for layer in layers])
    figure.update_layout(
        barmode="overlay",
        bargap=0.12,
        showlegend=True,
        legend=key(),
        margin={"t": 30, "b": 8},
        hovermode="closest",
        xaxis={
            "tickvals": list(ticks),
            "ticktext": [plotly(name) for name in ticks.values()],
            "tickangle": -55,
            "tickfont": {"size": 12},
            "range": [-0.7, len(layers) - 0.3],
            **PLAIN,
            "anchor": "y2" if overview.estimated else "y",
        },
        yaxis={
            "title": title(f"contribution to the {of} (root scale)"),
            **_root_ticks(largest),
            "domain": [0.26, 1] if overview.estimated else [0, 1],
            "range": [low, high],
        },
        yaxis2={
            "title": title("error"),
            "domain": [0, 0.17],
            "rangemode": "tozero",
            "nticks": 3,
            "tickformat": ".0%",
            "fixedrange": True,
            "visible": overview.estimated,
        },
    )
    if overview.complete:
        figure.add_hline(y=_root(overview.delta), line={"color": QUIET, "width": 1, "dash": "dot"})
    return figure


def _root(value: float) -> float:
    """The signed square root: sums shrink a hundredfold on the way up, and all must be seen."""
    return math.copysign(math.sqrt(abs(value)), value)


def _root_ticks(largest: float) -> dict[str, list[object]]:
    """Round numbers at about even distances on the root scale, both ways."""
    step = 10 ** math.floor(math.log10(largest / 9))
    unit = next(u for u in (10, 5, 2, 1) if u * step * 9 <= largest or u == 1) * step
    sizes = [unit * k * k for k in (1, 2, 3) if unit * k * k <= largest * _ROOM]
    values = [*(-v for v in reversed(sizes)), 0.0, *sizes]
    texts = [f"{v:,.12g}".replace("-", "−") for v in values]
    return {"tickvals": [_root(v) for v in values], "ticktext": [*texts]}


def _told(overview: Overview, layer: LayerSum) -> str:
    lines = [
        f"<b>{plotly(layer.name)}</b>{'' if layer.is_cut else ' (not a cut)'}",
        f"supports {signed(layer.positive)}, opposes {signed(layer.negative)}",
        f"sum {signed(layer.net)} of {signed(overview.delta)}",
    ]
    if overview.estimated:
        lines.append(f"error {percent(layer.error)}")
    if layer.is_cut and overview.complete:
        lines.append(f"gap {number(layer.gap)}")
    return "<br>".join(lines)


def _ticks(names: Sequence[str]) -> dict[int, str]:
    """Place -> text: where a new block of the network begins, or evenly spread."""
    starts: dict[int, str] = {}
    before = None
    for i, name in enumerate(names):
        block = re.split(r"[_/]", name)[0]
        if block != before:
            starts[i] = block
        before = block
    if not 1 < len(starts) <= _MOST_TICKS * 2:
        starts = dict(enumerate(names))
    step = max(1, -(-len(starts) // _MOST_TICKS))
    return dict(list(starts.items())[::step])
