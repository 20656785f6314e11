"""Ablate: switch channels off, and hold what the scores foretell against what happens."""

from __future__ import annotations

import functools
from collections.abc import Container, Mapping

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.controls import obtain as work
from dashboard.controls import runs
from dashboard.controls import session as state
from dashboard.controls.chart import chart
from dashboard.controls.maps import maps
from dashboard.controls.screen import Screen
from dashboard.export import ablate as export
from dashboard.export.drawing import Drawing
from dashboard.export.sheet import Sheet
from dashboard.figures import ablation as draw
from dashboard.figures.map import Map
from dashboard.request import picks
from dashboard.text import markdown
from dashboard.views import share
from dashboard.views.picked import options
from dashboard.words import ablation as sentences
from dashboard.words import answer as words
from dashboard.words.quantity import quantity
from dashboard.work import studies
from dashboard.work.answer import Answer
from dashboard.work.findings import Ablation, Curve
from dashboard.work.picks import order

SIDE = 220  # pixels
SHOWN = 4  # classes before, and as many after
BARS = 20


def show(screen: Screen) -> None:
    """The page."""
    share.page(screen, _show)


def _show(screen: Screen, head: DeltaGenerator) -> Sheet | None:
    answer = work.answer(screen, screen.asked)
    if answer is None:
        return None
    left, right = st.columns([9, 11], gap="large")
    with left:
        channels = _choose(screen, answer)
    with right:
        _off_map(screen, answer, channels)
        found = _switched_off(screen, answer, channels)
        if found:
            _results(screen, answer, found)
    if found:
        told = sentences.ablation_head(found, *_beside(screen, answer), _unit(answer))
        head.header(markdown(told), anchor=False)
    curves = _curve(screen, answer, len(channels))
    if found is None:
        return None
    hold, seed = _hold(screen, answer), screen.known.values["draw"]
    return export.sheet(share.setting(screen), answer, found, curves, hold, seed)


def _choose(screen: Screen, answer: Answer) -> list[int]:
    """Which channels, and what they are held at."""
    values, width = screen.known.values, answer.width
    if not state.hides("pick"):
        st.selectbox(
            screen.known.form.by_name["pick"].label,
            list(picks.PICKS),
            key="pick",
            format_func=picks.PICKS.__getitem__,
        )
    own = values["pick"] == "own"
    if own:
        channels = [c for c in values["off"] if c < width]
    else:
        if not state.hides("count"):
            st.slider(
                screen.known.form.by_name["count"].label, 0, min(picks.MOST, width), key="count"
            )
        channels = order(answer, values["pick"], values["draw"])[: values["count"]]
        if values["pick"] == "random" and not state.hides("draw"):
            st.number_input(screen.known.form.by_name["draw"].label, 0, 9999, step=1, key="draw")
    if not state.hides("hold"):
        holds = {k: v for k, v in picks.HOLDS.items() if k != "mean" or answer.has_positions}
        st.segmented_control(
            screen.known.form.by_name["hold"].label,
            list(holds),
            key="hold",
            format_func=holds.__getitem__,
            required=True,
        )
    _switches(screen, answer, channels)
    return channels


def _switches(screen: Screen, answer: Answer, channels: list[int]) -> None:
    """The largest channels, each to be switched by a click, and all of them by number."""
    ranked = answer.ranking("channel", BARS)
    target = screen.model.outputs[answer.target]
    shown = {line.place.channel for line in ranked}
    within = len(shown & set(channels))
    sentence = (
        f"The {len(ranked)} largest {_unit(answer)}s by their contribution to {target!r}; hollow "
        f"bars are switched off, {within} of these."
    )
    called, unit = runs.names(screen.engine, answer), screen.measure(answer)
    drawn = functools.partial(draw.switches, ranked, set(channels), screen.palette, unit, called)
    drawing = Drawing("switches", sentence, drawn)
    if state.hides("off"):
        work.figure(drawing, "switches")
        return
    work.figure(
        drawing,
        "switches",
        "A click turns one off or on.",
        on_select=lambda: _toggle(channels),
        selection_mode="points",
    )
    st.session_state["off_choice"] = channels
    st.multiselect(
        "Switched off, by number",
        range(answer.width),
        key="off_choice",
        format_func=options(answer, called).__getitem__,
        placeholder="None",
        on_change=_typed,
        args=(range(answer.width),),
    )


