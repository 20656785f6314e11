"""Guard: what is asked of a server beside its pages: readiness, metrics, files on their way."""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from dashboard import settings
from dashboard.controls import quota
from dashboard.headers import App, Message, Receive, Scope, Send

READY = "/ready"
_METRICS = re.compile(r".*/_stcore/metrics/?")
_UPLOAD = re.compile(r".*/_stcore/upload_file/([^/]+)/[^/]+/?")
_SECONDS = quota.UNLISTED_SECONDS  # that a file may be on its way


class Guard:
    """ASGI: answers what is not for Streamlit to answer.

    ready : whether the first network is loaded. active : whether a session is there. base : of the
    addresses, such as "/neurons", or empty.
    """

    def __init__(
        self, app: App, ready: Callable[[], bool], active: Callable[[str], bool], base: str = ""
    ) -> None:
        self._app, self._ready, self._active = app, ready, active
        self._places = {READY, base + READY}
        self._arrivals = Arrivals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path in self._places:
            await _answer(send, *((200, "ready") if self._ready() else (503, "loading")))
        elif _METRICS.fullmatch(path) and not _may_measure(scope):
            await _answer(send, 404, "Not Found")
        elif (upload := _UPLOAD.fullmatch(path)) and scope["method"] == "PUT":
            await self._upload(upload[1], scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _upload(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a file in when there is room for it, for a session that is there and not too busy."""
        if not settings.uploads():
            await _answer(send, 403, "This server takes no files.")
        elif not self._active(session):  # Streamlit says what is wrong, and reads nothing
            await self._app(scope, receive, send)
        elif not self._arrivals.counted(session):
            most = f"{quota.MOST_FILES:,} files in {_SECONDS / 60:.0f} minutes"
            await _answer(send, 429, f"At most {most}.")
        else:
            await self._in_time(session, scope, receive, send)

    async def _in_time(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(_SECONDS), self._arrivals.room(session, _size(scope)):
                await self._app(scope, receive, sent)
        except TimeoutError:
            if not begun:
                await _answer(send, 408, "The file took too long.")


class Arrivals:
    """Bytes on their way: never more than sessions may have once they are here; the others wait."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._coming: Counter[str] = Counter()
        self._counts: dict[str, tuple[float, int]] = {}  # session -> since when, how many

    def counted(self, session: str) -> bool:
        """Count a file of a session. False where it has sent as many as it may for now."""
        now = time.monotonic()
        self._counts = {s: c for s, c in self._counts.items() if now - c[0] < _SECONDS}
        since, count = self._counts.get(session, (now, 0))
        self._counts[session] = since, count + 1
        return count < quota.MOST_FILES

    @asynccontextmanager
    async def room(self, session: str, size: int) -> AsyncIterator[None]:
        """Wait for room for so many bytes, which are taken until the end. A file that is larger
        than all that a session may have comes alone."""
        most = max(size, quota.SESSION_BYTES), max(size, quota.ALL_BYTES)

        def fits() -> bool:
            whole = self._coming.total()
            return self._coming[session] + size <= most[0] and whole + size <= most[1]

        async with self._changed:
            await self._changed.wait_for(fits)
            self._coming[session] += size
        try:
            yield
        finally:
            async with self._changed:
                self._coming[session] -= size
                self._coming += Counter()  # who has nothing on its way is forgotten
                self._changed.notify_all()


def largest() -> int:
    """Megabytes of the largest file that is taken, with what wraps it."""
    models = quota.MODEL_MEGABYTES if settings.sent_models() else 0
    return max(quota.FILE_MEGABYTES, models) + 1


def _size(scope: Scope) -> int:
    """Bytes that a request holds as it says; as many as it may have where it does not say."""
    most = (largest() + 1) * quota.MEGABYTE  # Streamlit's own bound of what it reads
    said = _header(scope, b"content-length")
    return min(int(said), most) if said.isdigit() else most


def _may_measure(scope: Scope) -> bool:
    """Whether a request has the token of who measures this server, if there is one."""
    token = settings.text(settings.METRICS).encode()
    return bool(token) and hmac.compare_digest(_header(scope, b"authorization"), b"Bearer " + token)


def _header(scope: Scope, name: bytes) -> bytes:
    found: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return found


async def _answer(send: Send, status: int, text: str) -> None:
    """A line of plain text."""
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
