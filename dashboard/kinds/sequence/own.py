"""Own: the sequences of one browser session. They stay in memory and are never shared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import streamlit as st

from attribution.sequences import Sequence
from dashboard.controls import quota
from dashboard.controls.session import Session, session
from dashboard.text import title
from dashboard.work import sequences
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused

_MOST = 20  # inputs that one session keeps
_RECORD_BYTES = 200  # beside its letters
_MOST_PASTED = 10 * 2**20  # characters that stay in the field, read or not


@dataclass(frozen=True)
class Records:
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


@dataclass
class OwnSequences:
    """held : by name. refused : why the last ones given were, by how they were given."""

    held: dict[str, Records] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def of(mine: Session) -> OwnSequences:
    """A session's own."""
    found: OwnSequences = mine.own.setdefault("sequence", OwnSequences())
    return found


def label(record: Sequence) -> str:
    """A record in a list to choose from."""
    return f"{title(record.name)} · {len(record.letters):,} bases"


def take_file(engine: Engine) -> None:
    """Read the file that was just uploaded, and turn to it if it is good, as a callback."""
    file, mine = st.session_state.get("dna_file"), of(session())
    mine.refused.pop("file", None)
    if file is not None:
        if refused := quota.refusal(file.type):
            mine.refused["file"] = f"{title(file.name)}: {refused}"
        else:
            _take(engine, "file", title(file.name), file.getvalue())


def take_text(engine: Engine) -> None:
    """Read the text that was just pasted, and turn to it if it is good, as a callback."""
    text = st.session_state.get("dna_text") or ""
    of(session()).refused.pop("text", None)
    if text.strip():
        _take(engine, "text", "Pasted", text)
    if len(text) > _MOST_PASTED:
        st.session_state["dna_text"] = ""


def _take(engine: Engine, how: str, called: str, data: bytes | str) -> None:
    mine = of(session())
    mine.refused.pop("full", None)
    try:
        records = sequences.read(engine, data, session().id)
    except Refused as refused:
        mine.refused[how] = f"{called}: {refused}"
        return
    raw = data.encode(errors="replace") if isinstance(data, str) else data
    name = f"{how}-{hashlib.sha256(raw).hexdigest()[:12]}"
    given = Records(name, called, records)
    if name not in mine.held and (full := quota.full(given.size)):
        mine.refused[how] = f"{called}: {full}"
        return
    mine.held[name] = given
    while len(mine.held) > _MOST:
        gone = mine.held.pop(next(iter(mine.held)))
        mine.refused["full"] = f"{gone.title}: let go, as a session keeps the {_MOST} newest."
    st.session_state["input"] = name