def _off_map(screen: Screen, answer: Answer, channels: list[int]) -> None:
    """The input, and over it what the channels that are switched off had said together."""
    if not (channels and answer.has_positions):
        return
    scores = answer.scores[..., channels].sum(axis=-1, dtype=np.float64).astype(np.float32)
    shown = Map(scores, screen.palette, SIDE, unit=screen.measure(answer))
    drawing = screen.over("off_map", "what is switched off", answer, shown)
    st.markdown("**What is switched off**")
    picture = screen.kind.seen(screen.item)
    if picture is None:
        chart(drawing, "off_map")
    else:
        left, right = st.columns(2, gap="small")
        with left.container(key="input_picture"):
            work.input_(screen, picture, SIDE)
        chart(drawing, "off_map", right)
    maps(screen, screen.model.layer(answer.layer))
    st.caption(markdown(drawing.sentence))


def _switched_off(screen: Screen, answer: Answer, channels: list[int]) -> Ablation | None:
    hold = _hold(screen, answer)
    key = studies.ablation_key(screen.asked, channels, hold)
    return work.obtain(
        "ablation",
        key,
        lambda: screen.engine.recall(key, screen.item),
        lambda _progress, waiting: studies.ablate(
            screen.engine, screen.item, screen.asked, answer, channels, hold, waiting
        ),
        "Switching off",
    )


def _hold(screen: Screen, answer: Answer) -> str:
    """What is held at: a mean over positions needs positions."""
    hold = str(screen.known.values["hold"])
    return "baseline" if hold == "mean" and not answer.has_positions else hold


def _unit(answer: Answer) -> str:
    """What is switched off."""
    return words.unit(answer, "channel")


def _beside(screen: Screen, answer: Answer) -> tuple[list[str], str]:
    """The names of the numbers that are seen beside the target, and the form of its output."""
    outputs = screen.model.outputs
    names = [outputs[i] for i in outputs.beside(answer.target)]
    return names, outputs.head(answer.target).form


def _results(screen: Screen, answer: Answer, found: Ablation) -> None:
    """Predicted and measured, and what becomes of the answer."""
    names, form = _beside(screen, answer)
    chance = screen.model.outputs.head(answer.target).chance
    st.markdown("**Predicted and measured**")
    of = quantity(screen.model.outputs, answer.target)
    changed = functools.partial(draw.change, found, screen.palette, of)
    work.figure(Drawing("change", sentences.change(found, _unit(answer), of), changed), "change")
    st.markdown("**The outputs before and after**")
    before, after = ((-p).argsort(kind="stable")[:SHOWN] for p in found.probabilities)
    shown = [int(c) for c in dict.fromkeys([*before, *after])]
    classed = functools.partial(draw.classes, found, shown, names, chance)
    work.figure(Drawing("classes", sentences.classes(found, names, form), classed), "classes")


def _curve(screen: Screen, answer: Answer, count: int) -> Mapping[str, Curve] | None:
    asked = screen.asked
    hold, draw_number = _hold(screen, answer), screen.known.values["draw"]
    key = studies.curves_key(asked, hold, draw_number)
    st.markdown("**One after another**")
    found: Mapping[str, Curve] | None = work.obtain(
        "curves",
        key,
        lambda: screen.engine.recall(key, screen.item),
        lambda progress, waiting: studies.curves(
            screen.engine, screen.item, asked, answer, hold, draw_number, progress, waiting
        ),
        "Switching off one after another, in seven orders",
    )
    if found:
        told = sentences.curves(found, *_beside(screen, answer), _unit(answer))
        of = quantity(screen.model.outputs, answer.target)
        drawn = functools.partial(draw.curves, found, picks.PICKS, count, _unit(answer), of)
        work.figure(Drawing("curves", told, drawn), "curves")
        st.caption(markdown(sentences.more(answer.width, _unit(answer))))
    return found


def _toggle(channels: list[int]) -> None:
    points = st.session_state["switches"]["selection"]["points"]
    if points and (numbers := points[0].get("customdata")):
        st.session_state["off"] = sorted({*channels} ^ {int(numbers[0])})
        st.session_state["pick"] = "own"


def _typed(options: Container[int]) -> None:
    chosen = st.session_state["off_choice"]
    if all(c in options for c in chosen):  # else labels that another run has changed meanwhile
        st.session_state["off"] = sorted(chosen)
        st.session_state["pick"] = "own"
