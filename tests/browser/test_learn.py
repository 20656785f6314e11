"""A lesson in a real browser: on a desk by keyboard, on a phone by touch, and on paper."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.lessons import paper, reading
from dashboard.work.engine import Engine
from tests.browser.pages import assert_accessible, click_chart, screenshot, tab_to, wait_ready
from tests.wide import one_of

LESSON = reading.bundled()["digits"]


def heading(page: Page, number: int) -> None:
    """Wait for a step."""
    title = f"{number}. {LESSON.steps[number - 1].title}"
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_role("button", name="Answer")).to_be_visible()
    wait_ready(page)


def test_a_lesson_is_walked_by_keyboard(page: Page) -> None:
    page.goto("/?lesson=digits&step=2")
    heading(page, 2)
    expect(page.get_by_role("link", name="Overview")).to_have_count(0)  # only what it needs
    expect(page.locator(".st-key-lesson-unit")).to_have_count(0)
    assert_accessible(page)
    tab_to(page, "input[type=number]")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You said 3 of 64. It is 64 of 64.")).to_be_visible()
    expect(page.locator(".st-key-lesson-unit")).to_be_visible()
    wait_ready(page)
    assert_accessible(page)
    page.locator("body").focus()
    page.mouse.click(5, 400)
    page.keyboard.press("n")
    heading(page, 3)
    expect(page).to_have_url(re.compile(r"step=3"))
    page.keyboard.press("b")
    expect(page.get_by_text("You said 3 of 64. It is 64 of 64.")).to_be_visible()


def test_a_letter_that_is_typed_turns_no_page(page: Page) -> None:
    page.goto("/learn?lesson=saturation&step=7")
    name = page.get_by_role("textbox", name="Your name")
    expect(name).to_be_visible()
    name.press_sequentially("bnb")
    expect(name).to_have_value("bnb")
    page.get_by_role("button", name="Make the file").click()
    expect(page.get_by_role("button", name="Download my answers")).to_be_visible()
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download my answers").click()
    assert caught.value.suggested_filename.startswith("answers-saturation-bnb")
    expect(page).to_have_url(re.compile(r"step=7"))


def test_a_reload_loses_no_answer_until_one_begins_again(page: Page) -> None:
    page.goto("/?lesson=digits&step=2")
    heading(page, 2)
    page.get_by_role("spinbutton").fill("3")
    page.get_by_role("button", name="Answer", exact=True).click()
    told = page.get_by_text("You said 3 of 64. It is 64 of 64.")
    expect(told).to_be_visible()
    page.get_by_role("textbox", name="Your thoughts").fill("An alarm.")
    page.get_by_role("button", name="Next").click()
    heading(page, 3)
    kept = "localStorage.getItem('neuron-attribution lessons')"
    assert "An alarm." in page.evaluate(kept)
    page.reload()
    heading(page, 3)
    page.get_by_role("button", name="Back").click()
    expect(told).to_be_visible()
    page.reload()
    expect(told).to_be_visible()
    expect(page.get_by_role("textbox", name="Your thoughts")).to_have_value("An alarm.")
    page.get_by_role("button", name="Begin again").click()
    page.get_by_role("button", name="Forget my answers").click()
    heading(page, 1)
    assert page.evaluate(kept) is None
    page.evaluate("localStorage.setItem('neuron-attribution lessons', '<img src=x onerror=x()>')")
    page.goto("/?lesson=digits&step=2")
    heading(page, 2)
    expect(told).to_have_count(0)


def test_cards_open_a_lesson_and_lead_back(dashboard: Page) -> None:
    dashboard.get_by_role("link", name="Learn", exact=True).click()
    expect(dashboard.get_by_role("heading", level=3)).to_have_count(len(reading.bundled()))
    assert_accessible(dashboard)
    dashboard.get_by_role("button", name=f"Begin: {LESSON.title}").click()
    heading(dashboard, 1)
    click_chart(dashboard, "lesson-tiles", 0.12, 0.15)
    expect(dashboard.get_by_role("combobox").first).not_to_have_value("")
    dashboard.get_by_role("button", name="All lessons").click()
    expect(dashboard.get_by_role("heading", level=3)).to_have_count(len(reading.bundled()))


@pytest.mark.parametrize("scheme", one_of(["dark", "light"]))
def test_a_lesson_on_a_phone(browser: Browser, base_url: str, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{base_url}/?lesson=digits&step=3")
    heading(page, 3)
    page.locator(".st-key-lesson-cells .nsewdrag").first.scroll_into_view_if_needed()
    box = page.locator(".st-key-lesson-cells .nsewdrag").first.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] * 0.53, box["y"] + box["height"] * 0.4)
    expect(page.get_by_role("spinbutton", name="Row")).not_to_have_value("")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("Right: row 5, column 7.")).to_be_visible()
    expect(page.locator(".st-key-lesson-map")).to_be_visible()
    wait_ready(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    assert_accessible(page)
    screenshot(page, f"learn-phone-{scheme}")
    page.get_by_role("button", name="Next").click()
    heading(page, 4)
    expect(page.get_by_role("heading", name="4. How many")).to_be_in_viewport()
    context.close()


def test_an_export_opens_without_a_network(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "digits.html"
    file.write_text(paper.page(Engine(), LESSON), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    context.set_offline(True)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(file.as_uri())
    answers = page.get_by_text("The answer, once you have committed to a guess")
    expect(answers).to_have_count(len(LESSON.steps))
    first = page.locator("details", has=answers.first)
    expect(first.locator(".main-svg").first).not_to_be_visible()
    answers.first.focus()
    page.keyboard.press("Enter")
    expect(first.locator(".main-svg").first).to_be_visible()
    expect(first.get_by_text("#14 or #43 or #1")).to_be_visible()
    assert_accessible(page)
    screenshot_path = Path(__file__).parent / "artefacts" / "learn-paper.png"
    page.screenshot(path=screenshot_path, full_page=True)
    assert not errors
    context.close()
