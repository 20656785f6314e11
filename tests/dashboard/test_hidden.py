"""What a link takes away, and what stays when a page is turned."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import hidden
from dashboard.hidden import CONTROLS
from tests.dashboard.conftest import headline, says


def test_names_are_read_with_a_sentence_for_each_that_is_none() -> None:
    names, problems = hidden.read(["layer, Method", "palette,,<b>x</b>"])
    assert names == {"layer", "method", "palette"}
    (sentence,) = problems
    assert sentence.startswith("There is no control '?b?x??b?' to hide; choose from: ")


def test_a_slip_of_the_pen_is_answered_with_what_is_close() -> None:
    assert hidden.read(["palete"]) == (
        frozenset(),
        ["There is no control 'palete' to hide; choose from: palette."],
    )


ALL = {"model", "layer", "fit", "method", "tolerance", "by", "palette"}


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_hidden_control_is_gone_and_its_value_still_comes_from_the_link(
    app: AppTest, name: str
) -> None:
    app.query_params["hide"] = name
    app.run()
    assert not app.exception
    assert not says(app)
    widgets = (*app.selectbox, *app.select_slider, *app.button_group)
    assert {w.key for w in widgets} & set(CONTROLS) == ALL - {name}
    assert headline(app).startswith("Tiger cat")


def test_pictures_baselines_and_uploads_can_go_too(app: AppTest) -> None:
    app.query_params["hide"] = "input,baseline,target,upload,share"
    app.query_params["input"] = "coffee"
    app.run()
    assert not app.exception
    assert headline(app).startswith("Espresso")
    assert not app.file_uploader
    assert not app.radio
    assert not [b for b in app.button if (b.key or "").startswith(("input-", "baseline-"))]
    assert app.query_params["hide"] == "input,baseline,target,upload,share"


def test_the_values_and_what_is_hidden_stay_when_a_page_is_turned(app: AppTest) -> None:
    app.query_params["hide"] = "layer"
    app.query_params["layer"] = "avg_pool"
    app.run()
    mine = app.session_state["session"]
    mine.page = "about"  # as if the browser came from there: it empties the address
    del app.query_params["layer"], app.query_params["hide"]
    app.run()
    assert not app.exception
    assert "avg_pool" in headline(app)
    assert dict(app.query_params) == {"layer": "avg_pool", "hide": "layer"}
