"""Share: a link that shows this view again, and the answer as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import settings
from dashboard.controls import obtain as work
from dashboard.controls import reach, runs
from dashboard.controls import session as state
from dashboard.controls.screen import Screen
from dashboard.controls.session import Shown
from dashboard.export import pictures
from dashboard.export.file import File
from dashboard.export.setting import Setting
from dashboard.export.sheet import Sheet, sheet_files
from dashboard.export.subject import Subject
from dashboard.request.fields import CAMERAS
from dashboard.request.form import Known
from dashboard.request.hidden import CONTROLS
from dashboard.text import markdown
from dashboard.views.head import head
from dashboard.work.answer import By, Place

Of = TypeVar("Of", bound=Setting)

ASKED = {"model", "input", "layer", "target", "baseline", "method", "tolerance"}


def subject(screen: Screen, shown: Shown, place: Place, by: By) -> Subject:
    """What is shown, as Explore and its files need it: looked at as it is chosen now."""
    look = {k: v for k, v in screen.known.values.items() if k in shown.known.values}
    asked = {s.name for s in shown.known.form.specs if s.part or s.name in ASKED}
    values = {**shown.known.values, **{k: v for k, v in look.items() if k not in asked}}
    known = replace(shown.known, values=values)
    return Subject(
        engine=screen.engine,
        kind=screen.kind,
        known=known,
        asked=shown.asked,
        link=link(known),
        item=shown.item,
        prediction=shown.prediction,
        answer=shown.answer,
        place=place,
        by=by,
        called=runs.names(screen.engine, shown.answer),
    )


def setting(screen: Screen) -> Setting:
    """What was asked, as the files of the pages beside Explore need it."""
    return drawn(replace(screen, link=link(screen.shown)))


def drawn(of: Of) -> Of:
    """The same with the figures that the page shows."""
    return replace(of, drawings=tuple(state.session().drawn.values()))


def page(screen: Screen, show: Callable[[Screen, DeltaGenerator], Sheet | None]) -> None:
    """A page under the question; `show` writes its headline, and says what files hold."""
    mine = screen.session
    mine.refusal = ""
    work.notices(screen)
    assert screen.asked.target is not None
    top = head(screen, screen.item, screen.prediction, screen.asked.target)
    sheet = show(screen, top.answer)
    if not state.answered(mine.page or "", sheet is not None):
        st.rerun()
    with top.menu:
        menu(screen, sheet)
    reach.figures()


def downloads(files: Sequence[File]) -> None:
    """A button for each file, which is made when it is asked for."""
    with st.container(horizontal=True, gap="small"):
        for file in files:
            st.download_button(
                file.label,
                file.build,
                file_name=file.name,
                mime=file.mime,
                key=f"file-{file.key}",
                help=file.help,
                on_click="ignore",
            )


def menu(screen: Screen, of: Subject | Sheet | None = None) -> None:
    """The button that opens the link and, where there is an answer, its files."""
    if state.hides("share"):
        return
    offered: tuple[File, ...] = ()
    if of is not None and not state.hides("export"):
        offered = sheet_files(of) if isinstance(of, Sheet) else of.kind.files(of)
    with st.popover("Share and export", icon=":material/ios_share:", key="share"):
        _link(screen.known, screen.item.title if screen.item.owner else "")
        if not offered:
            return
        st.markdown("**Files**")
        st.radio(
            screen.known.form.by_name["camera"].label,
            list(CAMERAS),
            key="camera",
            format_func=CAMERAS.__getitem__,
            horizontal=True,
            help=pictures.BY_CAMERA,
        )
        if pictures.chrome() is None:
            st.caption(markdown(pictures.ABSENT))
        downloads(offered)


def link(known: Known, hide: Sequence[str] = (), embed: bool = False) -> str:
    """The address of these values on the page that is shown; whole where a browser said its own."""
    query = known.form.query(known.values, known)
    if hide:
        query["hide"] = ",".join(hide)
    if embed:
        query["embed"] = "true"
    address = st.context.url or ""
    return f"{address}?{urlencode(query, safe=',')}" if query else address


def _link(known: Known, unsent: str) -> None:
    st.markdown(
        "**A link to this view**",
        help="The sliders of opacity and of the place on a path only move in your browser: a link "
        "does not hold where they stand.",
    )
    place = st.empty()
    if unsent:
        st.caption(
            markdown(
                f"The link names {unsent} but does not carry it: whoever opens the link is asked "
                "for it."
            )
        )
    hide = st.multiselect(
        "For teaching, without",
        list(CONTROLS),
        format_func=CONTROLS.__getitem__,
        key="share_hide",
        placeholder="all controls are there",
    )
    embed = st.toggle(
        "For a frame in another page",
        key="share_embed",
        help=f"A page of another site may show it where whoever runs this server has named that "
        f"site in {settings.ANCESTORS}.",
    )
    place.code(link(known, hide, embed), language=None, wrap_lines=True)
