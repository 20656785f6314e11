"""Quota: how many bytes of uploads one session, and all of them together, may have here.

Streamlit keeps each file that a browser sends, named on a page or not, until its session ends. From
the first run of a page on its own store obeys these limits, whatever is sent to it, and drops what
its session lists no more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Set

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from dashboard import settings
from dashboard.work import shelf

MEGABYTE = 2**20
SESSION_BYTES = settings.megabytes(settings.SESSION_MB) * MEGABYTE
ALL_BYTES = settings.megabytes(settings.ALL_MB) * MEGABYTE
"""Eight full sessions, or a picture of 4 MB from each of the 128 that Streamlit remembers. With the
1.9 GB of a server after 200 requests (benchmarks/README.md) it leaves room on a machine of 4 GB."""
FILE_MEGABYTES = settings.megabytes(settings.FILE_MB)
"""The server lets one more through, for what wraps a file."""
MODEL_MEGABYTES = shelf.MODEL_MEGABYTES  # where the server takes such; one at a time
MOST_FILES = 1000  # of a session, the refused and the empty ones too
UNLISTED_SECONDS = 600.0
"""A browser names its files when the last of a batch has come, on a slow line after minutes."""

_LONGEST_NAME = 1000
_REFUSALS = {
    "refused/session": f"not taken, because the uploads of one session may have "
    f"{SESSION_BYTES // MEGABYTE} MB together; take some off the list, or reload the page to "
    "begin anew.",
    "refused/model": f"not taken, because files of models may have {MODEL_MEGABYTES} MB together, "
    "of all who send one at this moment; make it smaller, or try again in a minute.",
    "refused/large": f"not taken, because it is larger than {FILE_MEGABYTES} MB.",
    "refused/off": "not taken, because this server takes no files.",
    "refused/server": f"not taken, because the uploads of all sessions on this server may have "
    f"{ALL_BYTES // MEGABYTE} MB together; try again in a few minutes.",
}
_INSTALLING = threading.Lock()


class Bounded(MemoryUploadedFileManager):
    """Streamlit's store of uploads, within the limits.

    What does not fit is kept without its bytes, under a type of its own that says why: so the page
    can say it, which a refused request could not.
    """

    def begin(self) -> None:
        """What a store needs beside that which Streamlit made of it."""
        self._gate = threading.RLock()
        self._unlisted: dict[tuple[str, str], float] = {}  # when each came, the oldest first
        self._held: dict[str, dict[str, int]] = {}  # session -> what it has beside its files

    def add_file(self, session_id: str, file: UploadedFileRec) -> None:
        """Keep a file, or its name and why it is refused."""
        name = file.name.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST_NAME]
        with self._gate:
            self._expire()
            self.remove_file(session_id, file.file_id)
            if len(self.file_storage.get(session_id, ())) >= MOST_FILES:
                return
            file = file._replace(name=name, type=file.type[:_LONGEST_NAME])
            if refused := self._refused(session_id, file):
                file = file._replace(data=b"", type=refused)
            super().add_file(session_id, file)
            self._unlisted[session_id, file.file_id] = time.monotonic()

    def remove_file(self, session_id: str, file_id: str) -> None:
        """Forget a file."""
        with self._gate:
            super().remove_file(session_id, file_id)
            self._unlisted.pop((session_id, file_id), None)

    def remove_session_files(self, session_id: str) -> None:
        """Forget all of a session that has ended."""
        with self._gate:
            super().remove_session_files(session_id)
            self._held.pop(session_id, None)
            self._unlisted = {k: t for k, t in self._unlisted.items() if k[0] != session_id}

    def keep(self, session_id: str, listed: Set[str], held: Mapping[str, int]) -> None:
        """Drop the files that a session lists no more.

        listed : the ids of those that it does. held : the bytes of what it made of files, by their
        ids or another name; they count while it has them.
        """
        with self._gate:
            self._expire()
            for file_id in listed:
                self._unlisted.pop((session_id, file_id), None)
            for file_id in [*self.file_storage.get(session_id, ())]:
                if file_id not in listed and (session_id, file_id) not in self._unlisted:
                    self.remove_file(session_id, file_id)
            self._held[session_id] = dict(held)

    def _refused(self, session_id: str, file: UploadedFileRec) -> str:
        """As `refused`; a model's file is large, and gone as soon as it is read."""
        if not settings.uploads():
            return "refused/off"
        size = len(file.data)
        model = settings.sent_models() and file.name.endswith(".keras")
        if not model:
            large = size > (FILE_MEGABYTES + 1) * MEGABYTE
            return "refused/large" if large else self.refused(session_id, size)
        with self._gate:
            others = sum(map(self._models, self.file_storage))
        return "refused/model" if others + size > MODEL_MEGABYTES * MEGABYTE else ""

    def _models(self, session_id: str) -> int:
        files = self.file_storage.get(session_id, {}).values()
        return sum(len(file.data) for file in files if file.name.endswith(".keras"))

    def refused(self, session_id: str, size: int) -> str:
        """The type of a file that stands for one of so many bytes; empty where there is room."""
        with self._gate:
            if self._bytes(session_id) + size > SESSION_BYTES:
                return "refused/session"
            everywhere = sum(map(self._bytes, {*self.file_storage, *self._held}))
            return "refused/server" if everywhere + size > ALL_BYTES else ""

    def _bytes(self, session_id: str) -> int:
        files = self.file_storage.get(session_id, {})
        held = self._held.get(session_id, {})
        kept = sum(size for name, size in held.items() if name not in files)
        return kept + sum(len(file.data) for file in files.values())

    def _expire(self) -> None:
        """Drop what was sent long ago and never listed."""
        before = time.monotonic() - UNLISTED_SECONDS
        for session_id, file_id in [key for key, came in self._unlisted.items() if came < before]:
            self.remove_file(session_id, file_id)


def bounded(store: MemoryUploadedFileManager) -> Bounded:
    """Streamlit's store, which is made before any page runs and known to its server: from now on
    one with limits."""
    with _INSTALLING:
        if not isinstance(store, Bounded):
            store.__class__ = Bounded
            assert isinstance(store, Bounded)
            store.begin()
    return store


def keep(listed: Set[str], held: Mapping[str, int]) -> None:
    """Of the session that runs, as `Bounded.keep`."""
    store, session_id = _running()
    store.keep(session_id, listed, held)


def refusal(kind: str) -> str:
    """What to say of an upload of this type; empty for one that was taken."""
    return _REFUSALS.get(kind, "")


def full(size: int) -> str:
    """What to say if the session that runs has no room for so many bytes more."""
    store, session_id = _running()
    return refusal(store.refused(session_id, size))


def _running() -> tuple[Bounded, str]:
    context = get_script_run_ctx()
    assert context is not None
    assert isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager)
    return bounded(context.uploaded_file_mgr), context.session_id
