"""An array of one's own in a real browser: from a file to an answer, a click, and every page."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import served
from tests.browser.pages import ARTEFACTS, wait_ready


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = ARTEFACTS / "server-arrays.log"
    app = str(Path(__file__).with_name("array_app.py"))
    with served(app, log, tmp_path_factory.mktemp("home")) as found:
        yield found
    assert "Traceback" not in log.read_text()


def test_a_series_of_ones_own(page: Page, address: str) -> None:
    """Upload, the answer, a click on a bar, and the other pages with the same input."""
    page.goto(f"{address}/?model=series")
    wait_ready(page)
    data = io.BytesIO()
    np.save(data, np.random.default_rng(5).normal(size=(2, 20, 3)).astype(np.float32))
    file = {"name": "mine.npy", "mimeType": "application/octet-stream", "buffer": data.getvalue()}
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files([file])
    page.wait_for_url("**input=file-**")
    wait_ready(page)
    expect(page.get_by_role("heading", level=2).first).to_contain_text("channels in hidden")
    bar = page.locator(".st-key-ranking .js-plotly-plot .bars .point path").nth(1)
    bar.click(force=True)
    page.wait_for_url("**channel=**")
    own = page.url.split("input=")[1].split("&")[0]
    for name in ("Overview", "Compare", "Ablate", "Path"):
        page.get_by_role("link", name=name).click()
        wait_ready(page, seconds=120)
        assert f"input={own}" in page.url
        expect(page.locator(".js-plotly-plot").first).to_be_visible()
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
