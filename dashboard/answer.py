"""Answer: what the page shows for one request. Arrays and numbers only; no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
By = Literal["channel", "neuron"]


@dataclass(frozen=True)
class Place:
    """A channel, or with row and column one neuron of it."""

    channel: int
    row: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        if self.row is None:
            return f"channel {self.channel}"
        return f"neuron {self.row}, {self.column} of channel {self.channel}"


@dataclass(frozen=True)
class Ranked:
    """One line of a ranking: share is |score| over the sum of all |scores| of that kind."""

    place: Place
    score: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an attribution says beside its scores, as attribution.Attribution, for one example.

    estimated : whether the method estimates an error at all.
    """

    f_input: float
    f_baseline: float
    gap: float
    error: float
    converged: bool
    evaluations: int
    seconds: float
    target: int
    layer: str
    method: str
    is_cut: bool
    estimated: bool
    tolerance: float | None
    notes: tuple[str, ...]

    @property
    def delta(self) -> float:
        """F(x) - F(baseline)."""
        return self.f_input - self.f_baseline

    def numbers(self) -> dict[str, Any]:
        """Those that files quote, by their names."""
        names = ("f_input", "f_baseline", "delta", "gap", "error", "converged", "evaluations")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Answer(Result):
    """One picture's attribution and the layer's activations, both (*layer shape)."""

    scores: Array
    activations: Array

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        return int(self.scores.nbytes + self.activations.nbytes)

    @property
    def has_grid(self) -> bool:
        """Whether the layer has rows and columns, so that it can be laid over a picture."""
        return self.scores.ndim == 3

    def values(self, by: By) -> Array:
        """Scores of the channels (positions summed), or of all neurons, flat."""
        if by == "neuron":
            return self.scores.reshape(-1)
        flat = self.scores.reshape(-1, self.scores.shape[-1])
        return cast("Array", flat.sum(axis=0, dtype=np.float64))

    def ranking(self, by: By, count: int) -> list[Ranked]:
        """The `count` largest by |score|; equal ones in the layer's order."""
        values = self.values(by)
        sizes = np.abs(values, dtype=np.float64)
        norm = float(sizes.sum()) or 1.0
        if count < len(sizes):  # a full sort of a million neurons would be felt
            least = np.partition(sizes, -count)[-count]
            candidates = np.flatnonzero(sizes >= least)
        else:
            candidates = np.arange(len(sizes))
        order = candidates[np.argsort(-sizes[candidates], kind="stable")][:count]
        return [
            Ranked(self._place(int(i), by), float(values[i]), float(sizes[i]) / norm) for i in order
        ]

    def _place(self, index: int, by: By) -> Place:
        if by == "channel" or not self.has_grid:
            return Place(index)
        row, column, channel = np.unravel_index(index, self.scores.shape)
        return Place(int(channel), int(row), int(column))

    def score(self, place: Place) -> float:
        """The score of a channel or a neuron."""
        if place.row is not None and place.column is not None:
            return float(self.scores[place.row, place.column, place.channel])
        return float(self.scores[..., place.channel].sum(dtype=np.float64))

    def total_map(self) -> Array:
        """(rows, columns): scores summed over channels."""
        return cast("Array", self.scores.sum(axis=-1, dtype=np.float64).astype(np.float32))
