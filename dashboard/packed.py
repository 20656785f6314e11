"""Packed: the programs that a browser needs, some 7 MB of Streamlit's own, are sent packed.

Streamlit sends them as they are, because to pack them for each visitor anew costs more than it
saves. Here each is packed once and kept: a phone gets a third, and a class of thirty a third of
200 MB.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

_PROGRAMS = re.compile(r"/static/(?:js|css)/[\w.-]+\.(?:js|css)$")
_LEVEL = 6  # of 9: the last percent takes as long again
_MOST = 500  # files, far more than Streamlit has

Message = MutableMapping[str, Any]
Headers = list[tuple[bytes, bytes]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Callable[[], Awaitable[Message]], Send], Awaitable[None]]


class Packed:
    """Around an ASGI application."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._kept: dict[str, tuple[Headers, bytes]] = {}
        self._turn = asyncio.Lock()

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Send
    ) -> None:
        """One request."""
        if not _wanted(scope):
            await self._app(scope, receive, send)
            return
        async with self._turn:  # who asks for the same waits for it, and has it then
            if scope["path"] not in self._kept:
                status, headers, body = await self._whole(scope)
                length = dict(headers).get(b"content-length")
                if status != 200 or length != str(len(body)).encode() or len(self._kept) >= _MOST:
                    await _answer(send, status, headers, body)
                    return
                packed = await asyncio.to_thread(gzip.compress, body, _LEVEL)
                self._kept[scope["path"]] = _headers(headers, len(packed)), packed
        await _answer(send, 200, *self._kept[scope["path"]])

    async def _whole(self, scope: Message) -> tuple[int, Headers, bytes]:
        """What the application answers, also when who has asked does not wait for it: others will
        have it."""
        messages: list[Message] = []
        asked = False

        async def receive() -> Message:
            nonlocal asked
            if asked:
                await asyncio.Event().wait()  # nobody leaves
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        start, *parts = messages
        return start["status"], start["headers"], b"".join(part.get("body", b"") for part in parts)


def _wanted(scope: Message) -> bool:
    """Whether it asks for all of a program, and takes it packed."""
    if scope["type"] != "http" or scope["method"] != "GET" or not _PROGRAMS.search(scope["path"]):
        return False
    said = {name.lower(): value for name, value in scope["headers"]}
    held = {b"range", b"if-none-match", b"if-modified-since"}
    return b"gzip" in said.get(b"accept-encoding", b"") and not held & {*said}


def _headers(given: Headers, length: int) -> Headers:
    """Of the packed file: another one than the plain, with no ranges to ask for."""
    plain = {b"content-length", b"etag", b"accept-ranges"}
    kept = [(name, value) for name, value in given if name.lower() not in plain]
    return [
        *kept,
        (b"content-encoding", b"gzip"),
        (b"content-length", str(length).encode()),
        (b"vary", b"Accept-Encoding"),
    ]


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
