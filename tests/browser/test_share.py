"""What one person hands to another: a link, a file; and what stays with its owner."""

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from attribution.zoo import cards
from dashboard.request.hidden import CONTROLS
from tests.browser.pages import ARTEFACTS, GRAVE, choose, facts, tab_to, wait_ready

PAGES = ("Overview", "Compare", "Ablate", "Path", "About")
SMALL = "layer=avg_pool"  # computed in a moment
SVG = "{http://www.w3.org/2000/svg}"
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


def seen(page: Page) -> tuple[str, dict[str, str]]:
    """The headline and the numbers, but for the seconds that it took."""
    found = {name: value for name, value in facts(page).items() if name != "seconds"}
    return page.get_by_role("heading", level=2).first.inner_text(), found


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


@pytest.mark.slow
def test_an_upload_stays_over_a_visit_to_dna_until_it_is_forgotten(fresh: Open) -> None:
    page = fresh(f"/?{SMALL}")
    upload(page, "mine.png", picture("#208040"))
    before = seen(page)
    turn_to_dna_and_back(page)
    page.get_by_role("button", name="mine.png", exact=True).click()
    wait_ready(page)
    choose(page, "layer", "avg_pool")
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


def turn_to_dna_and_back(page: Page) -> None:
    choose(page, "model", cards()["tal1-gata1"].title)
    expect(page.get_by_role("heading", name=re.compile("channels in relu1"))).to_be_visible(
        timeout=PATIENCE * 1000
    )
    choose(page, "model", cards()["efficientnet-lite0"].title)
    expect(page.get_by_role("heading", name=re.compile("^Tiger cat"))).to_be_visible()


def test_a_report_opens_without_a_network(page: Page, browser: Browser, tmp_path: Path) -> None:
    page.goto("/")
    wait_ready(page, seconds=PATIENCE)
    headline, _ = seen(page)
    open_menu(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    context = browser.new_context(offline=True, color_scheme="dark")
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url.split(":")[0]))
    report = context.new_page()
    report.goto(file.as_uri())
    expect(report.get_by_role("heading", level=1)).to_have_text(headline)
    drawn(report, 5)
    assert set(asked) <= {"file", "data", "blob"}
    context.close()


def drawn(report: Page, count: int) -> None:
    """So many figures are drawn, light though the reader's pages are dark, and keep nobody out."""
    figures = report.get_by_role("figure")
    expect(figures).to_have_count(count)
    for figure in figures.all():
        expect(figure.locator(".main-svg").first).to_be_visible()
        box = figure.locator(".main-svg").first.bounding_box()
        assert box
        assert box["height"] > 100
    ground = "getComputedStyle(document.body).backgroundColor"
    assert report.evaluate(ground) == "rgb(255, 255, 255)"
    assert report.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    report.evaluate(
        "() => { const s = document.createElement('script'); s.id = 'foreign';"
        " s.textContent = 'window.strange = 1'; document.body.append(s) }"
    )
    assert report.evaluate("window.strange") is None  # the policy lets run what is its own
    report.evaluate("document.getElementById('foreign').remove()")
    found = Axe().run(report).response["violations"]
    assert [v["id"] for v in found if v["impact"] in GRAVE] == []
    figures.first.hover()
    with report.expect_download() as download:
        figures.first.get_by_role("button").click()
    assert download.value.suggested_filename.endswith(".svg")


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_the_camera_saves_a_figure_light_in_the_format_of_the_menu(
    fresh: Open, scheme: str
) -> None:
    page = fresh(f"/?{SMALL}", color_scheme=scheme)
    svg = ET.fromstring(photographed(page, "ranking", "cat-avg_pool-ranking.svg"))
    words = {"".join(t.itertext()): t.attrib["style"] for t in svg.iter(f"{SVG}text")}
    chart = page.locator(".st-key-ranking")
    wide = chart.locator(".main-svg").first.evaluate("svg => svg.width.baseVal.value")
    for label in chart.locator(".ytick text").all_text_contents():
        assert label in words
        red, green, blue = map(
            int, re.findall(r"fill: rgb\((\d+), (\d+), (\d+)\)", words[label])[0]
        )
        assert max(red, green, blue) < 100  # dark letters
    grounds = [r.attrib.get("style", "") for r in svg.iter(f"{SVG}rect")]
    assert any("fill: rgb(255, 255, 255); fill-opacity: 1" in ground for ground in grounds)
    open_menu(page)
    page.get_by_test_id("stPopoverBody").get_by_text("PNG", exact=True).click()
    wait_ready(page, seconds=PATIENCE)
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("camera=png"))
    png = photographed(page, "ranking", "cat-avg_pool-ranking.png")
    with Image.open(io.BytesIO(png)) as image:
        image.save(ARTEFACTS / f"camera-{scheme}.png")
        assert image.width == int(float(svg.attrib["width"])) == int(2 * wide)
        assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def photographed(page: Page, key: str, name: str) -> bytes:
    chart = page.locator(f".st-key-{key}")
    chart.hover()
    with page.expect_download() as download:
        chart.get_by_role("button", name=re.compile("Download plot")).click()
    assert download.value.suggested_filename == name
    return Path(download.value.path()).read_bytes()


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


