"""DNA on Overview, Compare, Ablate and Path in a real browser, on a desk and on a phone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pages import choose, click_chart, screenshot, wait_ready

DNA = "model=tal1-gata1"
PATIENCE = 120  # TensorFlow is imported for this


@pytest.fixture(params=[1440, pytest.param(390, marks=pytest.mark.slow)], ids=["desk", "phone"])
def screen(browser: Browser, base_url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    size = {"width": request.param, "height": 844 if request.param < 500 else 1000}
    context = browser.new_context(viewport=size, base_url=base_url, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    yield page
    main = page.get_by_test_id("stMain")
    assert main.evaluate("area => area.scrollWidth - area.clientWidth") <= 1
    screenshot(page, request.node.name)
    context.close()


def turn(page: Page, name: str, query: str = DNA) -> Locator:
    """A page by its address; its headline."""
    page.goto(f"/{name}?{query}")
    heading = page.get_by_role("heading", level=2).first
    expect(heading).to_be_visible(timeout=PATIENCE * 1000)
    wait_ready(page)
    return heading


def sentence(page: Page, key: str) -> str:
    """What a figure says to who cannot see it."""
    return page.locator(f".st-key-{key}").get_by_role("figure").get_attribute("aria-label") or ""


def test_a_click_on_a_point_of_compare_shows_that_filter_in_both(screen: Page) -> None:
    expect(turn(screen, "compare")).to_have_text(re.compile("^A and B share "))
    points = screen.locator(".st-key-agreement .scatterlayer .points path.point")
    expect(points).to_have_count(32)
    area = screen.locator(".st-key-agreement .nsewdrag").first
    area.scroll_into_view_if_needed()
    frame, point = area.bounding_box(), points.nth(9).bounding_box()
    assert frame
    assert point
    across = (point["x"] + point["width"] / 2 - frame["x"]) / frame["width"]
    down = (point["y"] + point["height"] / 2 - frame["y"]) / frame["height"]
    click_chart(screen, "agreement", across, down)
    expect(screen).to_have_url(re.compile("channel=9"))
    expect(screen.get_by_text(re.compile("^Channel 9: "))).to_be_visible()
    for letter in "AB":
        said = sentence(screen, f"channel_{letter}")
        assert said.startswith(f"Channel 9 in {letter} contributes ")
        assert "around base " in said


@pytest.mark.slow
def test_a_click_switches_a_filter_on_again(screen: Page) -> None:
    heading = turn(screen, "ablate")
    expect(heading).to_contain_text("Without 10 channels")
    before = sentence(screen, "change")
    click_chart(screen, "switches", 0.5, 0.5 / 20)
    expect(heading).to_contain_text("Without 9 channels")
    expect(screen).to_have_url(re.compile(r"off=\d+"))
    assert sentence(screen, "change") != before
    click_chart(screen, "switches", 0.5, 0.5 / 20)
    expect(heading).to_contain_text("Without 10 channels")
    assert sentence(screen, "change") == before


@pytest.mark.slow
def test_a_filter_is_followed_and_split_over_the_bases(screen: Page) -> None:
    heading = turn(screen, "path")
    window = screen.viewport_size
    assert window
    number = (
        5 if window["width"] > 500 else 6
    )  # each its own: what was found for one is kept for all
    choose(screen, "path_channel", f"{number} ·")
    expect(screen).to_have_url(re.compile(f"channel={number}"))
    expect(heading).to_have_text(re.compile(f"^Channel {number} on the way from the baseline: "))
    numbers = screen.locator(".st-key-path .annotation-text").first
    written = numbers.text_content()
    slider = screen.get_by_role("slider", name="Place on the path, a")
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "0")
    expect(numbers).not_to_have_text(written or "")
    screen.get_by_role("button", name="Split it over the input").click()
    expect(screen.locator(".st-key-split .main-svg").first).to_be_visible()
    wait_ready(screen)
    assert sentence(screen, "split").startswith(f"The bases through which channel {number} gets ")


@pytest.mark.slow
def test_a_click_on_a_layer_opens_it_in_explore_with_its_bases(screen: Page) -> None:
    expect(turn(screen, "overview")).to_contain_text("layers pass on all of the difference")
    strip = screen.locator(".st-key-strip")  # on a phone it is wider than the screen
    strip.evaluate("strip => strip.scrollTo(strip.scrollWidth, 0)")
    click_chart(screen, "network", 0.95, 0.2)
    expect(screen).to_have_url(re.compile(rf"/\?{DNA}&layer=logits"))
    expect(screen.get_by_role("heading", level=2).first).to_contain_text("neurons in logits")
    wait_ready(screen)
    expect(screen.get_by_text("Which neurons decide", exact=True)).to_be_visible()


def test_an_old_link_of_the_page_sequence_shows_the_same(page: Page) -> None:
    page.goto("/sequence?layer=relu2&edits=148G&filter=3&hide=method")
    heading = page.get_by_role("heading", level=2).first
    expect(heading).to_contain_text("channels in relu2", timeout=PATIENCE * 1000)
    wait_ready(page)
    expect(page).to_have_url(re.compile(r"/\?[^/]*model=tal1-gata1"))
    for part in ("layer=relu2", "edits=148G", "channel=3", "hide=method"):
        assert part in page.url
    assert "filter=" not in page.url
    expect(page.get_by_text(re.compile("^Filter 3 contributes"))).to_be_visible()
    expect(page.get_by_role("button", name="T149G ✕")).to_be_visible()
    expect(page.locator(".st-key-method")).to_have_count(0)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_test_id("stMain").get_by_test_id("stAlert")).to_have_count(0)
