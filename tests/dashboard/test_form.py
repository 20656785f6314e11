"""A form for each kind, one address: links, turned pages and changes behave alike for all."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.kinds.image.form import FORM as PICTURES
from dashboard.kinds.sequence.form import FORM as SEQUENCES
from dashboard.request.catalogue import catalogue
from dashboard.request.form import Form, Known
from dashboard.text import markdown
from dashboard.words.glossary import GLOSSARY
from tests.dashboard.conftest import acts, headline, picture, says, seen, turn_to, visit

DNA = "tal1-gata1"
LITE0 = "efficientnet-lite0"


def test_what_a_link_hides_and_another_program_adds_stays_over_every_page(app: AppTest) -> None:
    app.query_params.update({"layer": "avg_pool", "hide": "layer", "course": "7"})
    app.run()
    visit(app, "about")
    assert dict(app.query_params) == {"layer": "avg_pool", "hide": "layer", "course": "7"}
    visit(app, "")
    assert dict(app.query_params) == {"layer": "avg_pool", "hide": "layer", "course": "7"}
    assert "avg_pool" in headline(app)
    turn_to(app, DNA)
    assert dict(app.query_params) == {"model": DNA, "hide": "layer", "course": "7"}
    assert not [box for box in app.selectbox if box.key == "layer"]


def test_the_chosen_network_stays_over_every_page(app: AppTest) -> None:
    app.run()
    turn_to(app, "splice-donor")
    before = headline(app)
    for page in ("about", "compare", ""):
        visit(app, page)
        assert dict(app.query_params) == {"model": "splice-donor"}
    assert headline(app) == before


def test_another_kind_keeps_how_it_is_asked_and_sets_back_what_belonged_to_the_old(
    app: AppTest,
) -> None:
    kept = {"method": "gradient_times_difference", "palette": "PuOr"}
    of_pictures = {"input": "coffee", "layer": "avg_pool", "baseline": "blur", "sigma": "5"}
    app.query_params.update({**kept, **of_pictures, "channel": "7", "fit": "letterbox"})
    app.run()
    assert not says(app)
    first = headline(app)
    turn_to(app, DNA)
    assert not says(app)
    assert dict(app.query_params) == {"model": DNA, **kept}
    assert app.selectbox(key="method").value == kept["method"]
    assert headline(app) != first
    app.segmented_control(key="strand").set_value("reverse")
    app.run()
    turn_to(app, LITE0)
    assert not says(app)
    assert dict(app.query_params) == kept
    assert "block6d_add" in headline(app)
    turn_to(app, DNA)
    assert app.segmented_control(key="strand").value == "given"


def test_a_method_that_the_other_kind_cannot_show_gets_a_sentence(app: AppTest) -> None:
    app.query_params.update({"method": "activation_difference", "layer": "avg_pool"})
    app.run()
    turn_to(app, DNA)
    assert says(app) == "Method 'activation_difference' is not one of those to choose from."
    assert app.selectbox(key="method").value == "nig"
    assert dict(app.query_params) == {"model": DNA}


@pytest.mark.parametrize(
    ("link", "kept", "said"),
    [
        ({"model": DNA, "sigma": "5", "course": "7"}, {"model": DNA, "course": "7"}, ""),
        ({"model": DNA, "fit": "crop"}, {"model": DNA}, "There is no fit 'crop'"),
        ({"model": DNA, "input": "coffee"}, {"model": DNA}, "There is no sample 'coffee'"),
        ({"strand": "reverse", "edits": "3A", "filter": "2"}, {}, ""),
        ({"baseline": "shuffle"}, {}, "There is no baseline 'shuffle'"),
        ({"model": "dna", "strand": "reverse"}, {}, "There is no model 'dna'"),
    ],
)
def test_names_of_another_kind_in_a_link_play_no_part(
    app: AppTest, link: dict[str, str], kept: dict[str, str], said: str
) -> None:
    app.query_params.update(link)
    app.run()
    assert not app.exception
    assert len(app.warning) == bool(said)
    assert said in says(app)
    assert dict(app.query_params) == kept
    app.query_params.clear()
    app.query_params.update(kept)
    before = headline(app)
    app.run()
    assert headline(app) == before


def test_two_kinds_in_two_sessions_do_not_meet(app: AppTest) -> None:
    other = AppTest.from_file(app._script_path, default_timeout=120)
    other.query_params["model"] = DNA
    app.query_params["layer"] = "avg_pool"
    app.run()
    other.run()
    pictures, letters = headline(app), headline(other)
    assert "avg_pool" in pictures
    assert "avg_pool" not in letters
    data = picture(size=(64, 39))
    app.file_uploader(key="files").set_value([("mine.png", data, "image/png")])
    other.text_area(key="dna_text").set_value("GATTACA" * 28 + "GATA")
    app.run()
    other.run()
    assert headline(app) != pictures
    assert headline(other) != letters
    assert app.query_params["input"].startswith("file-")
    assert other.query_params["input"].startswith("text-")
    turn_to(app, DNA)
    turn_to(other, LITE0)
    assert (headline(app), says(app)) == (letters, "")
    assert "input" not in {**app.query_params, **other.query_params}
    assert not [b for b in other.button if str(b.key).startswith("input-file-")]
    turn_to(app, LITE0)  # what one gave stays one's own
    assert [b for b in app.button if str(b.key).startswith("input-file-")]


def test_about_has_no_sidebar_and_names_whose_all_of_it_is(app: AppTest) -> None:
    app.query_params["model"] = DNA
    app.run()
    visit(app, "about")
    assert not app.sidebar.children
    said = " ".join(seen(found.value) for found in app.markdown)
    for model in catalogue().models.values():
        assert f"{model.card.source}, {model.card.licence}." in said
        for sample in model.card.samples:
            assert f"{sample.credit}, {sample.licence}." in said
    assert "JASPAR 2024" in said
    (paper,) = app.get("link_button")
    assert paper.proto.url == "https://arxiv.org/abs/1807.09946"
    assert all(f"{term}. {sentence}" in said for term, sentence in GLOSSARY.items())
    assert "version = {0.3.0}" in app.code[0].value
    visit(app, "")
    assert app.query_params["model"] == DNA  # what was asked is asked again


@pytest.mark.parametrize("page", ["", "about"])
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
    first = headline(app)
    turn_to(app, "splice-donor")
    assert headline(app) != first
    app.query_params.clear()
    app.run()
    assert headline(app) == first
    assert not says(app)
    assert app.selectbox(key="model").value == LITE0


def plain(form: Form) -> dict[str, str]:
    """A link to the first network of a form's kind; the first of all needs no name."""
    first = catalogue().of_kind(form.kind)[0].name
    return {} if first == LITE0 else {"model": first}


