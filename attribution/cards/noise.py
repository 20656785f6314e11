"""Noise: what numbers an input that stands for a real one is drawn from, by the model itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.cards import clues

if TYPE_CHECKING:
    from attribution.network import Network


@dataclass(frozen=True)
class Noise:
    """mean, std : arrays that broadcast with (1, *shape). below : of whole numbers, from 0 to this
    less one; None of others.
    """

    mean: Any = 0.0
    std: Any = 1.0
    below: int | None = None


def noise(net: Network) -> dict[str, Noise]:
    """Of each input: the mean and the standard deviation that the layer which normalises it first
    has seen; of whole numbers how many the layer knows that looks them up, or else two."""
    found = {}
    for given in clues.inputs(net.model, net):
        looks_up: Any = given.of_kind("Embedding", "CategoryEncoding")
        scales: Any = given.of_kind("Rescaling", "Normalization", "BatchNormalization")
        known = getattr(looks_up, "input_dim", None) or getattr(looks_up, "num_tokens", None)
        if known or "int" in given.dtype:
            found[given.name] = Noise(below=known or 2)
        elif seen := _seen(scales, len(given.shape)):
            found[given.name] = seen
    return found


def _seen(layer: Any, axes: int) -> Noise | None:
    """What a layer has seen of its input; None where that is not known of each number."""
    kind = type(layer).__name__
    if kind == "Normalization" and not layer.invert:
        seen = layer.mean, layer.variance
    elif kind == "BatchNormalization" and layer.axis in (-1, axes):
        seen = layer.moving_mean, layer.moving_variance
    else:
        return None
    mean, std = np.asarray(seen[0], float), np.sqrt(np.asarray(seen[1], float))
    return Noise(mean, std) if np.isfinite(mean).all() and np.isfinite(std).all() else None
