"""The page of data sets in a real browser: from the bundled run to Explore; a run of one's own."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import choose, screenshot, wait_ready

HEADLINE = re.compile(r"over 80 inputs, \d+ of the 64 channels in relu2")


def looked(page: Page) -> None:
    """From the bundled run to a class, a unit, an example, to Explore, and back."""
    page.goto("/")
    page.get_by_role("link", name="Data set", exact=True).click()
    heading = page.get_by_role("heading", level=2).first
    expect(heading).to_contain_text(HEADLINE)
    expect(page.get_by_role("img", name=re.compile("from the least to the most"))).to_have_count(8)
    wait_ready(page)
    screenshot(page, "dataset-class")
    choose(page, "runs_class", "3")
    expect(heading).to_contain_text("'3'")
    page.get_by_role("button", name="Look at it").first.click()
    expect(heading).to_contain_text(re.compile(r"#\d+( · .+)? in '3'"))
    unit = re.search(r"#(\d+)", heading.inner_text())
    assert unit
    expect(page).to_have_url(re.compile(rf"class=3.*unit={unit[1]}|unit={unit[1]}.*class=3"))
    expect(page.get_by_role("button", name="Explore", exact=True)).to_have_count(7)
    wait_ready(page)
    screenshot(page, "dataset-unit")
    page.get_by_role("button", name="Explore", exact=True).nth(3).click()
    expect(heading).to_contain_text("channels in relu2 carry half of the evidence")
    expect(page).to_have_url(re.compile(r"model=digits&input=file-[0-9a-f]{12}"))
    told = page.get_by_text(re.compile("here than in .* of a data set"))
    expect(told).to_contain_text(f"channel {unit[1]}")
    wait_ready(page)  # what is left before its pictures have come would miss them
    page.wait_for_function("[...document.images].every(image => image.complete)")
    page.get_by_role("button", name="In Handwritten digits").click()
    expect(heading).to_contain_text(re.compile(rf"#{unit[1]}( · .+)? in '3'"))


def test_from_the_bundled_run_to_an_example_in_explore_and_back(page: Page) -> None:
    looked(page)


@pytest.mark.slow  # a process of its own loads TensorFlow, twice
def test_the_journey_to_a_run_of_ones_own_that_is_cancelled_and_gone_on_with(page: Page) -> None:
    looked(page)
    wait_ready(page)
    page.get_by_text("Start a run of your own").click()
    wait_ready(page)
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    row = page.locator("[class*=st-key-run-]")
    told = row.get_by_text(re.compile("1,000 digits"))
    expect(told).to_contain_text(": cancelled")
    again = page.get_by_role("button", name="Go on", exact=True)
    expect(again).to_be_enabled(timeout=60_000)
    again.click()
    expect(told).to_contain_text("finished, 50 of 50 inputs", timeout=180_000)
    row.get_by_role("button", name="Look at it").click()
    heading = page.get_by_role("heading", level=2).first
    expect(heading).to_contain_text(re.compile(r"over \d inputs, \d+ of the 64 channels in relu2"))
    expect(page).to_have_url(re.compile(r"run=run-[0-9a-f]{16}"))
    wait_ready(page)
    page.reload()  # as in another tab, which has its address alone
    expect(told).to_contain_text("finished, 50 of 50 inputs")
    expect(heading).to_contain_text(re.compile(r"over \d inputs, \d+ of the 64 channels in relu2"))
