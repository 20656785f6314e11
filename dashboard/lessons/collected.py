"""Collected: what a class has handed in, as a table, and where it went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dashboard.lessons import scenes
from dashboard.lessons.hand_in import MAX_BYTES, HandIn, NoAnswers, read
from dashboard.lessons.lesson import Lesson
from dashboard.lessons.replies import Reply, mark, questions, said
from dashboard.text import plain
from dashboard.work.engine import Engine

MAX_FILES = 2_000


@dataclass(frozen=True)
class Class:
    """answers : a line for each learner, a column for each question. questions : how many were
    right, and the most frequent wrong answer. problems : a sentence for each file left out."""

    answers: pd.DataFrame
    questions: pd.DataFrame
    problems: tuple[str, ...]


def gather(folder: Path) -> tuple[dict[str, list[tuple[str, HandIn]]], tuple[str, ...]]:
    """Files of answers by lesson, each with its name; and a sentence for each that is none."""
    found: dict[str, list[tuple[str, HandIn]]] = {}
    problems = []
    for path in sorted(folder.glob("*.json"))[:MAX_FILES]:
        try:
            with path.open("rb") as file:
                handed = read(file.read(MAX_BYTES + 1))
        except (OSError, NoAnswers) as error:
            reason = getattr(error, "strerror", None) or str(error)
            problems.append(f"{plain(path.name)}: {reason}")
            continue
        found.setdefault(handed.lesson, []).append((path.name, handed))
    return found, tuple(problems)


def table(engine: Engine, lesson: Lesson, handed: list[tuple[str, HandIn]]) -> Class:
    """One lesson's class. Answers are marked anew: a file says what was given, and no more."""
    asked = questions(lesson)
    answers, problems = scenes.answers(engine, lesson, asked)
    rows, given = [], dict[int, list[Reply]]()
    for file, each in handed:
        row: dict[str, object] = {"name": plain(each.name or file)}
        said_of = {a.step: a for a in each.answers}
        for number, question in asked.items():
            mine = said_of.get(number)
            if mine is None or mine.given is None or number not in answers:
                row[f"{number}"] = ""
                continue
            reply = mark(question, mine.given, answers[number])
            given.setdefault(number, []).append(reply)
            row[f"{number}"] = f"{'✓' if reply.right else '✗'} {_said(lesson, number, mine.given)}"
        row["right"] = sum(str(v).startswith("✓") for v in row.values())
        rows.append(row)
    return Class(pd.DataFrame(rows), _summary(lesson, given, answers), tuple(problems))


def _summary(
    lesson: Lesson, given: Mapping[int, list[Reply]], answers: Mapping[int, object]
) -> pd.DataFrame:
    rows = []
    for number, answer in answers.items():
        replies = given.get(number, [])
        wrong = [_said(lesson, number, reply.given) for reply in replies if not reply.right]
        common = max(dict.fromkeys(wrong), key=wrong.count) if wrong else ""
        rows.append(
            {
                "step": f"{number}. {lesson.steps[number - 1].title}",
                "answered": len(replies),
                "right": len(replies) - len(wrong),
                "it is": said(questions(lesson)[number], answer),
                "most said instead": f"{common} ({wrong.count(common)})" if wrong else "",
            }
        )
    return pd.DataFrame(rows)


def _said(lesson: Lesson, number: int, given: object) -> str:
    question = questions(lesson)[number]
    try:
        return plain(said(question, given))[:80]
    except (TypeError, ValueError, IndexError):
        return plain(given)[:80]
