"""State: what one browser session holds of sequences."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard.dna.answer import Record
from dashboard.dna.lab import Lab
from dashboard.dna.request import FORM, with_edit
from dashboard.form import Filled
from dashboard.uploads import plain
from dashboard.workshop import Refused

_KEY = "dna_session"
_MOST_OWN = 20  # inputs that one session keeps


@dataclass(frozen=True)
class Own:
    """A user's sequences. name : as in a link; title : as on the page."""

    name: str
    title: str
    records: tuple[Record, ...]


@dataclass
class Session(Filled):
    """The form, the user's own sequences by name, and why the last ones given were refused.

    last : the values of the last result that was shown.
    """

    own: dict[str, Own] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    last: dict[str, Any] | None = None


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
    st.session_state[FORM.key("input")] = name


def _quiet(sentence: str) -> str:
    """A sentence that may quote a stranger's header, without what Markdown would act on."""
    return re.sub(r"([\\`*_{}\[\]<>#$~|:])", r"\\\1", sentence)
