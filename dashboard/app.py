"""Entry point: `streamlit run dashboard/app.py`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if (_ROOT := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, _ROOT)  # Streamlit adds only this folder

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import settings
from dashboard.controls import (
    card_form,
    check,
    drawer,
    entrance,
    obtain,
    process,
    quota,
    runs,
    style,
)
from dashboard.controls import session as state
from dashboard.kinds import FORMS, KINDS
from dashboard.request.catalogue import catalogue
from dashboard.text import markdown
from dashboard.views import ablate, about, compare, dataset, explore, learn, overview, path
from dashboard.views.sidebar import sidebar
from dashboard.work import core
from dashboard.work.workshop import Refused

EXPLORE = "explore"
OLD = {"sequence": "sequence"}  # pages that were, and the kind of input that they were for


@st.cache_resource(show_spinner=False, scope="session", on_release=lambda end: end())
def _lease(owner: str) -> Callable[[], None]:
    """Kept with the session: when its tab closes, what the engine keeps of its uploads goes."""
    return functools.partial(process.get_engine().forget, owner)


def main() -> None:
    """One run of the page."""
    st.set_page_config(style.NAME, page_icon=style.mark(), layout="wide", initial_sidebar_state=328)
    style.face()
    if entrance.closed():
        return
    engine, mine = process.get_engine(), state.session()
    _lease(mine.id)
    for kind in KINDS.values():
        kind.take(engine, mine)
    _keep(mine)
    why = core.missing()
    if why and not core.viewer():
        st.warning(markdown(why))
    asking: Any = "hidden" if why else "visible"  # what they show is asked of a network
    pages = [
        st.Page(lambda: explore.show(screen), title="Explore", url_path="home", default=True),
        st.Page(lambda: learn.show(engine), title="Learn", url_path=learn.PAGE),
        st.Page(lambda: overview.show(screen), title="Overview", url_path="overview"),
        st.Page(
            lambda: compare.show(screen), title="Compare", url_path="compare", visibility=asking
        ),
        st.Page(lambda: ablate.show(screen), title="Ablate", url_path="ablate", visibility=asking),
        st.Page(lambda: path.show(screen), title="Path", url_path="path", visibility=asking),
        st.Page(lambda: dataset.show(engine, mine), title="Data set", url_path=runs.PAGE),
        st.Page(about.show, title="About", url_path="about"),
        *(
            st.Page(lambda: None, title="Explore", url_path=name, visibility="hidden")
            for name in (EXPLORE, *OLD)
        ),
    ]
    only = settings.on(settings.ONLY)
    alone = only or state.without_pages() or learn.asked()
    page = st.navigation(pages, position="hidden" if alone else "top")
    if only and page.url_path != learn.PAGE:
        learn.lost(page is pages[0])
        st.switch_page(pages[1], query_params=learn.address())
    if page.url_path in (EXPLORE, *OLD):  # the first page's own address is "/"
        st.switch_page(pages[0], query_params=_renamed(page.url_path))
    if (learn.asked() and page.url_path != learn.PAGE) or learn.first(page is pages[0]):
        st.switch_page(pages[1], query_params=_renamed(page.url_path))
    if page.url_path == learn.PAGE:
        mine.page, mine.drawn = learn.PAGE, {}
        page.run()
        return
    if page.url_path == runs.PAGE:  # it is about runs, and has no request
        page.run()
        _turn(pages)
        return
    asked = state.asked_model()
    if refused := obtain.opened(engine, asked):
        state.refuse_model(asked)
    known = state.begin(FORMS, engine.shelf.catalogue(), page.url_path)
    if refused:
        mine.problems = [refused]
    try:
        if page.url_path != "about":
            screen = sidebar(engine, mine, KINDS[known.form.kind], known)
        _turn(pages)
        page.run()
    except Refused as unreadable:  # not even the first sample of a model
        st.error(markdown(str(unreadable)))
    drawer.drawer()
    engine.warm(known.model.name)


def _turn(pages: list[StreamlitPage]) -> None:
    """To the page that was asked for, if one was."""
    name, query = state.opened()
    if name:
        found = next(p for p in pages if name in (p.url_path, p.title.lower()))
        st.switch_page(found, query_params=query)


def _renamed(page: str) -> dict[str, list[str]]:
    """What an address holds, for the first page; an old page says which kind of model it means."""
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    if kind := OLD.get(page):
        query.setdefault("model", [catalogue().of_kind(kind)[0].name])
    return query


def _keep(mine: state.Session) -> None:
    """Streamlit's store drops what this session has no more."""
    listed: set[str] = set()
    sizes: dict[str, int] = {}
    for kind in KINDS.values():
        ids, held = kind.kept(mine)
        listed |= {*ids}
        sizes |= held
    ids, held = check.kept(mine)
    quota.keep(listed | card_form.kept() | ids, {**sizes, **held})


if __name__ == "__main__":  # as Streamlit runs it; the viewer calls it
    main()
