"""What one person hands to another: a link, a file; and what stays with its owner."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.pages import GRAVE, tab_to, wait_ready

PAGES = ("Overview", "Compare", "Ablate", "Path", "Sequence", "About")
SMALL = "layer=avg_pool"  # computed in a moment
PATIENCE = 180  # for the first computation of a network on a busy machine

Open = Callable[..., Page]


@pytest.fixture
def fresh(browser: Browser, base_url: str) -> Iterator[Open]:
    """Opens an address in a browser that has seen nothing yet."""
    contexts: list[BrowserContext] = []

    def open_page(address: str, **options: object) -> Page:
        contexts.append(browser.new_context(base_url=base_url, reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.goto(address)
        wait_ready(page, seconds=PATIENCE)
        return page

    yield open_page
    for context in contexts:
        context.close()


def open_menu(page: Page) -> None:
    page.get_by_role("button", name="Share and export").click()
    expect(page.get_by_text("A link to this view")).to_be_visible()


def link(page: Page) -> str:
    open_menu(page)
    return page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()


def seen(page: Page) -> tuple[str, list[str]]:
    """The headline and the numbers, but for the seconds that it took."""
    facts = page.locator("[data-fact]:not([data-fact=seconds])")
    return page.get_by_role("heading", level=2).first.inner_text(), facts.all_inner_texts()


def asked(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


def picture(colour: str) -> bytes:
    image = Image.radial_gradient("L").resize((120, 90)).convert("RGB")
    image.paste(colour, (30, 20, 70, 60))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def upload(page: Page, name: str, data: bytes) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": data}
    )
    expect(page.get_by_role("button", name=f"✓ {name}", exact=True).first).to_be_visible()
    page.wait_for_url(re.compile("input=file-"))
    wait_ready(page, seconds=PATIENCE)


def test_a_link_shows_the_same_view_in_a_fresh_browser(page: Page, fresh: Open) -> None:
    page.goto(f"/?{SMALL}&input=coffee&baseline=white&target=504&tolerance=0.1&channel=7")
    wait_ready(page, seconds=PATIENCE)
    copied = link(page)
    there = fresh(copied)
    assert seen(there) == seen(page)
    assert asked(there.url) == asked(copied) == asked(page.url)


def test_uploads_of_two_sessions_never_meet_and_a_link_asks_for_the_file(fresh: Open) -> None:
    one, two = fresh(f"/?{SMALL}"), fresh(f"/?{SMALL}")
    upload(one, "mine.png", picture("#b02020"))
    upload(two, "theirs.png", picture("#2040b0"))
    assert seen(one) != seen(two)
    expect(one.get_by_text("theirs.png")).to_have_count(0)
    expect(two.get_by_text("mine.png")).to_have_count(0)
    before = seen(one)
    two.goto(one.url)
    wait_ready(two, seconds=PATIENCE)
    alert = two.get_by_role("alert")
    expect(alert).to_contain_text("which a link cannot carry: upload that file")
    expect(two.get_by_text("mine.png")).to_have_count(0)
    upload(two, "the-same.png", picture("#b02020"))
    expect(alert).to_have_count(0)
    assert seen(two) == before


def test_an_upload_stays_over_a_visit_to_sequence_until_it_is_forgotten(fresh: Open) -> None:
    page = fresh(f"/?{SMALL}")
    upload(page, "mine.png", picture("#208040"))
    before = seen(page)
    turn_to_sequence_and_back(page)
    assert seen(page) == before
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page).to_have_url(re.compile("input=file-"))
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "other.png", "mimeType": "image/png", "buffer": picture("#802080")}
    )
    mine = page.get_by_role("button", name="mine.png", exact=True)
    expect(page.get_by_role("button", name="✓ other.png", exact=True)).to_be_visible()
    wait_ready(page, seconds=PATIENCE)
    expect(mine).to_be_visible()
    assert seen(page) != before
    page.get_by_role("button", name="Forget my earlier pictures").click()
    expect(mine).to_have_count(0)
    wait_ready(page, seconds=PATIENCE)
    expect(page.get_by_role("button", name="✓ other.png", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove other.png").click()
    expect(page).not_to_have_url(re.compile("input="))
    wait_ready(page)
    expect(page.get_by_role("alert")).to_have_count(0)


def turn_to_sequence_and_back(page: Page) -> None:
    page.get_by_role("link", name="Sequence", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("bases carry"))).to_be_visible(
        timeout=PATIENCE * 1000
    )
    page.get_by_role("link", name="Explore", exact=True).click()
    wait_ready(page, seconds=PATIENCE)


def test_a_report_opens_without_a_network(page: Page, browser: Browser, tmp_path: Path) -> None:
    page.goto("/")
    wait_ready(page, seconds=PATIENCE)
    headline, _ = seen(page)
    open_menu(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    context = browser.new_context(offline=True)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url.split(":")[0]))
    report = context.new_page()
    report.goto(file.as_uri())
    expect(report.get_by_role("heading", level=1)).to_have_text(headline)
    for figure in report.get_by_role("img").all():
        box = figure.bounding_box()
        assert box
        assert box["height"] > 100
    assert report.get_by_role("img").count() == 3
    assert set(asked) <= {"file", "data"}
    found = Axe().run(report).response["violations"]
    assert [v["id"] for v in found if v["impact"] in GRAVE] == []
    context.close()


def test_the_keyboard_alone_changes_the_layer_and_copies_the_link(page: Page) -> None:
    page.goto("/")
    wait_ready(page, seconds=PATIENCE)
    keyboard = page.keyboard
    tab_to(page, "[data-testid=stSelectbox] [role=combobox]", times=2)
    keyboard.press("ControlOrMeta+a")
    keyboard.type("avg_pool")
    page.get_by_role("option", name=re.compile("^avg_pool ")).wait_for()
    keyboard.press("Enter")
    wait_ready(page, seconds=PATIENCE)
    expect(page.get_by_role("heading", level=2).first).to_contain_text("avg_pool")
    tab_to(page, "[data-testid=stPopover] button")
    keyboard.press("Enter")
    expect(page.get_by_text("A link to this view")).to_be_visible()
    expect(page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")).to_contain_text(SMALL)
    keyboard.press("Escape")
    expect(page.get_by_text("A link to this view")).to_be_hidden()


def test_an_embedded_lesson_has_no_frame_and_no_hidden_control(fresh: Open) -> None:
    page = fresh(f"/?{SMALL}&embed=true&hide=layer,method,upload,share")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("avg_pool")
    expect(page.get_by_text("Target", exact=True).first).to_be_attached()
    for gone in (".st-key-layer", ".st-key-method", ".st-key-files", ".st-key-share"):
        expect(page.locator(gone)).to_have_count(0)
    expect(page.get_by_test_id("stMainMenu")).to_have_count(0)
    assert "hide=layer" in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_anyone_out(fresh: Open, scheme: str) -> None:
    page = fresh(f"/?{SMALL}", color_scheme=scheme)
    grave = grave_violations(page, "Explore")
    for name in PAGES:
        page.get_by_role("link", name=name).click()
        wait_ready(page, seconds=PATIENCE)
        grave += grave_violations(page, name)
    assert grave == []


def grave_violations(page: Page, name: str) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{name}: {v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in GRAVE
    ]
