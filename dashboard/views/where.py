"""Where: in which pixels of the input a channel or neuron gets its score, when asked for."""

from __future__ import annotations

import functools

import streamlit as st

from dashboard.controls import obtain as work
from dashboard.controls.chart import chart
from dashboard.controls.screen import Screen
from dashboard.export.drawing import Drawing
from dashboard.request.request import Query
from dashboard.text import markdown
from dashboard.work import studies
from dashboard.work.answer import Answer, Place
from dashboard.work.findings import Split

SIDE = 350


def in_the_input(screen: Screen, asked: Query, answer: Answer, place: Place) -> Split | None:
    """A button, and then the conductance split over the input; it is kept with the results.

    asked : the request that the answer belongs to.
    """
    key = studies.split_key(asked, place)
    found: Split | None = work.obtain(
        "split",
        key,
        lambda: screen.engine.recall(key, screen.item),
        lambda progress, waiting: studies.split(
            screen.engine, screen.item, asked, place, answer.target, progress, waiting
        ),
        "Splitting over the input",
        ask="Split it over the input",
    )
    if found is not None:
        target, kind = screen.model.outputs[answer.target], screen.kind
        sentence = screen.over_input_words(found, str(place), target)
        laid = functools.partial(screen.over_input, found, SIDE)
        left, right = st.columns([1, 1], gap="large", vertical_alignment="center")
        chart(Drawing("input", sentence, laid, kind.width), "split", left)
        right.caption(markdown(sentence))
    return found
