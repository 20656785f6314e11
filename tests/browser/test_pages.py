"""Overview, Compare, Ablate and Path in a real browser: the clicks, the slider, phone and dark."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pages import click_chart, screenshot, swipe, wait_ready
from tests.wide import one_of

PAGES = ("Overview", "Compare", "Ablate", "Path")


def turn(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    wait_ready(page)


@pytest.mark.parametrize("name", one_of(PAGES))
def test_a_page_opens_by_its_address(page: Page, name: str) -> None:
    page.goto(f"/{name.lower()}?layer=avg_pool")
    wait_ready(page, seconds=120)
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    expect(page.get_by_role("button", name="Share and export")).to_be_visible()


def test_explore_opens_by_its_address_with_what_the_link_holds(page: Page) -> None:
    page.goto("/explore?layer=avg_pool&hide=tolerance")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("avg_pool")
    wait_ready(page)
    expect(page).to_have_url(re.compile(r"/\?[^/]*layer=avg_pool"))
    assert "hide=tolerance" in page.url
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_a_click_on_a_layer_opens_it_in_explore(dashboard: Page) -> None:
    turn(dashboard, "Overview")
    expect(dashboard.get_by_role("heading", level=2).first).to_contain_text("layers pass on all")
    assert dashboard.get_by_role("figure", name=re.compile("Warm bars add up")).count()
    click_chart(dashboard, "network", 0.985, 0.2)  # near the end: the layers are cheap there
    expect(dashboard).to_have_url(re.compile(r"/\?layer="))
    chosen = re.search(r"layer=(\w+)", dashboard.url)
    assert chosen
    expect(dashboard.get_by_role("heading", level=2).first).to_contain_text(chosen[1])


def test_a_click_switches_a_channel_on_again(dashboard: Page) -> None:
    turn(dashboard, "Ablate")
    heading = dashboard.get_by_role("heading", level=2).first
    expect(heading).to_contain_text("Without 10 channels")
    click_chart(dashboard, "switches", 0.5, 0.5 / 20)
    expect(heading).to_contain_text("Without 9 channels")
    expect(dashboard).to_have_url(re.compile(r"off=\d+"))


def test_the_slider_moves_the_numbers_without_the_server(dashboard: Page) -> None:
    turn(dashboard, "Path")
    figure = dashboard.locator(".st-key-path")
    numbers = figure.locator(".annotation-text").first
    expect(numbers).to_contain_text("so far")
    before, pictures = numbers.text_content(), figure.locator("image")
    expect(pictures).to_have_count(2)
    expect(pictures.nth(1)).to_have_attribute("opacity", "1")
    rail = figure.locator(".slider-rail-touch-rect")
    rail.scroll_into_view_if_needed()
    box = rail.bounding_box()
    assert box
    dashboard.context.set_offline(True)
    dashboard.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2)
    expect(pictures.nth(1)).to_have_attribute("opacity", "0.5")
    assert numbers.text_content() != before
    dashboard.context.set_offline(False)


@pytest.mark.slow
def test_the_slider_answers_to_the_keyboard(dashboard: Page) -> None:
    turn(dashboard, "Path")
    slider = dashboard.get_by_role("slider", name="Place on the path, a")
    expect(slider).to_have_attribute("aria-valuetext", "1")
    numbers = dashboard.locator(".st-key-path .annotation-text").first
    picture = dashboard.locator(".st-key-path image").nth(1)
    dashboard.context.set_offline(True)
    focus_by_tab(dashboard, slider)
    for key, place in (("ArrowLeft", "0.975"), ("PageDown", "0.775"), ("Home", "0"), ("End", "1")):
        before = numbers.text_content()
        dashboard.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuetext", place)
        expect(picture).to_have_attribute("opacity", place)
        expect(numbers).not_to_have_text(before or "")
        expect(slider).to_be_focused()
    dashboard.context.set_offline(False)


def focus_by_tab(page: Page, goal: Locator) -> None:
    """Tab from the start of the page's own part until the goal has the focus."""
    page.get_by_role("button", name="Share and export").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if goal.evaluate("goal => goal === document.activeElement"):
            return
    pytest.fail("Tab never comes to the slider")


@pytest.mark.slow
def test_the_opacity_answers_to_the_keyboard_on_explore_and_compare(dashboard: Page) -> None:
    for name, key in (("Explore", "total"), ("Compare", "map_B")):
        turn(dashboard, name)
        chart = dashboard.locator(f".st-key-{key}")
        opacity = dashboard.get_by_role("slider", name="Opacity of the colours")
        expect(opacity).to_have_count(1)
        for key, found in (("Home", "0"), ("End", "1")):
            opacity.press(key)
            for image in chart.locator(".hm image").all():  # the map, and its bar with it
                expect(image).to_have_css("opacity", found)


