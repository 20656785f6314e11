"""Traces: values along time, as a network is given them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

POINTS = 1500  # of a trace that is drawn; of more the extremes of as many stretches


@dataclass(frozen=True)
class Traces:
    """values : (times, channels). names : of the channels. rate : samples a second; None for none.

    first : the number of the first time in its recording.
    """

    values: npt.NDArray[Any]
    names: tuple[str, ...]
    rate: float | None = None
    first: int = 0

    def at(self, places: Any) -> Any:
        """Places of the input on the axis of time: seconds, or times from 0."""
        return (np.asarray(places, np.float64) + self.first) / (self.rate or 1.0)

    @property
    def axis(self) -> str:
        """What the axis is called."""
        return "seconds" if self.rate else "time, in samples"

    def said(self, place: float) -> str:
        """A place in words."""
        at = float(self.at(place))
        return f"{at:.3g} s" if self.rate else f"time {at:.0f}"


def stretches(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(times, channels) -> (stretches, size, channels); what is missing in the last is NaN."""
    size = -(-len(values) // POINTS)
    room = ((0, -len(values) % size), (0, 0))
    whole = np.pad(values.astype(np.float64), room, constant_values=np.nan)
    return whole.reshape(-1, size, values.shape[1])


def summed(scores: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Scores (times, channels) as they are drawn, added up within each stretch."""
    return np.asarray(np.nansum(stretches(scores), axis=1))
