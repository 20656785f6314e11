"""A step of a lesson: its words, one live view, and the question that opens it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.controls import drawer, obtain
from dashboard.controls import session as state
from dashboard.controls.chart import chart
from dashboard.export.drawing import Drawing
from dashboard.export.setting import Setting
from dashboard.figures.map import SIDE
from dashboard.lessons import prose, scenes
from dashboard.lessons.lesson import Exercise, Lesson, LessonStep, LiveView
from dashboard.lessons.reading import InvalidLesson
from dashboard.lessons.replies import Learning, Reply, Value, mark, verdict
from dashboard.lessons.scenes import Scene
from dashboard.lessons.vocabulary import Unanswerable
from dashboard.request.form import Known
from dashboard.text import markdown, plain, stem
from dashboard.views import lesson_question
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused

VERDICT = "lesson_verdict"  # the key of where it stands
_NARROW = 25  # letters of a sequence in a row, on a phone
_BESIDE = {"input", "map", "map_a", "map_b", "unit", "activation", "toy_path", "toy_scores"}
"""Figures of which two stand in a row."""


@dataclass(frozen=True)
class StepPlaces:
    """Where the parts of a step stand: one below another on a phone, what is shown before what is
    asked about it; on a desk what is shown at the right."""

    text: DeltaGenerator
    verdict: DeltaGenerator
    view: DeltaGenerator
    asked: DeltaGenerator
    after: DeltaGenerator

    @staticmethod
    def made() -> StepPlaces:
        """Drawn here."""
        if drawer.narrow():
            return StepPlaces(*(st.container() for _ in range(5)))
        left, right = st.columns([5, 7], gap="large")
        text, verdict, asked, after = (left.container() for _ in range(4))
        return StepPlaces(text, verdict, right, asked, after)


def show(engine: Engine, name: str, lesson: Lesson, number: int, mine: Learning) -> None:
    """The step of this number, from 1."""
    step, key, at = lesson.steps[number - 1], f"{name}-{number}", StepPlaces.made()
    with at.text:
        st.header(markdown(f"{number}. {step.title}"), anchor=False)
        st.markdown(prose.markdown(step.text))
    if step.view is None:
        with at.after:
            _look(step)
            _think(step, number, mine)
        return
    with at.view:
        found = _scene(engine, step.view, key)
    if found is None:
        return
    chosen, scene = found
    state.session().camera = stem(name, str(number)), chosen.values["camera"]
    reply = mine.replies.get(number)
    if step.question and (reply is None or reply.right is None):
        try:
            answer = scene.answer(step.question)
        except Unanswerable as refused:
            at.asked.error(markdown(str(refused)))
            return
        if reply is None:
            answered = functools.partial(_answered, mine, number, step.question, answer)
            _ask(scene, step, step.question, key, answered, at)
            return
        reply = mine.replies[number] = mark(step.question, reply.given, answer)  # it came back
    with at.verdict:
        if step.question and reply:
            with st.container(key=VERDICT):
                _verdict(step.question, reply)
        _look(step)
    with at.view, st.container(key="lesson_view"):
        turns = f"turn-{key}-channel" if "channel" in step.view.controls else ""
        _figures(scene, step.view.show, turns=turns)
        _controls(chosen, scene, step.view, key)
    with at.after:
        _think(step, number, mine)


def _verdict(asked: Exercise, reply: Reply) -> None:
    st.markdown(f"**{markdown(asked.ask)}**")
    good, told = verdict(asked, reply)
    if good:
        st.success(markdown(told), icon=":material/check_circle:")
    else:
        st.info(markdown(told), icon=":material/lightbulb:")


def _scene(engine: Engine, view: LiveView, key: str) -> tuple[Known, Scene] | None:
    """What the view shows, with what the learner has turned; else a sentence."""
    held = {n: st.session_state.get(f"turn-{key}-{n}") for n in view.controls}
    turned = {n: v for n, v in held.items() if v is not None}
    for changed in [turned, {}] if turned else [{}]:  # what was turned may not be there
        place = st.empty()
        try:
            return _looked(engine, view, changed, place)
        except (Refused, InvalidLesson) as refused:
            place.error(markdown(str(refused)))
    return None


def _looked(
    engine: Engine, view: LiveView, changed: dict[str, Any], place: DeltaGenerator
) -> tuple[Known, Scene]:
    """With what was changed. place : of the progress of what is computed."""

    def watch(what: str) -> tuple[Any, Any]:
        return obtain.watched(place.container(), what, "lesson_cancel", lambda: None)

    chosen = scenes.known(engine, view)
    if "wide" in chosen.values and drawer.narrow():
        changed = {**changed, "wide": _NARROW}
    if changed:
        chosen = scenes.known(engine, view, changed)
    found = scenes.scene(engine, view, chosen, watch)
    place.empty()
    return chosen, found


def _ask(
    scene: Scene,
    step: LessonStep,
    asked: Exercise,
    key: str,
    answered: Callable[[Value], None],
    at: StepPlaces,
) -> None:
    """The question, before anything is seen that answers it."""

    def reply() -> None:
        given: Value | None = lesson_question.given(asked, key)
        if given is not None:
            answered(given)

    with at.view, st.container(key="lesson_before"):
        lesson_question.point(scene, asked, key)
        _figures(scene, step.first, "-first")
        if not step.first and asked.kind not in ("unit", "cell"):
            st.caption("The view opens here once you have answered.")
    with at.asked:
        lesson_question.form(scene, asked, key, reply)
        if step.hint:
            with st.expander("A hint", icon=":material/help:"):
                st.markdown(prose.markdown(step.hint))


def _answered(mine: Learning, number: int, asked: Exercise, answer: Any, given: Value) -> None:
    mine.replies[number] = mark(asked, given, answer)


def _look(step: LessonStep) -> None:
    if step.look:
        st.markdown(prose.markdown(f"**What to look at.** {step.look}"))


def _think(step: LessonStep, number: int, mine: Learning) -> None:
    if not step.reflection:
        return
    st.markdown(prose.markdown(f"**To think about.** {step.reflection}"))
    key = f"note-{number}-{id(mine)}"

    def note() -> None:
        mine.notes[number] = st.session_state[key]

    st.text_area(
        "Your thoughts (they stay with you, in the file at the end)",
        mine.notes.get(number, ""),
        key=key,
        height=90,
        max_chars=2_000,
        on_change=note,
    )


def _figures(scene: Scene, names: Sequence[str], of: str = "", turns: str = "") -> None:
    """Figures one below another, small ones two in a row. of : the end of their keys: one that is
    shown again in another place is drawn anew, as wide as that is. turns : the control that takes a
    channel which is clicked in the ranking."""
    waiting = [name for name in names if name in scene.drawings]
    while waiting:
        row = waiting[:2] if all(n in _BESIDE for n in waiting[:2]) else waiting[:1]
        waiting = waiting[len(row) :]
        places = st.columns(len(row), gap="medium") if len(row) > 1 else [st.container()]
        for place, name in zip(places, row, strict=True):
            with place:
                if not (name == "input" and scene.setting and _seen(scene.setting)):
                    turned = turns if name == "ranking" else ""
                    _figure(scene.drawings[name], f"lesson-{name}{of}", turned)


def _seen(of: Setting) -> bool:
    """Show the input as a photograph, if it is one: it is there before the browser has loaded what
    figures need."""
    picture = of.kind.seen(of.item)
    if picture is None:
        return False
    with st.container(key="lesson-input", horizontal_alignment="center"):
        obtain.input_(of, picture, SIDE)
        st.caption(markdown(f"{of.item.title}."), text_alignment="center")
    return True


def _figure(drawing: Drawing, key: str, turns: str) -> None:
    options: dict[str, Any] = {}
    if turns:

        def pick() -> None:
            if found := state.clicked(key):
                st.session_state[turns] = int(found[0])

        options = {"on_select": pick, "selection_mode": "points"}
    chart(drawing, key, **options)
    st.caption(markdown(drawing.sentence))


def _controls(chosen: Known, scene: Scene, view: LiveView, key: str) -> None:
    """What a learner may turn."""
    for name in view.controls:
        spec, at = chosen.form.by_name[name], f"turn-{key}-{name}"
        value, label = chosen.values[name], plain(spec.label)
        if view.page == "minimum":  # its two inputs share the controls of the two neurons
            label = label.replace("h", "i", 1)
        if name == "channel" and view.page in ("explore", "path"):
            layer = chosen.model.layer(chosen.values["layer"])
            shown = scene.found.place.channel
            st.number_input(f"Unit, of {layer.units}", 0, layer.units - 1, shown, step=1, key=at)
        elif spec.options:
            options = spec.options(chosen)
            st.selectbox(
                label,
                options,
                options.index(value) if value in options else None,
                key=at,
                format_func=lambda option: plain(option),
            )
        elif spec.low is not None and spec.high is not None and isinstance(value, float):
            st.slider(label, spec.low, spec.high, value, step=0.05, key=at)
        else:
            st.number_input(label, 0, 9_999, value, step=1, key=at)
