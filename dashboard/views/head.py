"""Head: what stands at the top of every page: the question in words, the menu, the answer."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.controls import session as state
from dashboard.controls.screen import Screen
from dashboard.text import markdown, plain
from dashboard.words import outputs as words
from dashboard.work.findings import Prediction
from dashboard.work.item import Item
from dashboard.work.pictures import shrink


@dataclass(frozen=True)
class Top:
    """answer : where the headline goes. menu : where the one menu of the page goes."""

    answer: DeltaGenerator
    menu: DeltaGenerator


def head(screen: Screen, item: Item, prediction: Prediction, target: int) -> Top:
    """The question about this input's target, with places for what comes later."""
    said = screen.model.outputs, prediction.outputs, target
    _glance(screen, item, words.answer(*said)[1])
    before, name, after = words.question(*said)
    with st.container(horizontal=True, vertical_alignment="center", key="question"):
        st.title(f"{before}*{markdown(name)}*{after}", anchor=False, width="stretch")
        menu = st.container(width="content")
    return Top(st.container(), menu)


def _glance(screen: Screen, item: Item, answer: str) -> None:
    """On a phone alone: what is asked about, what the network says, and the way to the request."""
    picture = screen.kind.seen(item)
    with st.container(key="glance", horizontal=True, vertical_alignment="center", gap="small"):
        if picture is not None:
            st.image(shrink(picture), width=56, alt=plain(item.title))
        with st.container(gap=None):
            st.markdown(f"**{markdown(answer)}**")
            st.caption(markdown(item.title))
        if not state.hides("sidebar"):
            st.button("Change", key="open_request", icon=":material/tune:")
