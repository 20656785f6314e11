"""Two servers behind nginx, by deploy/nginx.conf and below a path: all works as without."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import APP, ROOT, free_port, served
from tests.browser.pages import ARTEFACTS, wait_ready
from tests.browser.test_share import PATIENCE, SMALL, drawn, link, picture, seen, upload

pytestmark = pytest.mark.slow
BASE = "/neurons"
SECRET = "one for both servers"


@pytest.fixture(scope="module")
def nginx() -> str:
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        pytest.fail("nginx is missing: apt-get install nginx-light", pytrace=False)
    return found


@pytest.fixture(scope="module")
def address(nginx: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where nginx is, with the configuration that is handed out, but for addresses and folders."""
    room, port = tmp_path_factory.mktemp("nginx"), free_port()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", SECRET)
        logs = [ARTEFACTS / f"server-proxy-{i}.log" for i in range(2)]
        servers = [stack.enter_context(served(APP, log, room, BASE)) for log in logs]
        places = [each.removeprefix("http://").removesuffix(BASE) for each in servers]
        text = (ROOT / "deploy/nginx.conf").read_text()
        text = text.replace("/tmp/", f"{room}/").replace("listen 8080;", f"listen {port};")
        written = re.sub(r"server app:8501;", "".join(f"server {p};" for p in places), text)
        (room / "nginx.conf").write_text(written)
        user = "user root; " if os.geteuid() == 0 else ""  # whose folders the workers may enter
        command = [nginx, "-p", room, "-c", room / "nginx.conf", "-g", f"{user}daemon off;"]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        process = subprocess.Popen(command)
        stack.callback(process.wait, 10)
        stack.callback(process.terminate)
        wait_open(port)
        yield f"http://localhost:{port}{BASE}"
    assert not [log for log in logs if "Traceback" in log.read_text()]


def wait_open(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("localhost", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < until, "nginx does not listen"
            time.sleep(0.1)


def test_an_upload_a_link_and_a_report_through_nginx(
    page: Page, browser: Browser, address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/?{SMALL}")
    wait_ready(page, seconds=PATIENCE)
    upload(page, "mine.png", picture("#b02020"))
    mine = seen(page)
    page.goto(f"{address}/?{SMALL}&input=coffee")
    wait_ready(page, seconds=PATIENCE)
    before, copied = seen(page), link(page)
    assert copied.startswith(f"{address}?")
    assert before != mine
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    report = tmp_path / "report.html"
    download.value.save_as(report)
    context = browser.new_context(offline=True)
    alone = context.new_page()
    alone.goto(report.as_uri())
    expect(alone.get_by_role("heading", level=1)).to_have_text(before[0])
    figures = alone.get_by_role("figure").count()
    assert figures
    drawn(alone, figures)
    context.close()
    for _ in range(3):  # strangers, whom the cookie leads to either server
        context = browser.new_context()
        there = context.new_page()
        there.goto(copied)
        wait_ready(there, seconds=PATIENCE)
        assert seen(there) == before
        upload(there, "theirs.png", picture("#b02020"))
        assert seen(there) == mine
        context.close()


def test_pages_of_lessons_open_below_the_path(page: Page, address: str) -> None:
    page.goto(f"{address}/learn?lesson=digits&step=2")
    expect(page.get_by_role("heading", name="2. ")).to_be_visible()
    wait_ready(page)


def test_strangers_get_readiness_and_no_metrics(address: str) -> None:
    until = time.monotonic() + PATIENCE
    while status(f"{address}/ready") == 503:
        assert time.monotonic() < until
        time.sleep(0.5)
    assert status(f"{address}/ready") == 200
    assert status(f"{address}/_stcore/metrics") == 404


def status(url: str) -> int:
    try:
        with urlopen(url, timeout=20) as answer:
            return answer.status
    except OSError as error:
        return getattr(error, "code", 0)
