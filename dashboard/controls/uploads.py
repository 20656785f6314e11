"""Uploads: the pictures of one browser session. They stay in memory and are never shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dashboard.controls import quota
from dashboard.text import title
from dashboard.work.engine import Engine, upload_name
from dashboard.work.workshop import Refused


class File(Protocol):
    """An uploaded file, as Streamlit hands it over."""

    file_id: str
    name: str
    type: str

    def getvalue(self) -> bytes:
        """The bytes."""


@dataclass(frozen=True)
class Upload:
    """A file that was read. error : why it cannot be used, or empty.

    file : its name as it came, a stranger's text: for programs, through repr, and nowhere else.
    """

    name: str
    title: str
    read: Callable[[], bytes]
    notes: tuple[str, ...] = ()
    error: str = ""
    file: str = ""

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.read())


def take(
    files: Sequence[File] | None,
    listed: frozenset[str],
    held: dict[str, Upload],
    engine: Engine,
    owner: str,
) -> dict[str, Upload]:
    """The uploads to hold from now on, by the id of their file.

    files : what the uploader lists; None where it was not drawn, so that nobody removed anything.
    listed : the ids that it listed before; of these, those that it no longer lists go.
    held : the uploads so far, which are not read again; nor are those listed before that are held
    no more, for newer ones took their place.
    owner : the session, for which the engine keeps their pixels.
    """
    if files is None:
        return {key: upload for key, upload in held.items() if not upload.error}
    removed = listed - {f.file_id for f in files}
    kept = {key: upload for key, upload in held.items() if key not in removed}
    return kept | {f.file_id: _read(f, engine, owner) for f in new(files, listed, held)}


def new(
    files: Sequence[File] | None, listed: frozenset[str], held: dict[str, Upload]
) -> list[File]:
    """The files that are there for the first time."""
    return [f for f in files or () if f.file_id not in listed and f.file_id not in held]


def newest(held: dict[str, Upload], count: int, size: int) -> dict[str, Upload]:
    """The last of these, at most so many, and of so many bytes together."""
    kept: dict[str, Upload] = {}
    for key, upload in reversed([*held.items()][-count:]):
        size -= upload.size
        if size >= 0:
            kept[key] = upload
    return dict(reversed(kept.items()))


def _read(file: File, engine: Engine, owner: str) -> Upload:
    called = title(file.name)
    if refused := quota.refusal(file.type):
        return Upload("", called, file.getvalue, error=f"{called}: {refused}")
    try:
        digest, notes = engine.inspect(file.getvalue(), owner)
    except Refused as refused:
        return Upload("", called, file.getvalue, error=f"{called}: {refused}")
    return Upload(upload_name(digest), called, file.getvalue, notes, file=file.name)
