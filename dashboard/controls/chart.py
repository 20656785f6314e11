"""Chart: how every page shows a figure: with its alt text, and a camera that saves it."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.controls import session as state
from dashboard.figures.paper import camera
from dashboard.text import plain


def chart(
    plot: Any,
    key: str,
    sentence: str,
    place: DeltaGenerator | None = None,
    bare: bool = False,
    **options: Any,
) -> None:
    """A figure. sentence : its alt text. place : where, if not here. bare : a control, which no
    camera saves."""
    name, kind = state.session().camera
    config = camera(f"{name}-{key.removeprefix('dna_')}", kind)
    config |= {"displayModeBar": False} if bare else {}
    draw = place.plotly_chart if place else st.plotly_chart
    draw(plot, key=key, alt=plain(sentence), config=config, **options)
