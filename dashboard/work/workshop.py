"""Workshop: the core, its networks, the one compute slot and the store of results.

TensorFlow is imported by the first call that needs it, never by importing this module.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import ModuleType
from typing import Any

from attribution.errors import AttributionError
from dashboard.work import core
from dashboard.work.jobs import Jobs
from dashboard.work.networks import Networks
from dashboard.work.profiles import Profiles
from dashboard.work.refused import Refused as Refused
from dashboard.work.shelf import Shelf
from dashboard.work.slot import Slot, Waiting
from dashboard.work.store import Store

STORE_BYTES = 96 * 2**20
_SPOKEN = (
    (
        re.compile(
            r"load it yourself if you trust it, and|if you trust it, load it in a program.*and"
        ),
        "build it anew of Keras's own layers, and",
    ),
    (
        re.compile(r"pass attribution\.Network\(\w+\)"),
        "save the whole model with model.save('NAME.keras')",
    ),
)
"""What the library says in Python, and how a page says it, which takes files alone."""
NETWORK_BYTES = 256 * 2**20
"""Two large networks with all that each keeps traced, or some ten that were asked once."""
FUNCTION_BYTES = 80 * 2**20
"""Of what one network keeps traced between two questions: for the last three of a large one."""

Progress = Callable[[int, int], object]


class Workshop:
    """One for each process. Safe to use from several threads."""

    def __init__(self) -> None:
        self.store = Store(STORE_BYTES)
        self.slot = Slot()
        self.shelf = Shelf()
        self.jobs = Jobs()
        self.profiles = Profiles(lambda: self.store, self.shelf)
        self.networks = Networks(self._load, NETWORK_BYTES, FUNCTION_BYTES)
        self._imported = threading.Event()

    def paced(self, progress: Progress) -> Callable[[int, int], None]:
        """A progress callback that also lets brief work through, between two steps of the long."""

        def step(done: int, total: int) -> None:
            progress(done, total)
            self.slot.step()

        return step

    def forget(self, owner: str, *names: str) -> None:
        """Drop all that was kept for a session that has ended; or of its inputs of these names."""
        if not names:
            self.store.drop(owner)
            self.shelf.forget(owner)
        for name in names:
            self.store.drop(owner, name)

    @contextmanager
    def turn(self, model: str, waiting: Waiting) -> Iterator[Any]:
        """The one way to long work: the network, in turn, with refusals as sentences.

        waiting : as of Slot.turn.
        """
        self._core()  # outside the slot: importing takes seconds
        with self.slot.turn(waiting), self.refusals(), self.networks.use(model) as net:
            yield net

    @contextmanager
    def brief(self, model: str = "") -> Iterator[Any]:
        """The one way to work of less than a second: as `turn`, between the steps of long work.

        model : empty for work without a network, which loads no TensorFlow.
        """
        if model:
            self._core()
        using = self.networks.use(model) if model else nullcontext()
        with self.slot.brief(), self.refusals(), using as net:
            yield net

    def _load(self, name: str) -> Any:
        return self._core().load(self.shelf.source(name))

    def _core(self) -> ModuleType:
        if why := core.missing():
            raise Refused(why)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        # TensorFlow's own allocator never returns what it has taken; the system's is trimmed.
        os.environ.setdefault("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1")
        import attribution

        if not self._imported.is_set():
            import keras

            # Streamlit calls this after every run of a page. It would reset Keras and clear the
            # kernels of TensorFlow for all threads, those that compute too, and costs 0.3 s.
            keras.backend.clear_session = _keep
            self._imported.set()
        return attribution

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """The core's own errors, as sentences that the page can show without knowing the core."""
        try:
            yield
        except AttributionError as refused:
            words = str(refused)
            for said, mend in _SPOKEN:
                words = said.sub(mend, words)
            raise Refused(words) from refused


def _keep(free_memory: bool = True) -> None:
    """In place of keras.backend.clear_session: nothing is cleared."""
