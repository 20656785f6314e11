"""Fields of view: where in an input the positions of a layer look.

    field = measure(net, "conv2", x)    # None where its positions do not lie along the input
    rows, columns = field.axes          # one for each axis of positions
    rows.axis, rows.stride              # position p sees rows.width rows of the input, from
    rows.centre(3)                      # p * rows.stride + rows.offset on

A map of a layer may be laid over an input only by what is measured here, never by its shape: maps
of attention, transposed ones and reshaped vectors have the shape of a picture too. Axes are counted
from 0 without the batch axis, and so are positions and places.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from attribution.errors import InvalidRequest
from attribution.trace import band

if TYPE_CHECKING:
    from attribution.arguments import Input
    from attribution.network import Network

Array = NDArray[Any]

_INPUTS = 198  # that go through the network
_EXAMPLES = 3  # at least, that are changed: a neuron may be off in one of them
_PLACES = _INPUTS // _EXAMPLES - 1  # at most, of each example; one is what they are compared to
_ROUNDING = 1e-6  # of the largest value of a layer
_FAINT = 30  # times rounding: where changes fade so far, the edge of a field is not to be seen
_SHARP, _BLURRED, _MIXED = 0.2, 0.4, 0.5  # least interaction of a field, or of mixed axes
_NUMBERS = 2**24  # that are held at once


@dataclass(frozen=True)
class Along:
    """How positions along an axis of a layer lie along an axis of the input.

    Position p sees `width` places at most, from p * stride + offset on, as far as there are any.

    axis : of the input.
    positions : how many there are along the axis of the layer.
    stride, offset : in places of the input; a stride below 1 enlarges, one below 0 runs backwards.
    exact : whether nothing else reaches the position. Where more does (through a gate, attention,
        recurrence, or many layers), width is where a change counts: three tenths of the most.
    """

    axis: int
    positions: int
    stride: float
    offset: float
    width: int
    exact: bool

    def centre(self, position: Any) -> Any:
        """The middle of what a position sees, in places of the input."""
        return position * self.stride + self.offset + (self.width - 1) / 2


@dataclass(frozen=True)
class FieldOfView:
    """Where in an input the positions of a layer look.

    axes : for each axis of positions, in the layer's order, how it lies along the input. None for
        an axis of a single position, which sees all there is.
    channel_axis : the axis of the layer that is none of them; None where all are.
    """

    axes: tuple[Along | None, ...]
    channel_axis: int | None


@overload
def measure(net: Network, layer: str, x: Input, input: str | None = None) -> FieldOfView | None: ...
@overload
def measure(
    net: Network, layer: list[str] | tuple[str, ...], x: Input, input: str | None = None
) -> dict[str, FieldOfView | None]: ...
def measure(
    net: Network, layer: str | Sequence[str], x: Input, input: str | None = None
) -> FieldOfView | dict[str, FieldOfView | None] | None:
    """Measure which places of an input reach the positions of a layer, by changing slabs of it.

    One slab, a place along one axis and all there is along the others, is changed at a time: in
    three or more inputs like x, at up to 65 places each. That is less than 200 inputs that go
    through the network, whatever their size; several layers cost no more than one. The same x
    gives the same.

    x : (batch, *shape) as in `neuron_integrated_gradients`; what is changed has its range.
    input : the name of the input to look at, of several; the others stay as they are in x.

    Returns
    -------
    None where the positions do not lie along axes of the input: a layer without positions, one
    whose positions all see the same (global layers, a dense layer that was reshaped), one whose
    axes are mixed (patches in one row) or lie along the same axis (scores of attention). Of
    several layers, a dict.

    Raises
    ------
    UnknownLayer, InvalidRequest : a layer or an input that is not there, which of several inputs
        is not said, or x does not fit.
    """
    names = [layer] if isinstance(layer, str) else list(layer)
    known = {name: net.layer(name).channel_axis for name in names}
    arrays = dict(zip(net.input_shapes, net.arrays(x), strict=True))
    seen = _responses(net, names, arrays, _chosen(list(arrays), input))
    found = {name: _field(seen[name], known[name]) for name in names}
    return found[layer] if isinstance(layer, str) else found


def _chosen(names: Sequence[str], given: str | None) -> str:
    if given is None and len(names) == 1:
        return names[0]
    if given is None or given not in names:
        said = "none is said" if given is None else f"there is no {given!r}"
        raise InvalidRequest(f"The model has the inputs {list(names)}, and {said}: say input=.")
    return given


@dataclass
class _Response:
    """What a slab at each place along an axis of the input does along an axis of the layer.

    most : (places, positions), the largest change, in parts of the layer's largest value.
    amount : (places, positions), the mean change, in parts of the layer's mean value.
    """

    at: Array
    most: Array
    amount: Array


_Place = tuple[int, int]  # the axis of the input, and its number among the places tried
_Responses = dict[tuple[int, int], _Response]  # (axis of the input, axis of the layer)


def _responses(
    net: Network, names: list[str], arrays: dict[str, Array], chosen: str
) -> dict[str, _Responses]:
    generator = np.random.default_rng(0)
    given = arrays[chosen]
    places = _places(given.shape[1:])
    found: dict[str, _Responses] = {name: {} for name in names}
    for example in range(_INPUTS // (1 + sum(map(len, places.values())))):
        row = example % len(given)
        whole, other = (_like(given, row, generator) for _ in range(2))
        if given.dtype.kind != "f":
            other = _differing(whole, other, given)
        held = {n: a[row : row + 1] for n, a in arrays.items()}
        base = net.activations(held | {chosen: whole[None]}, names)
        slabs = _slabs(whole, other, places)
        size = whole.size + sum(a.size for a in base.values())
        for chunk, changed in _chunks(slabs, max(1, min(32, _NUMBERS // size))):
            fed = {n: np.repeat(a, len(changed), axis=0) for n, a in held.items()}
            values = net.activations(fed | {chosen: changed}, names)
            for name in names:
                _add(found[name], chunk, places, base[name], values[name])
    return found


def _places(shape: Sequence[int]) -> dict[int, Array]:
    """The places along each axis that are changed: all, or a run of them and some on either side.

    In a run every place is seen, and with it where the field of a position begins; those on either
    side say how it goes on.
    """
    axes = sorted((a for a, n in enumerate(shape) if n > 1), key=lambda a: shape[a])
    found, left = {}, _PLACES
    for number, axis in enumerate(axes):
        count = left // (len(axes) - number)
        length = shape[axis]
        if length > count:
            run = 2 * count // 3
            apart = np.linspace(0, length - 1, count - run).round()
            at = np.union1d(apart, (length - run) // 2 + np.arange(run)).astype(int)
        else:
            at = np.arange(length)
        found[axis], left = at, left - len(at)
    return found


def _like(given: Array, row: int, generator: np.random.Generator) -> Array:
    """An example with values as those of a row, but others."""
    if given.dtype.kind != "f":
        return generator.choice(np.unique(given), given.shape[1:]).astype(given.dtype)
    inner = tuple(range(given.ndim - 1))
    size = np.std(given, axis=inner, dtype=np.float64)
    size = np.where(size > 0, size, np.maximum(np.abs(given.astype(np.float64)).mean(inner), 1e-3))
    size = np.where(given.any(), size, 1.0)
    noise = generator.standard_normal(given.shape[1:]) * size
    return np.asarray(given[row] + noise, given.dtype)


def _differing(whole: Array, other: Array, given: Array) -> Array:
    """Whole numbers that are others than those of an example, everywhere."""
    values = np.unique(given)
    if given.dtype.kind == "b":
        return ~whole
    if len(values) == 1:
        return np.full_like(whole, values[0] - 1 if values[0] > 0 else values[0] + 1)
    after = values[(np.searchsorted(values, whole) + 1) % len(values)]
    return np.where(other == whole, after, other)


def _slabs(whole: Array, other: Array, places: dict[int, Array]) -> Iterator[tuple[_Place, Array]]:
    """(axis, number of its place), and the example with that slab changed."""
    for axis, at in places.items():
        for number, place in enumerate(at):
            changed = whole.copy()
            where = (slice(None),) * axis + (place,)
            changed[where] = other[where]
            yield (axis, number), changed


def _chunks(
    slabs: Iterator[tuple[_Place, Array]], most: int
) -> Iterator[tuple[list[_Place], Array]]:
    while held := list(itertools.islice(slabs, most)):
        yield [place for place, _ in held], np.stack([changed for _, changed in held])


def _add(
    found: _Responses,
    keys: list[_Place],
    places: dict[int, Array],
    base: Array,
    values: Array,
) -> None:
    """Add what the slabs changed in a layer."""
    size, change = np.abs(base), np.abs(values - base)
    largest, mean = float(size.max()) or 1.0, float(size.mean()) or 1.0
    for layer_axis in range(change.ndim - 1):
        rest = tuple(a + 1 for a in range(change.ndim - 1) if a != layer_axis)
        most = change.max(axis=rest) / largest
        amount = change.mean(axis=rest, dtype=np.float64) / mean
        for row, (axis, number) in enumerate(keys):
            at, shape = places[axis], (len(places[axis]), change.shape[layer_axis + 1])
            key = axis, layer_axis
            if key not in found:
                found[key] = _Response(at, np.zeros(shape), np.zeros(shape))
            np.maximum(found[key].most[number], most[row], out=found[key].most[number])
            found[key].amount[number] += amount[row]


def _field(seen: _Responses, channel_axis: int | None) -> FieldOfView | None:
    lengths = {axis: response.most.shape[1] for (_, axis), response in seen.items()}
    found = {axis: _along(seen, axis) for axis in lengths if axis != channel_axis}
    loose = [axis for axis, along in found.items() if along is None and lengths[axis] > 1]
    if channel_axis is None and len(loose) == 1 and _is_alike(seen, loose[0]):
        channel_axis = loose[0]
        del found[channel_axis], loose[0]
    followed = [along.axis for along in found.values() if along]
    if loose or not followed or len(set(followed)) < len(followed):
        return None
    return FieldOfView(tuple(along for _, along in sorted(found.items())), channel_axis)


def _along(seen: _Responses, layer_axis: int) -> Along | None:
    """How an axis of the layer follows the one axis of the input with which it changes."""
    axis = _follows(seen, layer_axis)
    if axis is None:
        return None
    response = seen[axis, layer_axis]
    bound = band.interaction(response.amount, response.at)
    sharp, bold = (
        band.sharp(response.most > limit * _ROUNDING, response.at) for limit in (1, _FAINT)
    )
    if sharp and sharp == bold:
        return Along(axis, response.most.shape[1], *sharp, exact=True)
    blurred = band.blurred(response.amount, response.at) if bound > _BLURRED else None
    return Along(axis, response.most.shape[1], *blurred, exact=False) if blurred else None


def _follows(seen: _Responses, layer_axis: int) -> int | None:
    """The axis of the input by whose places it differs which positions change, if there is one."""
    bound = {
        a: band.interaction(r.amount, r.at) for (a, other), r in seen.items() if other == layer_axis
    }
    most, *others = sorted(bound, key=lambda a: bound[a], reverse=True)
    mixed = others and bound[others[0]] > max(_MIXED, bound[most] / 2)
    return None if mixed or bound[most] < _SHARP else most


def _is_alike(seen: _Responses, layer_axis: int) -> bool:
    """Whether all along an axis of the layer changes, whichever place does."""
    bound = [
        band.interaction(r.amount, r.at) for (_, other), r in seen.items() if other == layer_axis
    ]
    return max(bound) < _MIXED
