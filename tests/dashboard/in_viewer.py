"""The viewer from within, in a Python where TensorFlow cannot be imported: run by test_viewer.py.

`python -m pytest -p tests.dashboard.without_tensorflow tests/dashboard/in_viewer.py`
"""

import sys
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.export import pictures
from dashboard.lessons import reading
from dashboard.lessons.lesson import LessonStep
from dashboard.request.catalogue import catalogue
from dashboard.views import share
from dashboard.work import core
from dashboard.work.engine import Engine
from tests.dashboard.conftest import headline, says, seen
from tests.dashboard.test_learn import answer, open_lesson, press, right_and_wrong
from tests.wide import one_of

VIEWER = str(Path(__file__).parents[2] / "deploy" / "viewer" / "streamlit_app.py")
SAMPLES = [
    (model.name, sample.name)
    for model in catalogue().models.values()
    for sample in model.card.samples
]
FIRST = dict(reversed(SAMPLES))
LESSONS = reading.bundled()


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(VIEWER, default_timeout=60)


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the page offers as files."""
    found: list[Any] = []
    monkeypatch.setattr(share, "downloads", found.extend)
    monkeypatch.setattr(pictures, "chrome", lambda: None)  # which draws for seconds
    return found


def opened(app: AppTest, page: str = "", **query: str) -> AppTest:
    if page:
        app.session_state["open_page"] = page
        app.session_state["open_with"] = query
    else:
        app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def needs(app: AppTest) -> list[str]:
    """The sentences of trouble, each of which must be the one about TensorFlow."""
    found = [seen(e.value) for e in app.error]
    assert set(found) <= {core.missing()}
    return found


@pytest.mark.parametrize(
    ("model", "sample"),
    [
        pytest.param(*pair, marks=[] if FIRST[pair[0]] == pair[1] else pytest.mark.slow)
        for pair in SAMPLES
    ],
)
def test_a_sample_is_shown_with_its_files(
    app: AppTest, offered: list[Any], model: str, sample: str
) -> None:
    opened(app, model=model, input=sample)
    assert not says(app)
    assert headline(app)
    assert len(app.get("plotly_chart")) >= 1
    assert not app.get("file_uploader")
    assert core.missing() in [seen(c.value) for c in app.sidebar.caption]
    assert not {"layer", "method", "target_best"} & {w.key for w in app.sidebar if w.key}
    assert len(offered) > 3
    for file in offered:
        made = file.build()
        assert len(made) > 20, file.key


@pytest.mark.parametrize("model", one_of(FIRST))
def test_every_layer_of_a_sample_is_shown(app: AppTest, model: str) -> None:
    opened(app, "overview", model=model, input=FIRST[model])
    assert not says(app)
    assert "layers" in headline(app)


def test_what_was_not_computed_says_what_it_needs_and_leads_back(app: AppTest) -> None:
    opened(app, model="digits", layer="relu1")
    assert needs(app) == [core.missing()]
    app.button(key="back").click().run()
    assert not app.exception
    assert not says(app)
    assert headline(app)


@pytest.mark.parametrize("name", ["compare", "ablate", "path"])
def test_pages_that_compute_say_what_they_need(app: AppTest, name: str) -> None:
    opened(app, name, model="digits")
    assert core.missing() in needs(app)
    assert not app.get("file_uploader")


def test_a_filter_without_a_record_says_what_it_needs(app: AppTest) -> None:
    opened(app, model="tal1-gata1", channel="3")
    assert not says(app)
    assert core.missing() in [seen(c.value) for c in app.main.caption]
    assert app.get("plotly_chart")


@pytest.mark.parametrize("run", one_of(["digits", "tal1-gata1"]))
def test_a_run_is_shown_class_and_unit(app: AppTest, offered: list[Any], run: str) -> None:
    opened(app, "dataset", run=run)
    assert not says(app)
    assert headline(app)
    assert "runs_start" not in app.session_state
    assert core.missing() in [seen(c.value) for c in app.main.caption]
    assert offered
    for file in offered:
        assert len(file.build()) > 20, file.key
    first = next(b for b in app.button if b.key and b.key.startswith("unit-"))
    first.click().run()
    assert not app.exception
    assert len(needs(app)) <= 1  # where in the inputs of its gallery
    assert len(app.get("plotly_chart")) == 2
    assert not [b for b in app.button if b.key and b.key.startswith("open-")]


QUICK = (("digits", 2), ("motif", 1))
STEPS = [
    (name, number, step)
    for name, lesson in LESSONS.items()
    for number, step in enumerate(lesson.steps, 1)
]


@pytest.mark.parametrize(
    ("name", "number", "step"),
    [
        pytest.param(
            *each, id=f"{each[0]}-{each[1]}", marks=[] if each[:2] in QUICK else pytest.mark.slow
        )
        for each in STEPS
    ],
)
def test_a_step_of_a_lesson_asks_and_shows(
    app: AppTest, name: str, number: int, step: LessonStep
) -> None:
    assert step.view
    assert step.question
    engine = Engine()
    open_lesson(app, name, number)
    right, _ = right_and_wrong(engine, step)
    answer(app, step.question, f"{name}-{number}", right)
    charts = {c.proto.id.rsplit("-lesson-")[-1] for c in app.get("plotly_chart")}
    assert charts >= {*step.view.show}
    press(app, "next")


def test_the_pages_in_the_menu_are_those_that_work(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = st.navigation
    listed: list[str] = []

    def caught(pages: list[Any], **more: Any) -> Any:
        listed[:] = [page.title for page in pages if page.visibility == "visible"]
        return turned(pages, **more)

    monkeypatch.setattr(st, "navigation", caught)
    opened(app, "about")
    assert not says(app)
    assert listed == ["Explore", "Learn", "Overview", "Data set", "About"]


def test_nothing_of_tensorflow_is_there() -> None:
    assert not {
        n for n in sys.modules if n.split(".")[0] in ("tensorflow", "keras") and sys.modules[n]
    }
