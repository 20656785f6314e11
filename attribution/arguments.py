"""The types of what all methods take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypedDict

from numpy.typing import ArrayLike

Input = ArrayLike | Mapping[str, ArrayLike] | Sequence[ArrayLike]
"""One array (batch, *shape), or one for each of several inputs, by name or in order."""
Several = Literal["all"] | list[str] | tuple[str, ...]
"""Names of layers, or every layer that can be explained."""
Place = int | tuple[int, ...]
Neurons = Sequence[Place] | Sequence[Sequence[Place]]
"""A set of channels and single neurons, or several sets."""
Weights = Mapping[int, float] | Mapping[tuple[int, ...], float]
OneTarget = Place | ArrayLike | Weights
Target = OneTarget | tuple[str, OneTarget] | tuple[str] | None
"""A class; one per example; weights of several; a place of the output; of a named output; None."""
Baseline = Input | Sequence[Input] | None
"""Zeros, a number, an array, or several, over which scores are averaged."""
Output = Literal["logit", "output"]
Progress = Callable[[int, int], None]


class Asked(TypedDict, total=False):
    """What every method takes by name."""

    target: Target
    baseline: Baseline
    output: Output
    progress: Progress | None


class Integrated(Asked, total=False):
    """What integrals take beside it."""

    tolerance: float
    steps: int | None


class Conducted(Integrated, total=False):
    """What the integral of conductance takes beside it."""

    exact: bool


class Ruled(Asked, total=False):
    """What DeepLIFT takes beside it."""

    rule: Literal["rescale", "reveal_cancel", "genomics"]
