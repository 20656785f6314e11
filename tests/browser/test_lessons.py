"""Every lesson in a real browser, to its end: all right on a desk, all wrong on a phone."""

import functools
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard import settings
from dashboard.lessons import reading, scenes
from dashboard.lessons.lesson import Exercise, Lesson, LessonStep
from dashboard.lessons.replies import said
from tests.browser.conftest import ROOT, served
from tests.browser.pages import ARTEFACTS, assert_accessible, tab_to, wait_ready
from tests.dashboard.conftest import ENGINE

LESSONS = reading.bundled()
DRAWN = ".main-svg, img"
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "color_scheme": "dark",
    "has_touch": True,
    "is_mobile": True,
}


def right_and_wrong(step: LessonStep) -> tuple[Any, Any, Any]:
    """What the check finds, a right answer, and a wrong one."""
    assert step.view
    assert step.question
    scene, asked = scenes.scene(ENGINE, step.view, scenes.known(ENGINE, step.view)), step.question
    found = scene.answer(asked)
    if asked.kind == "choice":
        return found, found, next(c for c in asked.choices if c != found)
    if asked.kind == "unit":
        others = (u for u in scenes.candidates(scene, asked) if u not in found)
        return found, found[0], next(others)
    if asked.kind == "cell":
        corner = tuple(0 if at > 6 else 13 for at in found)
        return found, found, corner
    return found, float(found), float(found) + asked.within + 1


def give(page: Page, asked: Exercise, value: Any) -> None:
    """Answer as a reader does."""
    if asked.kind == "choice":
        page.get_by_test_id("stRadio").get_by_text(asked.choices[str(value)], exact=True).click()
    elif asked.kind == "unit":
        box = page.locator("[class*=st-key-reply-]").get_by_role("combobox")
        box.click()
        box.fill(f"#{value}")
        page.get_by_role("option", name=f"#{value}", exact=True).click()
    elif asked.kind == "cell":
        for name, each in zip(("Row", "Column"), value, strict=True):
            page.get_by_role("spinbutton", name=name).fill(str(each))
    else:
        page.get_by_role("spinbutton").fill(repr(value))
        page.get_by_role("spinbutton").press("Enter")
        wait_ready(page)
    page.get_by_role("button", name="Answer", exact=True).click()


def figures(page: Page) -> set[str]:
    """The names of the figures that are shown."""
    found: list[str] = page.locator(
        "[class*=st-key-lesson-]:has(.js-plotly-plot, img)"
    ).evaluate_all("all => all.map(each => each.className.match(/st-key-lesson-(\\w+)/)[1])")
    return {*found}


