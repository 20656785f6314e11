"""Path: from the baseline to the input, what a channel does and what its score adds up to."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.controls import obtain as work
from dashboard.controls import runs
from dashboard.controls import session as state
from dashboard.controls.chart import chart
from dashboard.controls.drawer import narrow
from dashboard.controls.screen import Screen
from dashboard.export import path as export
from dashboard.export.drawing import Drawing
from dashboard.export.sheet import Sheet
from dashboard.figures import convergence as draw
from dashboard.figures.path import path
from dashboard.text import markdown
from dashboard.views import share, where
from dashboard.views.picked import options, placed
from dashboard.words import answer as words
from dashboard.words import studies as sentences
from dashboard.words.numbers import signed
from dashboard.work import studies
from dashboard.work.answer import Answer, Place
from dashboard.work.findings import Trail
from dashboard.work.toy import Toy

if TYPE_CHECKING:
    from attribution import Convergence  # the module itself needs TensorFlow

TOY = 350  # pixels of a figure of the toy on paper


def show(screen: Screen) -> None:
    """The page."""
    share.page(screen, _show)


def _show(screen: Screen, head: DeltaGenerator) -> Sheet | None:
    answer = work.answer(screen, screen.asked)
    if answer is None:
        return None
    place = _place(screen, answer)
    found = _trail(screen, answer, place)
    title = _title(found, place, screen.model.outputs[answer.target]) if found else ""
    if title:
        head.header(markdown(title), anchor=False)
        if whose := words.whose_path(screen.asked.method):
            head.caption(markdown(whose))
        if screen.kind.several(screen.asked):
            head.caption("A path has one end: of the references it takes the first.")
    split = race = None
    if not state.hides("split"):
        st.subheader(markdown(f"Where in the input {place} gets its score from"), anchor=False)
        split = where.in_the_input(screen, screen.asked, answer, place)
    if not state.hides("race"):
        race = _race(screen, answer)
    if not state.hides("toy"):
        _saturation(screen)
    if found is None:
        return None
    setting = share.setting(screen)
    return export.sheet(setting, title, place, found, split, race)


def _title(found: Trail, place: Place, target: str) -> str:
    score = signed(float(found.walk.accumulated[-1, place.channel]))
    return f"{str(place).capitalize()} on the way from the baseline: {score} for {target}"


def _place(screen: Screen, answer: Answer) -> Place:
    """The chosen channel, and the neuron's position where neurons are ranked."""
    names = options(answer, runs.names(screen.engine, answer))
    channel = screen.view.channel
    channel = next(iter(names)) if channel is None or channel not in names else channel
    if not state.hides("channel"):
        st.session_state["path_channel"] = channel
        st.selectbox(
            f"{words.unit(answer, 'channel').capitalize()}, largest first",
            list(names),
            key="path_channel",
            format_func=names.__getitem__,
            on_change=state.choose_from,
            args=("channel", "path_channel", names),
            width=320,
        )
    by = screen.view.by if answer.has_positions and screen.view.position else "channel"
    return placed(replace(screen.view, channel=channel), answer, by)


def _trail(screen: Screen, answer: Answer, place: Place) -> Trail | None:
    asked = screen.asked
    key = studies.trail_key(asked, place)
    found: Trail | None = work.obtain(
        "trail",
        key,
        lambda: screen.engine.recall(key, screen.item),
        lambda progress, waiting: studies.trail(
            screen.engine, screen.item, asked, place, answer.target, progress, waiting
        ),
        "Following the path",
    )
    if found:
        drawn = functools.partial(
            path,
            found,
            screen.kind.pictures(screen.item, found.baseline),
            place.channel,
            screen.palette,
            slider=not state.hides("scrubber"),
        )
        target, unit = screen.model.outputs[answer.target], words.unit(answer, "channel")
        told = sentences.trail(found.walk, place.channel, target, unit)
        shown = functools.partial(drawn, narrow=narrow())
        work.figure(Drawing("path", told, shown, paper=drawn), "path")
    return found


def _race(screen: Screen, answer: Answer) -> Convergence | None:
    """Error against evaluations, on this input."""
    st.subheader("How many evaluations it takes", anchor=False)
    st.caption(
        "The score is an integral along the path. Each rule puts its evaluations elsewhere; here "
        "is how fast each nears the exact value on this very input and layer."
    )
    key = studies.race_key(screen.asked)
    found: Convergence | None = work.obtain(
        "race",
        key,
        lambda: screen.engine.recall(key, screen.item),
        lambda progress, waiting: studies.race(
            screen.engine, screen.item, screen.asked, answer.target, progress, waiting
        ),
        "Comparing rules",
        ask="Compare the rules on this input",
    )
    if found:
        tolerance = studies.trail_tolerance(screen.asked)
        drawn = functools.partial(draw.convergence, found, tolerance)
        work.figure(Drawing("rules", sentences.race(found, tolerance), drawn), "race")
    return found


def _saturation(screen: Screen) -> None:
    """Why the gradient alone fails, on two neurons."""
    st.subheader("Why the gradient alone is not enough", anchor=False)
    st.caption(
        "Two neurons and a network that has enough of them at 1: F = min(1, h₁ + h₂). "
        "Baseline: both 0."
    )
    left, right = st.columns(2, gap="large")
    by_name = screen.known.form.by_name
    first, second = (
        column.slider(spec.label, spec.low, spec.high, step=0.05, key=spec.name)
        for column, spec in ((left, by_name["toy_first"]), (right, by_name["toy_second"]))
    )
    toy = Toy(first, second)
    sentence = sentences.toy(toy)
    for figure, key, place in (
        (draw.toy_path, "toy_path", left),
        (draw.toy_scores, "toy_scores", right),
    ):
        chart(Drawing(key, sentence, functools.partial(figure, toy), TOY), key, place)
    st.markdown(markdown(sentence))
