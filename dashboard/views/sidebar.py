"""Sidebar: the request, in the order in which one thinks."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.controls import card, choices, sent, style
from dashboard.controls import session as state
from dashboard.controls.layers import layer
from dashboard.controls.screen import Screen
from dashboard.controls.session import Session, Shown
from dashboard.kinds.kind import Kind
from dashboard.request import request
from dashboard.request.form import Known
from dashboard.request.outputs import Outputs
from dashboard.text import markdown
from dashboard.work import core, studies
from dashboard.work.engine import Engine
from dashboard.work.findings import Prediction
from dashboard.work.item import Item
from dashboard.work.workshop import Refused


def sidebar(engine: Engine, mine: Session, kind: Kind, known: Known) -> Screen:
    """Draw the controls; the request of the input that is really shown.

    Raises Refused, with the network's controls drawn, where not even its first sample can be read.
    """
    asked, view = request.request(known), request.view(known.values)
    if state.hides("sidebar"):
        style.without_sidebar()
    with st.sidebar:
        try:
            item, missing = kind.choose(engine, known, mine)
            with st.spinner(f"Looking at the {kind.noun}", show_time=True):
                item, reading, prediction, refused = _readable(engine, kind, known, item, mine.last)
        except Refused:
            choices.network(known)
            sent.uploader(engine, mine)
            card.panel(engine, mine, known)
            raise
        choices.network(known)
        if why := core.missing():
            st.caption(markdown(why))
        sent.uploader(engine, mine)
        card.scale(known, item)
        card.panel(engine, mine, known)
        place = st.container()
        usual = _usual(engine, known.model.outputs, item, prediction)
        choices.target(known, prediction, usual)
        target = usual if asked.target is None else asked.target
        asked = replace(asked, input=item.name, target=target, reading=reading or asked.reading)
        with place:
            layer(known, engine.recall(studies.overview_key(asked), item))
        kind.baseline(engine, known, item, asked, prediction)
        choices.method(known)
        status = st.empty()

    def say(words: str) -> None:
        status.caption(markdown(words))

    problems = (*mine.problems, *filter(None, (missing, refused)))
    return Screen(engine, kind, known, asked, "", item, mine, view, prediction, problems, say)


def _readable(
    engine: Engine, kind: Kind, known: Known, item: Item, last: Shown | None
) -> tuple[Item, request.Options, Prediction, str]:
    """An input that can be read, how it is read, and what the network says of it.

    Where the chosen one is refused: the last one, or else the first sample, and why. How it is read
    is empty for the chosen one.
    """
    model, why = known.model.name, item.problem
    if not why:
        try:
            return item, (), engine.prediction(item), ""
        except Refused as refused:
            why = f"{item.title}: {refused}"
    if last and last.asked.model == model and not last.item.problem:
        try:
            prediction = engine.prediction(last.item)
            shown = f"Below is the last good result: {last.item.title}."
            return last.item, last.asked.reading, prediction, f"{why} {shown}"
        except Refused:  # it was forgotten meanwhile
            pass
    first = kind.sample(engine, known, known.model.card.samples[0])
    usual, _ = known.form.read({"model": model}, known.catalogue)
    reading = request.request(replace(known, values=usual)).reading
    return first, reading, engine.prediction(first), f"{why} Until then, {first.title} is shown."


def _usual(engine: Engine, outputs: Outputs, item: Item, prediction: Prediction) -> int:
    """What is explained where nothing is chosen: the largest number of the first output, before the
    user's changes."""
    if item.about is not None:
        return item.about
    bare = item.bare
    return outputs.usual((engine.prediction(bare) if bare else prediction).outputs)
