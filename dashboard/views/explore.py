"""Explore: which channels and neurons of one layer made the network give its answer."""

from __future__ import annotations

import functools
from typing import Any

import numpy.typing as npt
import streamlit as st

from dashboard.controls import choices, reach
from dashboard.controls import obtain as work
from dashboard.controls import session as state
from dashboard.controls.maps import maps
from dashboard.controls.screen import Screen
from dashboard.controls.session import Shown
from dashboard.export.drawing import Drawing
from dashboard.export.subject import CSV_ROWS, Subject
from dashboard.figures.map import Map
from dashboard.figures.ranking import ranking
from dashboard.request.request import PALETTES, UNITS
from dashboard.text import cells, markdown, plain, stem
from dashboard.views import share, usual, where
from dashboard.views.head import head
from dashboard.views.picked import pickers, placed
from dashboard.views.trust import chip
from dashboard.words import answer as words
from dashboard.words.glossary import explain
from dashboard.words.numbers import number
from dashboard.work.answer import Answer
from dashboard.work.workshop import Refused

BARS = 18
ROWS = 100
HERO = 340  # pixels: on a projector of 1024 x 768 the input and its map are seen at once
SIDE = 320
PAPER = 500  # pixels of the ranking on paper


def show(screen: Screen) -> None:
    """The page."""
    work.notices(screen)
    shown = _obtain(screen)
    if shown is None:
        return
    top = head(screen, shown.item, shown.prediction, shown.answer.target)
    by = screen.view.by if shown.answer.has_positions else "channel"
    subject = share.subject(screen, shown, placed(screen.view, shown.answer, by), by)
    kind = subject.kind
    with top.answer:
        st.header(markdown(kind.headline(subject)), anchor=False)
        chip(subject)
    kind.first(subject)
    _layer(subject)
    with st.container(border=True):
        _picked(subject)
        usual.show(subject)
        if subject.asked == screen.asked and not state.hides("split"):
            where.in_the_input(screen, subject.asked, subject.answer, subject.place)
    _table(subject)
    kind.last(subject)
    with top.menu:
        share.menu(screen, share.drawn(subject))
    reach.figures()


def _obtain(screen: Screen) -> Shown | None:
    """The answer; where there is none, a sentence and the last good one."""
    engine, asked = screen.engine, screen.asked
    answer = engine.seen(screen.item, asked)
    fresh = answer is None
    if answer is None:
        place = st.empty()
        try:
            answer = _compute(screen, place.container())
        except Refused as refused:
            st.error(markdown(str(refused)))
            st.button("Back to what can be shown", key="back", on_click=state.revert)
        place.empty()
    if answer is None:
        last = screen.session.last
        last = last if last and last.known.form is screen.known.form else None
        screen.status("No result")
        if last:
            here = f"{last.item.title}, {last.answer.layer}"
            st.info(markdown(f"Below is the last good result: {here}."))
        return last
    screen.status(words.status(answer, fresh))
    return work.noted(screen, answer)


def _compute(screen: Screen, place: st.delta_generator.DeltaGenerator) -> Answer:
    """Compute with a progress bar; Cancel goes back to the last result."""
    text = f"{screen.method.title}, {screen.asked.layer}"
    watched = work.watched(place, text, "cancel", state.revert)
    return screen.engine.answer(screen.item, screen.asked, *watched)


def _layer(subject: Subject) -> None:
    """The input beside the layer's map, and what is largest in the layer."""
    picture = subject.kind.seen(subject.item)
    if picture is not None and subject.answer.has_positions:
        left, right = st.columns(2, gap="medium")
        with left:
            _input(subject, picture)
        with right:
            _total(subject)
        maps(subject, subject.layer)
        _units(subject)
        _ranking(subject)
        return
    _units(subject)
    if subject.kind.units(subject):
        return
    if picture is None and not subject.answer.has_positions:
        _ranking(subject)
        return
    left, right = st.columns([9, 11], gap="large")
    with left:
        if picture is None:
            _total(subject)
        else:
            _input(subject, picture)
    with right:
        _ranking(subject)


