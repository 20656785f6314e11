"""Findings: what the pages beside Explore show. Arrays and numbers only; no TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution.methods import METHODS
from attribution.motifs import Likeness, Window
from attribution.result import Attribution

if TYPE_CHECKING:
    from attribution import Walk  # the module itself needs TensorFlow

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Prediction:
    """outputs : (classes,), the network's own."""

    outputs: Array

    @property
    def predicted(self) -> int:
        """The class with the largest output."""
        return int(self.outputs.argmax())


@dataclass(frozen=True)
class Reference:
    """A baseline as a picture, uint8 (height, width, 3), and the target's score there."""

    thumbnail: npt.NDArray[np.uint8]
    score: float


@dataclass(frozen=True)
class Pattern:
    """What one filter over a sequence looks for.

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
    def of(result: Attribution) -> LayerSum:
        """Of the first example."""
        scores = result.scores[0]
        return LayerSum(
            name=result.layer,
            positive=float(scores.sum(where=scores > 0, dtype=np.float64)),
            negative=float(scores.sum(where=scores < 0, dtype=np.float64)),
            error=float(result.error[0]),
            gap=float(result.gap[0]),
            is_cut=result.is_cut,
            converged=None if result.converged is None else bool(result.converged[0]),
            resolution=np.nan if result.resolution is None else float(result.resolution[0]),
        )

    @property
    def net(self) -> float:
        """The sum of all scores of the layer."""
        return self.positive + self.negative


@dataclass(frozen=True)
class Overview:
    """Every layer with a gradient, in graph order, from one pass.

    delta : F(x) - F(baseline), what the scores of every cut sum to. method : of METHODS.
    """

    layers: tuple[LayerSum, ...]
    delta: float
    target: int
    method: str
    evaluations: int

    @property
    def estimated(self) -> bool:
        """Whether the errors are estimates of an integral; else there are none."""
        return METHODS[self.method].estimated

    @property
    def complete(self) -> bool:
        """Whether the scores of every cut sum to delta."""
        return METHODS[self.method].complete

    def layer(self, name: str) -> LayerSum | None:
        """The layer of that name, or None where it has no gradient."""
        return next((layer for layer in self.layers if layer.name == name), None)


@dataclass(frozen=True)
class Ablation:
    """One set of channels held at a value.

    before, after : the target's score. predicted : the change that the scores foretell, the sum of
    the set's contributions taken away. probabilities : (2, numbers), before and after, of the
    outputs that are seen beside the target; at : which of them that is.
    """

    channels: tuple[int, ...]
    before: float
    after: float
    predicted: float
    probabilities: Array
    at: int = 0

    @property
    def measured(self) -> float:
        """The change of the target's score."""
        return self.after - self.before


@dataclass(frozen=True)
class Curve:
    """The target's score with the first k of these channels held, k from 0 up.

    scores : (k,). flips : the least k at which the answer is another, else None; becomes : the
    class that it is then, among those beside the target; -1 where a label is true no more.
    """

    channels: tuple[int, ...]
    scores: Array
    flips: int | None
    becomes: int | None


@dataclass(frozen=True)
class Flips:
    """Channels held one after another, first what speaks most for the target against a rival.

    outputs : (k, numbers), the logits with the first k held, of all that are seen beside the
    target. at, rival : which of them the two are. margins : (channels,) by how much each speaks for
    the target rather than for the rival.
    """

    channels: tuple[int, ...]
    margins: Array
    outputs: Array
    at: int
    rival: int

    @property
    def needed(self) -> int | None:
        """The least k at which the answer is another; None where none is."""
        other = np.flatnonzero(self.outputs.argmax(axis=-1) != self.outputs[0].argmax())
        return int(other[0]) if len(other) else None

    @property
    def becomes(self) -> int | None:
        """The answer then."""
        return None if self.needed is None else int(self.outputs[self.needed].argmax())


@dataclass(frozen=True)
class Coarse:
    """A layer's scores from paths of few steps, beside those that converged.

    counts : of steps. scores : (counts, channels). errors : (counts,) the L1 distance of the
    neurons' scores from the converged ones', relative to the L1 norm of these. totals : (counts,)
    sums of all scores. converged : (channels,). delta : F(x) - F(baseline). evaluations, error :
    of the converged scores.
    """

    counts: tuple[int, ...]
    scores: Array
    errors: Array
    totals: Array
    converged: Array
    delta: float
    evaluations: int
    error: float

    @property
    def flipped(self) -> Array:
        """(counts,) how many channels have another sign than the converged one."""
        found: Array = (np.sign(self.scores) != np.sign(self.converged)).sum(axis=-1)
        return found


@dataclass(frozen=True)
class Trail:
    """A layer along the path, for a target, and the path's first point.

    baseline : (*input shape).
    """

    walk: Walk
    baseline: Array
    target: int


@dataclass(frozen=True)
class Split:
    """One channel's conductance over the input, a result of one example.

    neuron : as the core was asked for it: a channel's number, or a neuron's place in the layer.
    sums : of several inputs, the sum over each by name; `result` has their scores in one row.
    """

    result: Attribution
    neuron: int | tuple[int, ...]
    sums: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls, found: Attribution | Mapping[str, Attribution], neuron: int | tuple[int, ...]
    ) -> Split:
        """Of what the core gives: a result, or one for each of several inputs."""
        if not isinstance(found, Mapping):
            return cls(found, neuron)
        first, *_ = found.values()
        row = np.concatenate([each.scores.reshape(1, -1) for each in found.values()], axis=1)
        sums = {name: float(each.total[0]) for name, each in found.items()}
        whole = replace(first, scores=row, layer=", ".join(found), channel_axis=None)
        return cls(whole, neuron, sums)


@dataclass(frozen=True)
class Glimpse:
    """An input of a run. picture : uint8 (height, width, 3), where it is one. scores : (*positions)
    of a unit; None without positions. why : there is neither, or empty."""

    picture: Array | None
    scores: Array | None
    why: str = ""
