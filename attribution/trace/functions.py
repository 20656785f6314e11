"""What a network keeps for the next question, and when it is forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

MOST = 24
"""Functions that a network keeps at once: each takes some 15 MB of a large network."""
MOST_OPERATIONS = 16_000
"""Operations of all of them together, unless the last one alone has more."""
OPERATION_BYTES = 15_000
"""Of one operation of a function that has run, about: 10 to 20 kB were measured."""


class Functions:
    """Functions from arrays to values, those used last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._kept: dict[tuple[int, Hashable], tuple[Callable[..., Any], int]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def operations(self) -> int:
        """How many operations the functions have together."""
        return sum(size for _, size in self._kept.values())

    def get(
        self, owner: Any, key: Hashable, make: Callable[[], tuple[Callable[..., Any], int]]
    ) -> Callable[..., Any]:
        """The function of that key and owner; `make` gives it and its number of operations."""
        place = (id(owner), key)
        with self._lock:
            # Taken out and put back: the first to go is the one that was not used for longest.
            found = self._kept.pop(place, None) or make()
            self._kept[place] = found
            while len(self) > 1 and (len(self) > MOST or self.operations > MOST_OPERATIONS):
                del self._kept[next(iter(self._kept))]
        return found[0]

    def shrink(self, operations: int) -> bool:
        """Drop those not used for longest until so many operations are left; whether any went."""
        with self._lock:
            before = len(self)
            while self._kept and self.operations > operations:
                del self._kept[next(iter(self._kept))]
            return len(self) < before

    def forget(self, owner: Any) -> None:
        """Drop the functions of an owner."""
        with self._lock:
            for place in [place for place in self._kept if place[0] == id(owner)]:
                del self._kept[place]