def _units(subject: Subject) -> None:
    """What is ranked."""
    if subject.answer.has_positions and not state.hides("by"):
        st.segmented_control(
            "Rank",
            list(UNITS),
            key="by",
            format_func=UNITS.__getitem__,
            required=True,
            label_visibility="collapsed",
        )


def _input(subject: Subject, picture: npt.NDArray[Any]) -> None:
    """The input as a person sees it."""
    with st.container(key="input_picture"):
        st.markdown(f"**The {subject.kind.noun}**: {markdown(subject.item.title)}")
        with st.container(horizontal_alignment="center"):
            work.input_(subject, picture, HERO)


def _total(subject: Subject) -> None:
    """The whole layer over the input."""
    st.markdown("**What speaks for and against it**", help=explain("Contribution"))
    if not subject.answer.has_positions:
        st.caption("This layer has no positions, so there is no map.")
        return
    what = f"layer {subject.layer.name}"
    work.map_(subject, "total", what, subject.answer.total_map(), HERO)


def _ranking(subject: Subject) -> None:
    """The largest channels or neurons; a click picks one."""
    answer, by, unit = subject.answer, subject.by, subject.measure(subject.answer)
    one = words.unit(answer, by)
    st.markdown(f"**The largest contributions, by {one}**", help=explain(one.capitalize()))
    ranked = answer.ranking(by, BARS)
    faces = subject.faces(answer, ranked)
    sentence = words.ranking(ranked, answer, by, subject.target, unit)
    sentence += words.FACES if faces else ""
    drawn = functools.partial(
        ranking, ranked, subject.place, subject.palette, unit, faces, subject.least, subject.called
    )
    work.figure(
        Drawing("ranking", sentence, drawn, PAPER),
        "ranking",
        on_select=functools.partial(state.pick, "ranking"),
        selection_mode="points",
    )


def _picked(subject: Subject) -> None:
    """The chosen channel or neuron: choose another, its map, its activations."""
    answer, kind = subject.answer, subject.kind
    place, unit = subject.place, subject.measure(subject.answer)
    st.markdown(markdown(words.picked(answer, place, subject.target, unit)))
    if not state.hides("channel"):
        pickers(subject)
    if kind.unit(subject):
        return
    if not answer.has_positions:
        if answer.activations.ndim == 1:
            active = float(answer.activations[place.channel])
            st.caption(markdown(f"Its activation is {number(active)}."))
        return
    left, right = st.columns(2, gap="large")
    with left:
        scores = answer.scores[..., place.channel]
        work.map_(subject, "channel_map", f"channel {place.channel}", scores, SIDE)
    with right:
        values = answer.activations[..., place.channel]
        shown = Map(values, None, SIDE, None, "activation", place.position)
        told = f"{words.activation_map(values, place.channel)}{subject.drawn(subject.layer)}"
        laid = functools.partial(subject.lay, subject.layer, shown)
        work.figure(Drawing("activation_map", told, laid, kind.width), "activation_map")


def _table(subject: Subject) -> None:
    """The ranking as numbers, and as a file."""
    by, one = subject.by, words.unit(subject.answer, subject.by)
    if not state.hides("table"):
        _numbers(subject)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not state.hides("csv"):
            st.download_button(
                f"Download {one}s as CSV",
                lambda: cells(subject.table()).to_csv(index=False).encode(),
                file_name=f"{stem(subject.item.name, subject.layer.name, by)}s.csv",
                mime="text/csv",
                on_click="ignore",
                help=f"Every {by}, up to the {CSV_ROWS:,} largest.",
            )
        names = PALETTES.__getitem__
        choices.look("palette", list(PALETTES), subject.known, format_func=names, width=240)


def _numbers(subject: Subject) -> None:
    # A closed table is not sent: the browser would fetch its script before the chart's.
    by = words.unit(subject.answer, subject.by)
    place = st.expander(f"Table of the largest {by}s", key="numbers", on_change="rerun")
    if not place.open:
        return
    with place:
        frame = subject.table(ROWS)
        st.dataframe(
            frame,
            hide_index=True,
            height=320,
            alt=plain(f"The {len(frame)} largest {by}s with their scores"),
            column_config={
                "score": st.column_config.NumberColumn(format="%+.4f"),
                "share": st.column_config.NumberColumn(format="percent"),
            },
        )
