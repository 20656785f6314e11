"""The target of a question: which output is explained, and which sum of its values."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution.errors import InvalidRequest
from attribution.trace.rows import alone

if TYPE_CHECKING:
    from attribution.network import Network
    from attribution.trace.graph import Graph

Array = npt.NDArray[Any]
_SHOWN_CHARS = 80  # of a target in an error; arrays are long


def explain(
    net: Network, target: Any, output: str, override: Mapping[str, str] | None = None
) -> tuple[Graph, Any]:
    """The graph of the output that a target speaks of, and the rest of the target."""
    if output not in ("logit", "output"):
        raise InvalidRequest(f"output is 'logit' or 'output', not {output!r}.")
    head, rest = _split_output(net, target)
    graph = net.graph(head, logit=output == "logit", override=override)
    alone.refuse(graph)
    return graph, rest


def names_output(target: Any) -> bool:
    return isinstance(target, tuple) and bool(target) and isinstance(target[0], str)


def _split_output(net: Network, target: Any) -> tuple[str | None, Any]:
    """A target ("name of an output", rest) speaks of that output; any other of the first."""
    if names_output(target):
        if target[0] not in net.output_shapes:
            raise InvalidRequest(
                f"The network has no output {target[0]!r}; it has {list(net.output_shapes)}."
            )
        rest = target[1] if len(target) == 2 else target[1:]
        return target[0], rest if target[1:] else None
    return None, target


def weights(net: Network, graph: Graph, x: Mapping[str, Array], target: Any) -> tuple[Array, Any]:
    """(batch, *output shape) weights of the score, and the target as a result keeps it.

    Kept are the classes that are meant: a negative index, which counts from the end, as the class.
    """
    batch = len(next(iter(x.values())))
    dtype = graph.explained.dtype.as_numpy_dtype
    static = tuple(graph.explained.shape[1:])
    values: Array | None = None
    if target is None or None in static:
        run = graph.function("explained", list(graph.inputs.values()), lambda: [graph.explained])
        fed = list(x.values())
        (values,) = net.in_chunks(run, fed, net.chunk((), graph, fed))
    shape = static if values is None else values.shape[1:]
    weights = np.zeros((batch, *shape), dtype)
    if target is None:
        assert values is not None
        flat = values.reshape(batch, -1).argmax(1)
        weights.reshape(batch, -1)[np.arange(batch), flat] = 1
        return weights, flat if len(shape) <= 1 else np.stack(np.unravel_index(flat, shape), 1)
    if isinstance(target, Mapping):
        contrast = _contrast(target, shape, dtype)
        for place, weight in contrast.items():
            _put(weights, slice(None), place, weight)
        return weights, {_bare(place): weight for place, weight in contrast.items()}
    if isinstance(target, tuple):
        place = _place(target, shape)
        _put(weights, slice(None), place, 1)
        return weights, place
    indices = _integers(target)
    if indices.ndim == 0:
        place = _place(indices.item(), shape)
        _put(weights, slice(None), place, 1)
        return weights, np.full(batch, _bare(place))
    if len(indices) != batch:
        raise InvalidRequest(f"target lists {len(indices)} classes for {batch} examples.")
    if indices.ndim > 2 or not indices[0].size:
        raise InvalidRequest(
            f"target is an array of shape {indices.shape}; ({batch},) or ({batch}, {len(shape)}) "
            "is expected: one class, or one place of the output, for each example."
        )
    places = [_place(tuple(np.atleast_1d(index).tolist()), shape) for index in indices]
    for row, place in enumerate(places):
        _put(weights, row, place, 1)
    return weights, np.array([_bare(p) for p in places]).reshape(indices.shape)


def score(net: Network, graph: Graph, x: Mapping[str, Array], weights: Array) -> Array:
    """F, (batch,), as Keras computes it from the inputs."""
    feeds = [*graph.inputs.values(), graph.weights]
    fed = list(x.values())
    turned = [t.dtype.is_floating for t in graph.inputs.values()]
    alone.settle(graph, feeds, alone.probes([*fed, weights], [*turned, False]), [])
    run = graph.function("score", feeds, lambda: [graph.score])
    return net.in_chunks(run, [*fed, weights], net.chunk((), graph, fed))[0]


Place = tuple[int, ...]
"""A checked index into the output, without the batch axis and not negative."""


def _place(index: Any, shape: tuple[int, ...]) -> Place:
    """Where an index points; a bare number where the output has one axis."""
    given = tuple(_whole(i, index) for i in (index if isinstance(index, tuple) else (index,)))
    if not shape and given == (0,):
        return ()  # an output that is one number for an example
    if len(given) != len(shape):
        numbers = "one number" if len(shape) == 1 else f"{len(shape)} numbers"
        form = "(position, class)" if len(shape) == 2 else numbers
        raise InvalidRequest(
            f"target {_shown(index)} does not fit an output of shape {shape}: give {form}."
        )
    for i, n in zip(given, shape, strict=True):
        if not -n <= i < n:
            raise InvalidRequest(
                f"target {_shown(index)} is outside the output, whose shape is {shape}: "
                f"classes run from 0 to {shape[-1] - 1}."
            )
    return tuple(i % n for i, n in zip(given, shape, strict=True))


def _put(weights: Array, rows: Any, place: Place, weight: float) -> None:
    where: Any = (rows, *place)
    weights[where] = weight


def _bare(place: Place) -> Any:
    """A place as one gives it: the number alone where the output has one axis, or none."""
    return place if len(place) > 1 else (*place, 0)[0]


def _contrast(target: Mapping[Any, Any], shape: tuple[int, ...], dtype: Any) -> dict[Place, float]:
    """The places of a weighted sum of outputs, and their weights."""
    if not target:
        raise InvalidRequest("target is an empty contrast; give {index: weight}.")
    found: dict[Place, float] = {}
    for index, weight in target.items():
        place = _place(index, shape)
        if not _is_finite(weight, dtype):
            raise InvalidRequest(
                f"target gives {_shown(index)} the weight {_shown(weight)}; a finite number within "
                f"{np.dtype(dtype).name} is expected."
            )
        if place in found:
            raise InvalidRequest(
                f"target names place {_bare(place)} of the output twice; give one weight for it."
            )
        found[place] = float(weight)
    return found


def _is_finite(weight: Any, dtype: Any) -> bool:
    """Whether it is a number that the output's dtype can hold."""
    try:
        value = float(weight) if isinstance(weight, Real) else np.nan
    except OverflowError:
        return False
    with np.errstate(over="ignore"):
        return bool(np.isfinite(np.asarray(value).astype(dtype)))


def _integers(target: Any) -> Array:
    """A class index, or a list of them, as an array of integers."""
    try:
        indices = np.asarray(target)
        given = () if isinstance(target, np.ndarray) else np.asarray(target, object).flat
    except (TypeError, ValueError):  # lists of unequal length
        raise _unfit(target) from None
    if indices.dtype.kind not in "iu" or any(isinstance(v, bool | np.bool_) for v in given):
        raise _unfit(target)
    return indices


def _whole(number: Any, index: Any) -> int:
    """A number of an index, which Python itself takes for an index; truth values are none."""
    if isinstance(number, bool | np.bool_):
        raise _unfit(index)
    try:
        return operator.index(number)
    except TypeError:
        raise _unfit(index) from None


def _unfit(target: Any) -> InvalidRequest:
    return InvalidRequest(
        f"target is {_shown(target)}; a class index, one index per example, (position, class), "
        "{index: weight} or None is expected, and an index is a whole number."
    )


def _shown(value: Any) -> str:
    """What was given, in one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."
