"""Uploads: the pictures of one browser session. They stay in memory and are never shared."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dashboard.engine import Engine, Refused

_DIGITS = 12


class File(Protocol):
    """An uploaded file, as Streamlit hands it over."""

    file_id: str
    name: str

    def getvalue(self) -> bytes:
        """The bytes."""


@dataclass(frozen=True)
class Upload:
    """A file that was read. error : why it cannot be used, or empty."""

    name: str
    title: str
    read: Callable[[], bytes]
    notes: tuple[str, ...] = ()
    error: str = ""


def take(files: Sequence[File], known: dict[str, Upload], engine: Engine) -> dict[str, Upload]:
    """The uploads of these files by id; those in `known` are not read again."""
    return {f.file_id: known.get(f.file_id) or _read(f, engine) for f in files}


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
    return Upload(f"file-{digest[:_DIGITS]}", title, file.getvalue, notes)
