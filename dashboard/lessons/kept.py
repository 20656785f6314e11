"""Kept: what a learner's own browser keeps of the answers, and what of it is believed.

What was given is kept, and never whether it was right: that is found anew. An answer to a question
that has been changed since is forgotten.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.lessons.hand_in import NOTE
from dashboard.lessons.lesson import Lesson, LessonStep
from dashboard.lessons.replies import Learning, Reply, Value, fits

FORM: Literal["neuron-attribution lessons"] = "neuron-attribution lessons"


class KeptAnswer(BaseModel):
    """One answer and thought. of : the mark of the question that it was given to."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    step: Annotated[int, Field(ge=1, le=40)]
    of: Annotated[str, Field(max_length=8)]
    given: str | int | float | tuple[int, int] | None = None
    note: Annotated[str, Field(max_length=NOTE)] = ""


class KeptAnswers(BaseModel):
    """The answers of all lessons that were begun, by their names."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: Literal["neuron-attribution lessons"]
    lessons: Annotated[
        dict[str, Annotated[tuple[KeptAnswer, ...], Field(max_length=40)]], Field(max_length=200)
    ]


def as_text(mine: Mapping[str, Learning], lessons: Mapping[str, Lesson]) -> str:
    """As a text; empty where nothing has been answered."""
    kept = {
        name: tuple(
            KeptAnswer(
                step=number,
                of=_mark(step),
                given=learning.replies[number].given if number in learning.replies else None,
                note=learning.notes.get(number, "")[:NOTE],
            )
            for number, step in enumerate(lessons[name].steps, 1)
            if number in learning.replies or learning.notes.get(number)
        )
        for name, learning in mine.items()
        if name in lessons
    }
    if not any(kept.values()):
        return ""
    return KeptAnswers(format=FORM, lessons=kept).model_dump_json(exclude_defaults=True)


def read(text: str, lessons: Mapping[str, Lesson]) -> dict[str, Learning]:
    """What `as_text` wrote, by lesson, not marked yet; whatever does not fit is left out.

    Whoever has the browser can write anything there.
    """
    try:
        kept = KeptAnswers.model_validate_json(text)
    except ValidationError:
        return {}
    return {
        name: _learning(lessons[name], answers)
        for name, answers in kept.lessons.items()
        if name in lessons
    }


def _learning(lesson: Lesson, answers: tuple[KeptAnswer, ...]) -> Learning:
    found = Learning()
    for each in answers:
        if each.step > len(lesson.steps) or each.of != _mark(lesson.steps[each.step - 1]):
            continue
        asked = lesson.steps[each.step - 1].question
        given: Value | None = each.given
        if asked and given is not None and fits(asked, given):
            found.replies[each.step] = Reply(given)
        if each.note:
            found.notes[each.step] = each.note
    return found


def _mark(step: LessonStep) -> str:
    """Of what is asked; where nothing is, of the title."""
    of = step.question.model_dump_json() if step.question else step.title
    return f"{zlib.crc32(of.encode()):08x}"
