"""Filters of sequence networks: what a neuron sees of the sequence, and the pattern it weighs.

    field = receptive_field(net, "relu2")    # 21 bases, from 10 before the neuron's position
    kernel(net, "relu1")                     # (11, 4, 32): a motif for each filter

Positions are bases, counted from 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attribution.errors import InvalidRequest
from attribution.trace import band

if TYPE_CHECKING:
    from attribution.network import Network

Array = NDArray[Any]

_EXAMPLES = 3  # random sequences that are probed: a neuron may be off in one of them
_ROUNDING = 1e-6
_PLAIN = frozenset({"InputLayer", "Flatten", "Reshape", "Dropout", "SpatialDropout1D"})
_ELEMENTWISE = frozenset({"ReLU", "LeakyReLU", "PReLU", "ELU", "Activation", "BatchNormalization"})
_WEIGHING = frozenset({"Conv1D", "Dense"})


@dataclass(frozen=True)
class Field:
    """The bases that reach a neuron: position p sees p * stride + offset and width - 1 more.

    positions : how many positions the layer has; 1 if it has none and sees the whole sequence.
    """

    positions: int
    width: int
    offset: int
    stride: float = 1.0

    def centre(self, position: Any) -> Any:
        """The middle of what a position sees, in bases from 0."""
        return position * self.stride + self.offset + (self.width - 1) / 2


def receptive_field(net: Network, layer: str, length: int | None = None) -> Field:
    """Measure which bases reach each position of a layer, by changing one base at a time.

    length : of the sequences, where the model takes any. Needs `length` forward passes of three
    sequences. Raises InvalidRequest where the model's input is not (length, 4).
    """
    length = _length(net, length)
    shape = net.layer(layer).shape
    if len(shape) != 2:
        return Field(1, length, 0)
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (_EXAMPLES, length))
    found = []
    for row in codes:
        changed = np.repeat(row[None], length, axis=0)
        changed[np.arange(length), np.arange(length)] += 1
        one_hot = np.eye(4, dtype=np.float32)[np.concatenate([row[None], changed % 4])]
        values = np.asarray(net.activations(one_hot, layer), np.float64)
        limit = _ROUNDING * (np.abs(values).max() or 1.0)
        found.append(np.any(np.abs(values[1:] - values[:1]) > limit, axis=-1))
    moved = np.any(found, axis=0)
    seen = band.sharp(moved, np.arange(length))
    if seen is None:  # every neuron sees the whole sequence, or none does
        return Field(moved.shape[1], length, 0, 0.0)
    return Field(moved.shape[1], seen.width, math.floor(seen.offset), seen.stride)


def kernel(net: Network, layer: str) -> Array | None:
    """The weights with which each filter of a layer reads the sequence: (width, 4, filters).

    Defined for the first layer with weights, a convolution or a dense layer, and for what follows
    it element by element; a batch normalisation scales the kernel. None for any deeper layer.
    """
    names = [info.name for info in net.layers]
    before = net.layers[: names.index(net.layer(layer).name) + 1]
    found: Array | None = None
    for info in before:
        if info.kind in _PLAIN:
            continue
        if info.kind in _WEIGHING and found is None and info.is_cut:
            weights = np.asarray(net.model.get_layer(info.name).get_weights()[0], np.float64)
            if weights.shape[0] % 4 and weights.ndim == 2:
                return None
            found = weights.reshape(-1, 4, weights.shape[-1])
        elif info.kind in _ELEMENTWISE and found is not None and info.is_cut:
            if info.kind == "BatchNormalization":
                found = found * _scale(net.model.get_layer(info.name))
        else:
            return None
    return found


def _length(net: Network, length: int | None) -> int:
    shapes = list(net.input_shapes.values())
    if len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][1] != 4:
        raise InvalidRequest(f"The inputs have shapes {shapes}; one input (length, 4) is expected.")
    known = shapes[0][0] or length
    if known is None:
        raise InvalidRequest("The model takes any length; say which one as length=.")
    return int(known)


def _scale(normalisation: Any) -> Array:
    """What an inference-time batch normalisation multiplies each channel by."""
    variance = np.asarray(normalisation.moving_variance, np.float64)
    gamma = np.asarray(normalisation.gamma) if normalisation.scale else 1.0
    return np.asarray(gamma / np.sqrt(variance + normalisation.epsilon))
