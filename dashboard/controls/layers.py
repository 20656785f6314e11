"""Layers: which one is looked at, from a drawing of the network, by its neighbours, or by name."""

from __future__ import annotations

import streamlit as st

from dashboard.controls import choices
from dashboard.controls import session as state
from dashboard.controls.chart import chart
from dashboard.export.drawing import Drawing
from dashboard.figures.picker import picker
from dashboard.request.form import Known
from dashboard.text import markdown
from dashboard.words import answer as words
from dashboard.words import studies as sentences
from dashboard.work.findings import Overview

_KEY = "picker"


def layer(known: Known, overview: Overview | None) -> None:
    """3: the layer. overview : of this request, where it was found before."""
    if state.hides("layer"):
        return
    choices.heading(3, "Layer")
    layers, chosen = known.model.layers, known.values["layer"]
    evidence = {
        each.name: each.positive - each.negative for each in (overview.layers if overview else ())
    }
    told = sentences.picker(layers, chosen, bool(evidence))
    drawing = Drawing(_KEY, told, lambda: picker(layers, chosen, evidence))
    chart(drawing, _KEY, bare=True, on_select=_clicked, selection_mode="points")
    at = [each.name for each in layers].index(chosen)
    with st.container(horizontal=True, gap="xsmall"):
        for label, icon, there in (
            ("Earlier", ":material/chevron_left:", at - 1),
            ("Later", ":material/chevron_right:", at + 1),
        ):
            inside = 0 <= there < len(layers)
            st.button(
                label,
                key=f"{label.lower()}_layer",
                icon=icon,
                icon_position="left" if there < at else "right",
                disabled=not inside,
                width="stretch",
                on_click=state.choose,
                args=("layer", layers[there].name if inside else chosen),
            )
    lines = {
        each.name: f"{each.name} · {each.dimensions} · {each.kind}"
        + ("" if each.is_cut else " · not a cut")
        for each in layers
    }
    choices.choice("layer", known, lines.__getitem__)
    st.caption(markdown(words.layer_line(known.model.layer(chosen))))


def _clicked() -> None:
    if found := state.clicked(_KEY):
        state.choose("layer", str(found[0]))
