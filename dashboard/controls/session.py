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

from dashboard import settings
from dashboard.export.drawing import Drawing
from dashboard.request import hidden
from dashboard.request.catalogue import Catalogue
from dashboard.request.form import LONGEST, Form, Known
from dashboard.request.request import Query, placed
from dashboard.text import stem
from dashboard.work import core
from dashboard.work.answer import Answer
from dashboard.work.findings import Prediction
from dashboard.work.item import Item

_KEY = "session"
_OPEN, _WITH = "open_page", "open_with"
KEPT = frozenset(
    {"method", "tolerance", "by", "pick", "hold", "draw", "depth", "palette", "smooth", "camera"}
)
"""What stays when another kind of input is turned to."""


@dataclass(frozen=True)
class Shown:
    """A result that was on screen, with all that is needed to show it again."""

    known: Known
    asked: Query
    item: Item
    prediction: Prediction
    answer: Answer


@dataclass(frozen=True)
class Back:
    """A way back: the values of a request that was answered, and why the one after it was not.

    why : empty where the user turned back.
    """

    values: dict[str, Any]
    why: str


@dataclass
class Session:
    """What one browser session holds.

    id : owner of its inputs in the result store. form, values : as it is filled in. query : as it
    was last written to the address. problems : a sentence for each value that did not fit.
    page : the one that was last shown. others : what the address holds beside the values. hidden :
    controls that it takes away. own : by kind, what that keeps of the user's own inputs. last : the
    last result. good : by page, the values of the last request that was answered. refusal : why the
    present one is not. back : where the next run goes. camera : the beginning of the names of the
    files that figures are saved in, and their format. drawn : the figures of this run, by name.
    """

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    form: Form | None = None
    values: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    own: dict[str, Any] = field(default_factory=dict)
    last: Shown | None = None
    page: str | None = None
    good: dict[str, dict[str, Any]] = field(default_factory=dict)
    refusal: str = ""
    back: Back | None = None
    others: dict[str, list[str]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    camera: tuple[str, str] = ("", "")
    drawn: dict[str, Drawing] = field(default_factory=dict)


def session() -> Session:
    """This browser session's own."""
    found: Session = st.session_state.setdefault(_KEY, Session())
    return found


def begin(forms: Mapping[str, Form], catalogue: Catalogue, page: str) -> Known:
    """Bring values, controls and address together, before any control is drawn.

    A control that was just used wins; otherwise an address that is not the one last written does
    (a link, or the browser's back button). Turning to another page empties the address, and the
    values stay. forms : of each kind of input; the model that is chosen says which.
    """
    mine = session()
    names = {name for form in forms.values() for name in (*form.by_name, *form.aliases)}
    address = {name: st.query_params[name] for name in names if name in st.query_params}
    others = {k: st.query_params.get_all(k) for k in st.query_params if k not in names}
    turned = mine.page not in (None, page) and not address
    carried = {k: v for k, v in mine.others.items() if k not in names} if turned else {}
    mine.page, mine.others = page, _kept({**carried, **others})
    mine.hidden, unknown = hidden.read(_to_hide(mine))
    if unknown:
        mine.others.pop("hide", None)
        if mine.hidden:
            mine.others["hide"] = [hidden.write(mine.hidden)]
    used, back = _used(mine.values), mine.back
    mine.back = None
    if back:
        used = {**used, **back.values}
    if mine.values and used:
        form = forms[catalogue.kind(used.get("model"), mine.values["model"])]
        old = {k: v for k, v in mine.values.items() if form is mine.form or k in KEPT}
        mine.values, mine.problems = form.changed(old, used, catalogue)
    elif not mine.values or (address != mine.query and not turned):
        form = forms[catalogue.kind(address.get("model"))]
        mine.values, mine.problems = form.read(address, catalogue)
    else:
        form = forms[catalogue.kind(mine.values["model"])]
    mine.form = form
    if back and back.why:
        mine.problems = [f"{back.why} Below is the last good result."]
    if unknown and unknown not in mine.problems:
        mine.problems = [*mine.problems, unknown]
    known = Known(form, catalogue, mine.values)
    for name, value in mine.values.items():
        if name in st.session_state and (name in used or st.session_state[name] != value):
            # Streamlit keeps what stood here before the control was drawn, and would give that back
            # as soon as the control is drawn no more.
            del st.session_state[name]
        if name not in st.session_state or st.session_state[name] != value:
            st.session_state[name] = value
    given = mine.values
    mine.camera = stem(page, given["input"], given["layer"]), given["camera"]
    mine.drawn = {}
    mine.query = form.query(mine.values, known)
    if address != mine.query or others != mine.others:
        st.query_params.from_dict({**mine.others, **mine.query})
    return known


def aside(page: str, names: Container[str]) -> None:
    """Turn to a page that has no request: values and controls stay as they are.

    names : of what the address of that page holds.
    """
    mine = session()
    others = {k: st.query_params.get_all(k) for k in st.query_params if k not in names}
    turned = mine.page not in (None, page)
    mine.page, mine.others = page, _kept({**(mine.others if turned else {}), **others})
    mine.hidden, _ = hidden.read(_to_hide(mine))
    mine.camera = stem(page), mine.values.get("camera", "svg")


def anew() -> None:
    """Forget the values: the next page takes them from its address."""
    mine = session()
    for name in mine.values:
        st.session_state.pop(name, None)
    mine.values = {}


def _kept(others: dict[str, list[str]]) -> dict[str, list[str]]:
    """What an address may hold beside the values, for as long as it is short."""
    long = sum(len(k) + sum(map(len, texts)) for k, texts in others.items()) > LONGEST
    return {} if long else others


def asked_model() -> str:
    """The name of the model that this run will be about, whether or not there is one."""
    mine = session()
    chosen, before = st.session_state.get("model"), mine.values.get("model")
    if chosen and chosen != before:
        return str(chosen)
    named = st.query_params.get("model")
    return named if named and named != mine.query.get("model") else before or ""


def refuse_model(name: str) -> None:
    """Turn back from a model that cannot be opened: to the one before it, or else the first."""
    mine = session()
    before = mine.values.get("model")
    if before in (None, name):
        mine.values = {}
        st.session_state.pop("model", None)
    else:
        st.session_state["model"] = before
    st.query_params.from_dict({**mine.others, **({} if before in (None, name) else mine.query)})


def hides(name: str) -> bool:
    """Whether the link takes this control away, or nothing is here that could follow it."""
    useless = name in hidden.COMPUTED and bool(core.missing())
    return useless or hidden.holds(session().hidden, name)


def takes_files() -> bool:
    """Whether this page has controls that take files: the server and the link both say so."""
    return settings.uploads() and not hides("upload")


def without_pages() -> bool:
    """Whether the link takes the other pages away: known before the values are."""
    return "pages" in hidden.read(_to_hide(session()))[0]


def _to_hide(mine: Session) -> list[str]:
    """Of the address, or where turning a page emptied it, as it was before."""
    return st.query_params.get_all("hide") or mine.others.get("hide", [])


def choose(name: str, value: Any) -> None:
    """Set a value, as a control's callback."""
    st.session_state[name] = value


def choose_from(name: str, control: str, options: Container[Any]) -> None:
    """Set a value to that of a control with another key, as its callback.

    A browser sends the label of an option. One that another run has changed meanwhile is no option.
    """
    if (chosen := st.session_state[control]) in options:
        st.session_state[name] = chosen


def open_page(name: str, query: Mapping[str, str] | None = None) -> None:
    """Turn to another page at the end of this run, as a callback. query : what its address holds;
    None leaves the values as they are."""
    st.session_state[_OPEN] = name
    st.session_state[_WITH] = query


def opened() -> tuple[str | None, Mapping[str, str] | None]:
    """The page to turn to, once, and what its address is to hold."""
    found: str | None = st.session_state.pop(_OPEN, None)
    query: Mapping[str, str] | None = st.session_state.pop(_WITH, None)
    return found, query


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
        channel, *position = (int(n) for n in numbers)
        set_place(channel, tuple(position))


def set_place(channel: int, position: tuple[int, ...] | None) -> None:
    """Choose a channel, or with a position one neuron of it."""
    st.session_state["channel"] = channel
    for name, value in placed(position).items():
        st.session_state[name] = value


def revert() -> None:
    """Go back to the values of the last result, or else to the first page, as a callback."""
    mine = session()
    if mine.last:
        mine.back = Back(dict(mine.last.known.values), "")
        return
    anew()
    st.query_params.from_dict(mine.others)


def _used(values: Mapping[str, Any]) -> dict[str, Any]:
    """The controls whose values differ from those of the last run."""
    return {
        name: st.session_state[name]
        for name, value in values.items()
        if name in st.session_state and st.session_state[name] != value
    }