@pytest.mark.parametrize("name", one_of(PAGES))
def test_a_phone_in_the_dark_shows_the_page_without_a_sideways_scroll(
    browser: Browser, base_url: str, name: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{base_url}/{name.lower()}")
    wait_ready(page, seconds=120)
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    if name == "Ablate":
        for part in ("off_map", "change", "classes"):
            expect(page.locator(f".st-key-{part} .main-svg").first).to_be_visible()
    main = page.get_by_test_id("stMain")
    assert main.evaluate("area => area.scrollWidth - area.clientWidth") <= 1
    screenshot(page, f"phone-{name.lower()}")
    context.close()


def test_a_finger_scrolls_over_figures_and_a_tap_opens_a_layer(
    browser: Browser, base_url: str
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{base_url}/overview")
    wait_ready(page)
    strip, main = page.locator(".st-key-strip"), page.get_by_test_id("stMain")
    strip.scroll_into_view_if_needed()
    place = page.locator(".st-key-network .nsewdrag").first
    camera, figure = (page.locator(f".st-key-network .{it}") for it in ("modebar-btn", "main-svg"))
    expect(camera).to_be_visible()
    above, below = camera.bounding_box(), figure.first.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"] + 1  # beside the figure, not on it
    before = main.evaluate("area => area.scrollTop")
    swipe(page, place, 0, 80)
    assert main.evaluate("area => area.scrollTop") > before
    swipe(page, place, 150, 0)
    assert strip.evaluate("strip => strip.scrollLeft") > 50
    box = place.bounding_box()
    assert box
    page.touchscreen.tap(150, box["y"] + 40)
    expect(page).to_have_url(re.compile(r"/\?.*layer="))
    context.close()


def test_a_phone_changes_its_request_in_a_drawer_that_closes(
    browser: Browser, base_url: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{base_url}/?layer=avg_pool")
    wait_ready(page, seconds=120)
    drawer, strip = page.get_by_test_id("stSidebar"), page.locator(".st-key-glance")
    heading = page.get_by_role("heading", level=2).first
    expect(strip).to_contain_text("tiger cat 38")
    expect(strip.get_by_role("img")).to_be_visible()
    expect(page.locator(".st-key-input_picture")).to_be_hidden()  # it is in the strip
    for name, said in (("Coffee", "espresso"), ("Cat", "tiger cat")):
        expect(drawer).to_have_attribute("data-collapsed", "true")
        strip.get_by_role("button", name="Change").click()
        expect(drawer).to_have_attribute("data-collapsed", "false")
        drawer.get_by_role("button", name=name, exact=True).click()
        expect(strip).to_contain_text(said)
    wait_ready(page)
    strip.get_by_role("button", name="Change").click()
    expect(drawer).to_have_attribute("data-collapsed", "false")
    drawer.get_by_role("link", name="Ablate").click()
    expect(heading).to_contain_text("Without 10 neurons")
    expect(drawer).to_have_attribute("data-collapsed", "true")
    page.goto(f"{base_url}/?model=tal1-gata1")
    expect(page.locator(".st-key-dna_logo .main-svg").first).to_be_visible()
    wait_ready(page)
    page.wait_for_function(
        """() => {
            const rows = {};
            for (const text of document.querySelectorAll(".st-key-dna_logo text")) {
                if (!/^[ACGTN]$/.test(text.textContent)) continue;
                const top = Math.round(text.getBoundingClientRect().top);
                rows[top] = (rows[top] ?? 0) + 1;
            }
            const counts = Object.values(rows);
            return counts.length === 8 && counts.every((count) => count === 25);
        }"""
    )  # 200 letters
    context.close()


def test_a_projector_shows_the_answer_and_the_whole_map_at_once(
    browser: Browser, base_url: str
) -> None:
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    page = context.new_page()
    page.goto(base_url)
    wait_ready(page)
    for part in (
        page.get_by_role("heading", level=1),
        page.get_by_role("heading", level=2).first,
        page.locator(".st-key-sure"),
        page.locator(".st-key-input_picture img"),
        page.locator(".st-key-total .cartesianlayer"),
    ):
        box = part.first.bounding_box()
        assert box
        assert box["y"] + box["height"] <= 768
    context.close()
