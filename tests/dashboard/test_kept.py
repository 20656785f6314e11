"""Kept: what a learner's browser gives back after a reload, and what of it is believed."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.controls import storage
from dashboard.lessons import kept, reading
from dashboard.lessons.replies import Learning, Reply
from tests.dashboard.conftest import headline, seen
from tests.dashboard.test_learn import open_lesson, press

LESSONS = reading.bundled()
MINE = {
    "digits": Learning(
        {1: Reply(14, True, "#14"), 2: Reply(3.5), 3: Reply((5, 7)), 5: Reply("supports")},
        {4: "Many."},
    ),
    "steps": Learning({4: Reply(100)}),
}


def test_what_was_given_comes_back_and_waits_to_be_marked() -> None:
    text = kept.as_text(MINE, LESSONS)
    found = kept.read(text, LESSONS)
    assert found["digits"].notes == {4: "Many."}
    for name, mine in MINE.items():
        given = {step: reply.given for step, reply in mine.replies.items()}
        assert {step: reply.given for step, reply in found[name].replies.items()} == given
        assert {reply.right for reply in found[name].replies.values()} == {None}
    assert "#14" not in text  # the right answer is not kept
    assert kept.as_text({"digits": Learning()}, LESSONS) == ""
    assert kept.as_text({"gone": MINE["digits"]}, LESSONS) == ""


def test_an_answer_to_a_question_that_was_changed_is_forgotten() -> None:
    text, old = kept.as_text(MINE, LESSONS), LESSONS["digits"]
    first = old.steps[0]
    asked = first.question.model_copy(update={"ask": "Which?"})  # type: ignore[union-attr]
    steps = (first.model_copy(update={"question": asked}), *old.steps[1:])
    found = kept.read(text, {"digits": old.model_copy(update={"steps": steps})})
    assert [*found] == ["digits"]
    assert [*found["digits"].replies] == [2, 3, 5]


def changed(**of_answer: Any) -> str:
    whole = json.loads(kept.as_text(MINE, LESSONS))
    whole["lessons"] = {"digits": [{**whole["lessons"]["digits"][0], **of_answer}]}
    return json.dumps(whole)


HOSTILE = {
    "no JSON": "<script>alert(1)</script>",
    "a number": "7",
    "cut off": kept.as_text(MINE, LESSONS)[:-5],
    "deep": "[" * 100_000,
    "another form": '{"format": "x", "lessons": {}}',
    "not a mapping": '{"format": "neuron-attribution lessons", "lessons": [1]}',
    "an unknown lesson": changed().replace('"digits"', '"../../etc"'),
    "a step that is none": changed(step=39),
    "a step below": changed(step=-1),
    "another step": changed(step=2),
    "a word for a unit": changed(given="<img src=x onerror=alert(1)>"),
    "a list": changed(given=[1, 2]),
    "a mapping": changed(given={"a": 1}),
    "below zero": changed(given=-3),
    "not finite": changed(given=float("inf")),
    "too long": changed(given=3, note="x" * 5_000),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_does_not_fit_is_left_out(text: str) -> None:
    found = kept.read(text, LESSONS)
    assert not any(mine.replies for mine in found.values())


def test_answers_come_back_marked_anew(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes there that an answer was right, is told what the check finds."""
    cheat = json.loads(
        kept.as_text({"switch-off": Learning({2: Reply("less"), 3: Reply(28)})}, LESSONS)
    )
    for answer in cheat["lessons"]["switch-off"]:
        answer |= {"right": True, "answer": "**[me](http://x)**"}
    monkeypatch.setattr(storage, "found", lambda: json.dumps(cheat))
    open_lesson(app, "switch-off", 2)
    assert headline(app) == "2. Twenty at once"
    (told,) = [seen(each.value) for each in app.info]
    assert told == 'You said "It falls less". It is "It falls more".'
    app.query_params["step"] = "7"
    app.run()
    assert headline(app) == "1 of 6 right"  # the third was marked here
    press(app, "forget")
    assert headline(app) == "1. A prediction"
    app.query_params["step"] = "2"
    app.run()
    assert not app.info
    assert any(button.label == "Answer" for button in app.button)


def test_who_answers_in_a_browser_that_keeps_nothing_is_told_so(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_lesson(app, "saturation", 7)
    assert any("a reload does not lose them" in seen(c.value) for c in app.caption)
    monkeypatch.setattr(storage, "closed", lambda: True)
    app.run()
    assert any("a reload loses them" in seen(c.value) for c in app.caption)
