"""Answer: what the page shows for one request. Arrays and numbers only; no TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
By = Literal["channel", "neuron"]


def channels_last(values: Array, axis: int | None) -> Array:
    """(*layer shape) with the channels moved to the end; flat where their axis is not known.

    So figures and rankings find channels in one place, and neurons without channels one by one.
    """
    return values.reshape(-1) if axis is None else np.moveaxis(values, axis, -1)


@dataclass(frozen=True)
class Place:
    """A channel, or with row and column one neuron of it."""

    channel: int
    row: int | None = None
    column: int | None = None

    def neuron(self, layer: Any) -> int | tuple[int, ...]:
        """As the core takes it: a channel's number, or a neuron's place in the layer as it is.

        layer : its attribution.LayerInfo.
        """
        if layer.channel_axis is None:
            return tuple(int(n) for n in np.unravel_index(self.channel, layer.shape))
        if self.row is None or self.column is None:
            return self.channel
        found = [self.row, self.column]
        found.insert(layer.channel_axis, self.channel)
        return tuple(found)

    def __str__(self) -> str:
        if self.row is None:
            return f"channel {self.channel}"
        return f"neuron {self.row}, {self.column} of channel {self.channel}"


@dataclass(frozen=True)
class Lone(Place):
    """A neuron of a layer whose channels are not known, by its number."""

    def __str__(self) -> str:
        return f"neuron {self.channel}"


@dataclass(frozen=True)
class Ranked:
    """One line of a ranking: share is |score| over the sum of all |scores| of that kind."""

    place: Place
    score: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an attribution says beside its scores, as attribution.Attribution, for one example.

    estimated : whether the method estimates an error at all. converged : of another method,
    whether its sums close; None where nothing is known. resolution : NaN where there is no path.
    channel_axis : of the layer itself, None where it is not known; arrays of an answer have the
    channels last, or are flat. shape : the layer's own, where the arrays are flat.
    """

    f_input: float
    f_baseline: float
    gap: float
    error: float
    converged: bool | None
    evaluations: int
    seconds: float
    target: int
    layer: str
    method: str
    is_cut: bool
    estimated: bool
    tolerance: float | None
    notes: tuple[str, ...]
    resolution: float = math.nan
    channel_axis: int | None = -1
    shape: tuple[int, ...] = ()

    @property
    def has_channels(self) -> bool:
        """Whether the last axis of the arrays counts channels; else it counts all neurons."""
        return self.channel_axis is not None

    @property
    def accuracy(self) -> str:
        """As of attribution.Method: "estimated", "closes" or "unknown"."""
        if self.estimated:
            return "estimated"
        return "unknown" if self.converged is None else "closes"

    def in_the_layer(self, values: Array) -> Array:
        """An array of this answer with its axes as the layer has them."""
        if self.channel_axis is None:
            return values.reshape(self.shape)
        return np.moveaxis(values, -1, self.channel_axis)

    def neurons(self, numbers: Sequence[int]) -> list[Any]:
        """Channels as the core takes them: numbers, or the places of single neurons."""
        if self.channel_axis is not None:
            return list(numbers)
        places = (np.unravel_index(number, self.shape) for number in numbers)
        return [tuple(int(n) for n in place) for place in places]

    @property
    def delta(self) -> float:
        """F(x) - F(baseline)."""
        return self.f_input - self.f_baseline

    def numbers(self) -> dict[str, Any]:
        """Those that files quote, by their names."""
        names = ("f_input", "f_baseline", "delta", "gap", "error", "converged", "evaluations")
        return {name: getattr(self, name) for name in (*names, "resolution")}


@dataclass(frozen=True, kw_only=True)
class Answer(Result):
    """One picture's attribution and the layer's activations, both with the channels last."""

    scores: Array
    activations: Array

    @staticmethod
    def of(result: Any, activations: Array, method: Any, seconds: float) -> Answer:
        """The first example of an attribution.Attribution by an attribution.Method.

        activations : (*layer shape).
        """
        return Answer(
            scores=channels_last(result.scores[0], result.channel_axis),
            activations=channels_last(activations, result.channel_axis),
            f_input=float(result.f_input[0]),
            f_baseline=float(result.f_baseline[0]),
            gap=float(result.gap[0]),
            error=float(result.error[0]),
            converged=None if result.converged is None else bool(result.converged[0]),
            evaluations=int(result.evaluations[0]),
            seconds=seconds,
            target=int(np.ravel(result.target)[0]),
            layer=result.layer,
            method=method.name,
            is_cut=result.is_cut,
            estimated=method.estimated,
            tolerance=result.tolerance,
            notes=tuple(result.notes),
            resolution=float(result.resolution[0]),
            channel_axis=result.channel_axis,
            shape=result.scores.shape[1:],
        )

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        return int(self.scores.nbytes + self.activations.nbytes)

    @property
    def has_grid(self) -> bool:
        """Whether the layer has rows and columns, so that it can be laid over a picture."""
        return self.scores.ndim == 3

    @property
    def axis(self) -> int | None:
        """The layer's axis of channels, counted from the front."""
        return None if self.channel_axis is None else self.channel_axis % self.scores.ndim

    @property
    def width(self) -> int:
        """How many channels, or neurons where no channels are known."""
        return int(self.scores.shape[-1])

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
            return self.at(index)
        row, column, channel = np.unravel_index(index, self.scores.shape)
        return Place(int(channel), int(row), int(column))

    def at(self, number: int) -> Place:
        """The channel of that number, or the neuron where no channels are known."""
        return Place(number) if self.has_channels else Lone(number)

    def score(self, place: Place) -> float:
        """The score of a channel or a neuron."""
        if place.row is not None and place.column is not None:
            return float(self.scores[place.row, place.column, place.channel])
        return float(self.scores[..., place.channel].sum(dtype=np.float64))

    def total_map(self) -> Array:
        """(rows, columns): scores summed over channels."""
        return cast("Array", self.scores.sum(axis=-1, dtype=np.float64).astype(np.float32))
