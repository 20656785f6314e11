"""Labels that a browser still sends when another run has changed the options: no banner."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.kinds.image.form import FORM as PICTURES
from dashboard.kinds.sequence.form import FORM as SEQUENCES
from dashboard.request.catalogue import catalogue
from dashboard.request.form import Form
from tests.dashboard.conftest import headline, says, send_label, visit

STALE = "TAL1 · 0.5 %"


@pytest.mark.parametrize("form", [PICTURES, SEQUENCES])
def test_a_value_that_no_control_offers_leaves_the_one_before_it(form: Form) -> None:
    values, _ = form.read({"model": catalogue().of_kind(form.kind)[0].name}, catalogue())
    for spec in form.specs:
        found = form.changed(values, {spec.name: STALE}, catalogue())
        if spec.typed:
            assert len(found[1]) == 1
        else:
            assert found == (values, []), spec.name


def test_what_depends_on_a_value_that_was_not_taken_stays() -> None:
    values, _ = PICTURES.read({"layer": "avg_pool", "channel": "7"}, catalogue())
    changed = PICTURES.changed(values, {"layer": STALE, "palette": "PuOr"}, catalogue())
    assert changed == ({**values, "palette": "PuOr"}, [])


def test_two_that_change_at_once_are_both_taken() -> None:
    values, _ = PICTURES.read({"channel": "7"}, catalogue())
    found, problems = PICTURES.changed(values, {"layer": "avg_pool", "channel": 3}, catalogue())
    assert (found["layer"], found["channel"], problems) == ("avg_pool", 3, [])


@pytest.mark.parametrize(
    ("page", "kind", "key"),
    [
        ("", "selectbox", "layer"),
        ("", "selectbox", "target_other"),
        ("", "radio", "target_best"),
        ("", "selectbox", "channel_choice"),
        ("compare", "selectbox", "b_layer"),
        ("ablate", "multiselect", "off_choice"),
        ("path", "selectbox", "path_channel"),
        ("sequence", "radio", "target_best"),
        ("sequence", "selectbox", "channel_choice"),
        ("sequence", "selectbox", "input"),
        ("sequence", "selectbox", "layer"),
        ("sequence", "selectbox", "model"),
    ],
)
def test_a_label_of_an_earlier_run_changes_nothing(
    app: AppTest, page: str, kind: str, key: str
) -> None:
    if page != "sequence":
        app.query_params["layer"] = "avg_pool"
    app.run()
    if page:
        visit(app, page)
    before, link = headline(app), dict(app.query_params)
    send_label(app, kind, key, STALE)
    assert not says(app)
    assert headline(app) == before
    assert dict(app.query_params) == link
