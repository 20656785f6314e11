"""The page Sequence in a real browser: upload, click a filter, click a change, take files home."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from assets.simulate import simulate
from tests.browser.pages import screenshot, wait_ready

SITES = simulate(8, seed=5)


@pytest.fixture
def sequence(dashboard: Page) -> Page:
    """The page as a newcomer finds it."""
    dashboard.get_by_role("link", name="Sequence", exact=True).click()
    heading = dashboard.get_by_role("heading", name=re.compile("of 200 bases carry"))
    expect(heading).to_be_visible(timeout=120_000)  # TensorFlow is imported for this
    wait_ready(dashboard)
    return dashboard


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}")


def click(page: Page, key: str, x: float, y: float, plot: int = 0) -> None:
    """Click in a chart's plot, x and y as shares of its width and height."""
    area = chart(page, key).locator(".nsewdrag").nth(plot)
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    at = (box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.mouse.move(*at)
    page.wait_for_timeout(200)
    page.mouse.click(*at)
    wait_ready(page)


def test_upload_click_a_filter_and_read_its_name(sequence: Page, tmp_path: Path) -> None:
    page = sequence
    file = tmp_path / "sites.fa"
    file.write_text("".join(f">site {i}\n{SITES.text(i)}\n" for i in range(4)))
    page.get_by_text("Your own sequence").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    expect(page).to_have_url(re.compile("input=file-[0-9a-f]{12}"))
    wait_ready(page)
    record = page.get_by_test_id("stSidebar").get_by_role("combobox", name="Record")
    expect(record).to_have_value("site 0 · 200 bases")

    click(page, "dna_filters", 0.5, 2.5 / 16)  # the third of sixteen rows
    expect(page).to_have_url(re.compile(r"filter=\d+"))
    chosen = re.findall(r"filter=(\d+)", page.url)[0]
    expect(page.get_by_text(f"Filter {chosen} contributes")).to_be_visible()
    picker = page.get_by_role("combobox", name="Filter, largest first")
    expect(picker).to_have_value(re.compile(rf"^{chosen} · "))


def test_a_click_changes_a_base_and_says_what_happens(sequence: Page) -> None:
    page = sequence
    # Row 3 of 4 holds bases 100 to 149; a row takes 5.6 of 0.7 + 3 * 5.6 + 4.8 units.
    height = 0.7 + 3 * 5.6 + 4.8
    click(page, "dna_mutations", 48.5 / 50, (0.7 + 2 * 5.6 + 2) / height)  # G at 148
    expect(page).to_have_url(re.compile("edits=148G"))
    expect(page.get_by_text(re.compile("With the change, both goes from 92"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("T148G"))).to_be_visible()


def test_a_click_on_a_letter_chooses_its_position(sequence: Page) -> None:
    click(sequence, "dna_logo", 20.5 / 50, 0.08)  # the first row begins with base 0
    expect(sequence.get_by_role("spinbutton", name="Position")).to_have_value("20")


def test_files_to_take_home(sequence: Page) -> None:
    page = sequence
    found = {}
    for label in ("SVG", "CSV", "BED"):
        with page.expect_download() as download:
            page.get_by_role("button", name=label, exact=True).click()
        found[label] = Path(download.value.path()).read_text()
    assert ET.fromstring(found["SVG"]).tag.endswith("svg")
    lines = found["CSV"].splitlines()
    assert lines[0].startswith("position,base,contribution")
    assert len(lines) == 201
    starts = [line.split("\t")[1:4] for line in found["BED"].splitlines()]
    assert starts == [["16", "28", "TAL1::TCF3"], ["142", "153", "Gata1"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_and_in_both_themes(sequence: Page, scheme: str) -> None:
    page = sequence
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 800})
    wait_ready(page)
    screenshot(page, f"sequence-390-{scheme}")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
