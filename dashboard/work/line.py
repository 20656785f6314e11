"""Line: one at a time, and of those who wait the session first that was served longest ago.

A session that comes for the first time counts as served with the last one before it came: it waits
for those who have waited longer, and nobody waits for two turns of another session.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_REMEMBERED = 1_000  # sessions


class Line:
    """Who sends file after file waits behind who sends one. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[object, tuple[str, int]] = {}  # ticket -> owner, turns when it came
        self._served: dict[str, int] = {}  # owner -> its last turn, the first of all first
        self._turns = 0
        self._busy = False

    @contextmanager
    def turn(self, owner: str) -> Iterator[None]:
        """Wait, then work alone; whatever ends the work lets the next one in."""
        ticket = object()
        with self._changed:
            self._waiting[ticket] = owner, self._turns
            try:
                self._changed.wait_for(lambda: not self._busy and self._next() is ticket)
            finally:
                del self._waiting[ticket]
            self._busy = True
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._note(owner)
                self._changed.notify_all()

    def _next(self) -> object:
        """Of equals the first to come, as it stands first."""
        return min(self._waiting, key=lambda ticket: self._served.get(*self._waiting[ticket]))

    def _note(self, owner: str) -> None:
        self._served.pop(owner, None)
        self._turns += 1
        self._served[owner] = self._turns
        if len(self._served) > _REMEMBERED:
            del self._served[next(iter(self._served))]
