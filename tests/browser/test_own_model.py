"""A model of one's own in a real browser: from a folder without a card to a saved one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from attribution import cards
from tests.browser.conftest import ROOT, served
from tests.browser.pages import ARTEFACTS, choose, wait_ready
from tests.dashboard.test_check_page import brightness, zipped


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("models")
    brightness().save(found / "mine.keras")
    return found


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = ARTEFACTS / "server-own-model.log"
    given = {"ATTRIBUTION_MODELS": str(folder), "ATTRIBUTION_UPLOAD_MODELS": "1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setitem(os.environ, name, value)
        app = str(ROOT / "dashboard" / "server.py")
        with served(app, log, tmp_path_factory.mktemp("home")) as found:
            yield found
    assert "Traceback" not in log.read_text()


def send(page: Page, key: str, name: str, data: bytes) -> None:
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    uploader = page.locator(f".st-key-{key}").get_by_test_id("stFileUploaderDropzoneInput")
    uploader.set_input_files([file])
    wait_ready(page, seconds=120)


def test_from_a_folder_without_a_card_to_a_saved_one(
    page: Page, address: str, folder: Path
) -> None:
    """A result at once; a wrong range is measured, taken over and saved."""
    page.goto(f"{address}/?model=tal1-gata1")
    wait_ready(page)
    choose(page, "model", "mine")
    wait_ready(page, seconds=120)
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    expect(page.locator(".st-key-ranking .js-plotly-plot").first).to_be_visible()
    page.get_by_text("What this model takes and says").click()
    assert sorted(p.name for p in folder.iterdir()) == ["mine.keras"]
    classes = zipped().replace(b"set/bright", b"set/000000").replace(b"set/dark", b"set/0001")
    send(page, "check_files", "set.zip", classes)
    page.get_by_role("button", name="Measure with 20 pictures").click()
    wait_ready(page, seconds=120)
    alert = page.get_by_test_id("stAlert").filter(has_text="very likely wrong")
    expect(alert).to_contain_text("-1 to 1 is right for 20 of 20 files")
    alert.scroll_into_view_if_needed()
    page.screenshot(path=ARTEFACTS / "own-model.png")
    page.get_by_role("button", name="Take over: -1 to 1").click()
    wait_ready(page)
    page.get_by_role("button", name="Save beside the model").click()
    wait_ready(page, seconds=120)
    expect(page.get_by_text("Saved as mine.yaml, for all.")).to_be_visible()
    card = cards.read(folder / "mine.yaml")
    assert card.input.range == (-1, 1)
    expect(page.locator(".st-key-ranking .js-plotly-plot").first).to_be_visible()


def test_a_model_that_is_sent(page: Page, address: str, folder: Path) -> None:
    """It is shown to who sent it; what is no model is one sentence, and the page stays."""
    page.goto(f"{address}/?model=tal1-gata1")
    wait_ready(page)
    send(page, "model_file", "bad.keras", b"PK no model")
    alerts = page.get_by_test_id("stAlert")
    expect(alerts.filter(has_text="bad.keras").first).to_be_visible()
    assert "own-" not in page.url
    send(page, "model_file", "sent.keras", (folder / "mine.keras").read_bytes())
    page.wait_for_url("**model=own-**")
    wait_ready(page, seconds=120)
    expect(page.locator(".st-key-ranking .js-plotly-plot").first).to_be_visible()
