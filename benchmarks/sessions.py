"""Sessions without a browser: they speak the dashboard's own protocol, so that ten cost little."""

from __future__ import annotations

import asyncio
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Any
from urllib.parse import urlencode

import websockets
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

LARGEST = 64 * 2**20
EMPTY: Mapping[str, float] = MappingProxyType({})


@dataclass
class Run:
    """One run of the page. headline : what it says; trouble : its errors and tracebacks. charts :
    how many figures it draws."""

    seconds: float = 0.0
    received: int = 0
    headline: str = ""
    charts: int = 0
    trouble: list[str] = field(default_factory=list)
    finished: bool = False


class Session:
    """A browser tab: `async with Session(port) as tab: await tab.open(layer="avg_pool")`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.id = ""
        self.uploaders: dict[str, str] = {}  # by label
        self.numbers: list[str] = []  # inputs of numbers, as the last run drew them
        self.buttons: dict[str, str] = {}  # by label

    async def __aenter__(self) -> Session:
        address = f"ws://localhost:{self.port}/_stcore/stream"
        self.socket = await websockets.connect(
            address, max_size=LARGEST, subprotocols=[websockets.Subprotocol("streamlit")]
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.socket.close()

    async def start(self, page: str = "", **query: str) -> None:
        """Ask for a view, as a browser that navigates within its session."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = urlencode(query)
        await self.socket.send(message.SerializeToString())

    async def open(self, limit: float = 300, page: str = "", **query: str) -> Run:
        """Ask for a view and wait until all of it has come."""
        started = time.perf_counter()
        await self.start(page, **query)
        run = await asyncio.wait_for(self.finish(), limit)
        run.seconds = time.perf_counter() - started
        return run

    async def upload(self, label: str, name: str, data: bytes, page: str = "", **query: str) -> Run:
        """Send a file to the uploader of this label, and wait until the page has dealt with it.

        query : of the page's address, which a browser sends every time.
        """
        started = time.perf_counter()
        file = str(uuid.uuid4())
        await asyncio.to_thread(self._put, file, name, data)
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = urlencode(query)
        state = message.rerun_script.widget_states.widgets.add(id=self.uploaders[label])
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = file, name, len(data)
        info.file_urls.file_id = file
        await self.socket.send(message.SerializeToString())
        run = await asyncio.wait_for(self.finish(), 300)
        run.seconds = time.perf_counter() - started
        return run

    async def send(self, label: str, value: float, page: str = "", **query: str) -> Run:
        """Give every input of a number this value, press a button, and wait for the page."""
        return await self.press(label, page, dict.fromkeys(self.numbers, value), **query)

    async def press(
        self, label: str, page: str = "", numbers: Mapping[str, float] = EMPTY, **query: str
    ) -> Run:
        """Press a button, and wait for the page. numbers : of inputs, by their ids."""
        started = time.perf_counter()
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = urlencode(query)
        states = message.rerun_script.widget_states.widgets
        for each, value in numbers.items():
            states.add(id=each).double_value = value
        states.add(id=self.buttons[label]).trigger_value = True
        await self.socket.send(message.SerializeToString())
        run = await asyncio.wait_for(self.finish(), 300)
        run.seconds = time.perf_counter() - started
        return run

    def _put(self, file: str, name: str, data: bytes) -> None:
        """As a browser does: one part of a form, with the token of a cookie."""
        root, edge = f"http://localhost:{self.port}/_stcore", uuid.uuid4().hex
        with urllib.request.urlopen(f"{root}/health") as answer:
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'
        request = urllib.request.Request(
            f"{root}/upload_file/{self.id}/{file}",
            head.encode() + data + f"\r\n--{edge}--\r\n".encode(),
            {
                "Content-Type": f"multipart/form-data; boundary={edge}",
                "Cookie": cookie,
                "X-Xsrftoken": cookie.partition("=")[2],
            },
            method="PUT",
        )
        urllib.request.urlopen(request).close()

    async def finish(self) -> Run:
        """Read until the page is complete."""
        run, started = Run(), time.perf_counter()
        while not run.finished:
            self.note(run, await self.read(run))
        run.seconds = time.perf_counter() - started
        return run

    async def until(self, words: str, limit: float = 120) -> None:
        """Read until something on the page says this."""

        async def look() -> None:
            while not any(words in text for text in texts(await self.read(Run()))):
                pass

        await asyncio.wait_for(look(), limit)

    async def read(self, run: Run) -> ForwardMsg:
        """The next message."""
        data = await self.socket.recv()
        assert isinstance(data, bytes)
        run.received += len(data)
        self.looked(data)
        message = ForwardMsg()
        message.ParseFromString(data)
        return message

    def looked(self, data: bytes) -> None:
        """What has come, as it came."""

    def note(self, run: Run, message: ForwardMsg) -> None:
        """Keep what the message says of the run."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.id = message.new_session.initialize.session_id
            self.numbers, self.buttons = [], {}
        elif kind == "script_finished":
            run.finished = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        elif kind == "delta" and message.delta.HasField("new_element"):
            element = message.delta.new_element
            shown = element.WhichOneof("type")
            if shown == "heading" and element.heading.tag == "h2":
                run.headline = element.heading.body
            elif shown == "number_input":
                self.numbers.append(element.number_input.id)
            elif shown == "button":
                self.buttons[element.button.label] = element.button.id
            elif shown == "plotly_chart":
                run.charts += 1
            elif shown == "file_uploader":
                self.uploaders[element.file_uploader.label] = element.file_uploader.id
            elif shown == "alert" and element.alert.format == Alert.ERROR:
                run.trouble.append(element.alert.body)
            elif shown == "exception":
                run.trouble.append(f"{element.exception.type}: {element.exception.message}")


def texts(message: ForwardMsg) -> Iterator[str]:
    """The words of a progress bar, a heading or an alert."""
    if message.WhichOneof("type") == "delta" and message.delta.HasField("new_element"):
        element: Any = message.delta.new_element
        if element.HasField("progress"):
            yield element.progress.text
        if element.HasField("heading"):
            yield element.heading.body
        if element.HasField("alert"):
            yield element.alert.body
