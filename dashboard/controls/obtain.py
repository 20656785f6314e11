"""Obtain: what every page does with a result that may take a while."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy.typing as npt
import streamlit as st

from attribution.methods import METHODS
from dashboard.controls import quota
from dashboard.controls import session as state
from dashboard.controls.chart import chart, keep
from dashboard.controls.screen import Screen
from dashboard.controls.session import Shown
from dashboard.export.drawing import Drawing
from dashboard.export.setting import Setting
from dashboard.export.subject import Subject
from dashboard.figures import frame
from dashboard.figures.map import SIDE, Map
from dashboard.request.request import Query
from dashboard.text import markdown, plain
from dashboard.words import answer as words
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Progress, Refused

_STOPPED = "stopped"  # keys of work that was cancelled: it waits to be asked for

Found = TypeVar("Found")


def opened(engine: Engine, name: str) -> str:
    """Have a model of the server's folder opened; why that is not possible, or empty."""
    engine.forget_changed()
    if engine.shelf.opened(name) or not (book := engine.shelf.book(name)):
        return ""
    megabytes = max(1, round(book.bytes / quota.MEGABYTE))
    place = st.empty()

    def waiting(ahead: int) -> None:
        place.caption(markdown(f"Waiting: {ahead} ahead"))

    try:
        with st.spinner(f"Opening {markdown(book.path.name)}, {megabytes} MB", show_time=True):
            engine.open(name, waiting)
    except Refused as refused:
        return str(refused)
    finally:
        place.empty()
    return ""


def notices(screen: Screen) -> None:
    """What does not fit in the link, and inputs that could not be read."""
    for sentence in screen.problems:
        st.warning(markdown(sentence))
    screen.kind.notices(screen.session)


def obtain(
    name: str,
    key: Hashable,
    seen: Callable[[], Found | None],
    work: Callable[[Progress, Waiting], Found],
    text: str,
    ask: str = "",
) -> Found | None:
    """What was found before, or else is worked out now, with a progress bar and Cancel.

    name : of the controls. ask : the label of a button that must be pressed first; work that was
    cancelled waits for such a button too. None where there is nothing to show; the page says why.
    """
    found = seen()
    if found is not None:
        return found
    stopped = st.session_state.setdefault(_STOPPED, set())
    place = st.empty()
    if (ask or key in stopped) and not place.button(ask or "Compute", key=f"{name}_go"):
        return None
    stopped.discard(key)
    cancel = functools.partial(stopped.add, key)
    try:
        found = work(*watched(place.container(), text, f"{name}_cancel", cancel))
    except Refused as refused:
        state.session().refusal = str(refused)
        st.error(markdown(str(refused)))
    place.empty()
    return found


def watched(
    place: st.delta_generator.DeltaGenerator, text: str, key: str, cancel: Callable[[], None]
) -> tuple[Progress, Waiting]:
    """What moves a progress bar, drawn with a Cancel button of this key.

    Any use of a control, and Cancel, ends the work at its next step.
    """
    text = markdown(text)
    row = place.container(horizontal=True, vertical_alignment="bottom")
    bar = row.progress(0.0, text)
    row.button("Cancel", key=key, on_click=cancel)
    return (
        lambda done, total: bar.progress(min(done / max(total, 1), 1.0), text),
        lambda ahead: bar.progress(0.0, f"Waiting: {ahead} ahead"),
    )


def answer(screen: Screen, asked: Query, name: str = "answer") -> Answer | None:
    """The answer to a request; of the page's own request, also noted as the last one shown."""
    engine: Engine = screen.engine
    before = engine.seen(screen.item, asked)
    found = obtain(
        name,
        (name, screen.item.key, asked),
        lambda: before,
        lambda progress, waiting: engine.answer(screen.item, asked, progress, waiting),
        f"{method_title(asked)}, {asked.layer}",
    )
    if asked == screen.asked:
        screen.status(words.status(found, before is None) if found else "No result")
        if found:
            noted(screen, found)
    return found


def noted(screen: Screen, answer: Answer) -> Shown:
    """The last good result, which the page goes back to."""
    shown = Shown(screen.shown, screen.asked, screen.item, screen.prediction, answer)
    screen.session.last = shown
    return shown


def method_title(asked: Query) -> str:
    """The name of a request's method."""
    return METHODS[asked.method].title


def figure(drawing: Drawing, key: str, hint: str = "", **options: Any) -> None:
    """A figure with its sentence below, and with what a click does."""
    chart(drawing, key, hint=hint, **options)
    st.caption(markdown(f"{drawing.sentence} {hint}".strip()))


def input_(of: Setting, picture: npt.NDArray[Any], side: int) -> None:
    """The input as a person sees it, so many pixels wide."""
    title = of.item.title
    st.image(picture, width=side, alt=plain(title), output_format="JPEG")
    told = f"The {of.kind.noun}: {title}."
    keep(Drawing("picture", told, functools.partial(frame.picture, picture, side), side))


def map_(
    subject: Subject,
    key: str,
    what: str,
    scores: npt.NDArray[Any],
    side: int = SIDE,
) -> None:
    """Signed scores (*positions) over the input, with their sentence."""
    place, unit = subject.place.position, subject.measure(subject.answer)
    shown = Map(scores, subject.palette, side, None, unit, place)
    figure(subject.over(key, what, subject.answer, shown), key)
