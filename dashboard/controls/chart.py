"""Chart: how every page shows a figure: with its alt text, and a camera that saves it.

What a page shows is kept until its next run, for its report: so the two hold the same figures.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.controls import session as state
from dashboard.export.drawing import Drawing
from dashboard.figures.paper import camera
from dashboard.text import plain


def chart(
    drawing: Drawing,
    key: str,
    place: DeltaGenerator | None = None,
    *,
    bare: bool = False,
    hint: str = "",
    **options: Any,
) -> None:
    """A figure; its sentence is its alt text. place : where, if not here. bare : a control, which
    no camera saves and no report holds. hint : what a click does, after the sentence."""
    name, kind = state.session().camera
    config = camera(f"{name}-{key.removeprefix('dna_')}", kind)
    if bare:
        config["displayModeBar"] = False
    else:
        keep(drawing)
    draw = place.plotly_chart if place else st.plotly_chart
    told = f"{drawing.sentence} {hint}".strip()
    draw(drawing.build(), key=key, alt=plain(told), config=config, **options)


def keep(drawing: Drawing) -> None:
    """Have the page's report hold a figure that the page shows in a way of its own."""
    state.session().drawn[drawing.name] = drawing
