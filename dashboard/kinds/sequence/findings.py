"""Findings: what the page shows of a sequence and its network. No TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.motifs import Likeness, Window
from dashboard.figures.glyphs import BASES
from dashboard.work.answer import Answer

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Prediction:
    """outputs : (classes,), the network's own. logits : before the final sigmoid or softmax."""

    outputs: Array
    logits: Array

    @property
    def predicted(self) -> int:
        """The class with the largest output."""
        return int(self.outputs.argmax())


@dataclass(frozen=True)
class Pattern:
    """What one filter looks for.

    kernel : (width, 4), its weights, each position's mean taken off; None for a deeper layer.
    windows : what excites it most in the samples. samples : their titles, by number.
    frequencies : (width, 4) of the windows; None if there are none.
    likenesses : known motifs by falling similarity.
    """

    kernel: Array | None
    windows: tuple[Window, ...]
    samples: tuple[str, ...]
    frequencies: Array | None
    likenesses: tuple[Likeness, ...]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a network makes of the bases of a sequence, beside the answer about one of its layers.

    contributions : (length,) of the letters, the base sums of the input's scores.
    inputs : (length, 4) the input's scores.
    base_errors, filter_errors : (length,) and (filters,) standard errors over several references,
    else None.
    """

    answer: Answer
    letters: str
    contributions: Array
    inputs: Array
    base_errors: Array | None
    filter_errors: Array | None
    references: int

    def heights(self) -> Array:
        """(length, 4): each position's contribution at its letter, by frequency where ambiguous."""
        rows = np.array([[letter == base for base in BASES] for letter in self.letters], float)
        unclear = ~rows.any(axis=1)
        rows[unclear] = 0.25
        return np.asarray(rows * self.contributions[:, None])
