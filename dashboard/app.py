"""Entry point: `streamlit run dashboard/app.py`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

if (_ROOT := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, _ROOT)  # Streamlit adds only this folder

import streamlit as st
from PIL import Image

from dashboard.controls import choices as controls
from dashboard.controls import panel, quota, uploads
from dashboard.controls import session as state
from dashboard.controls.screen import Screen, source
from dashboard.kinds.sequence import page as sequence
from dashboard.kinds.sequence import state as dna_state
from dashboard.kinds.sequence.lab import Lab
from dashboard.request import request
from dashboard.request.catalogue import catalogue
from dashboard.request.form import Known
from dashboard.text import markdown
from dashboard.views import ablate, about, compare, explore, overview, path
from dashboard.work.engine import Engine, Source
from dashboard.work.picture import Facts
from dashboard.work.workshop import Refused

TITLE = "Neuron attribution"
EXPLORE = "explore"
_INSTRUCTIONS = "[data-testid=stFileUploaderDropzoneInstructions]"
# Streamlit says the 11 MB that its server takes, of which one is for what wraps a file.
_LIMIT = f"""<style>
{_INSTRUCTIONS} > * {{ display: none }}
{_INSTRUCTIONS}::after {{ content: "{quota.FILE_MEGABYTES} MB per file"; font-size: .875rem }}
.st-key-files {_INSTRUCTIONS}::after {{
    content: "{quota.FILE_MEGABYTES} MB per file • PNG, JPEG, WebP, BMP, GIF"
}}
.st-key-dna_file {_INSTRUCTIONS}::after {{
    content: "{quota.FILE_MEGABYTES} MB per file • FASTA, plain or gzip"
}}
</style>"""


@st.cache_resource(show_spinner=False)
def get_engine() -> Lab:
    """The process's one engine, for pictures and for sequences."""
    return Lab()


@st.cache_resource(show_spinner=False, scope="session", on_release=lambda end: end())
def _lease(owner: str) -> Callable[[], None]:
    """Kept with the session: when its tab closes, what the engine keeps of its uploads goes."""
    return functools.partial(get_engine().forget, owner)


@functools.cache
def _icon() -> Image.Image:
    """A warm and a cool square; Streamlit's own icons would be fetched from elsewhere."""
    image = Image.new("RGB", (16, 16), "#b2403c")
    image.paste("#3a78ad", (8, 0, 16, 16))
    return image


def main() -> None:
    """One run of the page."""
    st.set_page_config(TITLE, page_icon=_icon(), layout="wide", initial_sidebar_state=328)
    st.html(_LIMIT)
    engine, mine = get_engine(), state.session()
    _lease(mine.id)
    _take_uploads(engine)
    _keep_uploads()
    pages = [
        st.Page(lambda: explore.show(screen), title="Explore", url_path="home", default=True),
        st.Page(lambda: overview.show(screen), title="Overview", url_path="overview"),
        st.Page(lambda: compare.show(screen), title="Compare", url_path="compare"),
        st.Page(lambda: ablate.show(screen), title="Ablate", url_path="ablate"),
        st.Page(lambda: path.show(screen), title="Path", url_path="path"),
        st.Page(lambda: sequence.show(engine), title="Sequence", url_path="sequence"),
        st.Page(lambda: about.show(screen), title="About", url_path="about"),
        st.Page(lambda: None, title="Explore", url_path=EXPLORE, visibility="hidden"),
    ]
    page = st.navigation(pages, position="top")
    if page.url_path == EXPLORE:  # the first page's own address is "/", whatever it is called
        st.switch_page(
            pages[0], query_params={k: st.query_params.get_all(k) for k in st.query_params}
        )
    if page.url_path == "sequence":  # it has a request of its own, and a sidebar for it
        page.run()
        engine.warm(dna_state.session().values["model"])
        return
    known = state.begin(request.FORM, mine, catalogue(), page.url_path)
    screen = _sidebar(engine, mine, known)
    if name := state.opened():
        st.switch_page(next(p for p in pages if name in (p.url_path, p.title.lower())))
    page.run()
    engine.warm(known.model.name)


def _sidebar(engine: Engine, mine: state.Session, known: Known) -> Screen:
    asked, view = request.request(known), request.view(known.values)
    picture, missing = source(known, mine)
    with st.sidebar:
        panel.pictures(engine, known, mine)
        with st.spinner("Looking at the picture", show_time=True):
            picture, facts, refused = _facts(engine, known, picture, mine.last)
        controls.network(request.FORM, known)
        panel.target(known, facts)
        panel.baseline(engine, known, picture, asked, facts)
        controls.method(request.FORM, known)
        status = st.empty()
    asked = replace(asked, input=picture.name)  # a sample stands in for an upload that is not here
    problems = (*mine.problems, *filter(None, (missing, refused)))

    def say(words: str) -> None:
        status.caption(markdown(words))

    return Screen(engine, mine, known, asked, view, picture, facts, problems, say)


def _facts(
    engine: Engine, known: Known, picture: Source, last: state.Shown | None
) -> tuple[Source, Facts, str]:
    """The picture with what is known of it; where it is refused, the last one or a sample, and
    why."""
    why = ""
    for shown in (picture, *([last.source] if last else [])):
        try:
            return shown, engine.facts(shown, known.model.name, known.values["fit"]), why
        except Refused as refused:
            why = why or f"{shown.title}: {refused}"
    first = known.model.samples[0]
    shown = Source(first.name, first.title, "", first.path.read_bytes)
    return shown, engine.facts(shown, known.model.name, known.values["fit"]), why


def _take_uploads(engine: Engine) -> None:
    """Read new files, and turn to the newest good one."""
    mine, files = state.session(), st.session_state.get("files")
    new = [f.file_id for f in uploads.new(files, mine.listed, mine.uploads)]
    with st.spinner("Reading the pictures") if new else st.empty():
        state.hold(uploads.take(files, mine.listed, mine.uploads, engine, mine.id), engine)
    mine.listed = frozenset(f.file_id for f in files or [])
    good = [u for key in new if (u := mine.uploads.get(key)) and not u.error]
    if good:
        st.session_state["input"] = good[-1].name


def _keep_uploads() -> None:
    """Streamlit's store drops what this session has no more."""
    mine, own = state.session(), dna_state.session().own.values()
    file = st.session_state.get("dna_file")
    listed = mine.listed | mine.uploads.keys() | ({file.file_id} if file else set())
    pictures = {key: upload.size for key, upload in mine.uploads.items()}
    pasted = {"pasted": len((st.session_state.get("dna_text") or "").encode(errors="replace"))}
    quota.keep(listed, pictures | pasted | {given.name: given.size for given in own})


main()