def change(form: Form, old: dict[str, str], **used: object) -> dict[str, object]:
    values, problems = form.read({**plain(form), **old}, catalogue())
    assert not problems
    values, problems = form.changed(values, used, catalogue())
    assert not problems
    return values


def test_another_network_sets_back_what_belonged_to_the_old_one() -> None:
    old = {"input": "tal1-gata1-gata1", "record": "2", "edits": "3A", "strand": "reverse"}
    values = change(SEQUENCES, old, model="splice-donor")
    model = catalogue().models["splice-donor"]
    assert values["input"] == model.card.samples[0].name
    assert values["layer"] == model.card.layer
    assert (values["record"], values["edits"], values["strand"]) == (0, "", "reverse")


@pytest.mark.parametrize("form", [PICTURES, SEQUENCES])
def test_an_input_of_ones_own_stays_with_another_network(form: Form) -> None:
    own = {"input": "file-0123456789ab"}
    other = catalogue().of_kind(form.kind)[-1]
    assert change(form, own, model=other.name)["input"] == own["input"]


def test_a_record_of_ones_own_file_stays_with_another_network() -> None:
    old = {"input": "file-0123456789ab", "record": "2", "edits": "3A"}
    values = change(SEQUENCES, old, model="splice-donor")
    assert (values["record"], values["edits"]) == (2, "")


@pytest.mark.parametrize("form", [PICTURES, SEQUENCES])
def test_an_edited_value_of_a_link_is_never_markup(form: Form) -> None:
    bad = "<b>![x](http://evil)**`$"
    for spec in form.specs:
        _, problems = form.read({**plain(form), spec.name: bad}, catalogue())
        assert len(problems) == 1, spec.name
        assert acts(problems[0]) or "has no such axis" in problems[0], spec.name
        assert not acts(markdown(problems[0])), spec.name


@pytest.mark.parametrize("form", [PICTURES, SEQUENCES])
def test_the_defaults_make_an_empty_link_and_are_read_back(form: Form) -> None:
    values, _ = form.read(plain(form), catalogue())
    known = Known(form, catalogue(), values)
    assert form.query(values, known) == plain(form)
    for spec in form.specs:
        assert spec.check(values[spec.name], known) == values[spec.name]
