"""Own: the sequences of one browser session, from a file or a text."""

from __future__ import annotations

from functools import cached_property

import streamlit as st

from attribution.sequences import Sequence
from dashboard.controls import own
from dashboard.controls.session import Session, session
from dashboard.text import title
from dashboard.work import sequences
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused

_RECORD_BYTES = 200  # beside its letters
_MOST_PASTED = 10 * 2**20  # characters that stay in the field, read or not


class Records(own.Own):
    """A user's sequences."""

    @property
    def size(self) -> int:
        return sum(len(r.letters) + len(r.name) + _RECORD_BYTES for r in self.parts)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Each record in a list to choose from; made once, there may be thousands."""
        return tuple(label(record) for record in self.parts)


def of(mine: Session) -> own.Owned:
    """A session's own."""
    return own.of(mine, "sequence")


def receive(engine: Engine, mine: Session, called: str, letters: str) -> dict[str, str]:
    """Hold letters that nobody has sent; what a link to them holds. Raises Refused."""
    text = f">{called}\n{letters}\n"
    name = of(mine).take(
        "file", called, text, lambda: sequences.read(engine, text, mine.id), Records
    )
    if not name:
        raise Refused(of(mine).refused.pop("file"))
    return {"input": name}


def label(record: Sequence) -> str:
    """A record in a list to choose from."""
    return f"{title(record.name)} · {len(record.letters):,} bases"


def take_file(engine: Engine) -> None:
    """Read the file that was just uploaded, and turn to it if it is good, as a callback."""
    mine = session()
    of(mine).take_file(
        "dna_file", lambda data, _name: sequences.read(engine, data, mine.id), Records
    )


def take_text(engine: Engine) -> None:
    """Read the text that was just pasted, and turn to it if it is good, as a callback."""
    text, mine = st.session_state.get("dna_text") or "", session()
    of(mine).refused.pop("text", None)
    if text.strip():
        of(mine).take(
            "text", "Pasted", text, lambda: sequences.read(engine, text, mine.id), Records
        )
    if len(text) > _MOST_PASTED:
        st.session_state["dna_text"] = ""