EMPTY = """areas => areas.filter(area => {
    const { width, height } = area.getBoundingClientRect();
    const seen = area.innerText.trim() || area.querySelector("svg, img, canvas");
    return width > 1 && height > 1 && !seen;
}).map(area => area.outerHTML.slice(0, 300))"""
USED = ("button", "combobox", "radio", "textbox", "slider", "spinbutton", "link")


@pytest.mark.parametrize(
    "about", ["layer=block6d_add", pytest.param("model=tal1-gata1", marks=pytest.mark.slow)]
)
def test_with_all_hidden_nothing_empty_remains_in_a_frame(
    page: Page, base_url: str, about: str
) -> None:
    hide = ",".join(CONTROLS)
    for name in ("", *(name.lower() for name in PAGES if name != "About")):
        address = f"{base_url}/{name}?{about}&embed=true&hide={hide}"
        page.goto(f"{base_url}/_stcore/health")  # pages of other sites may not have it in a frame
        frame = f'<iframe src="{address}" width="1000" height="700"></iframe>'
        page.evaluate("html => document.body.innerHTML = html", frame)
        inside = page.frame_locator("iframe")
        expect(inside.get_by_role("heading", level=2).first).to_be_visible(timeout=PATIENCE * 1000)
        ended = inside.locator("[data-testid=stApp][data-test-script-state=notRunning]")
        expect(ended).to_have_count(1, timeout=PATIENCE * 1000)
        page.wait_for_timeout(1000)  # a figure is drawn after its run
        for role in USED:
            shown = inside.get_by_role(role).filter(visible=True).all()
            # What explains a term, enlarges a picture or saves a figure is no control.
            left = [s.evaluate("e => e.outerHTML.slice(0, 300)") for s in shown]
            kept = ('aria-label="Help"', "elementToolbar", "modebar-btn", "stSkipToContent")
            assert not [html for html in left if not any(k in html for k in kept)], (name, role)
        for area in ("stSidebar", "stVerticalBlock", "stColumn", "stPopover", "stExpander"):
            assert not inside.get_by_test_id(area).evaluate_all(EMPTY), name
        expect(inside.get_by_test_id("stSidebar")).to_be_hidden()
        expect(inside.get_by_test_id("stAlert").filter(has_text="no control")).to_have_count(0)


@pytest.mark.parametrize("about", [SMALL, pytest.param("model=tal1-gata1", marks=pytest.mark.slow)])
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_no_page_keeps_anyone_out(fresh: Open, scheme: str, about: str) -> None:
    page = fresh(f"/?{about}", color_scheme=scheme)
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
