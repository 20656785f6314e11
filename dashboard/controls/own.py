"""Own: inputs of one's own, of the kinds that read each when it is given.

They stay in the session's memory and are never shared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard.controls import quota
from dashboard.controls.session import Session
from dashboard.text import title as written
from dashboard.work.workshop import Refused

_MOST = 20  # that one session keeps of a kind


@dataclass(frozen=True)
class Own:
    """name : as in a link; title : on the page; file : as it came. parts : examples or records."""

    name: str
    title: str
    file: str
    parts: tuple[Any, ...]

    @property
    def size(self) -> int:
        """Bytes, about."""
        raise NotImplementedError


@dataclass
class Owned:
    """held : by name. refused : why the last ones given were, by how they were given."""

    held: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each."""
        return {name: given.size for name, given in self.held.items()}

    def take(
        self,
        how: str,
        title: str,
        data: bytes | str,
        read: Callable[[], Iterable[Any]],
        make: type[Own],
        file: str = "",
    ) -> str:
        """Read what was just given, and turn to it if it is good, as a callback; its name, or "".

        how : "file" or "text". read : its parts, or raises Refused. make : what it becomes.
        """
        self.refused.pop("full", None)
        raw = data.encode(errors="replace") if isinstance(data, str) else data
        name = f"{how}-{hashlib.sha256(raw).hexdigest()[:12]}"
        try:
            given = make(name, title, file, tuple(read()))
        except Refused as refused:
            self.refused[how] = f"{title}: {refused}"
            return ""
        if name not in self.held and (full := quota.full(given.size)):
            self.refused[how] = f"{title}: {full}"
            return ""
        self.held[name] = given
        while len(self.held) > _MOST:
            gone = self.held.pop(next(iter(self.held)))
            self.refused["full"] = f"{gone.title}: let go, as a session keeps the {_MOST} newest."
        st.session_state["input"] = name
        return name

    def take_file(
        self, key: str, read: Callable[[bytes, str], Iterable[Any]], make: type[Own]
    ) -> None:
        """The same of the file that this uploader just took. read : of its bytes and its name."""
        file = st.session_state.get(key)
        self.refused.pop("file", None)
        if file is None:
            return
        if refused := quota.refusal(file.type):
            self.refused["file"] = f"{written(file.name)}: {refused}"
            return
        data = file.getvalue()
        self.take("file", written(file.name), data, lambda: read(data, file.name), make, file.name)


def of(mine: Session, kind: str) -> Owned:
    """A session's own of a kind."""
    found: Owned = mine.own.setdefault(kind, Owned())
    return found
