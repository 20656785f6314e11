"""Text figures: words in the colours of their scores, and bars along them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.figures import colours
from dashboard.figures.frame import LINE, QUIET, TINT, flat, framed, title
from dashboard.figures.map import Map
from dashboard.text import html, plotly
from dashboard.words.numbers import signed

Array = npt.NDArray[Any]
DEEPEST = 0.55
"""Opacity of the largest score: on both grounds, with the ink of the page, above AA's 4.5 to 1."""
_NUMBERED = 40  # words; of more only those above a part of the largest have their number below
_LABELLED = 60  # bars that have room for their words
_LONGEST = 14  # characters of a label
_PART = 0.1


def words(
    given: Sequence[str],
    scores: Array,
    unknown: Collection[str],
    sentence: str,
    palette: str = "RdBu",
) -> str:
    """Words (n,) on the colours of their scores, with these below, as HTML that wraps.

    unknown : words that the network does not know: dotted below. sentence : for those who cannot
    see it.
    """
    bound = float(np.abs(scores).max(initial=0)) or 1.0
    ends = [bytes.fromhex(colour[1:]) for colour in colours.bars(palette)]
    parts = []
    for word, score in zip(given, map(float, scores), strict=True):
        size = abs(score) / bound
        red, green, blue = ends[0] if score >= 0 else ends[1]
        ground = f"rgba({red},{green},{blue},{DEEPEST * size:.3f})"
        number = signed(score) if len(given) <= _NUMBERED or size >= _PART else ""
        strange = word in unknown
        said = f"{word}: {signed(score)}" + (
            ", a word the network does not know" if strange else ""
        )
        line = ";text-decoration:underline dotted" if strange else ""
        parts.append(
            f'<span title="{html(said)}" style="display:inline-flex;flex-direction:column;'
            f'align-items:center;padding:.1rem .35rem;border-radius:.3rem;background:{ground}">'
            f'<span style="font-size:1.1rem{line}">{html(word)}</span>'
            f'<small style="font-size:.75rem;min-height:1rem">{html(number)}</small></span>'
        )
    style = "display:flex;flex-wrap:wrap;gap:.3rem .25rem;line-height:1.3;overflow-wrap:anywhere"
    return f'<div role="img" aria-label="{html(sentence)}" style="{style}">{"".join(parts)}</div>'


def bars(shown: Map, labels: Sequence[str]) -> go.Figure:
    """A map (positions,) as bars along a text. labels : the word at each."""
    values, palette = shown.values, shown.palette
    places = [*range(len(values))]
    ends = [-1.05 * shown.bound, 1.05 * shown.bound] if shown.bound else None
    axis: dict[str, Any] = {"title": title("place in the text, from 0"), "showgrid": False}
    if len(labels) <= _LABELLED:
        axis = {
            "tickvals": places,
            "ticktext": [plotly(_short(word)) for word in labels],
            "tickangle": -60 if len(labels) > 6 else 0,
            "showgrid": False,
        }
    figure = framed(
        300,
        go.Bar(
            x=places,
            y=values.astype(np.float32),
            marker=flat(colours.signed(values, palette) if palette else [QUIET] * len(values)),
            hovertext=[plotly(word) for word in labels],
            hovertemplate="%{hovertext}<br>%{y:+.3g}<extra></extra>",
        ),
        bargap=0.15,
        xaxis=axis,
        yaxis={"title": title(shown.unit), "nticks": 5, "zerolinecolor": LINE, "range": ends},
    )
    if shown.picked:
        (at,) = shown.picked
        figure.add_vrect(at - 0.5, at + 0.5, fillcolor=TINT, line={"color": QUIET, "width": 1})
    return figure


def _short(word: str) -> str:
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…"
