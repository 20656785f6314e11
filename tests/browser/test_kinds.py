"""A text and a table in a real browser, on a phone too: from what one has to which part decides."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import screenshot, wait_ready

WINES = (
    "proline,alcohol,malic acid,ash,alcalinity of ash,magnesium,total phenols,flavanoids,"
    "nonflavanoid phenols,proanthocyanins,color intensity,hue,OD280/OD315 of diluted wines\n"
    "1035,14.02,1.68,2.21,16,96,2.65,2.33,0.26,1.98,4.7,1.04,3.59\n"
    "500,12.5,1.7,2.1,20,90,1.5,0.5,0.5,1.2,9,0.6,1.5\n"
)


@pytest.fixture
def phone(browser: Browser, base_url: str) -> Iterator[Page]:
    size = {"width": 390, "height": 844}
    context = browser.new_context(viewport=size, base_url=base_url, color_scheme="dark")
    yield context.new_page()
    context.close()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_text_of_ones_own_on_a_phone(phone: Page) -> None:
    """Typed in the drawer; each word carries its number, and the unknown one is marked."""
    phone.goto("/?model=reviews")
    wait_ready(phone)
    phone.locator(".st-key-glance").get_by_role("button", name="Change").click()
    field = phone.locator(".st-key-tokens_text textarea")
    field.fill("The acting was never good")
    field.press("Control+Enter")
    phone.wait_for_url("**input=text-**")
    wait_ready(phone)
    drawer = phone.get_by_test_id("stSidebar")
    expect(drawer).to_have_attribute("data-collapsed", "true")  # a choice closes it
    words = phone.get_by_role("img", name=re.compile("^Of 5 words"))
    expect(words).to_be_visible()
    expect(words.locator("span[title^='acting']")).to_have_attribute(
        "title", re.compile("does not know")
    )
    expect(words.locator("span[title^='never'] small")).to_have_text(re.compile(r"^[+−]\d"))
    expect(phone.get_by_text("Not among the network's words: 'acting'.").first).to_be_visible()
    assert fits(phone)
    screenshot(phone, "text-phone")


def test_a_table_of_ones_own(page: Page) -> None:
    """A file with its columns in another order, its second row, another baseline, every page."""
    page.goto("/?model=wine")
    wait_ready(page)
    file = {"name": "mine.csv", "mimeType": "text/csv", "buffer": WINES.encode()}
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files([file])
    page.wait_for_url("**input=file-**")
    wait_ready(page)
    row = page.get_by_label("Row", exact=True)
    row.fill("2")
    row.press("Enter")
    page.wait_for_url("**case=2**")
    wait_ready(page)
    bars = page.locator(".st-key-inputs .js-plotly-plot")
    expect(bars).to_contain_text("proline = 500")
    expect(page.get_by_text("Over 2 rows of this file.")).to_be_visible()
    screenshot(page, "table")
    for name in ("Overview", "Compare", "Ablate", "Path"):
        page.get_by_role("link", name=name).click()
        wait_ready(page, seconds=120)
        assert "case=2" in page.url
        expect(page.locator(".js-plotly-plot").first).to_be_visible()
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/?model=wine")
    wait_ready(page)
    assert fits(page)
    screenshot(page, "table-phone")
