"""Proof on paper: its figures and their sentences, and the list of units that can go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dashboard.export.dataset import Evidence
from dashboard.export.drawing import Drawing
from dashboard.figures import proof as draw
from dashboard.text import cells
from dashboard.words import proof as words

if TYPE_CHECKING:
    from dashboard.work.profiled import Pruning


def removals(evidence: Evidence, rows: pd.DataFrame) -> Drawing:
    """What the first units of the class do. rows : of that class, as of Run.proof."""
    told = words.removals(rows, evidence.name, evidence.one)
    return evidence.noted(Drawing("removals", told, lambda: draw.removals(rows, evidence.of)))


def pruning(evidence: Evidence, found: Pruning) -> Drawing:
    """What becomes of the accuracy without the least units."""
    gone, one = len(found.units), evidence.one
    told = words.pruning(found, one)
    return evidence.noted(Drawing("pruning", told, lambda: draw.pruning(found.curve, gone, one)))


def prunable(evidence: Evidence, found: Pruning) -> bytes:
    """The units that can go as CSV, the least first, with their names."""
    units = [int(unit) for unit in found.units]
    named = [evidence.found.names.get(unit, "") for unit in units]
    frame = pd.DataFrame({evidence.one: units, "name": named})
    return cells(frame).to_csv(index=False).encode()
