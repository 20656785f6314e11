"""The units of a layer that are ranked together: its channels, each at all positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.errors import InvalidRequest

Array = npt.NDArray[Any]


def channel_axis(
    layer: str, shape: Sequence[int], known: int | None, axis: int | None = None
) -> int:
    """The axis of a layer's shape that holds the channels: the one given, or what is known.

    Raises InvalidRequest where the layer has no such axis, or it is not known and none is given.
    """
    rank = max(len(shape), 1)
    if axis is not None:
        if not isinstance(axis, int | np.integer) or not -rank <= axis < rank:
            raise InvalidRequest(
                f"axis is {axis!r}; layer {layer!r} of shape {tuple(shape)} has the axes 0 to "
                f"{rank - 1}, without that of the batch."
            )
        return int(axis) % rank
    if rank == 1:
        return 0
    if known is None:
        raise InvalidRequest(
            f"It is not known which axis of layer {layer!r}, of shape {tuple(shape)}, holds the "
            "channels: say it with axis=, counted without that of the batch (-1 is the last), or "
            "take single neurons."
        )
    return known


def place(
    layer: str, neuron: Any, shape: Sequence[int], known: int | None, axis: int | None = None
) -> tuple[Any, ...]:
    """A checked index into a layer of that shape: a neuron's place, or all places of a channel.

    known, axis : as `channel_axis` takes them.
    """
    given = neuron if isinstance(neuron, tuple) else (neuron,)
    single = isinstance(neuron, tuple) or not isinstance(neuron, int | np.integer)
    channel = 0 if single else channel_axis(layer, shape, known, axis)
    wanted = shape if isinstance(neuron, tuple) else shape[channel : channel + 1]
    if not all(isinstance(n, int | np.integer) for n in given) or len(given) != len(wanted):
        raise InvalidRequest(
            f"neuron {neuron!r} does not fit a layer of shape {tuple(shape)}: give a channel's "
            f"number, or a tuple of {len(shape)} numbers."
        )
    if not all(-size <= n < size for n, size in zip(given, wanted, strict=True)):
        raise InvalidRequest(
            f"neuron {neuron!r} is outside the layer, whose shape is {tuple(shape)}."
        )
    return given if isinstance(neuron, tuple) else (*[slice(None)] * channel, *given)


def summed(values: Array, axis: int) -> Array:
    """(batch, *shape) -> (batch, channels): summed over all positions, in double precision."""
    if values.ndim == 1:
        return values[:, None].astype(np.float64)
    positions = tuple(i for i in range(1, values.ndim) if i != axis + 1)
    found: Array = values.sum(axis=positions, dtype=np.float64)
    return found


def largest(values: Array, count: int) -> Array:
    """The places of the `count` largest |values|, the largest first; equal ones in their order."""
    sizes = np.nan_to_num(np.abs(values), nan=-np.inf, posinf=np.inf)  # NaN is last
    count = min(max(int(count), 0), len(sizes))
    candidates = np.arange(len(sizes))
    if 0 < count < len(sizes):  # a full sort of a million neurons would be felt
        candidates = np.flatnonzero(sizes >= np.partition(sizes, -count)[-count])
    return candidates[np.argsort(-sizes[candidates], kind="stable")][:count]


def aligned(values: Array, axis: int, rank: int) -> Array:
    """(channels,) -> that along one axis of a layer of so many axes, the others of length 1."""
    return values.reshape([-1 if i == axis else 1 for i in range(rank)])
