"""Controls: what the sidebars of pictures and of sequences draw alike.

The value of each is in the session state under its form's key. A link may take any of them away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from attribution.methods import METHODS
from dashboard.controls import session as state
from dashboard.request.form import Form, Known
from dashboard.text import markdown, plain
from dashboard.words import answer as words


def heading(step: int, name: str) -> None:
    """A step of the request."""
    st.markdown(f"**{step}** :gray[·] **{name}**")


def choice(
    form: Form, name: str, known: Known, show: Callable[[Any], str], side_by_side: bool = False
) -> None:
    """The control of a spec with options."""
    if state.hides(name):
        return
    spec = form.by_name[name]
    assert spec.options
    options, key = spec.options(known), form.key(name)
    more: dict[str, Any] = {"key": key, "label_visibility": "collapsed"}
    if side_by_side:
        more |= {"required": True, "width": "stretch"}
        st.segmented_control(
            spec.label, options, format_func=lambda option: markdown(show(option)), **more
        )
    else:
        st.selectbox(spec.label, options, format_func=lambda option: plain(show(option)), **more)


def network(form: Form, known: Known) -> None:
    """2 and 3: the model and the layer."""
    if not state.hides("model"):
        heading(2, "Network")
        titles = {m.name: m.title for m in known.catalogue.models.values()}
        choice(form, "model", known, titles.__getitem__)
        st.caption(markdown(known.model.summary))
    if state.hides("layer"):
        return
    heading(3, "Layer")
    lines = {
        layer.name: f"{layer.name} · {layer.dimensions} · {layer.kind}"
        + ("" if layer.is_cut else " · not a cut")
        for layer in known.model.layers
    }
    choice(form, "layer", known, lines.__getitem__)
    st.caption(markdown(words.layer_line(known.model.layer(known.values["layer"]))))


def method(form: Form, known: Known) -> None:
    """6: the method and how exact it must be."""
    if not state.hides("method"):
        heading(6, "Method")
        titles = {m.name: m.title for m in METHODS.values()}
        choice(form, "method", known, titles.__getitem__)
        st.caption(markdown(known.method.promise))
    if known.method.estimated and not state.hides("tolerance"):
        spec = form.by_name["tolerance"]
        assert spec.options
        st.select_slider(
            spec.label, spec.options(known), key=form.key("tolerance"), format_func=words.percent
        )
