"""A real server and a real browser.

Every page is watched: an error in its console or in the server's log fails the test.
"""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.chromium import system_chromium
from tests.browser.pages import ARTEFACTS, screenshot, wait_ready

ROOT = Path(__file__).parents[2]
APP = "dashboard/server.py"
LOG = ARTEFACTS / "server.log"
START_SECONDS = 60
EXPECT_MILLISECONDS = 30_000
QUIET_BROWSER = (
    "--no-sandbox",  # containers run as root; the only site visited is our own
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)

PROBES = re.compile(r"(/[a-z]+){1,2}/_stcore/(health|host-config)")
"""Streamlit's own script asks for these two where the address of a page, such as /overview, might
be the server's folder; it is told 404, asks at the root, and goes on. No other error is excused."""

expect.set_options(timeout=EXPECT_MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: what they use is tested first, and Playwright's event loop stays
    open in the main thread once it has started."""
    items.sort(key=lambda item: Path(__file__).parent in item.path.parents)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of one dashboard, served as a user would serve it, with an empty home."""
    with served(APP, LOG, tmp_path_factory.mktemp("home")) as address:
        yield address


@contextmanager
def served(app: str, said: Path, home: Path, base: str = "") -> Iterator[str]:
    """Address of a server of this app, whose log goes to a file, until the end. base : what its
    addresses begin with, such as "/neurons"."""
    port = free_port()
    address = f"http://localhost:{port}{base}"
    command = [sys.executable, "-m", "streamlit", "run", app, "--server.address=localhost"]
    command += [f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"]
    command += [f"--server.baseUrlPath={base}"]
    ARTEFACTS.mkdir(exist_ok=True)
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}
    with said.open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait_healthy(process, address)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def base_url(server: str) -> str:
    """Lets a test say `page.goto("/?layer=...")`."""
    return server


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """The system's Chromium if there is one; else Playwright's own, or its advice."""
    launch = {**browser_type_launch_args, "args": list(QUIET_BROWSER)}
    if path := system_chromium():
        launch["executable_path"] = path
    return launch


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    screen = {"viewport": {"width": 1440, "height": 1000}, "color_scheme": "light"}
    return {**browser_context_args, **screen, "locale": "en-GB", "reduced_motion": "reduce"}


@pytest.fixture
def page(page: Page, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page whose picture is kept, and whose errors, and the server's, fail the test."""
    errors: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        probe = "404" in message.text and PROBES.fullmatch(urlsplit(url).path)
        if message.type == "error" and not probe:
            errors.append(f"console: {message.text} ({url})")

    page.on("console", on_console)
    page.on("pageerror", lambda error: errors.append(f"page: {error}"))
    page.set_default_timeout(EXPECT_MILLISECONDS)
    logged = LOG.stat().st_size
    yield page
    screenshot(page, request.node.name)
    if "Traceback" in (said := LOG.read_bytes()[logged:].decode(errors="replace")):
        errors.append(f"server: {said}")
    if errors:
        pytest.fail("\n".join(errors), pytrace=False)


@pytest.fixture
def dashboard(page: Page) -> Page:
    """The dashboard as a newcomer sees it: no choices made, first result on screen."""
    page.goto("/")
    wait_ready(page)
    return page


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def _wait_healthy(process: subprocess.Popen, address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_healthy(address):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"The dashboard did not start. It said:\n{LOG.read_text()}", pytrace=False)
        time.sleep(0.1)


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False
