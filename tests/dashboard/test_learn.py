"""The page Learn: every lesson walked to its end, with right and with wrong answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import settings
from dashboard.lessons import reading, scenes
from dashboard.lessons.lesson import Exercise, LessonStep
from dashboard.lessons.replies import questions
from dashboard.work.engine import Engine
from tests.dashboard.conftest import click_chart, headline, seen, visit

LESSONS = reading.bundled()


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def open_lesson(app: AppTest, name: str, step: int = 1) -> AppTest:
    app.query_params.update({"lesson": name, "step": str(step)})
    app.run()
    assert not app.exception
    assert not app.error
    if app.query_params.get("lesson"):  # as a browser does, which is sent to the page
        app._page_hash = next(
            key for key, page in app._registered_pages.items() if page["url_pathname"] == "learn"
        )
        app.run()
    return app


def turn_to_learn(app: AppTest) -> None:
    pages = {p["url_pathname"]: key for key, p in app._registered_pages.items()}
    app._page_hash = pages["learn"]
    app.run()
    assert not app.exception


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception
    assert not app.error


def answer(app: AppTest, asked: Exercise, key: str, value: Any) -> None:
    at = f"reply-{key}"
    if asked.kind == "choice":
        app.radio(key=at).set_value(value)
    elif asked.kind == "unit":
        app.selectbox(key=at).set_value(value)
    elif asked.kind == "cell":
        for name, each in zip(("row", "column"), value, strict=True):
            app.number_input(key=f"{at}-{name}").set_value(each)
    else:
        app.number_input(key=at).set_value(value)
    next(b for b in app.button if b.label == "Answer").click().run()
    assert not app.exception
    assert not app.error


def right_and_wrong(engine: Engine, step: LessonStep) -> tuple[Any, Any]:
    assert step.view
    assert step.question
    scene = scenes.scene(engine, step.view, scenes.known(engine, step.view))
    found, asked = scene.answer(step.question), step.question
    if asked.kind == "choice":
        return found, next(c for c in asked.choices if c != found)
    if asked.kind == "unit":
        return found[0], next(u for u in scenes.candidates(scene, asked) if u not in found)
    if asked.kind == "cell":
        return found, (13, 13)
    return float(found), float(found) + asked.within + 1


def told(app: AppTest, good: bool) -> str:
    return " ".join(seen(e.value) for e in (app.success if good else app.info))


WALKS = [
    pytest.param(name, good, marks=[] if (name, good) == ("saturation", True) else pytest.mark.slow)
    for name in LESSONS
    for good in (True, False)
]


@pytest.mark.parametrize(("name", "good"), WALKS)
def test_a_lesson_is_walked_to_its_end(app: AppTest, engine: Engine, name: str, good: bool) -> None:
    lesson = LESSONS[name]
    open_lesson(app, name)
    for number, step in enumerate(lesson.steps, 1):
        assert headline(app) == f"{number}. {step.title}"
        assert step.question
        assert step.view
        charts = {c.proto.id.rsplit("-lesson-")[-1] for c in app.get("plotly_chart")}
        assert not charts & ({*step.view.show} - {*step.first}), "the answer is seen before it"
        value = right_and_wrong(engine, step)[not good]
        answer(app, step.question, f"{name}-{number}", value)
        charts = {c.proto.id.rsplit("-lesson-")[-1] for c in app.get("plotly_chart")}
        assert charts >= {*step.view.show}
        assert told(app, good).startswith("Right" if good else "You said")
        assert not told(app, not good)
        press(app, "next")
    asked = questions(lesson)
    assert headline(app) == f"{len(asked) if good else 0} of {len(asked)} right"


def test_cards_stand_in_order_and_open_their_lesson(app: AppTest) -> None:
    app.run()
    turn_to_learn(app)
    assert [s.value for s in app.subheader] == [lesson.title for lesson in LESSONS.values()]
    press(app, "begin_switch-off")
    assert headline(app) == "1. A prediction"
    assert app.query_params["lesson"] in ("switch-off", ["switch-off"])
    press(app, "next")
    assert app.query_params["step"] in ("2", ["2"])
    press(app, "back")
    press(app, "all")
    assert "lesson" not in app.query_params


def test_learn_is_the_first_page_after_explore(app: AppTest) -> None:
    app.run()
    pages = [p["page_name"] for p in app._registered_pages.values()]
    assert pages[:2] == ["Explore", "Learn"]


def test_nothing_counts_before_an_answer_is_given(app: AppTest) -> None:
    open_lesson(app, "digits", 3)
    next(b for b in app.button if b.label == "Answer").click().run()
    assert "a guess will do" in app.warning[0].value
    assert not app.success
    assert not app.info


def test_a_click_on_a_cell_and_on_a_unit_is_an_answer(app: AppTest) -> None:
    open_lesson(app, "digits", 3)
    click_chart(app, "lesson-cells", 5, 7)
    assert app.number_input(key="reply-digits-3-row").value == 5
    assert app.number_input(key="reply-digits-3-column").value == 7
    next(b for b in app.button if b.label == "Answer").click().run()
    assert told(app, True).startswith("Right: row 5, column 7")
    open_lesson(app, "digits", 1)
    click_chart(app, "lesson-tiles", 9)
    assert app.selectbox(key="reply-digits-1").value == 9


def test_a_lesson_or_a_step_that_is_not_there(app: AppTest) -> None:
    open_lesson(app, "digit$", 1)
    assert "There is no lesson 'digit$'" in seen(app.warning[0].value)
    open_lesson(app, "digits", 1)
    for step in ("99", "-1", "x", "1e9", "9" * 50, "²"):
        app.query_params["step"] = step
        app.run()
        assert not app.exception


def test_answers_and_thoughts_are_kept_while_one_walks(app: AppTest) -> None:
    open_lesson(app, "disagree", 1)
    answer(app, LESSONS["disagree"].steps[0].question, "disagree-1", 0.0)  # type: ignore[arg-type]
    app.text_area[0].set_value("It would not hold.").run()
    press(app, "next")
    press(app, "back")
    assert told(app, True).startswith("Right")
    assert app.text_area[0].value == "It would not hold."


def test_a_control_turns_the_view_and_not_the_answer(app: AppTest) -> None:
    open_lesson(app, "saturation", 1)
    question = LESSONS["saturation"].steps[0].question
    assert question
    answer(app, question, "saturation-1", 0.0)
    before = [seen(c.value) for c in app.caption]
    app.slider(key="turn-saturation-1-toy_first").set_value(0.2).run()
    assert [seen(c.value) for c in app.caption] != before
    assert told(app, True).startswith("Right: 0.")


def test_a_teachers_own_lesson_is_shown_and_a_bad_one_is_said(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours.yaml").write_text(
        "title: 'Ours <b>'\nteaches: T\nfor: U\nminutes: 5\nsteps:\n"
        "- {title: 'A [link](http://x)', text: '**Bold** <script>alert(1)</script>'}\n"
    )
    (tmp_path / "bad.yaml").write_text("title: 3\n")
    monkeypatch.setenv(settings.LESSONS, str(tmp_path))
    app.run()
    turn_to_learn(app)
    assert seen(app.subheader[0].value) == "Ours <b>"
    assert seen(app.warning[0].value).startswith("bad.yaml, line 1: the lesson has no")
    press(app, "begin_ours")
    assert headline(app) == "1. A [link](http://x)"
    (text,) = [m.value for m in app.markdown if "Bold" in m.value]
    assert "**Bold**" in text
    assert "<script>" not in text.replace("\\<", "")


def test_a_class_begins_with_the_lessons_and_the_way_in(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_CLASSROOM", "http://192.0.2.7:8501/learn")
    app.run()
    assert not app.exception
    assert not app.header  # it was sent on before Explore was drawn
    turn_to_learn(app)
    assert any("192.0.2.7" in seen(m.value) for m in app.markdown)
    visit(app, "")  # who turns to Explore is not sent back
    assert headline(app)


def test_the_file_of_answers_holds_what_was_said(app: AppTest) -> None:
    from dashboard.lessons import hand_in
    from dashboard.lessons.replies import Learning, mark

    lesson, mine = LESSONS["digits"], Learning()
    asked = questions(lesson)
    mine.replies[3] = mark(asked[3], (5, 8), (5, 7))
    mine.replies[4] = mark(asked[4], 90.0, 40.9)
    mine.notes[4] = "Many."
    handed = hand_in.build("digits", lesson, mine, "Ada")
    text = hand_in.as_json(handed)
    assert hand_in.read(text.encode()) == handed
    assert json.loads(text)["answers"][0] == {
        "step": 3, "given": [5, 8], "right": True, "answer": "row 5, column 7", "note": ""
    }  # fmt: skip
    page = hand_in.page(handed, lesson)
    assert "Ada: 1 of 6 right" in page
    assert "Answered: 90 percent. It is 40.90 percent." in page
