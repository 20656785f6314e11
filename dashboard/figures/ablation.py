"""Ablation: predicted against measured change, classes before and after, the curve over k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import (
    CLEAR,
    FIRST,
    MARK,
    NAMES,
    QUIET,
    SECOND,
    crosswise,
    ends,
    flat,
    framed,
    key,
    numbered,
    title,
)
from dashboard.text import plotly
from dashboard.words.numbers import number, percent, signed
from dashboard.words.quantity import CONTRIBUTION, LOGIT
from dashboard.work.answer import NAMELESS, Ranked
from dashboard.work.findings import Ablation, Curve

CURVES = 380
_BAR = 40  # pixels for a row of bars
NBSP = "\N{NO-BREAK SPACE}"
_LONGEST = 26  # characters of a class name beside its bars
_ROOM = 0.25
_NAMED = {"type": "category", "autorange": "reversed", "ticksuffix": "  ", "tickfont": {"size": 13}}
_STYLES = {  # colour, dash, width, opacity
    "supporting": (SECOND, "solid", 3, 1.0),
    "largest": (FIRST, "solid", 2, 1.0),
    "activation": (QUIET, "dash", 1.5, 1.0),
    "smallest": (QUIET, "dot", 1.5, 1.0),
    "random": (QUIET, "solid", 1, 0.7),
}


def change(ablation: Ablation, palette: str = "RdBu", of: str = LOGIT) -> go.Figure:
    """The change that the scores foretell, and the one that was measured. of : what changes."""
    values = [ablation.predicted, ablation.measured]
    return framed(
        2 * _BAR + 56,
        numbered(
            values,
            [signed(v) for v in values],
            y=["predicted", "measured"],
            orientation="h",
            marker=flat(colours.signed(values, palette), opacity=[0.6, 1.0]),
            textfont={"size": 14},
        ),
        bargap=0.3,
        xaxis={
            "title": title(f"change of the {of}"),
            "range": ends(values, _ROOM),
            "zeroline": True,
            "nticks": 6,
        },
        yaxis=_NAMED,
    )


def classes(
    ablation: Ablation, shown: Sequence[int], labels: Sequence[str], chance: bool = True
) -> go.Figure:
    """Some outputs before (pale) and after. chance : whether they are probabilities."""
    say = percent if chance else number
    names = [plotly(_short(labels[c])) for c in shown]
    before, after = ablation.probabilities
    bars = (
        numbered(
            [float(values[c]) for c in shown],
            [say(float(values[c])) for c in shown],
            y=names,
            orientation="h",
            name=name,
            marker=flat(colour),
        )
        for name, values, colour in (
            ("before", before, "rgba(133,143,144,0.5)"),
            ("after", after, SECOND),
        )
    )
    longest = max(float(ablation.probabilities[:, list(shown)].max(initial=0.0)), 0.01)
    shares = {"range": [0, 1.2 * longest], "tickformat": ".0%"} if chance else {}
    return framed(
        _BAR * len(shown) + 66,
        *bars,
        barmode="group",
        bargap=0.25,
        bargroupgap=0.05,
        showlegend=True,
        legend=key(traceorder="normal"),
        margin={"t": 30, "b": 36},
        xaxis={"nticks": 5, **shares},
        yaxis=_NAMED,
    )


def curves(
    found: Mapping[str, Curve],
    names: dict[str, str],
    chosen: int | None = None,
    unit: str = "channel",
    of: str = LOGIT,
) -> go.Figure:
    """The target's number over the number of units switched off, one line for each order.

    names : order -> what it is called; "random 1", "random 2", ... are of one kind. chosen : a
    number of units to point at. of : what the target's number is called.
    """
    figure = framed(
        CURVES,
        margin={"t": 30},
        showlegend=True,
        legend=key(),
        xaxis={"title": title(f"{unit}s switched off"), "rangemode": "tozero", "nticks": 9},
        yaxis={"title": title(f"{of} of the target"), "nticks": 7},
    )
    seen = set()
    for order, curve in sorted(found.items(), key=lambda named: named[0] == "supporting"):
        kind = order.split()[0]
        colour, dash, width, opacity = _STYLES.get(kind, _STYLES["random"])
        figure.add_scatter(
            x=list(range(len(curve.scores))),
            y=curve.scores,
            mode="lines",
            name=names.get(kind, kind),
            legendgroup=kind,
            legendrank=list(_STYLES).index(kind) if kind in _STYLES else 99,
            showlegend=kind not in seen,
            line={"color": colour, "dash": dash, "width": width},
            opacity=opacity,
            hovertemplate=f"{names.get(kind, kind)}<br>%{{x}} off: %{{y:.2f}}<extra></extra>",
        )
        seen.add(kind)
        if curve.flips is not None and kind in ("supporting", "largest"):
            figure.add_scatter(
                x=[curve.flips],
                y=[float(curve.scores[curve.flips])],
                mode="markers",
                marker={"size": 12, "color": colour, "symbol": "x"},
                hovertemplate=f"{curve.flips} off: another answer<extra></extra>",
                showlegend=False,
            )
    if chosen is not None:
        figure.add_vline(x=chosen, line={"color": MARK, "width": 1.5})
    return figure


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def switches(
    ranked: Sequence[Ranked],
    off: set[int],
    palette: str = "RdBu",
    unit: str = CONTRIBUTION,
    called: Mapping[int, str] = NAMELESS,
) -> go.Figure:
    """The largest channels; hollow where switched off. A click selects a point with [channel].

    unit : of the scores. called : the names of channels that have one.
    """
    names = [
        f"{'○' if r.place.channel in off else '●'} {plotly(r.place.called(called).rjust(5, NBSP))}"
        for r in ranked
    ]
    scores = [r.score for r in ranked]
    low, high = ends(scores, _ROOM)
    shades = colours.signed(scores, palette)
    fill = [CLEAR if r.place.channel in off else c for r, c in zip(ranked, shades, strict=True)]
    return framed(
        56 + 22 * len(ranked),
        numbered(
            scores,
            [signed(s) for s in scores],
            y=names,
            orientation="h",
            marker={"color": fill, "line": {"width": 1.5, "color": shades}},
        ),
        crosswise(
            low,
            high,
            names,
            customdata=[[r.place.channel] for r in ranked],
            text=["switch on" if r.place.channel in off else "switch off" for r in ranked],
            hovertemplate="%{y}: %{text}<extra></extra>",
        ),
        barmode="overlay",
        bargap=0.25,
        margin={"t": 4},
        xaxis={
            "title": title(unit),
            "range": [low, high],
            "zeroline": True,
            "nticks": 6,
        },
        yaxis=NAMES,
    )
