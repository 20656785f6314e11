"""Overview: every layer of the network from one pass; a click opens a layer in Explore."""

from __future__ import annotations

import functools
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.controls import obtain as work
from dashboard.controls import session as state
from dashboard.controls.chart import chart
from dashboard.controls.screen import Screen
from dashboard.export import overview as export
from dashboard.export.drawing import Drawing
from dashboard.export.sheet import Sheet
from dashboard.figures.network import network
from dashboard.request.request import LAYERS
from dashboard.text import markdown, plain
from dashboard.views import share
from dashboard.words import answer as words
from dashboard.words import studies as sentences
from dashboard.words.numbers import percent, signed
from dashboard.words.quantity import quantity
from dashboard.work import studies
from dashboard.work.findings import LayerSum, Overview


def show(screen: Screen) -> None:
    """The page."""
    share.page(screen, _show)


def _show(screen: Screen, head: DeltaGenerator) -> Sheet | None:
    asked = screen.asked
    key = studies.overview_key(asked)
    found = work.obtain(
        "overview",
        key,
        lambda: screen.engine.recall(key, screen.item),
        lambda progress, waiting: studies.overview(
            screen.engine, screen.item, asked, progress, waiting
        ),
        f"{screen.method.title}, every layer in one pass",
    )
    if found is None:
        screen.status("No result")
        return None
    screen.status(f"{found.evaluations} evaluations, {len(found.layers)} layers")
    target = screen.model.outputs[found.target]
    head.header(markdown(sentences.overview_head(found, target)), anchor=False)
    st.caption(markdown(sentences.overview_error(found)))
    only_cuts = screen.known.values["depth"] == "cuts"
    layers = [layer for layer in found.layers if layer.is_cut or not only_cuts]
    with st.container(key="sideways"):
        st.caption("The network is wider than this screen: swipe it sideways →")
    with st.container(key="strip"):
        if not state.hides("depth"):
            st.segmented_control(
                "Layers",
                list(LAYERS),
                key="depth",
                format_func=LAYERS.__getitem__,
                required=True,
                label_visibility="collapsed",
            )
        told = sentences.overview(found, layers)
        opens: dict[str, Any] = {"on_select": _clicked, "selection_mode": "points"}
        if state.hides("pages"):
            opens = {}
        drawn = functools.partial(
            network,
            found,
            layers,
            asked.layer,
            screen.palette,
            quantity(screen.model.outputs, found.target),
        )
        chart(Drawing("network", told, drawn), "network", **opens)
    st.caption(markdown(told))
    _picked(screen, found)
    if not state.hides("table"):
        _table(screen, found, layers)
    return export.sheet(share.setting(screen), found)


def _picked(screen: Screen, found: Overview) -> None:
    """The chosen layer, and the way to it."""
    layer = found.layer(screen.asked.layer)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{markdown(screen.asked.layer)}** has no gradient towards the target."
            if layer is None
            else f"**{markdown(layer.name)}** supports with {signed(layer.positive)} and "
            f"opposes with {signed(layer.negative)}: {signed(layer.net)} in all"
            + _sureness(found, layer),
            width="stretch",
        )
        if not state.hides("pages"):
            st.button(
                "Open in Explore",
                key="open_layer",
                on_click=state.open_page,
                args=("explore",),
            )


def _sureness(found: Overview, layer: LayerSum) -> str:
    """What is known of a layer's error, at the end of a sentence."""
    if found.estimated:
        return f", error {percent(layer.error)}."
    return "." if layer.converged is None else f"; {words.closes(layer)}."


def _table(screen: Screen, found: Overview, layers: list[LayerSum]) -> None:
    """The same as numbers. A tick opens the layer, for those who use no mouse on the figure."""
    kinds = {layer.name: layer for layer in screen.model.layers}
    frame = pd.DataFrame(
        {
            "layer": [plain(layer.name) for layer in layers],
            "kind": [kinds[layer.name].kind for layer in layers],
            "shape": [kinds[layer.name].dimensions for layer in layers],
            "cut": [layer.is_cut for layer in layers],
            "supports": [layer.positive for layer in layers],
            "opposes": [layer.negative for layer in layers],
            "sum": [layer.net for layer in layers],
            "gap": [layer.gap for layer in layers],
            "error": [layer.error for layer in layers],
            "finest seen": [words.resolution(layer) for layer in layers],
            "sums close": [layer.converged for layer in layers],
        }
    )
    closes = not found.estimated and any(layer.converged is not None for layer in layers)
    kept = {"error": found.estimated, "finest seen": found.estimated, "sums close": closes}
    frame = frame.drop(columns=[name for name, shown in kept.items() if not shown])
    signed = st.column_config.NumberColumn(format="%+.2f")
    st.dataframe(
        frame,
        hide_index=True,
        height=320,
        key="layers_table",
        on_select=lambda: _ticked(layers),
        selection_mode="single-row",
        alt=plain(f"The {len(layers)} layers in graph order with their sums"),
        column_config={
            "supports": signed,
            "opposes": signed,
            "sum": signed,
            "gap": st.column_config.NumberColumn(format="%+.3f"),
            "error": st.column_config.NumberColumn(format="percent"),
        },
    )


def _clicked() -> None:
    points = st.session_state["network"]["selection"]["points"]
    if points and (named := points[0].get("customdata")):
        state.choose("layer", str(named[0]))
        state.open_page("explore")


def _ticked(layers: list[LayerSum]) -> None:
    rows = st.session_state["layers_table"]["selection"]["rows"]
    if rows:
        state.choose("layer", layers[rows[0]].name)
