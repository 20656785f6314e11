"""Store: results that were computed before, bounded by the memory they take."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


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

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keep a value of so many bytes, unless it alone is larger than the limit."""
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

    def drop(self, part: Hashable) -> None:
        """Forget every entry whose key is a tuple with this part."""
        with self._lock:
            for key in [k for k in self._entries if isinstance(k, tuple) and part in k]:
                self._size -= self._entries.pop(key)[1]
