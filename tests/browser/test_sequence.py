"""Explore of DNA in a real browser: upload, click a filter, click a change, take files home."""

import contextlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from assets.simulate import simulate
from attribution import sequences
from attribution.zoo import cards
from tests.browser.pages import choose, click_chart, screenshot, swipe, tab_to, wait_ready
from tests.browser.test_share import drawn

SITES = simulate(8, seed=5)


@pytest.fixture
def sequence(dashboard: Page) -> Page:
    """The first network for DNA, as a newcomer comes to it."""
    choose(dashboard, "model", cards()["tal1-gata1"].title)
    expect(dashboard).to_have_url(re.compile("model=tal1-gata1"))
    heading = dashboard.get_by_role("heading", name=re.compile("of the 32 channels in relu1 carry"))
    expect(heading).to_be_visible(timeout=120_000)  # TensorFlow is imported for this
    wait_ready(dashboard)
    return dashboard


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}")


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

    click_chart(page, "dna_filters", 0.5, 2.5 / 16)  # the third of sixteen rows
    expect(page).to_have_url(re.compile(r"channel=\d+"))
    chosen = re.findall(r"channel=(\d+)", page.url)[0]
    expect(page.get_by_text(f"Filter {chosen} contributes")).to_be_visible()
    picker = page.get_by_role("combobox", name="Channel, largest first")
    expect(picker).to_have_value(re.compile(rf"^{chosen} · "))


def test_fast_keys_on_the_window_bring_no_banners(sequence: Page, tmp_path: Path) -> None:
    page, file = sequence, tmp_path / "long.fa"
    file.write_text(">long\n" + "".join(SITES.text(i) for i in range(6)) + "\n")
    page.get_by_text("Your own sequence").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    page.get_by_role("radio", name="Take a window").click()
    slider = page.get_by_role("slider", name="First base of the window")
    expect(slider).to_be_visible()
    wait_ready(page)
    banner = page.get_by_test_id("stMain").get_by_role("alert")
    slider.focus()
    for i in range(1, 25):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(30 * (i % 7))
        expect(banner).to_have_count(0)
    expect(page).to_have_url(re.compile(r"start=\d+"))
    wait_ready(page)
    expect(banner).to_have_count(0)


def test_a_click_changes_a_base_and_says_what_happens(sequence: Page) -> None:
    page = sequence
    # Row 3 of 4 holds bases 100 to 149; a row takes 5.6 of 0.7 + 3 * 5.6 + 4.8 units.
    height = 0.7 + 3 * 5.6 + 4.8
    click_chart(page, "dna_mutations", 48.5 / 50, (0.7 + 2 * 5.6 + 2) / height)  # G at 148
    expect(page).to_have_url(re.compile("edits=148G"))
    expect(page.get_by_text(re.compile("With the change, both goes from 92"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("T149G"))).to_be_visible()


def test_a_click_on_a_letter_chooses_its_position(sequence: Page) -> None:
    click_chart(sequence, "dna_logo", 20.5 / 50, 0.08)  # the first row begins with base 1
    expect(sequence.get_by_role("spinbutton", name="Position")).to_have_value("21")


@pytest.mark.slow
def test_a_window_of_a_long_record_is_clicked_and_taken_home_by_its_positions(
    sequence: Page, tmp_path: Path
) -> None:
    """The sample lies at 400 of a record that is the reverse strand of chr5, bases 2001 to 3000."""
    page = sequence
    letters = ("ACGTTGCA" * 200)[:400] + sample().ljust(600, "C")
    file = tmp_path / "long.fa"
    file.write_text(f">chr5:2000-3000(-) mine\n{letters}\n")
    page.get_by_text("Your own sequence").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    page.get_by_test_id("stSidebar").get_by_text("Take a window").click()
    wait_ready(page)
    page.get_by_text("Your own sequence").click()
    slider = page.locator(".st-key-start_choice").get_by_role("slider")
    expect(slider).to_have_value("2600")  # the middle: letter 400
    slider.focus()
    for key, start in (("ArrowLeft", 401), ("ArrowRight", 400)):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(f"start={start}"))
        wait_ready(page)
    # On the minus strand positions run down: letter 400 + i is base 3000 - 400 - i.
    said = page.get_by_text(re.compile("Positions are those of chr5"))
    expect(said).to_contain_text("2,401 to 2,600 are seen here")
    expect(said).to_contain_text("so positions run down")

    click_chart(page, "dna_logo", 20.5 / 50, 0.08)
    expect(page.get_by_role("spinbutton", name="Position")).to_have_value("2580")
    height = 0.7 + 3 * 5.6 + 4.8
    click_chart(
        page, "dna_mutations", 48.5 / 50, (0.7 + 2 * 5.6 + 2) / height
    )  # T to G at letter 148
    expect(page).to_have_url(re.compile("edits=148G"))
    expect(page.get_by_role("button", name="T2452G ✕")).to_be_visible()
    screenshot(page, "sequence-window")
    page.get_by_role("button", name="T2452G ✕").click()
    wait_ready(page)

    menu = open_menu(page)
    with page.expect_download() as download:
        menu.get_by_role("button", name="Known motifs (BED)", exact=True).click()
    rows = lines_of_bed(Path(download.value.path()).read_text())
    gata = next(row for row in rows if row[3] == "Gata1")
    start, end = 2600 - 153, 2600 - 142
    assert gata[:3] == ["chr5", str(start), str(end)]
    assert gata[5] == "-"


def sample() -> str:
    (record,) = sequences.read(cards()["tal1-gata1"].samples[0].file.read_bytes())
    return record.letters


