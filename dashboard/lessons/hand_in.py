"""Hand-in: a learner's answers as a file for the teacher, and as a page that can be read."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.export import web
from dashboard.lessons.lesson import Lesson
from dashboard.lessons.replies import Learning, questions, said
from dashboard.text import html

FORM: Literal["neuron-attribution lesson"] = "neuron-attribution lesson"
MAX_BYTES = 2**20
NOTE = 4_000  # characters


class HandedAnswer(BaseModel):
    """One answer. given : a word, a number, or row and column. answer : in words."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    step: Annotated[int, Field(ge=1, le=40)]
    given: str | int | float | tuple[int, int] | None = None
    right: bool | None = None
    answer: Annotated[str, Field(max_length=1_000)] = ""
    note: Annotated[str, Field(max_length=NOTE)] = ""


class HandIn(BaseModel):
    """A file of answers."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: Literal["neuron-attribution lesson"]
    lesson: Annotated[str, Field(max_length=80)]
    name: Annotated[str, Field(max_length=200)] = ""
    answers: Annotated[tuple[HandedAnswer, ...], Field(max_length=40)] = ()


class NoAnswers(ValueError):
    """A file that holds no answers; the message is a sentence."""


def build(lesson: str, of: Lesson, mine: Learning, name: str) -> HandIn:
    """What a learner hands in."""
    answers = []
    for step in range(1, len(of.steps) + 1):
        reply, note = mine.replies.get(step), mine.notes.get(step, "")
        if reply or note:
            more: dict[str, Any] = vars(reply) if reply else {}
            answers.append(HandedAnswer(step=step, note=note, **more))
    return HandIn(format=FORM, lesson=lesson, name=name, answers=tuple(answers))


def as_json(handed: HandIn) -> str:
    """As a file."""
    return handed.model_dump_json(indent=2) + "\n"


def read(data: bytes) -> HandIn:
    """What `as_json` wrote, from a stranger. Raises NoAnswers for anything else."""
    if len(data) > MAX_BYTES:
        raise NoAnswers(f"It is larger than {MAX_BYTES >> 20} MB: no lesson is.")
    try:
        return HandIn.model_validate(json.loads(data.decode("utf-8-sig")))
    except (UnicodeDecodeError, RecursionError, ValidationError, ValueError) as error:
        raise NoAnswers(
            'It holds no answers: give the JSON file of "Download my answers".'
        ) from error


def page(handed: HandIn, of: Lesson) -> str:
    """The same to be read."""
    asked, right = questions(of), sum(bool(a.right) for a in handed.answers)
    parts = [
        f"<h1>{html(of.title)}</h1>",
        f"<p>{html(handed.name or 'No name')}: {right} of {len(asked)} right</p>",
    ]
    for answer in handed.answers:
        if answer.step > len(of.steps):
            continue
        step = of.steps[answer.step - 1]
        parts.append(f"<h2>{answer.step}. {html(step.title)}</h2>")
        question = asked.get(answer.step)
        if question and answer.given is not None:
            verdict = "Right." if answer.right else f"It is {html(answer.answer)}."
            parts.append(f"<p><strong>{html(question.ask)}</strong></p>")
            parts.append(f"<p>Answered: {html(said(question, answer.given))}. {verdict}</p>")
        if answer.note:
            parts.append(f"<p><em>{html(answer.note)}</em></p>")
    return web.document(of.title, parts)
