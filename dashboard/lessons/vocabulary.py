"""Vocabulary: what a lesson may name: pages, their figures, and their checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FIGURES: dict[str, tuple[str, ...]] = {
    "explore": ("input", "map", "ranking", "unit", "activation", "inputs"),
    "compare": ("input", "map_a", "map_b", "scatter", "apart"),
    "ablate": ("input", "switches", "change", "classes", "curves"),
    "flip": ("input", "flips", "margins"),
    "path": ("input", "path"),
    "steps": ("input", "signs", "units"),
    "toy": ("network", "toy_path", "toy_scores"),
    "minimum": ("network", "minimum"),
}
"""The figures of each page."""
KINDS = {"word": "choice", "number": "number", "units": "unit", "cell": "cell"}
"""What a check finds, and the kind of question that it answers."""


class Unanswerable(ValueError):
    """A check that cannot be answered of this finding; the message is a sentence."""


@dataclass(frozen=True)
class Answered:
    """A check. kind : of KINDS. about : what it is asked about, or empty. says : what it finds."""

    kind: str
    says: str
    about: str
    run: Callable[[Any, Any], Any]


CHECKS: dict[str, dict[str, Answered]] = {page: {} for page in FIGURES}
"""By page and name. A check finds a word, a number, units any of which is right, or a cell."""


def check(page: str, kind: str, about: str = "") -> Callable[[Any], Any]:
    """Enter a function of a finding, and of what it is asked about, under its name."""

    def keep(run: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        CHECKS[page][run.__name__] = Answered(kind, str(run.__doc__), about, run)
        return run

    return keep
