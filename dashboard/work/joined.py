"""Joined: those who ask the same at once wait for one computation, and not behind each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

from dashboard.work.slot import POLL_SECONDS, Waiting

Found = TypeVar("Found")


class Joined:
    """The first who asks works; the others wait for what is found. Safe to use from threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ahead: dict[Hashable, int] = {}  # of whom works on it, as it was last told

    def once(
        self,
        key: Hashable,
        known: Callable[[], Found | None],
        work: Callable[[Waiting], Found],
        waiting: Waiting,
    ) -> Found:
        """What is known, or else what `work` finds for all who ask for this key.

        waiting : called several times a second with how many computations are ahead; what it raises
        gives up one's own place alone: where the one who works gives up, another takes over.
        """
        while True:
            with self._changed:
                if key not in self._ahead:
                    self._ahead[key] = 0
                    break
                ahead = self._ahead[key] + 1
            waiting(ahead)  # outside the lock: it may take its time, or raise
            with self._changed:
                if key in self._ahead:
                    self._changed.wait(POLL_SECONDS)
        try:
            found = known()
            return work(lambda ahead: self._tell(key, ahead, waiting)) if found is None else found
        finally:
            with self._changed:
                del self._ahead[key]
                self._changed.notify_all()

    def _tell(self, key: Hashable, ahead: int, waiting: Waiting) -> None:
        with self._changed:
            self._ahead[key] = ahead
        waiting(ahead)
