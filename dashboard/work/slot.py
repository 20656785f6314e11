"""Slot: one computation at a time in this process, first come first served."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

POLL_SECONDS = 0.25
Waiting = Callable[[int], object]


class Slot:
    """Long work takes turns; brief work goes between the steps of the long.

    A classroom would wait for its pictures to appear while one of them computes, if what takes a
    tenth of a second stood in the same queue as what takes ten.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._busy = False
        self._brief = 0
        self._served = 0

    @property
    def length(self) -> int:
        """Long work that runs or waits."""
        return len(self._queue)

    @contextmanager
    def turn(self, waiting: Waiting) -> Iterator[None]:
        """Long work: wait for the others, then run alone.

        waiting : called several times a second meanwhile with how many are ahead. What it raises
            gives up the place; whatever ends the work frees the slot.
        """
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            self._wait_for_turn(ticket, waiting)
            with self._alone():
                yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    @contextmanager
    def brief(self) -> Iterator[None]:
        """Work of less than a second: at once, or after the step that runs now."""
        with self._changed:
            self._brief += 1
        try:
            with self._alone():
                yield
        finally:
            with self._changed:
                self._brief -= 1
                self._served += 1
                self._changed.notify_all()

    def step(self) -> None:
        """Between two steps of long work, on its thread: let brief work through."""
        with self._changed:
            if not self._brief:
                return
            enough = self._served + self._brief  # not those that come later: work must go on
            self._busy = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._busy and self._served >= enough)
            self._busy = True

    def _wait_for_turn(self, ticket: object, waiting: Waiting) -> None:
        while True:
            with self._changed:
                ahead = self._queue.index(ticket)
            if ahead == 0:
                return
            waiting(ahead)  # outside the lock: it may take its time, or raise
            with self._changed:
                if self._queue[0] is not ticket:
                    self._changed.wait(POLL_SECONDS)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._busy)
            self._busy = True
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
