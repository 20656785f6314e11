"""Networks: those used last, within a budget of memory; never one that computes is dropped."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Networks:
    """Loaded networks by name. Safe to use from several threads.

    load : name -> attribution.Network. limit : bytes of their weights and traced functions
    together; what was not used for longest goes first. The one used last stays, however large.
    each : bytes of traced functions that one network keeps between two uses.
    """

    def __init__(self, load: Callable[[str], Any], limit: int, each: int = 2**40) -> None:
        self.limit = limit
        self.each = each
        self._load = load
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._users: Counter[str] = Counter()
        self._lock = threading.RLock()

    def __contains__(self, name: str) -> bool:
        return name in self._kept

    @property
    def size(self) -> int:
        """Bytes, about."""
        with self._lock:
            return sum(net.nbytes for net in self._kept.values())

    def get(self, name: str) -> Any:
        """The network of that name, loaded if need be; it counts as used now."""
        with self._lock:
            if name not in self._kept:
                self._kept[name] = self._load(name)
                _settle()
            self._kept.move_to_end(name)
            return self._kept[name]

    @contextmanager
    def use(self, name: str) -> Iterator[Any]:
        """The same, which stays for as long as it is used, whatever else is loaded."""
        with self._lock:
            net = self.get(name)
            self._users[name] += 1
            self._make_room()
        try:
            yield net
        finally:
            with self._lock:
                self._users[name] -= 1
                self._make_room()
                _trim()

    def drop(self, name: str) -> None:
        """Forget a network, whose file has changed; whoever still uses it keeps it until then."""
        with self._lock:
            if self._kept.pop(name, None):
                _settle()

    def _make_room(self) -> None:
        """It is asked after each use too, as a network grows with what it is asked."""
        for name in [name for name in self._kept if not self._users[name]]:
            self._kept[name].clear(self.each)
        idle = [name for name in [*self._kept][:-1] if not self._users[name]]
        gone = False
        while idle and self.size > self.limit:
            self._kept.pop(idle.pop(0)).clear()
            gone = True
        if gone:
            _settle()


def _settle() -> None:
    """Free what was dropped; no later collection looks through what stays.

    Networks are circles of objects, and of what is frozen none would ever be freed.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    _trim()


def _trim() -> None:
    """Have the system's allocator return what was freed; only that of glibc keeps it and can."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
