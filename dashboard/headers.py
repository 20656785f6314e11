"""Headers: what browsers are told of every answer: which code runs, who may frame the page."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import streamlit

from dashboard import settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_INDEX = Path(streamlit.__file__).with_name("static") / "index.html"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def policy() -> str:
    """Content-Security-Policy: nothing from elsewhere, and no script that is written into a page,
    but for the one of Streamlit's own page.

    Streamlit starts the scripts of components from blob: addresses; both it and Plotly set styles.
    Maps, and figures that are saved, are pictures of data: and blob:, icons a font of data:.
    """
    inline = _INLINE.findall(_INDEX.read_text(encoding="utf-8"))
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in inline)
    known = " ".join(f"'sha256-{digest.decode()}'" for digest in hashes)
    parts = {
        "default-src": "'self'",
        "script-src": f"'self' blob: {known}",
        "worker-src": "'self' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": settings.frame_ancestors(),
    }
    return "; ".join(f"{name} {said}".strip() for name, said in parts.items())


class Headers:
    """ASGI: adds them to every answer, those of errors too."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._added = [
            (b"content-security-policy", policy().encode("ascii")),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),  # a link holds what is looked at
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in self._added}
                kept = [(n, v) for n, v in message.get("headers", ()) if n.lower() not in names]
                message = {**message, "headers": [*kept, *self._added]}
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)
