"""Store: results that were computed before, bounded by the memory they take."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import is_dataclass
from typing import Any

import numpy as np

_PART = 100  # bytes of what is no array


class Store:
    """The least recently used entries go first. Safe to use from several threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._size

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._entries

    def get(self, key: Hashable) -> Any | None:
        """What was put there, or None; it counts as used now."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: Hashable, value: Any, size: int | None = None) -> None:
        """Keep a value of so many bytes (None: as it weighs), unless that is above the limit."""
        size = weight(value) if size is None else size
        with self._lock:
            if key in self._entries:
                self._size -= self._entries.pop(key)[1]
            if size > self.limit:
                return
            self._entries[key] = (value, size)
            self._size += size
            while self._size > self.limit:
                _, (_, freed) = self._entries.popitem(last=False)
                self._size -= freed

    def items(self) -> list[tuple[Any, Any]]:
        """What is there now, with its keys."""
        with self._lock:
            return [(key, value) for key, (value, _) in self._entries.items()]

    def drop(self, *parts: Hashable) -> None:
        """Forget every entry whose key is a tuple with all of these parts."""
        with self._lock:
            held = [k for k in self._entries if isinstance(k, tuple)]
            for key in [k for k in held if all(part in k for part in parts)]:
                self._size -= self._entries.pop(key)[1]


def weight(value: Any) -> int:
    """Bytes that a finding takes, about: its arrays, its text, and a little for each part."""
    if isinstance(value, np.ndarray):
        return _PART + int(value.nbytes)
    if isinstance(value, str):
        return _PART + len(value)
    if is_dataclass(value):
        value = vars(value)
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    return _PART + (sum(map(weight, value)) if isinstance(value, list | tuple) else 0)
