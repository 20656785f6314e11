"""Uploads: the pictures of one browser session. They stay in memory and are never shared."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dashboard.engine import Engine
from dashboard.workshop import Refused

_DIGITS = 12


class File(Protocol):
    """An uploaded file, as Streamlit hands it over."""

    file_id: str
    name: str

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


def take(
    files: Sequence[File] | None, listed: frozenset[str], held: dict[str, Upload], engine: Engine
) -> dict[str, Upload]:
    """The uploads to hold from now on, by the id of their file.

    files : what the uploader lists; None where it was not drawn, so that nobody removed anything.
    listed : the ids that it listed before; of these, those that it no longer lists go.
    held : the uploads so far, which are not read again; nor are those listed before that are held
    no more, for newer ones took their place.
    """
    if files is None:
        return {key: upload for key, upload in held.items() if not upload.error}
    removed = listed - {f.file_id for f in files}
    kept = {key: upload for key, upload in held.items() if key not in removed}
    return kept | {f.file_id: _read(f, engine) for f in new(files, listed, held)}


def new(
    files: Sequence[File] | None, listed: frozenset[str], held: dict[str, Upload]
) -> list[File]:
    """The files that are there for the first time."""
    return [f for f in files or () if f.file_id not in listed and f.file_id not in held]


def plain(name: str) -> str:
    """A stranger's file name, short and without anything that Markdown or HTML would act on."""
    cleaned = re.sub(r"[^\w .()-]", "?", name).replace("_", " ").strip() or "picture"
    return cleaned if len(cleaned) <= 40 else f"{cleaned[:28]}...{cleaned[-8:]}"


def _read(file: File, engine: Engine) -> Upload:
    title = plain(file.name)
    try:
        digest, notes = engine.inspect(file.getvalue())
    except Refused as refused:
        return Upload("", title, file.getvalue, error=f"{title}: {refused}")
    return Upload(f"file-{digest[:_DIGITS]}", title, file.getvalue, notes, file=file.name)
