"""Line: one at a time, and of those who wait the session first that was served longest ago."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_REMEMBERED = 1_000  # sessions


class Line:
    """Who sends file after file waits behind who sends one. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[object, str] = {}  # ticket -> owner, the first to come first
        self._served: dict[str, float] = {}  # owner -> when, the longest ago first
        self._busy = False

    @contextmanager
    def turn(self, owner: str) -> Iterator[None]:
        """Wait, then work alone; whatever ends the work lets the next one in."""
        ticket = object()
        with self._changed:
            self._waiting[ticket] = owner
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
        return min(self._waiting, key=lambda ticket: self._served.get(self._waiting[ticket], 0.0))

    def _note(self, owner: str) -> None:
        self._served.pop(owner, None)
        self._served[owner] = time.monotonic()
        if len(self._served) > _REMEMBERED:
            del self._served[next(iter(self._served))]
