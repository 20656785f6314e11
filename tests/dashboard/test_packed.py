"""Packed: a browser's programs are packed once, whole, and only for who takes them so."""

import gzip
from typing import Any

import pytest

from dashboard.packed import Packed
from tests.loop import run

PROGRAM = b"const answer = 42;\n" * 1_000
PATH = "/base/static/js/index.abc.js"


class Plain:
    """An application that sends a program in two parts, and stops where the visitor has left."""

    def __init__(self, status: int = 200, length: int | None = None) -> None:
        self.status, self.length, self.asked = status, length or len(PROGRAM), 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        said = [(b"content-length", str(self.length).encode()), (b"etag", b'"1"')]
        await send({"type": "http.response.start", "status": self.status, "headers": said})
        await send({"type": "http.response.body", "body": PROGRAM[:500], "more_body": True})
        if (await receive())["type"] == "http.request":
            await send({"type": "http.response.body", "body": PROGRAM[500:]})


def ask(app: Any, path: str = PATH, method: str = "GET", **headers: str) -> tuple[Any, bytes]:
    """The headers and the body of what a visitor is sent, who leaves at once."""
    sent: list[Any] = []
    given = {"accept_encoding": "gzip, br", **headers}.items()
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in given if value]
    scope = {"type": "http", "method": method, "path": path, "headers": lines}

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    run(app(scope, receive, send))
    assert sent[0]["status"]
    return dict(sent[0]["headers"]), b"".join(part["body"] for part in sent[1:])


def test_a_program_is_packed_once_and_whole() -> None:
    plain = Plain()
    app = Packed(plain)
    for _ in range(3):
        headers, body = ask(app)
        assert gzip.decompress(body) == PROGRAM
        assert headers == {
            b"content-encoding": b"gzip",
            b"content-length": str(len(body)).encode(),
            b"vary": b"Accept-Encoding",
        }
    assert plain.asked == 1


@pytest.mark.parametrize(
    "other",
    [
        {"accept_encoding": ""},
        {"accept_encoding": "br"},
        {"range": "bytes=0-9"},
        {"if_none_match": '"1"'},
        {"method": "HEAD"},
        {"path": "/media/index.js"},
        {"path": "/static/media/face.woff2"},
    ],
)
def test_whatever_else_is_asked_for_is_sent_as_it_is(other: dict[str, str]) -> None:
    plain = Plain()
    app = Packed(plain)
    for _ in range(2):
        headers, body = ask(app, **other)
        assert b"content-encoding" not in headers
        assert body == PROGRAM[:500]
    assert plain.asked == 2


@pytest.mark.parametrize("plain", [Plain(status=404), Plain(length=9)])
def test_what_is_not_whole_is_not_kept(plain: Plain) -> None:
    app = Packed(plain)
    for _ in range(2):
        headers, body = ask(app)
        assert b"content-encoding" not in headers
        assert body == PROGRAM
    assert plain.asked == 2
