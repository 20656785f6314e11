"""A lesson's question: pointed at, chosen or typed, and sent once."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st

from dashboard.controls import session as state
from dashboard.controls.chart import chart
from dashboard.export.drawing import Drawing
from dashboard.figures import exercise
from dashboard.figures.map import SIDE
from dashboard.lessons import drawings, scenes
from dashboard.lessons.lesson import Exercise
from dashboard.lessons.replies import Value
from dashboard.lessons.scenes import Scene
from dashboard.text import markdown

_TILES, _CELLS = "lesson-tiles", "lesson-cells"


def point(scene: Scene, asked: Exercise, key: str) -> None:
    """What is pointed at, where the question is about a unit or a cell."""
    if asked.kind == "unit":
        units = scenes.candidates(scene, asked)
        drawing = drawings.tiles(scene.found, units, st.session_state.get(f"reply-{key}"))
        _chart(drawing, _TILES, functools.partial(_unit, key, units))
    if asked.kind == "cell" and scene.setting:
        picture = scene.setting.kind.seen(scene.setting.item)
        rows, columns = grid(scene)
        if picture is None:
            return
        row, column = (st.session_state.get(f"reply-{key}-{n}") for n in ("row", "column"))
        picked = (row, column) if row is not None and column is not None else None
        told = f"{scene.setting.item.title} under a grid of {rows} × {columns} cells to click."
        draw = functools.partial(exercise.photo, picture, SIDE, (rows, columns), picked)
        _chart(Drawing("cells", told, draw, SIDE), _CELLS, functools.partial(_cell, key))


def form(scene: Scene, asked: Exercise, key: str, reply: Callable[[], None]) -> None:
    """The question and its controls; `reply` is called when an answer is sent."""
    tried = f"tried-{key}"
    with st.form(f"form-{key}", border=False):
        st.markdown(f"**{markdown(asked.ask)}**")
        _controls(scene, asked, key)

        def send() -> None:
            st.session_state[tried] = given(asked, key) is None
            reply()

        st.form_submit_button("Answer", type="primary", on_click=send, icon=":material/done:")
    if st.session_state.get(tried):
        st.warning("Give an answer first: a guess will do.")


def given(asked: Exercise, key: str) -> Value | None:
    """What stands in the controls; None where nothing does."""
    if asked.kind == "cell":
        row, column = (st.session_state.get(f"reply-{key}-{n}") for n in ("row", "column"))
        return None if row is None or column is None else (int(row), int(column))
    found: Value | None = st.session_state.get(f"reply-{key}")
    return found


def grid(scene: Scene) -> tuple[int, int]:
    """Rows and columns of the layer that is asked about."""
    rows, columns = scene.found.answer.total_map().shape
    return int(rows), int(columns)


def _controls(scene: Scene, asked: Exercise, key: str) -> None:
    at = f"reply-{key}"
    if asked.kind == "choice":
        st.radio(
            "Your answer",
            list(asked.choices),
            None,
            key=at,
            format_func=lambda choice: markdown(asked.choices[choice]),
        )
    elif asked.kind == "unit":
        units = scenes.candidates(scene, asked)
        st.selectbox(
            "Your answer: click a unit, or choose it here",
            units,
            None,
            key=at,
            format_func=lambda unit: f"#{unit}",
        )
    elif asked.kind == "cell":
        rows, columns = grid(scene)
        st.caption("Click a cell of the picture, or give its row and column, from 0.")
        with st.container(horizontal=True):
            st.number_input("Row", 0, rows - 1, None, step=1, key=f"{at}-row")
            st.number_input("Column", 0, columns - 1, None, step=1, key=f"{at}-column")
    else:
        label = f"Your answer, {asked.unit}" if asked.unit else "Your answer"
        st.number_input(markdown(label), None, None, None, key=at, width=260)


def _chart(drawing: Drawing, key: str, pick: Callable[[], None]) -> None:
    chart(drawing, key, bare=True, on_select=pick, selection_mode="points")
    st.caption(markdown(drawing.sentence))


def _unit(key: str, units: list[int]) -> None:
    if (found := state.clicked(_TILES)) and int(found[0]) in units:
        st.session_state[f"reply-{key}"] = int(found[0])


def _cell(key: str) -> None:
    if found := state.clicked(_CELLS):
        for name, value in zip(("row", "column"), found, strict=True):
            st.session_state[f"reply-{key}-{name}"] = int(value)
