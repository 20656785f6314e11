"""Findings: what the views of lessons are about, where that is more than one finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.work.answer import Answer, Place
from dashboard.work.comparison import Agreement
from dashboard.work.findings import Ablation, Curve, Flips, Trail


@dataclass(frozen=True)
class Pair:
    """Two answers. agreement : where they are about one layer."""

    first: Answer
    second: Answer
    agreement: Agreement | None


@dataclass(frozen=True)
class SwitchedOff:
    """Channels held at a value. names : of the outputs that are seen beside the target."""

    answer: Answer
    ablation: Ablation
    curves: Mapping[str, Curve]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Turned:
    """What turns one answer into another. names : as of SwitchedOff."""

    flips: Flips
    names: tuple[str, ...]


@dataclass(frozen=True)
class Followed:
    """A path, and the channel or neuron that is looked at."""

    trail: Trail
    place: Place
