"""Findings: what the pages beside Explore show. Arrays and numbers only; no TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_BLOCKS = 28  # across a picture


@dataclass(frozen=True)
class LayerSum:
    """A layer's contributions added up by their sign.

    error : relative, NaN where it is not known. gap : NaN without a cut. converged, resolution : as
    of attribution.Attribution.
    """

    name: str
    positive: float
    negative: float
    error: float
    gap: float
    is_cut: bool
    converged: bool | None = None
    resolution: float = math.nan

    @staticmethod
    def of(result: Any) -> LayerSum:
        """Of the first example of an attribution.Attribution."""
        scores = result.scores[0]
        return LayerSum(
            name=result.layer,
            positive=float(scores.sum(where=scores > 0, dtype=np.float64)),
            negative=float(scores.sum(where=scores < 0, dtype=np.float64)),
            error=float(result.error[0]),
            gap=float(result.gap[0]),
            is_cut=result.is_cut,
            converged=None if result.converged is None else bool(result.converged[0]),
            resolution=float(result.resolution[0]),
        )

    @property
    def net(self) -> float:
        """The sum of all scores of the layer."""
        return self.positive + self.negative


@dataclass(frozen=True)
class Overview:
    """Every layer with a gradient, in graph order, from one pass.

    delta : F(x) - F(baseline), what the scores of every cut sum to. estimated : the errors are
    estimates of an integral; else there are none.
    """

    layers: tuple[LayerSum, ...]
    delta: float
    target: int
    estimated: bool
    complete: bool
    evaluations: int

    @property
    def nbytes(self) -> int:
        """Memory, roughly."""
        return 200 * len(self.layers)

    def layer(self, name: str) -> LayerSum | None:
        """The layer of that name, or None where it has no gradient."""
        return next((layer for layer in self.layers if layer.name == name), None)


@dataclass(frozen=True)
class Ablation:
    """One set of channels held at a value.

    before, after : the target's score. predicted : the change that the scores foretell, the sum of
    the set's contributions taken away. probabilities : (2, classes), before and after.
    """

    channels: tuple[int, ...]
    before: float
    after: float
    predicted: float
    probabilities: Array

    @property
    def measured(self) -> float:
        """The change of the target's score."""
        return self.after - self.before

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        return int(self.probabilities.nbytes)


@dataclass(frozen=True)
class Curve:
    """The target's score with the first k channels of an order held, k from 0 up.

    scores : (k,). flips : the least k at which another class is predicted, else None; becomes : it.
    """

    order: str
    scores: Array
    flips: int | None
    becomes: int | None


@dataclass(frozen=True)
class Curves:
    """Ablation curves of several orders; each order of channels as a tuple under its name."""

    curves: tuple[Curve, ...]
    orders: Mapping[str, tuple[int, ...]]

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        return int(sum(c.scores.nbytes for c in self.curves)) + 32 * sum(
            map(len, self.orders.values())
        )

    def of(self, order: str) -> Curve:
        """The curve of that order."""
        return next(c for c in self.curves if c.order == order)


@dataclass(frozen=True)
class Trail:
    """A layer along the path: attribution.Walk, and the network's picture of both ends.

    nodes, f : (nodes,). activations, gradients, accumulated : (nodes, channels).
    baseline : uint8 (height, width, 3), the path's first point as a picture.
    """

    nodes: Array
    f: Array
    activations: Array
    gradients: Array
    accumulated: Array
    baseline: npt.NDArray[np.uint8]
    target: int

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        arrays = (self.activations, self.gradients, self.accumulated, self.baseline)
        return int(sum(a.nbytes for a in arrays))


@dataclass(frozen=True)
class Race:
    """Error against evaluations for each rule: attribution.Convergence."""

    curves: Mapping[str, tuple[Array, Array]]
    refused: Mapping[str, str]
    estimate: tuple[Array, Array]
    reference: int
    reference_error: float
    neurons: int

    @property
    def nbytes(self) -> int:
        """Memory, roughly."""
        return 1000


@dataclass(frozen=True)
class Split:
    """One channel's conductance over the input. scores : (rows, columns), colours summed.

    neuron : as the core was asked for it: a channel's number, or a neuron's place in the layer.
    """

    scores: Array
    total: float
    error: float
    converged: bool
    evaluations: int
    target: int
    neuron: int | tuple[int, ...]

    @property
    def block(self) -> int:
        """Side of the blocks of pixels in which the scores are shown, so that some 28 fit."""
        rows, columns = self.scores.shape
        side = max(1, round(max(rows, columns) / _BLOCKS))
        return side if rows % side == 0 == columns % side else 1

    def blocks(self) -> Array:
        """The scores added up in blocks: neighbouring pixels often cancel."""
        rows, columns = self.scores.shape
        side = self.block
        apart = self.scores.reshape(rows // side, side, columns // side, side)
        summed: Array = apart.sum(axis=(1, 3))
        return summed

    @property
    def nbytes(self) -> int:
        """Memory that the array takes."""
        return int(self.scores.nbytes)
