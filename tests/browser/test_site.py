"""The documentation in a browser: read without another host, searched, on a desk and on a phone."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.documentation import built
from tests.wide import one_of


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("width", one_of([390, 1300]))
def test_it_is_read_and_searched_without_another_host(
    browser: Browser, address: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page, asked, errors = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    for name in ("index", "methods", "api/scores", "dna"):
        page.goto(f"{address}/{name}.html", wait_until="networkidle")
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Control+k")
    page.get_by_role("textbox").or_(page.get_by_role("combobox")).first.fill("hypothetical")
    expect(page.locator("a[href*='scores.html']", has_text="hypothetical").first).to_be_visible()
    context.close()
    assert not errors
    foreign = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert asked
    assert not foreign


def test_pages_open_from_the_disk_without_any_host(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("index", "methods", "api/scores"):
        page.goto((site / f"{name}.html").as_uri(), wait_until="networkidle")
        expect(page.locator("h1")).to_be_visible()
    context.close()
    assert asked
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


def test_formulas_are_drawn(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/methods.html")
    for formula in page.locator("math").all():
        box = formula.bounding_box()
        assert box
        assert box["width"] > 40
        assert box["height"] > 10
    context.close()
