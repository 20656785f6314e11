"""A stranger's words and files, in a real browser: nothing becomes a link or an icon, nothing ends
the session, and the server takes no more than it says."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.pages import wait_ready
from tests.dashboard.reports import Taken

LIVE = (
    "www.evil.example https://evil.example/x a@evil.example :smile: :material/home: "
    "[l](http://evil.example) $x^2$ <i>t</i> "
)
ICONS = ":smile: :material/home: $x^2$ <i>t</i> [l](//evil.example)"
MEGABYTE = 2**20


def shown(page: Page) -> str:
    return page.locator("body").inner_text().replace("\u2060", "")


def harmless(page: Page) -> None:
    """No link and no picture of a stranger's, no icon, emoji or formula made of words."""
    links = page.locator("a").evaluate_all("links => links.map(a => a.href)")
    assert not [link for link in links if "evil" in link.partition("?")[0]]
    assert page.locator("img[src*=evil], .katex, [data-testid=stMarkdownContainer] i").count() == 0
    assert page.get_by_label("home icon").count() == 0
    assert "\N{SMILING FACE WITH OPEN MOUTH AND SMILING EYES}" not in shown(page)


def test_words_of_a_link_and_of_files_are_only_words(page: Page) -> None:
    page.goto(f"/?layer={quote(LIVE)}&method={quote(ICONS)}&hide={quote(ICONS.replace(' ', ','))}")
    wait_ready(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(3)
    for words in (
        f"There is no layer '{LIVE[:60]}",
        f"There is no method '{ICONS}'",
        "':smile:', '",
    ):
        assert words in shown(page)
    harmless(page)
    name = LIVE.replace("/", "_")
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(
        {"name": f"{name}.png", "mimeType": "image/png", "buffer": b"no"}
    )
    expect(page.get_by_test_id("stAlert").filter(has_text="evil")).not_to_have_count(0)
    wait_ready(page)
    harmless(page)
    page.goto(f"/sequence?edits={quote(LIVE)}")
    wait_ready(page)
    assert "The changes 'www.evil.example https://evil.example/x " in shown(page)
    page.get_by_text("Your own sequence", exact=True).click()
    field = page.get_by_role("textbox", name="Paste FASTA or plain letters")
    field.fill(f">{LIVE}\n{'GATTACA' * 28}GATA\n")
    field.press("Control+Enter")
    wait_ready(page)
    expect(page).to_have_url(re.compile("input=text-"))
    page.get_by_role("button", name="Share and export").click()
    expect(page.get_by_text("does not carry it")).to_be_visible()
    assert "The link names www.evil.example" in shown(page)
    harmless(page)


def test_a_nul_in_a_files_name_does_not_end_the_session(dashboard: Page) -> None:
    def spoil(route: Route) -> None:
        body = route.request.post_data_buffer or b""
        assert b"cQat.png" in body
        route.continue_(post_data=body.replace(b"cQat.png", b"c\0at.png"))

    dashboard.route("**/_stcore/upload_file/**", spoil)
    files = dashboard.get_by_test_id("stFileUploader").locator("input")
    files.set_input_files({"name": "cQat.png", "mimeType": "image/png", "buffer": b"no"})
    expect(dashboard.get_by_test_id("stAlert")).to_contain_text("c\ufffdat.png: ")
    dashboard.unroute("**/_stcore/upload_file/**")
    dashboard.get_by_role("button", name="Coffee").click()
    expect(dashboard.get_by_role("heading", level=2).first).to_contain_text("Espresso")


def test_a_file_of_ten_megabytes_comes_and_the_seventh_is_told_the_limit(
    dashboard: Page, tmp_path: Path
) -> None:
    before = dashboard.get_by_role("heading", level=2).first.inner_text()
    told = dashboard.get_by_test_id("stFileUploaderDropzoneInstructions")
    assert "11" not in told.inner_text()
    words = told.evaluate("e => getComputedStyle(e, '::after').content")
    assert "10 MB per file" in words
    assert "PNG, JPEG, WebP, BMP, GIF" in words
    paths = [tmp_path / f"{i}.png" for i in range(7)]
    for path in paths:
        path.write_bytes(bytes(10 * MEGABYTE))
    dashboard.get_by_test_id("stFileUploader").locator("input").set_input_files(paths)
    alerts = dashboard.get_by_test_id("stAlert")
    expect(alerts).to_have_count(7, timeout=120_000)
    wait_ready(dashboard)
    told = alerts.all_inner_texts()
    assert len([t for t in told if "not taken, because" in t and "64 MB together" in t]) == 1
    assert "413" not in shown(dashboard)
    assert dashboard.get_by_role("heading", level=2).first.inner_text() == before


def test_a_link_that_hides_three_thousand_things_gets_one_sentence(page: Page) -> None:
    names = ",".join(f"n{i}" for i in range(3_000))
    page.goto(f"/?hide={names}")
    wait_ready(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(1)
    assert len(page.get_by_test_id("stAlert").inner_text()) < 600
    expect(page.get_by_role("heading", level=2).first).to_be_visible()


@pytest.mark.slow
def test_files_that_unpack_or_count_to_millions_leave_the_last_sequence(page: Page) -> None:
    page.goto("/sequence")
    wait_ready(page)
    before = page.get_by_role("heading", level=2).first.inner_text()
    bomb = gzip.compress(b">r\n" + b"A" * 200_000_000, compresslevel=1)
    for name, data in (("bomb.fa.gz", bomb), ("headers.fa", b">\n" * 5_000_000)):
        page.get_by_test_id("stFileUploader").locator("input").set_input_files(
            {"name": name, "mimeType": "text/plain", "buffer": data}
        )
        expect(page.get_by_test_id("stAlert").filter(has_text=name)).to_have_count(1)
        wait_ready(page)
        assert page.get_by_role("heading", level=2).first.inner_text() == before


HEADER = "<img src=//evil.x onerror=a()></pre>"  # all of it is a title


def test_report_and_program_hold_a_strangers_words_as_words(
    page: Page, browser: Browser, tmp_path: Path
) -> None:
    page.goto("/sequence")
    wait_ready(page)
    page.get_by_text("Your own sequence", exact=True).click()
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(
        {
            "name": '"""\'); import evil #.fa',
            "mimeType": "text/plain",
            "buffer": f">{HEADER}\n{'GATTACA' * 28}GATA\n".encode(),
        }
    )
    expect(page).to_have_url(re.compile("input=file-"))
    wait_ready(page)
    page.get_by_role("button", name="Share and export").click()
    files = {}
    for name in ("Report (HTML)", "Program (Python)"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        files[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[name])
    context = browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url.partition(":")[0]))
    report = context.new_page()
    report.goto(files["Report (HTML)"].as_uri())
    assert HEADER in report.locator("main").inner_text()
    assert HEADER in report.locator("pre").inner_text()  # the program
    assert Taken(files["Report (HTML)"].read_text()).is_closed()  # it runs its own scripts alone
    live = "img, iframe, main style, [onload], [onerror], a[href*='//evil']"
    assert report.locator(live).count() == 0
    assert asked == ["file"]
    context.close()
    done = subprocess.run(
        [sys.executable, files["Program (Python)"]],
        env={**os.environ, "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "evil" not in done.stderr
    assert "estimated error" in done.stdout


def test_what_gets_into_a_page_neither_runs_nor_asks_elsewhere(
    browser: Browser, base_url: str
) -> None:
    """A browser holds to the headers; that our own pages do too, the console of each test says."""
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(f"{base_url}/about")
    wait_ready(page)
    assert answer
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    refused = page.evaluate(
        """async () => {
            const refused = [];
            const note = (event) => refused.push(event.effectiveDirective);
            document.addEventListener("securitypolicyviolation", note);
            const script = document.createElement("script");
            script.textContent = "window.strange = 1";
            const image = document.createElement("img");
            image.src = "http://127.0.0.1:9/x.png";
            const frame = document.createElement("iframe");
            frame.src = "http://127.0.0.1:9/";
            document.body.append(script, image, frame);
            await fetch("http://127.0.0.1:9/").catch(() => {});
            while (refused.length < 4) await new Promise((done) => setTimeout(done, 50));
            return refused;
        }"""
    )
    assert sorted(refused) == ["connect-src", "frame-src", "img-src", "script-src-elem"]
    assert page.evaluate("window.strange") is None
    context.close()
