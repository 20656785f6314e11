"""Answer: what a page shows for one request. Arrays and numbers only; no TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from attribution.layers import LayerInfo
from attribution.methods import METHODS, named
from attribution.result import Attribution

Array = npt.NDArray[Any]
By = Literal["channel", "neuron"]
NAMELESS: Mapping[int, str] = MappingProxyType({})
_LONGEST = 18  # characters of a name in a label


def channels_last(values: Array, axis: int | None) -> Array:
    """(*layer shape) with the channels moved to the end; flat where their axis is not known.

    So figures and rankings find channels in one place, and neurons without channels one by one.
    """
    return values.reshape(-1) if axis is None else np.moveaxis(values, axis, -1)


@dataclass(frozen=True)
class Place:
    """A channel, or with a position one neuron of it.

    position : along the axes of the layer beside the channels'.
    """

    channel: int
    position: tuple[int, ...] | None = None

    def neuron(self, layer: LayerInfo) -> int | tuple[int, ...]:
        """As the core takes it: a channel's number, or a neuron's place in the layer as it is."""
        if layer.channel_axis is None:
            shape = cast("tuple[int, ...]", layer.shape)
            return tuple(int(n) for n in np.unravel_index(self.channel, shape))
        if self.position is None:
            return self.channel
        found = [*self.position]
        found.insert(layer.channel_axis, self.channel)
        return tuple(found)

    def called(self, names: Mapping[int, str] = NAMELESS) -> str:
        """Its label: '#137', '#137 · stripes' where its channel has a name, or '#137 (3, 4)'."""
        if self.position is not None:
            return f"#{self.channel} ({', '.join(map(str, self.position))})"
        name = names.get(self.channel, "")
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        return f"#{self.channel} · {short}" if short else f"#{self.channel}"

    def __str__(self) -> str:
        if self.position is None:
            return f"channel {self.channel}"
        return f"neuron {', '.join(map(str, self.position))} of channel {self.channel}"


@dataclass(frozen=True)
class Lone(Place):
    """A neuron of a layer whose channels are not known, or have one neuron each, by its number."""

    def __str__(self) -> str:
        return f"neuron {self.channel}"


@dataclass(frozen=True)
class Ranked:
    """One line of a ranking: share is |score| over the sum of all |scores| of that kind."""

    place: Place
    score: float
    share: float


@dataclass(frozen=True)
class Answer:
    """A result of one example, with what pages show beside it.

    activations : of the layer, with the channels last, or flat where their axis is not known.
    seconds : that the result took. explained : the index of the target among the outputs. inputs :
    the scores of the input itself, where they belong to it. references : how many there were; of
    several, input_errors and unit_errors are the standard errors of the input's scores, summed over
    its last axis, and of the channels.
    """

    result: Attribution
    activations: Array
    seconds: float
    explained: int | None = None
    inputs: Array | None = None
    references: int = 1
    input_errors: Array | None = None
    unit_errors: Array | None = None

    @staticmethod
    def of(result: Attribution, activations: Array, seconds: float, **more: Any) -> Answer:
        """activations : (*layer shape), with its axes as the layer has them."""
        return Answer(result, channels_last(activations, result.channel_axis), seconds, **more)

    # What the result says, as numbers

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self.result.layer

    @property
    def method(self) -> str:
        """The method's name in attribution.METHODS."""
        return named(self.result.method).name

    @property
    def accuracy(self) -> str:
        """As of attribution.Method: "estimated", "closes" or "unknown"."""
        return METHODS[self.method].accuracy

    @property
    def target(self) -> int:
        """The index of the output that is explained."""
        return int(np.ravel(self.result.target)[0]) if self.explained is None else self.explained

    @property
    def is_cut(self) -> bool:
        """Whether all of the signal passes through the layer."""
        return self.result.is_cut

    @property
    def f_input(self) -> float:
        """The target's score at the input."""
        return float(self.result.f_input[0])

    @property
    def f_baseline(self) -> float:
        """The target's score at the baseline."""
        return float(self.result.f_baseline[0])

    @property
    def delta(self) -> float:
        """F(x) - F(baseline)."""
        return float(self.result.delta[0])

    @property
    def gap(self) -> float:
        """Sum of the scores - delta; NaN without a cut."""
        return float(self.result.gap[0])

    @property
    def error(self) -> float:
        """Estimated, relative; NaN where none is known."""
        return float(self.result.error[0])

    @property
    def unsure(self) -> float:
        """By how much the scores may be off together; NaN where no error is known."""
        return self.error * float(np.abs(self.scores).sum(dtype=np.float64))

    @property
    def converged(self) -> bool | None:
        """Whether the error is within the tolerance, or the sums close; None where not known."""
        return None if self.result.converged is None else bool(self.result.converged[0])

    @property
    def evaluations(self) -> int:
        """Gradient evaluations spent."""
        return int(self.result.evaluations[0])

    @property
    def resolution(self) -> float:
        """The widest stretch of the path between two nodes; NaN without a path."""
        return math.nan if self.result.resolution is None else float(self.result.resolution[0])

    def numbers(self) -> dict[str, Any]:
        """Those that files quote, by their names."""
        names = ("f_input", "f_baseline", "delta", "gap", "error", "converged", "evaluations")
        return {name: getattr(self, name) for name in (*names, "resolution")}

    # The layer's neurons

    @property
    def scores(self) -> Array:
        """With the channels last, as the activations."""
        return channels_last(self.result.scores[0], self.result.channel_axis)

    @property
    def has_channels(self) -> bool:
        """Whether the last axis of the arrays counts channels; else it counts all neurons."""
        return self.result.channel_axis is not None

    @property
    def has_positions(self) -> bool:
        """Whether channels stand at several positions."""
        return self.scores.ndim > 1

    @property
    def width(self) -> int:
        """How many channels, or neurons where no channels are known."""
        return int(self.scores.shape[-1])

    def in_the_layer(self, values: Array) -> Array:
        """An array of this answer with its axes as the layer has them."""
        axis = self.result.channel_axis
        shape = self.result.scores.shape[1:]
        return values.reshape(shape) if axis is None else np.moveaxis(values, -1, axis)

    def neurons(self, numbers: Sequence[int]) -> list[Any]:
        """Channels as the core takes them: numbers, or the places of single neurons."""
        if self.has_channels:
            return list(numbers)
        places = (np.unravel_index(number, self.result.scores.shape[1:]) for number in numbers)
        return [tuple(int(n) for n in place) for place in places]

    def values(self, by: By) -> Array:
        """Scores of the channels (positions summed), or of all neurons, flat."""
        if by == "neuron" or not self.has_channels:
            return self.scores.reshape(-1)
        return self.result.channels()[0]

    def ranking(self, by: By, count: int) -> list[Ranked]:
        """The `count` largest by |score|; equal ones in the layer's order."""
        if not (self.has_channels and self.has_positions):
            by = "channel" if self.has_channels else "neuron"
        lines = self.result.top(count, by).itertuples(index=False)
        return [Ranked(self._place(place), float(score), share) for place, score, share in lines]

    def order(self, count: int) -> list[int]:
        """The numbers of the `count` largest channels."""
        return [line.place.channel for line in self.ranking("channel", count)]

    def _place(self, place: int | tuple[int, ...]) -> Place:
        """From a channel's number, or a neuron's place in the layer as it is."""
        axis = self.result.channel_axis
        if not isinstance(place, tuple):
            return self.at(int(place))
        if axis is None:
            return Lone(int(np.ravel_multi_index(place, self.result.scores.shape[1:])))
        return Place(place[axis], tuple(n for i, n in enumerate(place) if i != axis))

    def at(self, number: int) -> Place:
        """The channel of that number, or the neuron where channels have one each or are unknown."""
        return Place(number) if self.has_positions else Lone(number)

    def score(self, place: Place) -> float:
        """The score of a channel or a neuron."""
        if place.position is not None:
            return float(self.scores[*place.position, place.channel])
        return float(self.scores[..., place.channel].sum(dtype=np.float64))

    def total_map(self) -> Array:
        """(*positions): scores summed over channels."""
        return cast("Array", self.scores.sum(axis=-1, dtype=np.float64).astype(np.float32))
