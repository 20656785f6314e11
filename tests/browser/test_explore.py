"""Explore in a real browser: what a newcomer, a researcher with an own picture, and a phone see."""

import io
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

import attribution
from attribution import images
from attribution.zoo import cards
from dashboard.words import numbers
from tests.browser.pages import choose, click_chart, facts, screenshot, wait_ready

MODEL = "efficientnet-lite0"
CARD = cards()[MODEL]
LAYER = "block6a_project_bn"
ROWS = 18


def own_picture() -> bytes:
    """A file that no one prepared."""
    image = Image.new("RGB", (320, 260), "#cfe3ee")
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 30, 260, 230), fill="#f28c1e", outline="#7a3f00", width=6)
    for x in range(0, 320, 16):
        draw.line((x, 200, x + 60, 260), fill="#3c7a3c", width=4)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def click_row(page: Page, row: int) -> None:
    """Click beside the middle of a bar of the ranking, counted from the top."""
    bars = page.locator(".st-key-ranking .nsewdrag")
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.5, box["y"] + box["height"] * (row + 0.5) / ROWS
    page.mouse.move(x, y)
    page.wait_for_timeout(200)
    page.mouse.click(x, y)
    wait_ready(page)


def test_a_newcomer_sees_the_sample_explained(dashboard: Page) -> None:
    expect(dashboard.get_by_role("heading", name=re.compile("^Tiger cat"))).to_be_visible()
    for key in ("total", "ranking", "channel_map", "activation_map"):
        expect(dashboard.locator(f".st-key-{key}").get_by_role("figure")).to_be_visible()
    assert facts(dashboard)["f_input"] == "9.213"
    first = dashboard.get_by_test_id("stMain").inner_text().strip()
    assert first.startswith("Which neurons made the network say tiger cat?")
    picture, overlay = (
        dashboard.locator(f".st-key-{key}").first.bounding_box()
        for key in ("input_picture", "total")
    )
    assert picture
    assert overlay
    assert picture["x"] + picture["width"] <= overlay["x"]  # side by side
    links = dashboard.get_by_role("link")
    expect(links.filter(has_text="About")).to_be_visible()
    links.filter(has_text="About").click()
    expect(dashboard.get_by_text("Attribution is not causation")).to_be_visible()


def test_an_own_picture_a_layer_a_click_and_the_numbers_are_the_cores(dashboard: Page) -> None:
    data = own_picture()
    dashboard.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "ball.png", "mimeType": "image/png", "buffer": data}
    )
    expect(dashboard).to_have_url(re.compile("input=file-[0-9a-f]{12}"))
    wait_ready(dashboard)
    choose(dashboard, "layer", LAYER)
    expect(dashboard).to_have_url(re.compile(f"layer={LAYER}"))
    expect(dashboard.get_by_role("heading", name=re.compile(LAYER))).to_be_visible()

    net = attribution.load(MODEL)
    encoding = CARD.encoding()
    x = encoding.encode(images.fit(images.decode(data), encoding.size))[None]
    result = attribution.neuron_integrated_gradients(net, x, LAYER)
    fact = facts(dashboard)
    assert fact["f_input"] == numbers.fixed(float(result.f_input[0]), 3)
    assert fact["f_baseline"] == numbers.fixed(float(result.f_baseline[0]), 3)
    assert fact["delta"] == numbers.change(float(result.delta[0]))
    assert fact["error"] == numbers.percent(float(result.error[0]))
    assert fact["evaluations"] == str(int(result.evaluations[0]))
    top = int(net.predict(x)[0].argmax())
    assert fact["prediction"].startswith(CARD.labels[top])

    third = int(result.top(3)["index"][2])
    click_row(dashboard, 2)
    expect(dashboard).to_have_url(re.compile(f"channel={third}$"))
    sentence = dashboard.get_by_text(re.compile(f"^Channel {third} (adds|takes) "))
    expect(sentence).to_contain_text(numbers.number(abs(float(result.channels()[0, third]))))

    with dashboard.expect_download() as download:
        dashboard.get_by_role("button", name=re.compile("CSV")).click()
    table = np.genfromtxt(download.value.path(), delimiter=",", names=True)
    np.testing.assert_allclose(
        table["score"][np.argsort(table["channel"])], result.channels()[0], atol=1e-3
    )


@pytest.mark.slow
def test_a_file_of_exactly_10_mb_is_read(dashboard: Page) -> None:
    data = own_picture().ljust(10 * 2**20, b"\0")  # what follows the end of a PNG is ignored
    dashboard.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "ball.png", "mimeType": "image/png", "buffer": data}
    )
    expect(dashboard).to_have_url(re.compile(f"input=file-{images.decode(data).digest[:12]}"))


