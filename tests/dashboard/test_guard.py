"""What stands before the pages: headers, readiness, metrics, and bounds on files on their way."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit

from dashboard import guard
from dashboard.controls import quota
from dashboard.guard import Arrivals, Guard
from dashboard.headers import Headers
from tests.loop import run

UPLOAD = "/_stcore/upload_file/a/file"
METRICS = "/_stcore/metrics"


async def behind(scope: Any, receive: Any, send: Any) -> None:
    """What Streamlit would say."""
    await send({"type": "http.response.start", "status": 204, "headers": [(b"x-of", b"app")]})
    await send({"type": "http.response.body", "body": b""})


def ask(
    app: Callable[..., Awaitable[None]], path: str, method: str = "GET", **headers: str
) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of one answer."""
    return run(asking(app, path, method, **headers))


async def asking(
    app: Callable[..., Awaitable[None]], path: str, method: str = "GET", **headers: str
) -> tuple[int, str, dict[str, str]]:
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "path": path, "method": method, "headers": raw}
    await app(scope, receive, send)
    told = {key.decode(): value.decode() for key, value in said[0]["headers"]}
    return said[0]["status"], b"".join(m["body"] for m in said[1:]).decode(), told


def guarded(ready: bool = True, base: str = "", app: Any = behind) -> Guard:
    return Guard(app, lambda: ready, {"a", "b"}.__contains__, base)


def test_a_server_is_ready_when_its_first_network_is() -> None:
    assert ask(guarded(ready=False), "/ready")[:2] == (503, "loading")
    for base, path in (("", "/ready"), ("/neurons", "/neurons/ready"), ("/neurons", "/ready")):
        assert ask(guarded(base=base), path)[:2] == (200, "ready")
    assert ask(guarded(), "/other/ready")[0] == 204


def test_metrics_are_for_who_has_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (METRICS, f"/neurons{METRICS}", f"{METRICS}/"):
        assert ask(guarded(), path)[0] == 404
        assert ask(guarded(), path, authorization="Bearer ")[0] == 404
    monkeypatch.setenv("ATTRIBUTION_METRICS_TOKEN", "secret")
    assert ask(guarded(), METRICS, authorization="Bearer secre")[0] == 404
    assert ask(guarded(), METRICS, authorization="Bearer secret")[0] == 204
    assert ask(guarded(), "/_stcore/health")[0] == 204


def test_no_file_comes_in_where_none_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(guarded(), UPLOAD, "PUT", content_length="10")[0] == 204
    monkeypatch.setenv("ATTRIBUTION_UPLOADS", "0")
    assert ask(guarded(), UPLOAD, "PUT")[:2] == (403, "This server takes no files.")
    assert ask(guarded(), UPLOAD, "DELETE")[0] == 204


def test_the_files_of_a_session_are_counted_for_ten_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quota, "MOST_FILES", 3)
    now = guard.time.monotonic()
    monkeypatch.setattr(guard.time, "monotonic", lambda: now)
    asked = guarded()
    other = UPLOAD.replace("/a/", "/b/")
    stranger = UPLOAD.replace("/a/", "/nobody/")
    assert [ask(asked, UPLOAD, "PUT")[0] for _ in range(4)] == [204, 204, 204, 429]
    assert ask(asked, other, "PUT")[0] == 204
    assert {ask(asked, stranger, "PUT")[0] for _ in range(5)} == {204}  # Streamlit refuses those
    now += 601
    assert ask(asked, UPLOAD, "PUT")[0] == 204


def test_bytes_on_their_way_are_bounded_and_the_rest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 bytes a session and 2,500 in all: the most of each that were ever within."""
    monkeypatch.setattr(quota, "SESSION_BYTES", 1000)
    monkeypatch.setattr(quota, "ALL_BYTES", 2500)
    inside, most = dict.fromkeys("abcd", 0), dict.fromkeys("abcd*", 0)
    arrivals = Arrivals()

    async def come(session: str, size: int) -> None:
        async with arrivals.room(session, size):
            inside[session] += size
            most[session] = max(most[session], inside[session])
            most["*"] = max(most["*"], sum(inside.values()))
            await asyncio.sleep(0)
            inside[session] -= size

    async def all_come() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                for session in "abcd":
                    group.create_task(come(session, 400))
            group.create_task(come("a", 1700))  # alone, of its session

    run(all_come())
    assert most["b"] == most["c"] == most["d"] == 800
    assert most["a"] == 1700
    assert 2000 <= most["*"] <= 2500
    assert not any(inside.values())


def test_a_file_that_never_comes_to_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_SECONDS", 0.05)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(60)

    asked = guarded(app=slow)
    assert ask(asked, UPLOAD, "PUT")[:2] == (408, "The file took too long.")
    assert not asked._arrivals._coming


@pytest.mark.parametrize("path", ["/", "/ready", METRICS, UPLOAD])
def test_every_answer_has_the_headers(path: str) -> None:
    _, _, told = ask(Headers(guarded()), path)
    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'self'" in told["content-security-policy"]


def test_of_scripts_in_pages_streamlits_own_alone_may_run() -> None:
    policy = ask(Headers(behind), "/")[2]["content-security-policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    page = (Path(streamlit.__file__).parent / "static/index.html").read_text()
    inline = [part.split("</script>")[0] for part in page.split("<script>")[1:]]
    (digest,) = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in inline]
    assert parts["script-src"] == f"'self' blob: 'sha256-{digest}'"
    assert parts["default-src"] == "'self'"
    assert "unsafe" not in policy.replace("style-src 'self' 'unsafe-inline'", "")


def test_the_server_says_who_may_frame_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_FRAME_ANCESTORS", "https://moodle.example.org 'self'")
    policy = ask(Headers(behind), "/")[2]["content-security-policy"]
    assert policy.endswith("; frame-ancestors https://moodle.example.org 'self'")


def test_headers_of_the_framework_are_replaced_and_others_stay() -> None:
    async def own(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"Referrer-Policy", b"unsafe-url"), (b"x-of", b"app")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    told = ask(Headers(own), "/")[2]
    assert told["x-of"] == "app"
    assert [v for k, v in told.items() if k.lower() == "referrer-policy"] == ["same-origin"]
