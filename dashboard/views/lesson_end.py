"""The end of a lesson: what was answered, and a file to hand in."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.controls import storage
from dashboard.lessons import hand_in, scenes
from dashboard.lessons.lesson import Lesson
from dashboard.lessons.replies import Learning, mark, questions, said
from dashboard.text import markdown, stem
from dashboard.work.engine import Engine

_KEPT = (
    "Your answers are kept in this browser alone, until you begin again; a reload does not lose "
    "them."
)
_LOST = (
    "Your answers are kept in this window alone: your browser lets this page keep nothing, so that "
    "a reload loses them."
)


def show(engine: Engine, name: str, lesson: Lesson, mine: Learning) -> None:
    """After the last step."""
    asked = questions(lesson)
    _mark(engine, lesson, mine)
    st.header(
        markdown(f"{mine.right()} of {len(asked)} right"),
        anchor=False,
    )
    st.markdown(
        "A wrong guess that you committed to is worth more than a right one that you read: it is "
        "the one that you remember."
    )
    rows = [
        {
            "step": markdown(f"{step}. {lesson.steps[step - 1].title}"),
            "you said": markdown(said(question, reply.given)) if reply else "—",
            "it is": markdown(reply.answer) if reply else "not answered yet",
            "right": "✓" if reply and reply.right else "",
        }
        for step, question in asked.items()
        for reply in [mine.replies.get(step)]
    ]
    st.table(pd.DataFrame(rows).set_index("step"))
    st.subheader("To hand in", anchor=False)
    st.caption(markdown(f"{_LOST if storage.closed() else _KEPT} The server stores nothing."))
    # A form: what is typed takes effect by its button alone. A download beside a bare field would
    # be made anew by the click that leaves the field, and that click would find the old one gone.
    with st.form("hand-in", border=False):
        who = st.text_input("Your name, for the file only", key="learner", max_chars=100)
        if st.form_submit_button("Make the file", type="primary"):
            mine.handed = who
    if mine.handed is None:
        return
    handed = hand_in.build(name, lesson, mine, mine.handed)
    file = stem("answers", name, mine.handed or "anonymous")
    with st.container(horizontal=True):
        st.download_button(
            "Download my answers",
            lambda: hand_in.as_json(handed).encode(),
            f"{file}.json",
            "application/json",
            on_click="ignore",
        )
        st.download_button(
            "The same to read",
            lambda: hand_in.page(handed, lesson).encode(),
            f"{file}.html",
            "text/html",
            on_click="ignore",
        )


def _mark(engine: Engine, lesson: Lesson, mine: Learning) -> None:
    """The answers that came back after a reload, and whose steps have not been seen since."""
    waiting = [number for number, reply in mine.replies.items() if reply.right is None]
    if not waiting:
        return
    asked = questions(lesson)
    with st.spinner("Marking your answers"):
        answers, problems = scenes.answers(engine, lesson, waiting)
    for number, answer in answers.items():
        mine.replies[number] = mark(asked[number], mine.replies[number].given, answer)
    for problem in problems:
        st.warning(markdown(problem))