def step(page: Page, lesson: Lesson, number: int, good: bool) -> None:
    """One step, answered."""
    now = lesson.steps[number - 1]
    asked, view = now.question, now.view
    assert asked
    assert view
    expect(page.get_by_role("heading", name=f"{number}. {now.title}", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Answer", exact=True)).to_be_visible()
    wait_ready(page)
    assert not figures(page) & ({*view.show} - {*now.first}), "the answer is seen before it"
    found, right, wrong = right_and_wrong(now)
    given = right if good else wrong
    give(page, asked, given)
    quote = '"' if asked.kind == "choice" else ""
    is_, was = (f"{quote}{said(asked, each)}{quote}" for each in (found, given))
    told = f"Right: {is_}." if good else f"You said {was}. It is {is_}."
    expect(page.get_by_test_id("stAlert").get_by_role("paragraph")).to_have_text(told)
    for name in view.show:
        expect(page.locator(f".st-key-lesson-{name}").locator(DRAWN).first).to_be_visible()
    wait_ready(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "good"),
    [
        pytest.param(name, good, marks=[] if good else pytest.mark.browser_context_args(**PHONE))
        for name in LESSONS
        for good in (True, False)
    ],
)
def test_a_lesson_is_walked_to_its_end(page: Page, name: str, good: bool) -> None:
    lesson = LESSONS[name]
    page.goto(f"/?lesson={name}")
    for number in range(1, len(lesson.steps) + 1):
        step(page, lesson, number, good)
        last = number == len(lesson.steps)
        page.get_by_role("button", name="Finish" if last else "Next").click()
    right = len(lesson.steps) if good else 0
    expect(
        page.get_by_role("heading", name=f"{right} of {len(lesson.steps)} right")
    ).to_be_visible()
    wait_ready(page)


@pytest.fixture(scope="module")
def framed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard that lets other pages have it in a frame."""
    log = ARTEFACTS / "server-framed.log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.ANCESTORS, "http://127.0.0.1:* http://localhost:*")
        app = str(ROOT / "dashboard" / "server.py")
        with served(app, log, tmp_path_factory.mktemp("home")) as found:
            yield found
    assert "Traceback" not in log.read_text()


@pytest.fixture
def platform(framed: str, tmp_path: Path) -> Iterator[str]:
    """A page of another origin with a lesson in a frame, as docs/teaching.md shows it; of another
    site by 127.0.0.1, of the same by localhost."""
    teaching = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```html\n(.*?)```", teaching, re.DOTALL)
    frame = shown.replace("http://…/learn?lesson=saturation", f"{framed}/learn?lesson=switch-off")
    frame = frame.replace('height="800"', 'height="300"')  # it must grow
    assert framed in frame
    assert "300" in frame
    (tmp_path / "index.html").write_text(f"<!doctype html><title>Course</title>{frame}")
    (tmp_path / "favicon.ico").write_bytes(b"")
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    serve = functools.partial(quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def answered(page: Page) -> Locator:
    """Where the first step of the lesson in the frame is answered, and what is said then."""
    asked = LESSONS["switch-off"].steps[0].question
    assert asked
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("heading", name="1. A prediction")).to_be_visible()
    inside.get_by_test_id("stRadio").get_by_text(asked.choices["more"], exact=True).click()
    inside.get_by_role("button", name="Answer", exact=True).click()
    told = inside.get_by_text(f'You said "{asked.choices["more"]}".')
    expect(told).to_be_visible()
    return told


def test_a_lesson_in_a_frame_of_another_page(page: Page, platform: str) -> None:
    """Of another site: there Chromium lets a frame keep nothing here, and that is said."""
    page.goto(platform)
    answered(page)
    inside = page.frame_locator("iframe")
    expect(inside.locator(".st-key-lesson-switches .main-svg").first).to_be_visible()
    (within,) = (frame for frame in page.frames if frame.parent_frame)
    within.wait_for_function(  # the frame is as high as its page, which so has nothing to scroll
        """() => {
            const main = document.querySelector("[data-testid=stMain]");
            return main.clientHeight > 300 && main.scrollHeight <= main.clientHeight;
        }"""
    )
    assert page.evaluate("document.querySelector('iframe').clientHeight > 300")
    for number in range(2, 7):
        inside.get_by_role("button", name="Next").click()
        expect(inside.get_by_role("heading", name=f"{number}. ")).to_be_visible()
    inside.get_by_role("button", name="Finish").click()
    expect(inside.get_by_role("heading", name="0 of 6 right")).to_be_visible()
    expect(inside.get_by_text("so that a reload loses them")).to_be_visible()


def test_a_frame_keeps_answers_where_the_browser_lets_it(page: Page, platform: str) -> None:
    page.goto(platform.replace("127.0.0.1", "localhost"))
    told = answered(page)
    (within,) = (frame for frame in page.frames if frame.parent_frame)
    within.wait_for_function("() => localStorage.getItem('neuron-attribution lessons')")
    page.reload()
    expect(told).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize(
    "scheme",
    [
        pytest.param(each, marks=pytest.mark.browser_context_args(color_scheme=each))
        for each in ("light", "dark")
    ],
)
def test_every_step_of_a_lesson_is_accessible(page: Page, scheme: str) -> None:
    """Before and after each answer, and at the end; all of it by the keyboard alone."""
    name, lesson = "digits", LESSONS["digits"]  # it asks in all ways
    page.goto(f"/?lesson={name}")
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
    for number, now in enumerate(lesson.steps, 1):
        title = page.get_by_role("heading", name=f"{number}. {now.title}", exact=True)
        expect(title).to_be_visible()
        expect(page.get_by_role("button", name="Answer", exact=True)).to_be_visible()
        wait_ready(page)
        assert_accessible(page)
        assert now.question
        by_keyboard(page, now.question)
        expect(page.get_by_test_id("stAlert")).to_be_visible()
        wait_ready(page)
        assert_accessible(page)
        tab_to(page, ".st-key-next button")
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f" of {len(lesson.steps)} right")).to_be_visible()
    wait_ready(page)
    assert_accessible(page)


def by_keyboard(page: Page, asked: Exercise) -> None:
    """Answer anything, with the keys alone."""
    if asked.kind == "choice":
        tab_to(page, "input[type=radio]")
        page.keyboard.press("Space")
    elif asked.kind == "unit":
        tab_to(page, "[class*=st-key-reply-] input")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("Enter")
        wait_ready(page)
    else:
        for _ in range(2 if asked.kind == "cell" else 1):
            tab_to(page, "input[type=number]")
            page.keyboard.type("3")
    tab_to(page, "[data-testid=stFormSubmitButton] button")
    page.keyboard.press("Enter")
