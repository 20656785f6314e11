"""Stretch: what a network sees of a record."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.sequences import Sequence
from dashboard.kinds.sequence.form import Edit
from dashboard.locus import Locus


@dataclass(frozen=True)
class Stretch:
    """letters : as the network sees them. given : before the changes that were made.

    record : that they are of. locus : where they lie in it, or on its chromosome.
    """

    letters: str
    given: str
    record: Sequence
    locus: Locus
    made: tuple[Edit, ...]
