"""A learner's answers: those of this session, a copy of which the learner's own browser keeps."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.controls import storage
from dashboard.lessons import kept
from dashboard.lessons.lesson import Lesson
from dashboard.lessons.replies import Learning

_KEY, _TAKEN = "learning", "learning-taken"
_NAME = "neuron-attribution lessons"


def take(lessons: Mapping[str, Lesson]) -> None:
    """Take over what the browser has kept, once it has said so."""
    if st.session_state.get(_TAKEN) or not (text := storage.found()):
        return
    st.session_state[_TAKEN] = True
    for name, before in kept.read(text, lessons).items():
        now = learning(name)
        # A new one: controls that were drawn for the old one have taken its empty values.
        _all()[name] = Learning(
            {**before.replies, **now.replies}, {**before.notes, **now.notes}, now.handed
        )


def keep(lessons: Mapping[str, Lesson]) -> None:
    """At the end of each run: have the browser keep what there is now."""
    text = kept.as_text(_all(), lessons)
    storage.keep(_NAME, text, bool(text) or _TAKEN in st.session_state)


def learning(name: str) -> Learning:
    """What this session has answered in a lesson."""
    return _all().setdefault(name, Learning())


def forget(name: str) -> None:
    """Begin a lesson again, as a callback."""
    _all().pop(name, None)
    st.session_state[_TAKEN] = True
    for key in [
        k for k in st.session_state if str(k).startswith((f"reply-{name}-", f"tried-{name}-"))
    ]:
        del st.session_state[key]


def _all() -> dict[str, Learning]:
    found: dict[str, Learning] = st.session_state.setdefault(_KEY, {})
    return found
