"""Picked: which channel or neuron is looked at, and how another is chosen by keyboard."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from dashboard.controls import session as state
from dashboard.export.subject import Subject
from dashboard.request.request import View
from dashboard.text import plain
from dashboard.words.numbers import signed
from dashboard.work.answer import Answer, By, Place


def placed(view: View, answer: Answer, by: By) -> Place:
    """What is picked: the view's choice where it fits this answer, else the largest."""
    shape, channel, position = answer.scores.shape, view.channel, view.position
    if channel is None or channel >= shape[-1]:
        return answer.ranking(by, 1)[0].place
    if by == "channel":
        return answer.at(channel)
    if position is None or not _inside(position, shape[:-1]):
        scores = np.abs(answer.scores[..., channel])
        position = tuple(int(i) for i in np.unravel_index(int(scores.argmax()), shape[:-1]))
    return Place(channel, position)


def _inside(position: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    return len(position) == len(shape) and all(p < n for p, n in zip(position, shape, strict=True))


def options(answer: Answer, called: Mapping[int, str]) -> dict[int, str]:
    """Every channel, the largest first, with its name, where it has one, and its score."""
    return {
        line.place.channel: plain(
            f"{line.place.called(called).removeprefix('#')} · {signed(line.score)}"
        )
        for line in answer.ranking("channel", answer.width)
    }


def pickers(subject: Subject) -> None:
    """Choose by keyboard: the channel by its rank or number, the neuron by its position."""
    answer, place = subject.answer, subject.place
    names = options(answer, subject.called)
    axes = subject.kind.axes(subject.layer) if place.position is not None else ()
    wide = st.columns([2, *[1] * len(axes)] if axes else [2, 2])
    st.session_state["channel_choice"] = place.channel
    wide[0].selectbox(
        f"{subject.unit.capitalize()}, largest first",
        list(names),
        key="channel_choice",
        format_func=names.__getitem__,
        on_change=state.choose_from,
        args=("channel", "channel_choice", names),
    )
    for i, (column, name) in enumerate(zip(wide[1:], axes, strict=False)):
        assert place.position is not None
        st.session_state[f"axis_{i}"] = place.position[i]
        column.number_input(
            name,
            0,
            answer.scores.shape[i] - 1,
            step=1,
            key=f"axis_{i}",
            on_change=_choose_place,
            args=(place,),
        )


def _choose_place(old: Place) -> None:
    before = old.position or ()
    chosen = [st.session_state.get(f"axis_{i}") for i in range(len(before))]
    position = tuple(b if c is None else c for c, b in zip(chosen, before, strict=True))
    state.set_place(old.channel, position)
