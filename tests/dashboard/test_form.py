"""A form for each kind, one address: links, turned pages and changes behave alike for all."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.kinds.image.form import FORM as PICTURES
from dashboard.kinds.sequence.form import FORM as SEQUENCES
from dashboard.request.catalogue import catalogue
from dashboard.request.form import Form, Known
from dashboard.text import markdown
from tests.dashboard.conftest import acts, headline, says, visit


def test_what_a_link_hides_and_another_program_adds_stays_over_every_page(app: AppTest) -> None:
    app.query_params.update({"layer": "avg_pool", "hide": "layer", "course": "7"})
    app.run()
    visit(app, "sequence")
    assert dict(app.query_params) == {"hide": "layer", "course": "7"}
    assert not [box for box in app.selectbox if box.key == "dna_layer"]
    visit(app, "")
    assert dict(app.query_params) == {"layer": "avg_pool", "hide": "layer", "course": "7"}
    assert "avg_pool" in headline(app)


def test_each_form_keeps_its_own_values_over_the_other_page(app: AppTest) -> None:
    app.query_params["layer"] = "avg_pool"
    app.run()
    visit(app, "sequence")
    app.selectbox(key="dna_model").select("splice-donor")
    app.run()
    before = headline(app)
    visit(app, "")
    assert dict(app.query_params) == {"layer": "avg_pool"}
    visit(app, "sequence")
    assert headline(app) == before
    assert dict(app.query_params) == {"model": "splice-donor"}


@pytest.mark.parametrize("page", ["", "sequence"])
def test_a_choice_stays_when_its_control_is_not_drawn(app: AppTest, page: str) -> None:
    app.query_params.update({"layer": "avg_pool", "tolerance": "0.2"})
    app.run()
    visit(app, "compare")
    app.selectbox(key="b_baseline").select("white")
    app.run()
    visit(app, page)
    app.run()
    visit(app, "compare")
    assert app.query_params["b_baseline"] == "white"
    assert app.selectbox(key="b_baseline").value == "white"


def test_the_back_button_to_a_plain_address_goes_back_to_the_defaults(app: AppTest) -> None:
    app.run()
    visit(app, "sequence")
    first = headline(app)
    app.selectbox(key="dna_model").select("splice-donor")
    app.run()
    assert headline(app) != first
    app.query_params.clear()
    app.run()
    assert headline(app) == first
    assert not says(app)
    assert app.selectbox(key="dna_model").value == "tal1-gata1"


def change(form: Form, old: dict[str, str], **used: object) -> dict[str, object]:
    values, problems = form.read(old, catalogue())
    assert not problems
    values, problems = form.changed(values, used, catalogue())
    assert not problems
    return values


def test_another_network_sets_back_what_belonged_to_the_old_one() -> None:
    old = {"input": "tal1-gata1-gata1", "record": "2", "edits": "3A", "strand": "reverse"}
    values = change(SEQUENCES, old, model="splice-donor")
    model = catalogue().models["splice-donor"]
    assert values["input"] == model.samples[0].name
    assert values["layer"] == model.default_layer
    assert (values["record"], values["edits"], values["strand"]) == (0, "", "reverse")


@pytest.mark.parametrize("form", [PICTURES, SEQUENCES])
def test_an_input_of_ones_own_stays_with_another_network(form: Form) -> None:
    own = {"input": "file-0123456789ab"}
    (first, *_) = catalogue().of_kind("image" if form is PICTURES else "sequence")
    assert change(form, own, model=first.name)["input"] == own["input"]


def test_a_record_of_ones_own_file_stays_with_another_network() -> None:
    old = {"input": "file-0123456789ab", "record": "2", "edits": "3A"}
    values = change(SEQUENCES, old, model="splice-donor")
    assert (values["record"], values["edits"]) == (2, "")


@pytest.mark.parametrize("form", [PICTURES, SEQUENCES])
def test_an_edited_value_of_a_link_is_never_markup(form: Form) -> None:
    bad = "<b>![x](http://evil)**`$"
    for spec in form.specs:
        _, problems = form.read({spec.name: bad}, catalogue())
        assert len(problems) == 1, spec.name
        assert acts(problems[0])
        assert not acts(markdown(problems[0])), spec.name


@pytest.mark.parametrize("form", [PICTURES, SEQUENCES])
def test_the_defaults_make_an_empty_link_and_are_read_back(form: Form) -> None:
    values, _ = form.read({}, catalogue())
    known = Known(catalogue(), values)
    assert form.query(values, known) == {}
    for spec in form.specs:
        assert spec.check(values[spec.name], known) == values[spec.name]
