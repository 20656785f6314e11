"""Checks: the answer to a question, computed from the finding that is shown."""

from __future__ import annotations

from typing import Any

from dashboard.lessons import of_answers, of_studies
from dashboard.lessons.vocabulary import CHECKS, FIGURES, KINDS, Unanswerable

__all__ = ["CHECKS", "FIGURES", "KINDS", "Unanswerable", "answer"]
_FILLED = of_answers, of_studies  # they enter their checks as they are imported


def answer(page: str, name: str, about: Any, found: Any) -> Any:
    """What a check finds: a word, a number, units any of which is right, or (row, column).

    Raises Unanswerable where this finding has no such thing.
    """
    try:
        return CHECKS[page][name].run(found, about)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, Unanswerable):
            raise
        raise Unanswerable(f"The check {name} has no answer for {about!r} here.") from error
