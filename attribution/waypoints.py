"""Waypoints: what was found along a path, as numbers; to read them needs no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Walk:
    """One example on its way from the baseline (a = 0) to the input (a = 1).

    nodes : (nodes,) the places a, rising, that the adaptive quadrature chose for this layer.
    f : (nodes,) the target score.
    activations : (nodes, channels) of one position, or the mean over all positions.
    gradients : (nodes, channels) of the target score by the activation; over all positions their
        sum, which is the derivative by a shift of the whole channel.
    accumulated : (nodes, channels) the trapezoid sum up to each node; its last row is the score.
    notes : what a reader must know, such as inputs that are held at x along the path.
    """

    nodes: Array
    f: Array
    activations: Array
    gradients: Array
    accumulated: Array
    notes: tuple[str, ...] = ()