def lines_of_bed(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def open_menu(page: Page) -> Locator:
    page.get_by_role("button", name="Share and export").click()
    menu = page.get_by_test_id("stPopoverBody").filter(has_text="A link to this view")
    expect(menu).to_be_visible()
    return menu


def test_files_to_take_home(sequence: Page) -> None:
    menu, found = open_menu(sequence), {}
    for label in ("Bases (CSV)", "Known motifs (BED)"):
        with sequence.expect_download() as download:
            menu.get_by_role("button", name=label, exact=True).click()
        found[label[-4:-1]] = Path(download.value.path()).read_text()
    lines = found["CSV"].splitlines()
    assert lines[0].startswith("position,base,contribution")
    assert len(lines) == 201
    starts = [row[1:4] for row in lines_of_bed(found["BED"])]
    assert starts == [["16", "28", "TAL1::TCF3"], ["142", "153", "Gata1"]]


@pytest.mark.slow
def test_the_report_opens_without_a_network(
    sequence: Page, browser: Browser, tmp_path: Path
) -> None:
    headline = sequence.get_by_role("heading", level=2).first.inner_text()
    menu = open_menu(sequence)
    with sequence.expect_download() as download:
        menu.get_by_role("button", name="Report (HTML)").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    context = browser.new_context(offline=True)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url.split(":")[0]))
    report = context.new_page()
    report.goto(file.as_uri())
    expect(report.get_by_role("heading", level=1)).to_have_text(headline)
    drawn(report, 7)
    assert set(asked) <= {"file", "data", "blob"}
    screenshot(report, "sequence-report")
    context.close()


@pytest.mark.slow
def test_a_lesson_opens_from_its_link_in_a_fresh_browser(sequence: Page, browser: Browser) -> None:
    address = sequence.url.split("?")[0]
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(
        f"{address}?model=tal1-gata1&layer=pool&edits=148G&hide=edits,upload,method&embed=true"
    )
    expect(page.get_by_text(re.compile("With the change, both goes from 92"))).to_be_visible()
    wait_ready(page)
    for gone in ("dna_at", "dna_text", "method"):
        expect(page.locator(f".st-key-{gone}")).to_have_count(0)
    expect(page.locator(".st-key-layer")).to_have_count(1)
    expect(page.get_by_test_id("stMainMenu")).to_have_count(0)
    assert "hide=edits" in page.url
    assert "embed=true" in page.url
    context.close()


def test_the_keyboard_alone_changes_the_layer_a_filter_and_a_base(sequence: Page) -> None:
    page = sequence
    tab_to(page, ".st-key-layer [role=combobox]")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("pool")
    page.get_by_role("option", name=re.compile("^pool ")).wait_for()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("layer=pool"))
    wait_ready(page)
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(chart(page, "dna_mutations").locator(".main-svg").first).to_be_visible()  # the last
    open_list(page, ".st-key-channel_choice [role=combobox]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"channel=\d+"))
    wait_ready(page)
    tab_to(page, ".st-key-dna_at input")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("149")
    page.keyboard.press("Enter")
    wait_ready(page)
    tab_to(page, ".st-key-dna_new [role=combobox]")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("G")
    page.get_by_role("option", name="G", exact=True).wait_for()
    page.keyboard.press("Enter")
    wait_ready(page)
    tab_to(page, ".st-key-dna_change button")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("edits=148G"))
    wait_ready(page)
    tab_to(page, ".st-key-share button")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")).to_contain_text(
        "edits=148G"
    )


def open_list(page: Page, selector: str, tries: int = 6) -> None:
    """Tab to a combobox and open its list by keys; again where a page drawn late took the focus."""
    options = page.get_by_role("option").first
    for _ in range(tries):
        if not page.evaluate("selector => document.activeElement.matches(selector)", selector):
            tab_to(page, selector)
        page.keyboard.press("ArrowDown")
        with contextlib.suppress(AssertionError):
            expect(options).to_be_visible(timeout=5000)
            return
    pytest.fail(f"No list opens at {selector}")


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        (390, "dark"),
        pytest.param(1280, "dark", marks=pytest.mark.slow),
        pytest.param(390, "light", marks=pytest.mark.slow),
    ],
)
def test_both_themes_on_a_desk_and_on_a_phone(
    browser: Browser, base_url: str, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 844 if width < 500 else 900}
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{base_url}/sequence")
    expect(page.locator(".st-key-dna_mutations .main-svg").first).to_be_visible(timeout=120_000)
    wait_ready(page)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("area => area.scrollWidth - area.clientWidth") <= 1
    screenshot(page, f"sequence-{width}-{scheme}")
    context.close()


@pytest.mark.slow
def test_a_finger_scrolls_over_the_letters_and_a_tap_chooses_one(
    browser: Browser, base_url: str
) -> None:
    size = {"width": 390, "height": 844}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{base_url}/sequence")
    expect(page.locator(".st-key-dna_mutations .main-svg").first).to_be_visible(timeout=120_000)
    wait_ready(page)
    # A phone's width is known in the browser alone: 8 rows of 25 letters take the place of 4 of 50.
    expect(chart(page, "dna_logo").locator(".ytick")).to_have_count(3 * 200 // 25)
    wait_ready(page)
    main, letters = page.get_by_test_id("stMain"), chart(page, "dna_logo").locator(".nsewdrag")
    letters.scroll_into_view_if_needed()
    before = main.evaluate("area => area.scrollTop")
    swipe(page, letters, 0, 120)
    assert main.evaluate("area => area.scrollTop") > before
    main.evaluate("area => area.scrollTo(0, 0)")
    box = letters.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 20.5 / 25 * box["width"], box["y"] + 0.08 * box["height"])
    expect(page.get_by_role("spinbutton", name="Position")).to_have_value("21")
    context.close()
