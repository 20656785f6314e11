"""Uploads: the pictures of one browser session. They stay in memory and are never shared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import streamlit as st

from dashboard.controls import quota
from dashboard.controls.session import Session, session
from dashboard.kinds.image.form import FITS
from dashboard.text import markdown, title
from dashboard.work import pictures
from dashboard.work.decoder import Frame
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused

MOST = 20  # that one session keeps


class Sent(Protocol):
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


@dataclass
class Uploads:
    """held : by the id of their file. listed : the ids that the uploader lists; it forgets its
    files with the page that draws it, the session does not. let_go : how many older ones had to
    make room in this run.
    """

    held: dict[str, Upload] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    let_go: int = 0


def of(mine: Session) -> Uploads:
    """A session's own."""
    found: Uploads = mine.own.setdefault("image", Uploads())
    return found


def accept(engine: Engine, mine: Session) -> None:
    """Read new files, and turn to the newest good one."""
    own, files = of(mine), st.session_state.get("files")
    new = [f.file_id for f in fresh(files, own.listed, own.held)]
    with st.spinner("Reading the pictures") if new else st.empty():
        hold(take(files, own.listed, own.held, engine, mine.id), engine)
    own.listed = frozenset(f.file_id for f in files or [])
    good = [u for key in new if (u := own.held.get(key)) and not u.error]
    if good:
        st.session_state["input"] = good[-1].name


@dataclass
class _Example:
    """An example of a data set, as if it had been sent. file_id : that of no file of a browser."""

    file_id: str
    name: str
    data: bytes
    type: str = ""

    def getvalue(self) -> bytes:
        """The bytes."""
        return self.data


def receive(engine: Engine, mine: Session, called: str, data: bytes) -> str:
    """Hold a picture that nobody has sent; its name. Raises Refused where there is no room."""
    file = _Example(f"example-{hashlib.sha256(data).hexdigest()}", called, data)
    if full := quota.full(len(data)):
        raise Refused(f"{title(called)}: {full}")
    upload = _read(file, engine, mine.id)
    if upload.error:
        raise Refused(upload.error)
    hold({**of(mine).held, file.file_id: upload}, engine)
    return upload.name


def hold(uploads: dict[str, Upload], engine: Engine) -> None:
    """Hold the newest of these uploads and no others; where the chosen one went, turn to a sample.

    One that could not be read has no name, and no answers to forget.
    """
    mine = session()
    own, given = of(mine), uploads
    uploads = newest(uploads, MOST, quota.SESSION_BYTES)
    own.let_go = len(given) - len(uploads)
    gone = {u.name for u in own.held.values()} - {u.name for u in uploads.values()} - {""}
    own.held = uploads
    if gone:
        engine.forget(mine.id, *gone)
    if mine.values.get("input") in gone:
        st.session_state["input"] = None
    if mine.last and mine.last.item.name in gone:
        mine.last = None


def forget_earlier(engine: Engine) -> None:
    """Drop the uploads that the uploader does not list, as a callback."""
    own = of(session())
    hold({key: upload for key, upload in own.held.items() if key in own.listed}, engine)


def notices(mine: Session) -> None:
    """Uploads that had to go, and those that could not be read."""
    own = of(mine)
    if gone := own.let_go:
        pictures = "1 earlier picture was" if gone == 1 else f"{gone} earlier pictures were"
        st.info(
            markdown(
                f"{pictures} let go: a session keeps the {MOST} newest, of "
                f"{quota.SESSION_BYTES // quota.MEGABYTE} MB together."
            )
        )
    for upload in own.held.values():
        if upload.error:
            st.error(markdown(upload.error))


def take(
    files: Sequence[Sent] | None,
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
    return kept | {f.file_id: _read(f, engine, owner) for f in fresh(files, listed, held)}


def fresh(
    files: Sequence[Sent] | None, listed: frozenset[str], held: dict[str, Upload]
) -> list[Sent]:
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


def _read(file: Sent, engine: Engine, owner: str) -> Upload:
    called = title(file.name)
    if refused := quota.refusal(file.type):
        return Upload("", called, file.getvalue, error=f"{called}: {refused}")
    chosen = session().values.get("model")
    known = engine.shelf.catalogue().of_kind("image")
    models = [m for m in known if m.path is None or m.name == chosen]  # others when they are asked
    frames = [Frame.of(m.card.encoding(), fit) for m in models for fit in FITS]
    try:
        name, notes = pictures.inspect(engine, file.getvalue(), frames, owner)
    except Refused as refused:
        return Upload("", called, file.getvalue, error=f"{called}: {refused}")
    return Upload(name, called, file.getvalue, notes, file=file.name)
