"""Usual: is this unit's contribution here like that of the inputs of a data set?"""

from __future__ import annotations

import streamlit as st

from dashboard.controls import runs
from dashboard.controls import session as state
from dashboard.export.subject import Subject
from dashboard.text import markdown
from dashboard.words import profile as words
from dashboard.work import seen
from dashboard.work.ran import Ran
from dashboard.work.workshop import Refused


def show(subject: Subject) -> None:
    """A sentence with the quantile, and the way to the data set; nothing where no run fits."""
    asked = subject.answer.result.request
    if subject.place.position is not None or asked is None or not asked.model:
        return
    known = runs.looked().known
    for ran in subject.engine.profiles.of(asked.model, subject.layer.name, known):
        try:
            told = _told(subject, ran)
        except Refused:  # the page of the run says why
            continue
        if told:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(markdown(told[0]), width="stretch")
                if not state.hides("pages"):
                    st.button(
                        f"In {markdown(ran.title)}",
                        key="usual",
                        on_click=_open,
                        args=(ran.name, subject.layer.name, told[1], subject.place.channel),
                    )
            return


def _told(subject: Subject, ran: Ran) -> tuple[str, str] | None:
    """The sentence, and the class that it is about; None where the two are not comparable."""
    answer, item = subject.answer, subject.item
    if ran.method != answer.method:
        return None
    x = item.encode()
    if not seen.same_baseline(ran, x, item.references(x, subject.asked)):
        return None
    found = subject.engine.profiles.scores(ran.name, subject.layer.name)
    channel, target = subject.place.channel, answer.target
    level, count = found.usual(target, channel, answer.score(subject.place))
    if not count:
        return None
    name = subject.target if subject.target in ran.classes else ran.classes[0]
    return words.usual(level, count, str(subject.place), subject.target), name


def _open(run: str, layer: str, name: str, unit: int) -> None:
    """To the unit on the page of data sets, as a callback."""
    runs.looked().values = {**runs.link(run=run, layer=layer, unit=unit), "class": name}
    state.open_page(runs.PAGE)
