"""Workshop: the core, its networks, the one compute slot and the store of results.

What the engines for pictures and for sequences share. TensorFlow is imported by the first call that
needs it, never by importing this module.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from attribution.errors import AttributionError
from dashboard.slot import Slot
from dashboard.store import Store

STORE_BYTES = 96 * 2**20

Progress = Callable[[int, int], object]


class Refused(Exception):
    """A request or a file that cannot be answered; the message is a sentence for the page."""


class Workshop:
    """One for each process. Safe to use from several threads."""

    def __init__(self) -> None:
        self.store = Store(STORE_BYTES)
        self.slot = Slot()
        self._networks: dict[str, Any] = {}
        self._loading = threading.Lock()
        self._imported = threading.Event()

    def paced(self, progress: Progress) -> Callable[[int, int], None]:
        """A progress callback that also lets brief work through, between two steps of the long."""

        def step(done: int, total: int) -> None:
            progress(done, total)
            self.slot.step()

        return step

    def forget(self, owner: str) -> None:
        """Drop all that was kept for a session that has ended."""
        self.store.drop(owner)

    def _network(self, model: str) -> Any:
        core = self._core()
        with self._loading:
            if model not in self._networks:
                self._networks[model] = core.load(model)
                gc.collect()
                gc.freeze()  # a network is there to stay: no later collection looks through it
            return self._networks[model]

    def _core(self) -> ModuleType:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import attribution

        if not self._imported.is_set():
            import keras

            # Streamlit calls this after every run of a page. It would reset Keras and clear the
            # kernels of TensorFlow for all threads, those that compute too, and costs 0.3 s.
            keras.backend.clear_session = _keep
            self._imported.set()
        return attribution

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """The core's own errors, as sentences that the page can show without knowing the core."""
        try:
            yield
        except AttributionError as refused:
            raise Refused(str(refused)) from refused


def _keep(free_memory: bool = True) -> None:
    """In place of keras.backend.clear_session: nothing is cleared."""