def test_a_second_click_on_the_same_bar_and_the_keyboard_work(dashboard: Page) -> None:
    click_row(dashboard, 3)
    first = re.search(r"channel=(\d+)", dashboard.url)
    assert first
    box = dashboard.locator(".st-key-channel_choice").get_by_role("combobox")
    box.focus()
    box.press("ArrowDown")
    dashboard.wait_for_timeout(200)
    box.press("ArrowDown")
    box.press("Enter")
    wait_ready(dashboard)
    assert f"channel={first[1]}" not in dashboard.url
    click_row(dashboard, 3)
    expect(dashboard).to_have_url(re.compile(f"channel={first[1]}"))


def test_the_back_button_goes_back(dashboard: Page) -> None:
    click_row(dashboard, 1)
    expect(dashboard).to_have_url(re.compile("channel="))
    there = dashboard.url
    click_row(dashboard, 4)
    expect(dashboard).not_to_have_url(there)
    dashboard.go_back()
    wait_ready(dashboard)
    channel = re.search(r"channel=(\d+)", dashboard.url)
    assert dashboard.url == there
    assert channel
    expect(dashboard.get_by_text(re.compile(f"^Channel {channel[1]} (adds|takes)"))).to_be_visible()


def test_opacity_needs_no_server(dashboard: Page) -> None:
    sent = []
    dashboard.on("websocket", lambda socket: sent.append(socket))
    heatmap = dashboard.locator(".st-key-total .hm image").first
    before = heatmap.evaluate("e => getComputedStyle(e).opacity")
    opacity = dashboard.get_by_role("slider", name="Opacity of the colours")
    opacity.scroll_into_view_if_needed()
    box = opacity.bounding_box()
    assert box
    runs = dashboard.locator("[data-testid=stApp][data-test-script-state=running]")
    dashboard.mouse.click(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    expect(heatmap).not_to_have_css("opacity", before)
    expect(runs).to_have_count(0)


def test_a_computation_can_be_cancelled(page: Page) -> None:
    page.goto("/?input=coffee")
    wait_ready(page)
    page.goto("/?input=coffee&layer=block2a_expand_relu&tolerance=0.01")
    page.get_by_role("button", name="Cancel").click(timeout=60_000)
    expect(page.get_by_role("heading", name=re.compile("block6d_add"))).to_be_visible(
        timeout=60_000
    )
    assert "block2a" not in page.url


def test_files_that_are_no_pictures_get_a_sentence(dashboard: Page) -> None:
    before = facts(dashboard)["f_input"]
    dashboard.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    )
    expect(dashboard.get_by_role("alert").filter(has_text="notes.png")).to_contain_text(
        "not a PNG, JPEG, WebP, BMP or GIF picture"
    )
    assert facts(dashboard)["f_input"] == before


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
    context = browser.new_context(
        viewport=size, color_scheme=scheme, reduced_motion="reduce", base_url=base_url
    )
    page = context.new_page()
    page.goto("/")
    wait_ready(page)
    expect(page.locator(".st-key-ranking .main-svg").first).to_be_visible()
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0, "the page scrolls sideways"
    screenshot(page, f"explore-{width}-{scheme}")
    context.close()


def test_a_click_in_the_drawing_of_the_network_opens_that_layer(dashboard: Page) -> None:
    click_chart(dashboard, "picker", 0.97, 0.85)  # the end of the last row
    layer = re.search(r"[?&]layer=(\w+)", dashboard.url)
    assert layer
    expect(dashboard.locator(".st-key-trust")).to_contain_text(f"a late layer, {layer[1]}")
    dashboard.get_by_role("button", name="Earlier").click()
    wait_ready(dashboard)
    assert f"layer={layer[1]}" not in dashboard.url


def test_the_bar_is_as_wide_as_its_map_and_faces_stand_beside_the_ranking(
    dashboard: Page,
) -> None:
    cells, bar = (
        dashboard.locator(".st-key-total .hm image").nth(i).bounding_box() for i in (0, 1)
    )
    assert cells
    assert bar
    assert abs(cells["x"] - bar["x"]) < 2
    assert abs(cells["width"] - bar["width"]) < 2
    assert 0 < bar["y"] - cells["y"] - cells["height"] < 12
    expect(dashboard.locator(".st-key-ranking .imagelayer image")).to_have_count(18)
