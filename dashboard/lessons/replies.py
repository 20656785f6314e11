"""Replies: what a learner has answered, how it is marked, and how it is said."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from dashboard.lessons.lesson import Exercise, Lesson
from dashboard.words.numbers import number

Value = str | float | int | tuple[int, int]
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Reply:
    """given : the learner's answer. right : whether that is the one; None while it is not marked.
    answer : in words, the one."""

    given: Value
    right: bool | None = None
    answer: str = ""


@dataclass
class Learning:
    """One learner's way through a lesson. replies, notes : by step, from 1. handed : the name on
    the file to hand in, once it is asked for.
    """

    replies: dict[int, Reply] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    handed: str | None = None

    def right(self) -> int:
        """How many answers were right."""
        return sum(bool(reply.right) for reply in self.replies.values())


def questions(lesson: Lesson) -> dict[int, Exercise]:
    """Of the steps that ask something, by their number from 1."""
    return {i: step.question for i, step in enumerate(lesson.steps, 1) if step.question}


def mark(asked: Exercise, given: Value, answer: Any) -> Reply:
    """An answer, held against what a check has found."""
    return Reply(given, _right(asked, given, answer), said(asked, answer))


def _right(asked: Exercise, given: Any, answer: Any) -> bool:
    try:
        if asked.kind == "unit":
            return int(given) in answer
        if asked.kind == "cell":
            row, column = given
            return max(abs(row - answer[0]), abs(column - answer[1])) <= asked.within
        if asked.kind == "number":
            return abs(float(given) - answer) <= asked.within + _ROUNDING
    except (TypeError, ValueError):
        return False
    return str(given) == str(answer)


def fits(asked: Exercise, given: Value) -> bool:
    """Whether it can have been given as an answer."""
    if asked.kind == "choice":
        return given in asked.choices
    if asked.kind == "cell":
        return isinstance(given, tuple)
    if asked.kind == "unit":
        return isinstance(given, int) and given >= 0
    return isinstance(given, int | float) and math.isfinite(given)


def verdict(asked: Exercise, reply: Reply) -> tuple[bool, str]:
    """Whether an answer is right, and what is said of it."""
    quote = '"' if asked.kind == "choice" else ""
    right = f"{quote}{reply.answer}{quote}"
    if reply.right:
        return True, f"Right: {right}."
    return False, f"You said {quote}{said(asked, reply.given)}{quote}. It is {right}."


def said(asked: Exercise, value: Any) -> str:
    """An answer in words; of units, all that are right."""
    if asked.kind == "choice":
        return asked.choices.get(str(value), str(value))
    if asked.kind == "cell":
        return f"row {value[0]}, column {value[1]}"
    if asked.kind == "unit":
        units = value if isinstance(value, tuple | list) else (value,)
        return " or ".join(f"#{unit}" for unit in units)
    exact = float(value)
    shown = f"{exact:,.0f}" if exact == round(exact) else number(exact)
    return f"{shown} {asked.unit}".strip()
