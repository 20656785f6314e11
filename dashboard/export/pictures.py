"""Pictures: the figures of an answer as PNG, SVG and PDF, where the server has a Chrome for it.

Kaleido finds and drives the Chrome. It is started for one archive and ended with it, knows nothing
of the server's environment, reaches no address, and is killed where it takes too long.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import io
import os
import signal
import threading
import zipfile
from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import plotly.graph_objects as go

from dashboard.export.drawing import Drawing
from dashboard.figures.paper import SCALE, still

FORMATS = ("png", "svg", "pdf")
SECONDS = 60.0  # for all pictures of one answer
BY_CAMERA = "The camera button at the top right of each figure saves it as a picture."
ABSENT = f"Pictures need Kaleido and a Chrome on the server, which lacks one. {BY_CAMERA}"
BUSY = "The server draws the pictures of others: try again, or use each figure's camera button."
FAILED = "The server's Chrome could not draw these pictures: use each figure's camera button."
_KEPT = ("PATH", "HOME", "LANG", "FONTCONFIG_PATH", "XDG_CACHE_HOME", "SYSTEMROOT", "TMPDIR")
_NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND"


@functools.cache
def chrome() -> str | None:
    """Where Kaleido finds a Chrome; None where there is none, or no Kaleido."""
    if importlib.util.find_spec("kaleido") is None:
        return None
    from choreographer.browsers import Chromium

    return Chromium.find_browser(skip_local=False)


class Desk:
    """One draws at a time, and one more waits; the next is told so."""

    def __init__(self) -> None:
        self.seats, self.turn = threading.Semaphore(2), threading.Lock()


@functools.cache
def desk() -> Desk:
    """The process's one."""
    return Desk()


def archive(drawings: Sequence[Drawing], stem: str) -> bytes:
    """A ZIP of every figure in every format; and a sentence in it for what is missing."""
    said, drawn = BUSY, dict[str, bytes]()
    if desk().seats.acquire(blocking=False):
        try:
            with desk().turn:
                drawn, said = draw(
                    {d.name: still(d.on_paper(), d.sentence, d.width) for d in drawings}
                )
        finally:
            desk().seats.release()
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in drawn.items():
            file.writestr(f"{stem}-{name}", data)
        if said:
            file.writestr("missing.txt", f"{said}\n")
    return found.getvalue()


def draw(
    figures: Mapping[str, go.Figure], seconds: float = SECONDS
) -> tuple[dict[str, bytes], str]:
    """The pictures by the names of their files, and a sentence where some are missing."""
    path, drawn = chrome(), dict[str, bytes]()
    if path is None:
        return drawn, ABSENT
    from kaleido.errors import KaleidoError

    async def collect() -> None:
        async for name, data in _pictures(path, figures, seconds):
            drawn[name] = data

    try:
        with ThreadPoolExecutor(1) as own:  # this thread may have an event loop that runs
            own.submit(lambda: asyncio.run(collect())).result()
    except (OSError, RuntimeError, KaleidoError, TimeoutError, asyncio.CancelledError):
        return drawn, FAILED
    return drawn, ""


async def _pictures(
    path: str, figures: Mapping[str, go.Figure], seconds: float
) -> AsyncIterator[tuple[str, bytes]]:
    from kaleido import Kaleido

    browser = Kaleido(timeout=seconds, mathjax=False, path=path, browser_cls=_alone())
    late = asyncio.get_running_loop().call_later(seconds, _kill, browser)
    try:
        async with browser:
            for name, figure in figures.items():
                for kind in FORMATS:
                    asked = {"format": kind, "scale": SCALE if kind == "png" else 1}
                    yield f"{name}.{kind}", await browser.calc_fig(figure.to_dict(), opts=asked)
    finally:
        late.cancel()
        _kill(browser)


def _alone() -> type:
    """Chrome as Kaleido starts it, but without the server's environment and without addresses."""
    from choreographer.browsers import Chromium

    class Alone(Chromium):
        def get_env(self) -> MutableMapping[str, str]:
            return {name: os.environ[name] for name in _KEPT if name in os.environ}

        def get_cli(self) -> Sequence[str]:
            return [*super().get_cli(), _NOWHERE]

    return Alone


def _kill(browser: Any) -> None:
    """End what there is of it: what waits for its answers is told, and goes on."""
    process = getattr(browser, "subprocess", None)
    if process is None:
        return
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
