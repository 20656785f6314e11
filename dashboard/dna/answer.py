"""Answer: what the page shows for one sequence. Arrays and numbers only; no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.answer import Result
from dashboard.figures.glyphs import BASES

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Record:
    """One sequence of a file."""

    name: str
    letters: str


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
class Match:
    """A known motif: bases start to end - 1, from 0."""

    motif: str
    start: int
    end: int
    strand: str
    score: float
    p_value: float


@dataclass(frozen=True)
class Reach:
    """Which bases a position of a layer sees: position * stride + offset, and width - 1 more."""

    positions: int
    width: int
    offset: int
    stride: float

    def centres(self) -> Array:
        """(positions,): the middle of what each sees."""
        return np.arange(self.positions) * self.stride + self.offset + (self.width - 1) / 2


@dataclass(frozen=True)
class Excited:
    """A stretch that excites a filter: whose it is, where it starts, and how much."""

    source: str
    start: int
    letters: str
    activation: float


@dataclass(frozen=True)
class Pattern:
    """What one filter looks for.

    kernel : (width, 4), its weights, each position's mean taken off; None for a deeper layer.
    windows : what excites it most in the samples. frequencies : (width, 4) of them; None if none.
    likenesses : (known motif, similarity, strand, offset) by falling similarity.
    known : (width, 4) the nearest known motif's information, for a logo.
    """

    kernel: Array | None
    windows: tuple[Excited, ...]
    frequencies: Array | None
    likenesses: tuple[tuple[str, float, str, int], ...]
    known: Array | None

    @property
    def nbytes(self) -> int:
        """Memory, roughly."""
        arrays = (self.kernel, self.frequencies, self.known)
        return 2000 + 200 * len(self.windows) + sum(a.nbytes for a in arrays if a is not None)


@dataclass(frozen=True, kw_only=True)
class Answer(Result):
    """One sequence's attribution: of its bases, and of one layer.

    contributions : (length,) of the letters, the base sums of the input's scores.
    inputs : (length, 4) the input's scores. scores, activations : (*layer shape).
    base_errors, filter_errors : (length,) and (filters,) standard errors over several references,
    else None.
    """

    letters: str
    contributions: Array
    inputs: Array
    scores: Array
    activations: Array
    base_errors: Array | None
    filter_errors: Array | None
    references: int

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take, roughly."""
        return int(self.scores.nbytes + self.activations.nbytes + 2 * self.inputs.nbytes)

    @property
    def has_positions(self) -> bool:
        """Whether the layer has a position axis."""
        return self.scores.ndim == 2

    def heights(self) -> Array:
        """(length, 4): each position's contribution at its letter, by frequency where ambiguous."""
        rows = np.array([[letter == base for base in BASES] for letter in self.letters], float)
        unclear = ~rows.any(axis=1)
        rows[unclear] = 0.25
        return np.asarray(rows * self.contributions[:, None])

    def totals(self) -> Array:
        """(filters,): positions summed."""
        flat = self.scores.reshape(-1, self.scores.shape[-1])
        return np.asarray(flat.sum(axis=0, dtype=np.float64))

    def order(self, count: int) -> list[int]:
        """The filters with the largest |total|, equal ones in the layer's order."""
        return [int(i) for i in np.argsort(-np.abs(self.totals()), kind="stable")[:count]]
