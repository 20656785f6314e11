"""State: what one browser session holds of sequences."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import streamlit as st

from attribution.sequences import Sequence
from dashboard.controls import quota
from dashboard.controls import session as state
from dashboard.kinds.sequence.lab import Lab
from dashboard.kinds.sequence.request import FORM, with_edit
from dashboard.kinds.sequence.subject import Subject
from dashboard.request.form import Filled
from dashboard.text import title
from dashboard.work.workshop import Refused

_KEY = "dna_session"
_MOST_OWN = 20  # inputs that one session keeps
_RECORD_BYTES = 200  # beside its letters
_MOST_PASTED = 10 * 2**20  # characters that stay in the field, read or not


@dataclass(frozen=True)
class Own:
    """A user's sequences. name : as in a link; title : as on the page."""

    name: str
    title: str
    records: tuple[Sequence, ...]

    @property
    def size(self) -> int:
        """Bytes, about."""
        return sum(len(r.letters) + len(r.name) + _RECORD_BYTES for r in self.records)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Each record in a list to choose from; made once, there may be thousands."""
        return tuple(label(record) for record in self.records)


def label(record: Sequence) -> str:
    """A record in a list to choose from."""
    return f"{title(record.name)} · {len(record.letters):,} bases"


@dataclass
class Session(Filled):
    """The form, the user's own sequences by name, and why the last ones given were refused.

    last : the last result that was shown.
    """

    own: dict[str, Own] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    last: Subject | None = None


def session() -> Session:
    """This browser session's own."""
    found: Session = st.session_state.setdefault(_KEY, Session())
    return found


def edit(position: int, base: str) -> None:
    """Change a base; '' takes a change back."""
    key = FORM.key("edits")
    st.session_state[key] = with_edit(st.session_state[key], position, base)


def take_file(lab: Lab) -> None:
    """Read the file that was just uploaded, and turn to it if it is good, as a callback."""
    file = st.session_state.get("dna_file")
    session().refused.pop("file", None)
    if file is not None:
        if refused := quota.refusal(file.type):
            session().refused["file"] = f"{title(file.name)}: {refused}"
        else:
            _take(lab, "file", title(file.name), file.getvalue())


def take_text(lab: Lab) -> None:
    """Read the text that was just pasted, and turn to it if it is good, as a callback."""
    text = st.session_state.get("dna_text") or ""
    session().refused.pop("text", None)
    if text.strip():
        _take(lab, "text", "Pasted", text)
    if len(text) > _MOST_PASTED:
        st.session_state["dna_text"] = ""


def _take(lab: Lab, kind: str, called: str, data: bytes | str) -> None:
    mine = session()
    mine.refused.pop("full", None)
    try:
        records = lab.read(data, state.session().id)
    except Refused as refused:
        mine.refused[kind] = f"{called}: {refused}"
        return
    raw = data.encode(errors="replace") if isinstance(data, str) else data
    name = f"{kind}-{hashlib.sha256(raw).hexdigest()[:12]}"
    given = Own(name, called, records)
    if name not in mine.own and (full := quota.full(given.size)):
        mine.refused[kind] = f"{called}: {full}"
        return
    mine.own[name] = given
    while len(mine.own) > _MOST_OWN:
        gone = mine.own.pop(next(iter(mine.own)))
        mine.refused["full"] = f"{gone.title}: let go, as a session keeps the {_MOST_OWN} newest."
    st.session_state[FORM.key("input")] = name
