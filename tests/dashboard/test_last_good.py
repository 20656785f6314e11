"""Whatever is refused: one sentence, and the last good result stays."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.kinds.image import kind
from dashboard.request.request import Query
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from dashboard.work.workshop import Refused
from tests.dashboard.conftest import headline, picture, says, visit

WHY = "This method refuses <b>layers</b>."
SMALL = {"layer": "avg_pool", "baseline": "white", "tolerance": "0.2"}


@pytest.fixture
def refusing(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """An engine that refuses one method."""
    answer, study = Engine.answer, Engine.study

    def refuse(asked: Query) -> None:
        if asked.method == "activation_difference":
            raise Refused(WHY)

    def answered(self: Engine, item: Item, asked: Query, *more: Any) -> Any:
        refuse(asked)
        return answer(self, item, asked, *more)

    def studied(self: Engine, key: Any, item: Item, asked: Query, *more: Any) -> Any:
        refuse(asked)
        return study(self, key, item, asked, *more)

    monkeypatch.setattr(Engine, "answer", answered)
    monkeypatch.setattr(Engine, "study", studied)
    monkeypatch.setattr(Engine, "seen", lambda *_: None)
    return app


@pytest.mark.parametrize("page", ["", "overview", "compare", "ablate", "path"])
def test_a_refused_request_leaves_the_page_as_it_was(refusing: AppTest, page: str) -> None:
    refusing.query_params.update(SMALL)
    if page == "overview":
        refusing.query_params["method"] = "gradient_times_difference"  # one pass, not thirty
    refusing.run()
    if page:
        visit(refusing, page)
    before, link = headline(refusing), dict(refusing.query_params)
    assert not says(refusing)
    refusing.selectbox(key="method").select("activation_difference")
    refusing.run()
    assert not refusing.exception
    assert says(refusing).startswith(WHY)
    assert says(refusing).count(WHY) == 1
    assert "elow is the last good result" in says(refusing)
    assert headline(refusing) == before
    if page:
        assert dict(refusing.query_params) == link
        refusing.selectbox(key="layer").select("block7a_project_bn")
        refusing.run()
        assert not says(refusing)  # it goes on from there


def test_what_is_refused_at_first_is_said(refusing: AppTest) -> None:
    refusing.query_params.update({**SMALL, "method": "activation_difference"})
    refusing.run()
    visit(refusing, "ablate")
    assert says(refusing).startswith(WHY)
    assert not refusing.header


def test_a_picture_that_is_refused_after_all_leaves_the_last_one(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.query_params.update(SMALL)
    app.run()
    before, prediction = headline(app), Engine.prediction

    def refuse(self: Engine, item: Item) -> Any:
        if item.owner:
            raise Refused("Too slow to read.")
        return prediction(self, item)

    monkeypatch.setattr(Engine, "prediction", refuse)
    app.file_uploader[0].set_value([("slow.png", picture(size=(64, 35)), "image/png")])
    app.run()
    assert not app.exception
    title = app.session_state["session"].last.item.title
    assert says(app) == f"slow.png: Too slow to read. Below is the last good result: {title}."
    assert headline(app) == before


def test_a_sequence_that_does_not_fit_leaves_the_last_answer(app: AppTest) -> None:
    app.query_params["model"] = "tal1-gata1"
    app.run()
    before = headline(app)
    app.text_area(key="dna_text").set_value("ACGT" * 10)
    app.run()
    assert not app.exception
    assert "40 letters" in says(app)
    assert "Below is the last good result: " in says(app)
    assert headline(app) == before
    assert app.get("plotly_chart")
    app.segmented_control(key="fit").set_value("pad")
    app.run()
    assert not says(app)
    assert headline(app) != before


def test_baselines_of_a_picture_that_is_refused_after_all_leave_the_page(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the network says of it is known still, its pixels are not, and decoding again fails."""
    app.query_params.update(SMALL)
    app.run()
    before = headline(app)

    def refuse(*_: Any) -> Any:
        raise Refused("Too <b>slow</b> to read.")

    monkeypatch.setattr(kind, "references", refuse)
    app.run()
    assert not app.exception
    assert not says(app)
    assert [c.value for c in app.sidebar.caption].count("Too \\<b\\>slow\\</b\\> to read.") == 1
    assert headline(app) == before
