"""What every browser test does with a page: wait until it is complete, and keep a picture."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

ARTEFACTS = Path(__file__).parent / "artefacts"
CONNECTED = "[data-testid=stApp][data-test-connection-state=CONNECTED]"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


def wait_ready(page: Page, *, seconds: float = 60) -> None:
    """Wait until the script has run and nothing on the page is still to come.

    This says that the page is at rest, not that a result arrived: for that, `expect` the result.
    """
    page.wait_for_timeout(200)  # a click takes a moment to reach the server
    for state in (CONNECTED, IDLE):
        page.locator(state).wait_for(state="attached", timeout=seconds * 1000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=seconds * 1000)


def screenshot(page: Page, name: str) -> Path:
    """Keep a picture of the whole page as artefacts/<name>.png."""
    file_name = re.sub(r"[^\w.-]+", "-", name).strip("-")
    path = ARTEFACTS / f"{file_name}.png"
    page.screenshot(path=path, full_page=True)
    return path
