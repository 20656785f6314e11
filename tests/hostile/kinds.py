"""The kinds of input that are tried: how one is made from a number, and what is promised of it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile import arrays, lines, links, media, models, numbers


@dataclass(frozen=True)
class Kind:
    """One kind of input.

    make : from a seeded generator. attempt : in an empty folder that is kept for this kind: True
        for an answer, False for the one refusal that is documented; anything else is raised.
    share : of the inputs that are tried. seconds : of a processor that one may take.
    """

    name: str
    make: Callable[[random.Random], Any]
    attempt: Callable[[Any, Path], bool]
    share: float
    seconds: float

    def given(self, seed: int, number: int) -> Any:
        """The input of this number; the same in every run."""
        return self.make(random.Random(f"{self.name} {seed} {number}"))


KINDS = (
    Kind("pictures", media.make_picture, media.attempt_picture, 0.2, 3),
    Kind("sequences", media.make_sequence, media.attempt_sequence, 0.2, 3),
    Kind("models", models.make, models.attempt, 0.1, 5),
    Kind("arrays", arrays.make, arrays.attempt, 0.1, 5),
    Kind("uploads", arrays.make_upload, arrays.attempt_upload, 0.2, 3),
    Kind("tables", numbers.make_table, numbers.attempt_table, 0.1, 3),
    Kind("series", numbers.make_series, numbers.attempt_series, 0.2, 3),
    Kind("tokens", numbers.make_tokens, numbers.attempt_tokens, 0.1, 3),
    Kind("results", arrays.make_saved, arrays.attempt_saved, 0.15, 5),
    Kind("command lines", lines.make, lines.attempt, 0.1, 10),
    Kind("links", links.make, links.attempt, 0.15, 5),
)
