"""State: a browser session's sequences and values, in step with its controls and its address."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard.catalogue import Catalogue, MethodCard
from dashboard.dna import request
from dashboard.dna.answer import Answer, Record
from dashboard.dna.lab import Lab
from dashboard.dna.request import BY_NAME, OWN, SPECS
from dashboard.engine import Refused
from dashboard.request import Known, Unfit
from dashboard.uploads import plain

PREFIX = "dna_"  # of the controls' keys: other pages use the same names
_KEY = "dna_session"
_MOST_OWN = 20  # inputs that one session keeps
_DEPENDS = {  # a new value of the key sets these back: they belonged to the old one
    "model": ("layer", "target", "filter", "edits", "begin", "start", "fit"),
    "input": ("record", "target", "edits", "begin", "start", "fit"),
    "record": ("target", "edits", "begin", "start", "fit"),
    "strand": ("edits", "begin"),
    "start": ("edits", "begin"),
    "fit": ("edits", "begin", "start"),
    "layer": ("filter",),
}


@dataclass(frozen=True)
class Own:
    """A user's sequences. name : as in a link; title : as on the page."""

    name: str
    title: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Shown:
    """A result that was on screen."""

    values: dict[str, Any]
    answer: Answer


@dataclass
class Session:
    """What one browser session holds of sequences."""

    values: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    own: dict[str, Own] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    last: Shown | None = None


def session() -> Session:
    """This browser session's own."""
    found: Session = st.session_state.setdefault(_KEY, Session())
    return found


def begin(catalogue: Catalogue, cards: tuple[MethodCard, ...]) -> Known:
    """Bring values, controls and address together, before any control is drawn.

    A control that was just used wins; otherwise an address that is not the one last written. An
    address without any value (the page's own link) keeps what was chosen.
    """
    mine = session()
    address = {name: st.query_params[name] for name in BY_NAME if name in st.query_params}
    used = {
        name: st.session_state[PREFIX + name]
        for name, value in mine.values.items()
        if PREFIX + name in st.session_state and st.session_state[PREFIX + name] != value
    }
    if mine.values and used:
        mine.values, mine.problems = _changed(mine.values, used, catalogue, cards)
    elif not mine.values or (address and address != mine.query):
        mine.values, mine.problems = request.read(address, catalogue, cards)
    known = Known(catalogue, cards, mine.values)
    for name, value in mine.values.items():
        if st.session_state.get(PREFIX + name, _KEY) != value:
            st.session_state[PREFIX + name] = value
    mine.query = request.query(mine.values, known)
    if address != mine.query:
        others = {k: st.query_params.get_all(k) for k in st.query_params if k not in BY_NAME}
        st.query_params.from_dict({**others, **mine.query})
    return known


def choose(name: str, value: Any) -> None:
    """Set a value, as a control's callback."""
    st.session_state[PREFIX + name] = value


def choose_from(name: str, control: str) -> None:
    """Set a value to that of another control, as its callback."""
    st.session_state[PREFIX + name] = st.session_state[control]


def clicked(chart: str) -> Any:
    """The customdata of what was clicked in a chart, or None."""
    points = st.session_state[chart]["selection"]["points"]
    return points[0].get("customdata") if points else None


def edit(position: int, base: str) -> None:
    """Change a base; '' takes a change back."""
    text = request.with_edit(st.session_state[PREFIX + "edits"], position, base)
    st.session_state[PREFIX + "edits"] = text


def revert() -> None:
    """Go back to the last result that was shown, or else to the first page, as a callback."""
    last = session().last
    if last:
        for name, value in last.values.items():
            st.session_state[PREFIX + name] = value
    else:
        session().values = {}
        st.query_params.clear()


def take_file(lab: Lab) -> None:
    """Read the file that was just uploaded, and turn to it if it is good, as a callback."""
    file = st.session_state.get("dna_file")
    session().refused.pop("file", None)
    if file is not None:
        _take(lab, "file", plain(file.name), file.getvalue())


def take_text(lab: Lab) -> None:
    """Read the text that was just pasted, and turn to it if it is good, as a callback."""
    text = st.session_state.get("dna_text") or ""
    session().refused.pop("text", None)
    if text.strip():
        _take(lab, "text", "Pasted", text)


def _take(lab: Lab, kind: str, title: str, data: bytes | str) -> None:
    mine = session()
    try:
        records = lab.read(data)
    except Refused as refused:
        mine.refused[kind] = f"{title}: {_quiet(str(refused))}"
        return
    raw = data.encode() if isinstance(data, str) else data
    name = f"{kind}-{hashlib.sha256(raw).hexdigest()[:12]}"
    mine.own[name] = Own(name, title, records)
    while len(mine.own) > _MOST_OWN:
        mine.own.pop(next(iter(mine.own)))
    st.session_state[PREFIX + "input"] = name


def _quiet(sentence: str) -> str:
    """A sentence that may quote a stranger's header, without what Markdown would act on."""
    return re.sub(r"([\\`*_{}\[\]<>#$~|:])", r"\\\1", sentence)


def _changed(
    old: dict[str, Any],
    used: dict[str, Any],
    catalogue: Catalogue,
    cards: tuple[MethodCard, ...],
) -> tuple[dict[str, Any], list[str]]:
    """The values after these changes, each checked, and those that depend on them set back."""
    back = {name for changed in used for name in _DEPENDS.get(changed, ())} - set(used)
    if "model" in used and not OWN.fullmatch(old["input"]) and "input" not in used:
        back |= {"input", "record"}
    values: dict[str, Any] = {}
    problems = []
    known = Known(catalogue, cards, values)
    for spec in SPECS:
        values[spec.name] = spec.default(known)
        if spec.name not in back:
            try:
                value = spec.check({**old, **used}[spec.name], known)
                values[spec.name] = values[spec.name] if value is None else value
            except Unfit as unfit:
                problems.append(str(unfit))
    return values, problems
