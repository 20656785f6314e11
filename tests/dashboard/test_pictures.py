"""Pictures by a Chrome of the server: all there, or a sentence; nothing left behind, no address."""

import io
import os
import threading
import time
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import plotly.graph_objects as go
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from dashboard.export import pictures
from dashboard.export.drawing import Drawing
from dashboard.figures.frame import framed
from dashboard.text import plotly
from tests.browser.chromium import system_chromium

WORDS = "Größe é ß α: <b>x</b> 2.0 % lie beyond"


@pytest.fixture(scope="session")
def a_chrome() -> str:
    if found := system_chromium():
        return found
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


@pytest.fixture
def chrome(a_chrome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "chrome", lambda: a_chrome)


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """The paths that a server of this machine is asked for; the first is the server's address."""
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Listener)
    asked.append(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def figure() -> go.Figure:
    return framed(200, go.Bar(x=[2, 1], y=["é ß α", plotly("<i>t</i>")], orientation="h"))


def left(mark: str) -> list[int]:
    """Our children, dead ones too, and whatever runs with this mark, a moment later."""
    time.sleep(0.5)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
            line = (process / "cmdline").read_bytes().decode(errors="replace")
        except (OSError, ValueError):  # it has ended
            continue
        if parent == os.getpid() or mark in line:
            found.append(int(process.name))
    return sorted(found)


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_figure_is_there_in_three_formats(chrome: None, heard: list[str]) -> None:
    alone = "MAP * ~NOTFOUND"  # only our own Chrome is told so
    before, plot = left(alone), figure()
    plot.add_layout_image(source=f"{heard[0]}/tracked.png", x=0, y=0, sizex=1, sizey=1)
    found = opened(pictures.archive([Drawing("bars", WORDS, lambda: plot, 400)], "explore-cat"))
    assert [*found] == [f"explore-cat-bars.{kind}" for kind in ("png", "svg", "pdf")]
    png, svg, pdf = found.values()
    drawing = ET.fromstring(svg)
    with Image.open(io.BytesIO(png)) as image:
        assert image.width == 2 * float(drawing.attrib["width"])
        corner = image.convert("RGB").getpixel((2, 2))
    assert corner == (255, 255, 255)
    words = ["".join(text.itertext()) for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert WORDS in words
    assert {"é ß α", "<i>t</i>"} <= {*words}
    assert pdf.startswith(b"%PDF")
    assert len(heard) == 1  # nothing was fetched
    assert left(alone) == before


def test_a_chrome_that_hangs_is_ended_in_time_and_a_sentence_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    hangs = script(tmp_path, f"env > {said}\nsleep 1000.25")
    monkeypatch.setattr(pictures, "chrome", lambda: hangs)
    monkeypatch.setenv("A_SECRET", "1")
    before, start = left("sleep\x001000.25"), time.monotonic()
    assert pictures.draw({"bars": figure()}, seconds=2) == ({}, pictures.FAILED)
    assert time.monotonic() - start < 60  # of the thousand
    assert left("sleep\x001000.25") == before
    assert "PATH=" in said.read_text()
    assert "A_SECRET" not in said.read_text()


def test_a_chrome_that_fails_leaves_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = script(tmp_path, "exit 1")
    monkeypatch.setattr(pictures, "chrome", lambda: fails)
    found = opened(pictures.archive([Drawing("bars", WORDS, figure)], "x"))
    assert [*found] == ["missing.txt"]
    assert found["missing.txt"].decode() == f"{pictures.FAILED}\n"


def test_one_draws_one_waits_and_the_next_is_told_so() -> None:
    seats = pictures.desk().seats
    with seats, seats:
        found = opened(pictures.archive([Drawing("bars", WORDS, figure)], "x"))
    assert found["missing.txt"].decode() == f"{pictures.BUSY}\n"


def test_where_there_is_no_chrome_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "chrome", lambda: None)
    assert pictures.draw({"bars": figure()}) == ({}, pictures.ABSENT)
    assert "camera button" in pictures.ABSENT


def script(folder: Path, lines: str) -> str:
    path = folder / "chrome"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return str(path)
