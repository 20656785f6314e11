"""What a link takes away, and what stays when a page is turned."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.request import hidden
from dashboard.request.hidden import CONTROLS
from tests.dashboard.conftest import headline, says, seen


def test_names_are_read_with_a_sentence_about_those_that_are_none() -> None:
    names, sentence = hidden.read(["layer, Method", "palette,,<b>x</b>"])
    assert names == {"layer", "method", "palette"}
    assert sentence.startswith("There is no control '<b>x</b>' to hide; choose from: ")
    assert hidden.write(names) == "layer,method,palette"


def test_many_names_that_are_none_give_one_short_sentence(app: AppTest) -> None:
    many = ",".join(f"wrong{i}" for i in range(3000))
    app.query_params["hide"] = f"{many},layer"
    app.query_params["layer"] = "avg_pool"
    app.run()
    assert not app.exception
    (warning,) = app.warning
    said = seen(warning.value)
    assert said.startswith("There are no controls 'wrong0', 'wrong1', 'wrong2' and 2,997 more to ")
    assert len(said) < 1000
    assert dict(app.query_params) == {"layer": "avg_pool", "hide": "layer"}
    assert "layer" not in {box.key for box in app.selectbox}
    assert "avg_pool" in headline(app)


@pytest.mark.parametrize("name", ["layer", "off", "tolerance", "utm"])
def test_a_value_of_a_link_may_be_long_and_not_endless(app: AppTest, name: str) -> None:
    app.query_params[name] = "1," * 100_000
    app.run()
    assert not app.exception
    assert len(app.warning) == (name != "utm")
    assert len(says(app)) < 300
    assert headline(app).startswith("Tiger cat")
    assert not dict(app.query_params)


def test_a_slip_of_the_pen_is_answered_with_what_is_close() -> None:
    assert hidden.read(["palete"]) == (
        frozenset(),
        "There is no control 'palete' to hide; choose from: palette, letters.",
    )
    assert "choose from: b_layer" in hidden.read(["blayer"])[1]


ALL = {"model", "layer", "fit", "method", "tolerance", "by", "palette", "smooth"}


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


SMALL = {"layer": "avg_pool", "baseline": "white"}  # asked by no other test, so that buttons stay
ELSEWHERE = {  # page -> name to hide -> key of the control that goes
    "overview": {"depth": "depth", "table": "layers_table"},
    "compare": {name: name for name in ("b_method", "b_baseline", "b_layer", "b_target")},
    "ablate": {
        "pick": "pick",
        "count": "count",
        "draw": "draw",
        "hold": "hold",
        "off": "off_choice",
    },
    "path": {"channel": "path_channel", "split": "split_go", "race": "race_go", "toy": "toy_first"},
}
KINDS = ("selectbox", "button_group", "slider", "number_input", "multiselect", "button")


@pytest.mark.parametrize("page", ELSEWHERE)
def test_every_page_obeys_and_keeps_the_values_of_the_link(app: AppTest, page: str) -> None:
    goes = ELSEWHERE[page]
    link = {**SMALL, "pick": "random", "count": "3", "draw": "5", "b_method": "nig"}
    if page == "overview":
        del link["baseline"]  # all layers from the record
    for name, value in link.items():
        app.query_params[name] = value
    app.session_state["open_page"] = page
    app.run()
    assert not app.exception
    assert keys(app) >= set(goes.values())
    before = headline(app)
    for name in goes:
        app.query_params["hide"] = name
        app.run()
        assert not app.exception
        assert not says(app)
        assert keys(app) & set(goes.values()) == set(goes.values()) - {goes[name]}
        assert headline(app) == before
    app.query_params["hide"] = ",".join(goes)
    app.run()
    assert not app.exception
    assert not keys(app) & set(goes.values())
    assert headline(app) == before


def keys(app: AppTest) -> set[str]:
    """Keys of all controls on the page, and of the table of layers, whose ticks choose."""
    found = {widget.key for kind in KINDS for widget in app.get(kind)}
    tables = {"layers_table" for frame in app.dataframe if "supports" in frame.value}
    return {key for key in found if key} | tables


ON_SEQUENCE = {  # name to hide -> key of the control that goes
    "input": "input",
    "upload": "dna_text",
    "record": "record",
    "strand": "strand",
    "fit": "start_choice",
    "model": "model",
    "layer": "layer",
    "target": "target_best",
    "baseline": "baseline",
    "method": "method",
    "tolerance": "tolerance",
    "heights": "heights",
    "chance": "chance",
    "wide": "wide",
    "letters": "letters",
    "palette": "palette",
    "filter": "channel_choice",  # as links called it before all kinds had channels
    "edits": "dna_at",
}


def test_the_sequences_of_a_lesson_have_only_the_controls_that_it_leaves(app: AppTest) -> None:
    app.query_params["model"] = "tal1-gata1"
    app.run()
    app.text_area(key="dna_text").set_value(f">one\n{'ACGT' * 60}\n>two\n{'GATA' * 60}\n")
    app.run()
    app.segmented_control(key="fit").set_value("window")
    app.run()
    assert sequence_keys(app) == set(ON_SEQUENCE.values())
    before, link = headline(app), dict(app.query_params)
    for name, key in ON_SEQUENCE.items():
        app.query_params["hide"] = name
        app.run()
        assert not app.exception
        assert not says(app)
        assert sequence_keys(app) == set(ON_SEQUENCE.values()) - {key}, name
        assert headline(app) == before
    app.query_params["hide"] = ",".join(ON_SEQUENCE)
    app.run()
    assert not sequence_keys(app)
    assert headline(app) == before
    assert dict(app.query_params) == {**link, "hide": ",".join(ON_SEQUENCE)}


def sequence_keys(app: AppTest) -> set[str]:
    kinds = (*KINDS, "text_area", "radio", "select_slider")
    found = {widget.key for kind in kinds for widget in app.get(kind)}
    return found & set(ON_SEQUENCE.values())
