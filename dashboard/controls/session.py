"""State: a browser session's values, kept in step with its controls and with the page's address.

The address is written by hand instead of by Streamlit's `bind`: that writes what a control shows
("block6d_add · 7 × 7 × 192"), and a link must hold names. It also drops what does not fit without
a word, and the page owes a sentence.
"""

from __future__ import annotations

import uuid
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard.controls.quota import SESSION_BYTES
from dashboard.controls.uploads import Upload, newest
from dashboard.request import hidden
from dashboard.request.catalogue import Catalogue
from dashboard.request.form import LONGEST, Filled, Form, Known
from dashboard.text import stem
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine, Source
from dashboard.work.picture import Facts

_KEY = "session"
_OPEN = "open_page"
MOST_UPLOADS = 20  # that one session keeps


@dataclass(frozen=True)
class Shown:
    """A result that was on screen, with all that is needed to show it again."""

    values: dict[str, Any]
    source: Source
    facts: Facts
    answer: Answer


@dataclass(frozen=True)
class Back:
    """A way back: the values of a request that was answered, and why the one after it was not."""

    values: dict[str, Any]
    why: str


@dataclass
class Session(Filled):
    """What one browser session holds: the form of the pictures, and what every page shares.

    id : owner of its uploads in the result store. page : the one that was last shown.
    others : what the address holds beside the values. hidden : controls that it takes away.
    uploads : by the id of their file. let_go : how many older
    uploads had to make room in this run. listed : the ids that the uploader lists; it forgets its
    files with the page that draws it, the session does not. good : by page, the values of the last
    request that was answered. refusal : why the present one is not. back : where the next run goes.
    camera : the beginning of the names of the files that figures are saved in, and their format.
    """

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    uploads: dict[str, Upload] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    let_go: int = 0
    last: Shown | None = None
    page: str | None = None
    good: dict[str, dict[str, Any]] = field(default_factory=dict)
    refusal: str = ""
    back: Back | None = None
    others: dict[str, list[str]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    camera: tuple[str, str] = ("", "")


def session() -> Session:
    """This browser session's own."""
    found: Session = st.session_state.setdefault(_KEY, Session())
    return found


def begin(form: Form, mine: Filled, catalogue: Catalogue, page: str) -> Known:
    """Bring values, controls and address together, before any control is drawn.

    A control that was just used wins; otherwise an address that is not the one last written does
    (a link, or the browser's back button). Turning to another page empties the address, and the
    values stay.
    """
    visit, names = session(), form.by_name
    address = {name: st.query_params[name] for name in names if name in st.query_params}
    others = {k: st.query_params.get_all(k) for k in st.query_params if k not in names}
    turned = visit.page not in (None, page) and not address
    carried = {k: v for k, v in visit.others.items() if k not in names} if turned else {}
    visit.page, visit.others = page, _kept({**carried, **others})
    visit.hidden, unknown = hidden.read(others.get("hide", visit.others.get("hide", [])))
    if unknown:
        visit.others.pop("hide", None)
        if visit.hidden:
            visit.others["hide"] = [hidden.write(visit.hidden)]
    used, back = _used(form, mine.values), visit.back
    visit.back = None
    if back and back.values.keys() == mine.values.keys():
        used = {**used, **back.values}
    if mine.values and used:
        mine.values, mine.problems = form.changed(mine.values, used, catalogue)
    elif not mine.values or (address != mine.query and not turned):
        mine.values, mine.problems = form.read(address, catalogue)
    if back:
        mine.problems = [f"{back.why} Below is the last good result."]
    if unknown and unknown not in mine.problems:
        mine.problems = [*mine.problems, unknown]
    known = Known(catalogue, mine.values)
    for name, value in mine.values.items():
        key = form.key(name)
        if name in used and key in st.session_state:
            # Streamlit keeps what stood here before the control was drawn, and would give that back
            # as soon as the control is drawn no more.
            del st.session_state[key]
        if key not in st.session_state or st.session_state[key] != value:
            st.session_state[key] = value
    given = mine.values
    visit.camera = stem(page, given["input"], given["layer"]), given["camera"]
    mine.query = form.query(mine.values, known)
    if address != mine.query or others != visit.others:
        st.query_params.from_dict({**visit.others, **mine.query})
    return known


def _kept(others: dict[str, list[str]]) -> dict[str, list[str]]:
    """What an address may hold beside the values, for as long as it is short."""
    long = sum(len(k) + sum(map(len, texts)) for k, texts in others.items()) > LONGEST
    return {} if long else others


def hides(name: str) -> bool:
    """Whether the link takes this control away."""
    return name in session().hidden


def choose(name: str, value: Any) -> None:
    """Set a value, as a control's callback."""
    st.session_state[name] = value


def choose_from(name: str, control: str, options: Container[Any]) -> None:
    """Set a value to that of a control with another key, as its callback.

    A browser sends the label of an option. One that another run has changed meanwhile is no option.
    """
    if (chosen := st.session_state[control]) in options:
        st.session_state[name] = chosen


def hold(uploads: dict[str, Upload], engine: Engine) -> None:
    """Hold the newest of these uploads and no others; where the chosen one went, turn to a sample.

    One that could not be read has no name, and no answers to forget.
    """
    mine = session()
    given, uploads = uploads, newest(uploads, MOST_UPLOADS, SESSION_BYTES)
    mine.let_go = len(given) - len(uploads)
    gone = {u.name for u in mine.uploads.values()} - {u.name for u in uploads.values()} - {""}
    mine.uploads = uploads
    if gone:
        engine.forget(mine.id, *gone)
    if mine.values.get("input") in gone:
        st.session_state["input"] = None
    if mine.last and mine.last.values["input"] in gone:
        mine.last = None


def forget_earlier(engine: Engine) -> None:
    """Drop the uploads that the uploader does not list, as a callback."""
    mine = session()
    hold({key: upload for key, upload in mine.uploads.items() if key in mine.listed}, engine)


def open_page(name: str) -> None:
    """Turn to another page at the end of this run, as a callback."""
    st.session_state[_OPEN] = name


def opened() -> str | None:
    """The page to turn to, once."""
    found: str | None = st.session_state.pop(_OPEN, None)
    return found


def answered(page: str, good: bool) -> bool:
    """Note that a page's request was answered. False where it was refused and an earlier one is
    there, to which the next run goes."""
    mine = session()
    if good:
        mine.good[page] = dict(mine.values)
    before = mine.good.get(page)
    if good or not mine.refusal or before in (None, mine.values):
        return True
    assert before is not None
    mine.back = Back(before, mine.refusal)
    return False


def clicked(chart: str) -> list[Any]:
    """The numbers of what was clicked in a chart; empty where nothing was."""
    points = st.session_state[chart]["selection"]["points"]
    found = points[0].get("customdata") if points else None
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def pick(chart: str) -> None:
    """Take the channel or neuron that was clicked in a chart, as its callback."""
    if numbers := clicked(chart):
        for name, value in zip(("channel", "row", "column"), numbers, strict=True):
            st.session_state[name] = None if value < 0 else int(value)


def revert(form: Form, mine: Filled, last: Mapping[str, Any] | None) -> None:
    """Go back to the values of the last result, or else to the first page, as a callback."""
    for spec in form.specs:
        if last:
            st.session_state[form.key(spec.name)] = last[spec.name]
        else:
            st.session_state.pop(form.key(spec.name), None)
    if not last:
        mine.values = {}
        st.query_params.from_dict(session().others)


def _used(form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """The controls whose values differ from those of the last run."""
    return {
        name: st.session_state[key]
        for name, value in values.items()
        if (key := form.key(name)) in st.session_state and st.session_state[key] != value
    }
