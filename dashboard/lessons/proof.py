"""Proof: does a lesson hold what it promises: its links, figures, checks and choices?"""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.lessons import scenes
from dashboard.lessons.lesson import Exercise, Lesson, LessonStep
from dashboard.lessons.reading import InvalidLesson
from dashboard.lessons.replies import said
from dashboard.lessons.scenes import Scene
from dashboard.lessons.vocabulary import Unanswerable
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused


def prove(engine: Engine, lesson: Lesson) -> Iterator[tuple[int, str, str]]:
    """For each step with a view its number, the right answer in words, and what is wrong, if so."""
    for number, step in enumerate(lesson.steps, 1):
        if step.view is None:
            continue
        try:
            scene = scenes.scene(engine, step.view, scenes.known(engine, step.view))
            answer, wrong = _step(scene, step)
        except (InvalidLesson, Refused, Unanswerable) as refused:
            answer, wrong = "", str(refused)
        yield number, answer, wrong


def _step(scene: Scene, step: LessonStep) -> tuple[str, str]:
    assert step.view is not None
    missing = [name for name in (*step.view.show, *step.first) if name not in scene.drawings]
    if missing:
        return "", (
            f"there is no figure {missing[0]!r} of this request; there are: "
            f"{', '.join(scene.drawings)}"
        )
    for name in (*step.view.show, *step.first):
        scene.drawings[name].build()
    if step.question is None:
        return "", ""
    answer = scene.answer(step.question)
    return said(step.question, answer), _offered(scene, step.question, answer)


def _offered(scene: Scene, asked: Exercise, answer: object) -> str:
    """Why the right answer cannot be given; empty where it can."""
    if asked.kind == "choice" and str(answer) not in asked.choices:
        return f"the check finds {answer!r}, which is none of: {', '.join(asked.choices)}"
    if asked.kind == "cell" and (
        scene.setting is None or scene.setting.kind.seen(scene.setting.item) is None
    ):
        return "a cell can be asked for over a picture alone"
    return ""
