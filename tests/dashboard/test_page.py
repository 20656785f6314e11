"""The whole page without a browser: links, controls, uploads, and what is not a picture."""

import builtins
import json
import tempfile
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import attribution
from attribution import images
from attribution.zoo import cards
from dashboard.export.snippet import snippet
from dashboard.kinds.image import uploads
from dashboard.words import answer as words
from dashboard.words import numbers
from dashboard.work.engine import Engine
from tests.dashboard.conftest import (
    acts,
    animation,
    click_chart,
    headline,
    huge_png,
    picture,
    says,
    seen,
    turn_to,
    visit,
)
from tests.dashboard.reports import hold_the_same
from tests.wide import one_of

MODEL = "efficientnet-lite0"
CARD = cards()[MODEL]
TIGER_CAT = 282
USUAL = ("nig", "deeplift_rescale", "activation_difference")
"""Methods that every run tries on the page, of an integral, of rules and of neither."""


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def upload(app: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    app.file_uploader[0].set_value(files)
    return run(app)


def test_a_newcomer_sees_a_result_at_once(app: AppTest, taken: list[Any]) -> None:
    run(app)
    hold_the_same(app, taken[-1])
    assert headline(app).startswith("Tiger cat (38")
    assert not says(app)
    assert dict(app.query_params) == {}


def test_another_layer_is_computed_and_both_the_link_and_the_numbers_follow(app: AppTest) -> None:
    run(app)
    app.selectbox(key="layer").select("block7a_project_bn")
    run(app)
    assert app.query_params["layer"] == "block7a_project_bn"
    assert "of the 320 channels in block7a_project_bn" in headline(app)


def test_a_link_opens_the_same_view(app: AppTest) -> None:
    link = {"input": "coffee", "layer": "avg_pool", "target": "504", "baseline": "white"}
    for name, value in link.items():
        app.query_params[name] = value
    run(app)
    assert not says(app)
    assert headline(app).startswith("Coffee mug")
    assert app.radio(key="target_best").value == 504
    assert dict(app.query_params) == link


def test_a_layer_that_does_not_exist_gives_one_sentence_and_the_default(app: AppTest) -> None:
    app.query_params["layer"] = "block6d_ad"
    run(app)
    assert [w.value for w in app.warning] == [
        "There is no layer 'block6d_ad'; the closest are: block6d_add, block6c_add, block6b_add."
    ]
    assert "block6d_add" in headline(app)
    assert dict(app.query_params) == {}
    app.selectbox(key="layer").select("avg_pool")
    run(app)
    assert not app.warning  # said once


def test_a_layer_that_is_not_a_cut_is_said_to_be_none(app: AppTest) -> None:
    app.query_params["layer"] = "block6d_project_bn"
    run(app)
    assert "is not a cut" in app.warning[0].value


@pytest.mark.parametrize(
    "method",
    [
        name if name in USUAL else pytest.param(name, marks=pytest.mark.slow)
        for name in attribution.METHODS
    ],
)
def test_every_method_has_a_page_that_claims_no_more_than_it_promises(
    app: AppTest, method: str
) -> None:
    app.query_params.update({"method": method, "layer": "block7a_project_bn", "tolerance": "0.2"})
    run(app)
    assert not app.error
    found = attribution.METHODS[method]
    assert found.title == app.selectbox(key="method").format_func(method)
    speaks_of_evidence = "evidence" in headline(app)
    assert speaks_of_evidence == (found.unit == words.CONTRIBUTION)


def test_the_target_is_any_class_by_name_and_goes_with_its_picture(app: AppTest) -> None:
    run(app)
    app.selectbox(key="target_other").select_index(281)
    run(app)
    assert app.query_params["target"] == "281"
    assert headline(app).startswith("Tabby")
    app.button(key="input-coffee").click()
    run(app)
    assert "target" not in app.query_params
    assert headline(app).startswith("Espresso")


def test_a_click_in_the_ranking_picks_a_channel_and_the_keyboard_another(app: AppTest) -> None:
    run(app)
    best = app.selectbox(key="channel_choice").value
    app.session_state["channel"] = 34  # what the chart's callback writes
    run(app)
    assert app.query_params["channel"] == "34"
    assert app.selectbox(key="channel_choice").value == 34 != best
    app.selectbox(key="channel_choice").select(77)
    run(app)
    assert app.query_params["channel"] == "77"
    assert any(m.value.startswith("Channel 77 ") for m in app.markdown)


def test_single_neurons(app: AppTest) -> None:
    app.query_params.update({"by": "neuron", "channel": "34", "row": "3", "column": "6"})
    run(app)
    assert any(m.value.startswith("Neuron 3, 6 of channel 34 ") for m in app.markdown)
    app.number_input(key="axis_0").set_value(0)
    run(app)
    assert any(m.value.startswith("Neuron 0, 6 of channel 34 ") for m in app.markdown)


@pytest.mark.parametrize("baseline", one_of(["blur", "black", "white", "mean", "noise"]))
def test_every_baseline_is_the_cores(app: AppTest, baseline: str) -> None:
    app.query_params.update({"layer": "avg_pool", "baseline": baseline})
    run(app)
    encoding = CARD.encoding()
    pixels = images.fit(images.decode(CARD.samples[0].file.read_bytes()), encoding.size)
    x = encoding.encode(pixels)[None]
    reference = {
        "black": lambda: encoding.encode(np.zeros((224, 224, 3), np.uint8))[None],
        "white": lambda: encoding.encode(np.full((224, 224, 3), 255, np.uint8))[None],
        "mean": lambda: attribution.baselines.mean(x),
        "blur": lambda: attribution.baselines.blur(x, 16),
        "noise": lambda: attribution.baselines.noise(x, 0, 1)[0],
    }[baseline]()
    score = float(attribution.load(MODEL).score(reference, TIGER_CAT)[0])
    answer = app.session_state["session"].last.answer
    assert answer.f_baseline == pytest.approx(score, abs=1e-3)
    assert answer.gap == pytest.approx(answer.scores.sum() - answer.delta, abs=1e-3)
    assert numbers.fixed(score) in [c.value for c in app.sidebar.caption]  # under its thumbnail


@pytest.mark.parametrize(
    ("mode", "form"),
    [("RGB", "JPEG"), ("RGB", "WEBP"), ("RGB", "BMP"), ("CMYK", "JPEG"), ("I;16", "PNG")]
    + [(mode, "PNG") for mode in ("L", "P", "RGBA", "LA", "1")],
)
def test_every_kind_of_picture_is_taken(app: AppTest, mode: str, form: str) -> None:
    app.query_params.update({"layer": "avg_pool", "tolerance": "0.2"})  # quick
    run(app)
    data = picture(mode, form=form)
    upload(app, ("stripes", data, f"image/{form.lower()}"))
    assert not says(app)
    digest = images.decode(data).digest[:12]
    assert app.query_params["input"] == f"file-{digest}"


BAD = {
    "not an image": (b"%PDF-1.4 nothing to see", "not a PNG"),
    "empty": (b"", "0 bytes"),
    "truncated": (picture()[:300], "damaged"),
    "1x1": (picture(size=(1, 1)), "1 x 1"),
    "30,000 x 30,000": (huge_png(), "30,000 x 30,000"),
    "over 10 MB": (b"\x89PNG\r\n\x1a\n" + bytes(10 * 2**20), "10.0 MB"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gives_one_sentence_and_the_last_good_result_stays(
    app: AppTest, kind: str
) -> None:
    data, said = BAD[kind]
    run(app)
    before = headline(app)
    upload(app, ("bad.png", data, "image/png"))
    assert len(app.error) == 1
    assert app.error[0].value.startswith("bad.png: ")
    assert said in app.error[0].value
    assert headline(app) == before


def test_of_an_animation_the_first_frame_is_used_and_said(app: AppTest) -> None:
    run(app)
    upload(app, ("moving.gif", animation(), "image/gif"))
    assert not app.error
    assert any("first frame" in c.value for c in app.caption)


def test_several_files_at_once_and_one_of_them_bad(app: AppTest) -> None:
    run(app)
    good = [(f"{n}.png", picture(size=(64, n)), "image/png") for n in (48, 56)]
    upload(app, good[0], ("bad.png", b"no", "image/png"), good[1])
    assert len(app.error) == 1
    last = f"file-{images.decode(good[1][1]).digest[:12]}"
    assert app.query_params["input"] == last
    assert len([b for b in app.button if str(b.key).startswith("input-file-")]) == 2


def test_a_files_name_is_not_markup(app: AppTest) -> None:
    run(app)
    upload(app, ("![x](http://e)<b>**`.png", b"no", "image/png"))
    assert not acts(app.error[0].value)
    assert seen(app.error[0].value).startswith("![x](http://e)<b>**`.png: ")


def test_programs_name_the_file_as_it_came(app: AppTest, taken: list[Any]) -> None:
    app.query_params["layer"] = "avg_pool"
    run(app)
    upload(app, ("my_cat's photo.jpg", picture(form="JPEG"), "image/jpeg"))
    assert taken[-1].item.title == "my_cat's photo.jpg"
    assert """Path("my_cat's photo.jpg")""" in snippet(taken[-1])
    visit(app, "ablate")
    assert taken[-1].picture == "my_cat's photo.jpg"
    assert """Path("my_cat's photo.jpg")""" in taken[-1].program


def test_a_link_to_an_upload_asks_for_the_file_and_shows_it_when_it_comes(app: AppTest) -> None:
    data = picture()
    name = f"file-{images.decode(data).digest[:12]}"
    app.query_params["input"] = name
    run(app)
    assert "which a link cannot carry" in app.warning[0].value
    upload(app, ("stripes.png", data, "image/png"))
    assert not says(app)
    assert app.query_params["input"] == name


def test_files_name_the_sample_that_stands_in_for_a_missing_upload(
    app: AppTest, taken: list[Any]
) -> None:
    link = {"input": "file-0123456789ab", "layer": "avg_pool"}
    app.query_params.update(link)
    run(app)
    (explore,) = taken
    assert explore.asked.input == "cat"
    assert "file-" not in explore.link + explore.stem + snippet(explore)
    for page in ("overview", "compare", "ablate", "path"):
        app.session_state["open_page"] = page
        run(app)
        sheet = taken[-1]
        assert sheet.stem.startswith(f"{page}-cat-")
        assert sheet.request["input"] == "cat"
        assert "b_input" not in sheet.request
        assert "file-" not in sheet.link + sheet.program
        assert app.query_params["input"] == link["input"]  # the page still asks for the upload
        assert "which a link cannot carry" in says(app)


def test_uploads_stay_while_another_page_draws_no_uploader(app: AppTest) -> None:
    app.query_params["layer"] = "avg_pool"
    run(app)
    first, second = (picture(size=(64, side)) for side in (48, 56))
    upload(app, ("one.png", first, "image/png"), ("bad.png", b"no", "image/png"))
    one, two = (f"file-{images.decode(data).digest[:12]}" for data in (first, second))
    before = headline(app)
    turn_to(app, "tal1-gata1")  # which draws another one
    visit(app, "about")
    visit(app, "")
    turn_to(app, MODEL)
    app.selectbox(key="layer").select("avg_pool")
    app.button(key=f"input-{one}").click()
    run(app)
    assert not says(app)
    assert app.query_params["input"] == one
    assert headline(app) == before
    upload(app, ("two.png", second, "image/png"))  # the uploader lists this one only
    assert galleries(app) == {one, two}
    assert app.query_params["input"] == two
    app.button(key=f"input-{one}").click()
    run(app)
    app.button(key="forget").click()
    run(app)
    assert galleries(app) == {two}
    assert "input" not in app.query_params  # a sample, and no question for what was forgotten
    assert not says(app)
    assert not [b for b in app.button if b.key == "forget"]
    upload(app)  # its cross
    assert not galleries(app)
    assert not uploads.of(app.session_state["session"]).held


def test_a_file_that_cannot_be_read_costs_no_answers(app: AppTest) -> None:
    app.query_params["layer"] = "avg_pool"
    run(app)
    upload(app, ("one.png", picture(size=(64, 52)), "image/png"), ("bad.png", b"no", "image/png"))
    before, name = app.session_state["session"].last.answer, app.query_params["input"]
    turn_to(app, "tal1-gata1")  # draws no such uploader, so that the bad file goes
    turn_to(app, MODEL)
    app.query_params.update({"layer": "avg_pool", "input": name})
    run(app)
    assert not app.error
    assert app.session_state["session"].last.answer is before


def test_a_session_keeps_its_newest_pictures(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST", 2)
    app.query_params["layer"] = "avg_pool"
    run(app)
    files = [(f"{n}.png", picture(size=(64, n)), "image/png") for n in (41, 42, 43)]
    names = [f"file-{images.decode(data).digest[:12]}" for _, data, _ in files]
    upload(app, *files)
    assert galleries(app) == set(names[1:])
    assert app.query_params["input"] == names[2]
    app.button(key=f"input-{names[1]}").click()
    run(app)  # the first is still listed, and is not read again
    assert galleries(app) == set(names[1:])
    assert app.query_params["input"] == names[1]


def galleries(app: AppTest) -> set[str]:
    keys = [str(b.key) for b in app.button if str(b.key).startswith("input-file-")]
    return {key.removeprefix("input-") for key in keys}


def test_the_chosen_upload_goes_with_its_cross(app: AppTest) -> None:
    app.query_params["layer"] = "avg_pool"
    run(app)
    upload(app, ("one.png", picture(size=(64, 40)), "image/png"))
    upload(app)
    assert not says(app)
    assert "input" not in app.query_params
    assert app.session_state["session"].last.known.values["input"] == "cat"


def test_uploads_of_one_session_are_not_in_anothers_store(app: AppTest) -> None:
    run(app)
    data = picture(size=(70, 70))
    upload(app, ("private.png", data, "image/png"))
    other = AppTest.from_file(app._script_path, default_timeout=120)
    other.query_params["input"] = f"file-{images.decode(data).digest[:12]}"
    run(other)
    assert "which a link cannot carry" in other.warning[0].value
    assert headline(other) != headline(app)


def test_an_upload_is_never_written_to_disk(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    run(app)
    upload(app, ("first.png", picture(), "image/png"))  # whatever is imported late is imported

    def refuse(file: object, mode: str = "r", *rest: object, **more: object) -> object:
        assert not set(mode) & set("wax+"), f"{file} was opened for writing"
        return opened(file, mode, *rest, **more)

    opened = builtins.open
    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr(tempfile, "mkstemp", lambda *_, **__: pytest.fail("a temporary file"))
    upload(app, ("second.png", picture(size=(90, 90)), "image/png"))
    assert not says(app)


def test_cancelling_goes_back_to_the_last_result(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(app)
    before = headline(app)
    monkeypatch.setattr(Engine, "answer", lambda *_: st.stop())  # it never ends
    app.selectbox(key="layer").select("stem_conv")
    run(app)
    assert not app.header
    assert app.query_params["layer"] == "stem_conv"
    app.button(key="cancel").click()
    run(app)
    assert headline(app) == before
    assert "layer" not in app.query_params
    assert app.selectbox(key="layer").value == "block6d_add"


def test_a_layer_is_chosen_in_the_drawing_and_by_its_neighbours(app: AppTest) -> None:
    run(app)
    assert app.selectbox(key="layer").value == "block6d_add"
    click_chart(app, "picker", "block7a_project_bn")
    assert app.query_params["layer"] == "block7a_project_bn"
    assert "of the 320 channels in block7a_project_bn" in headline(app)
    names = app.selectbox(key="layer").options
    at = [name.split(" ")[0] for name in names].index("block7a_project_bn")
    app.button(key="later_layer").click()
    run(app)
    assert app.query_params["layer"] == names[at + 1].split(" ")[0]
    for _ in range(2):
        app.button(key="earlier_layer").click()
        run(app)
    assert app.query_params["layer"] == names[at - 1].split(" ")[0]


def test_maps_are_smooth_unless_the_link_asks_for_cells(app: AppTest) -> None:
    run(app)
    assert map_of(app)["zsmooth"] == "best"
    assert any("Drawn smoothly between the cells of the 7 × 7 grid" in c.value for c in app.caption)
    (look,) = [group for group in app.button_group if group.key == "smooth"]
    look.set_value("off")
    run(app)
    assert app.query_params["smooth"] == "off"
    assert map_of(app)["zsmooth"] is False
    assert any("Each cell of the 7 × 7 grid as it is" in c.value for c in app.caption)
    app.query_params["smooth"] = "maybe"
    run(app)
    assert "There is no look of maps 'maybe'" in says(app)


def map_of(app: AppTest) -> dict[str, Any]:
    """The trace of the layer's map."""
    (chart,) = [c for c in app.get("plotly_chart") if c.proto.id.endswith("-total")]
    found: dict[str, Any] = json.loads(chart.proto.spec)["data"][0]
    return found
