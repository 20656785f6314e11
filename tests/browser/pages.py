"""What every browser test does with a page: wait until it is complete, and keep a picture."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

ARTEFACTS = Path(__file__).parent / "artefacts"
CONNECTED = "[data-testid=stApp][data-test-connection-state=CONNECTED]"
GRAVE = ("serious", "critical")  # impacts that axe finds, and no page may have
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


def wait_ready(page: Page, *, seconds: float = 60) -> None:
    """Wait until the script has run and nothing on the page is still to come.

    This says that the page is at rest, not that a result arrived: for that, `expect` the result.
    """
    page.wait_for_timeout(200)  # a click takes a moment to reach the server
    for state in (CONNECTED, IDLE):
        page.locator(state).wait_for(state="attached", timeout=seconds * 1000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=seconds * 1000)


def choose(page: Page, key: str, name: str) -> None:
    """Choose from a list in which one searches: the first that begins with this name."""
    box = page.locator(f".st-key-{key}").get_by_role("combobox")
    box.click()
    box.fill(name)
    page.get_by_role("option", name=re.compile(rf"^{re.escape(name)}( |$)")).first.click()
    wait_ready(page)


def click_chart(page: Page, key: str, across: float, down: float, plot: int = 0) -> None:
    """Click in one of a chart's plots, at these shares of its width and height."""
    area = page.locator(f".st-key-{key} .nsewdrag").nth(plot)
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    x, y = box["x"] + box["width"] * across, box["y"] + box["height"] * down
    page.mouse.move(x, y)
    page.wait_for_timeout(200)
    page.mouse.click(x, y)
    wait_ready(page)


def facts(page: Page) -> dict[str, str]:
    """The numbers that the chip of trust opens, by the names of their keys; it is closed again."""
    page.locator(".st-key-sure button").first.click()
    expect(page.locator(".st-key-fact_f_input")).to_be_visible()
    drawn = "[data-testid=stMetricValue]"  # a box is there before what it holds
    expect(page.locator(f"[class*=st-key-fact_]:not(:has({drawn}))")).to_have_count(0)
    found: list[list[str]] = page.locator("[class*=st-key-fact_]").evaluate_all(
        """facts => facts.map(fact => [
            fact.className.match(/st-key-fact_(\\w+)/)[1],
            fact.querySelector("[data-testid=stMetricValue]").innerText.trim(),
        ])"""
    )
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-fact_f_input")).to_have_count(0)
    return dict(found)


def tab_to(page: Page, selector: str, times: int = 1) -> None:
    """Press Tab until the focus has come to an element of this kind, so many times."""
    for _ in range(160):
        page.keyboard.press("Tab")
        here = page.evaluate("selector => document.activeElement.matches(selector)", selector)
        times -= here
        if not times:
            return
    pytest.fail(f"Tab never comes to {selector}")


def swipe(page: Page, place: Locator, across: int, up: int) -> None:
    """A finger goes from the middle of a place so many pixels to the left and up."""
    box = place.bounding_box()
    assert box
    x, y = min(box["x"] + box["width"] / 2, 200), box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for step in range(11):
        at = {"x": x - across * step / 10, "y": y - up * step / 10}
        kind = "touchMove" if step else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
        page.wait_for_timeout(16)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(600)


def assert_accessible(page: Page) -> None:
    """No serious finding of axe."""
    grave = [v for v in Axe().run(page).response["violations"] if v["impact"] in GRAVE]
    assert not grave, [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in grave]


def screenshot(page: Page, name: str) -> Path:
    """Keep a picture of all of the page as artefacts/<name>.png."""
    file_name = re.sub(r"[^\w.-]+", "-", name).strip("-")
    path = ARTEFACTS / f"{file_name}.png"
    window = page.viewport_size
    if window and (height := _content_height(page)) > window["height"]:
        page.set_viewport_size({"width": window["width"], "height": height})
        page.wait_for_timeout(300)  # charts are drawn again
        page.screenshot(path=path)
        page.set_viewport_size(window)
    else:
        page.screenshot(path=path)
    return path


def _content_height(page: Page) -> int:
    """Streamlit scrolls its areas inside the window, so the document itself has no length.

    On a phone the closed sidebar waits beside the screen, and is as long as it is narrow.
    """
    areas = page.locator("[data-testid=stMain], [data-testid=stSidebarContent]")
    return areas.evaluate_all(
        """areas => Math.max(0, ...areas
            .filter(area => area.getBoundingClientRect().right > 0)
            .map(area => area.scrollHeight))"""
    )
