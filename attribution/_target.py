"""The target of a question: which output is explained, and which sum of its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution.errors import InvalidRequest

if TYPE_CHECKING:
    from attribution._graph import Graph
    from attribution.network import Network

Array = npt.NDArray[Any]


def explain(
    net: Network, target: Any, output: str, override: Mapping[str, str] | None = None
) -> tuple[Graph, Any]:
    """The graph of the output that a target speaks of, and the rest of the target."""
    if output not in ("logit", "output"):
        raise InvalidRequest(f"output is 'logit' or 'output', not {output!r}.")
    head, rest = _split_output(net, target)
    return net.graph(head, logit=output == "logit", override=override), rest


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
    """(batch, *output shape) weights of the score, and the target as a result keeps it."""
    batch = len(next(iter(x.values())))
    dtype = graph.explained.dtype.as_numpy_dtype
    static = tuple(graph.explained.shape[1:])
    values: Array | None = None
    if target is None or None in static:
        run = graph.function("explained", list(graph.inputs.values()), lambda: [graph.explained])
        (values,) = net.in_chunks(run, list(x.values()), net.chunk(()))
    shape = static if values is None else values.shape[1:]
    weights = np.zeros((batch, *shape), dtype)
    if isinstance(target, Mapping):
        if not target:
            raise InvalidRequest("target is an empty contrast; give {index: weight}.")
        for index, weight in target.items():
            weights[_place(index, shape)] = float(weight)
        return weights, dict(target)
    if target is None:
        assert values is not None
        flat = values.reshape(batch, -1).argmax(1)
        weights.reshape(batch, -1)[np.arange(batch), flat] = 1
        return weights, flat if len(shape) <= 1 else np.stack(np.unravel_index(flat, shape), 1)
    if isinstance(target, tuple):
        weights[_place(target, shape)] = 1
        return weights, target
    try:
        indices = np.asarray(target)
    except ValueError:  # lists of unequal length
        indices = np.array(np.nan)
    if indices.dtype.kind not in "iu":
        raise InvalidRequest(
            f"target is {target!r}; a class index, one index per example, (position, class), "
            "{index: weight} or None is expected."
        )
    if indices.ndim == 0:
        weights[_place(int(indices), shape)] = 1
        return weights, np.full(batch, int(indices))
    if len(indices) != batch:
        raise InvalidRequest(f"target lists {len(indices)} classes for {batch} examples.")
    for row, index in enumerate(indices):
        weights[(row, *_index(tuple(np.atleast_1d(index).tolist()), shape))] = 1
    return weights, indices


def _place(index: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The index, for every example."""
    return slice(None), *_index(index, shape)


def _index(index: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A checked index into the output; a bare number where the output has one axis."""
    given = tuple(int(i) for i in (index if isinstance(index, tuple) else (index,)))
    if not shape and given == (0,):
        return ()  # an output that is one number for an example
    if len(given) != len(shape):
        form = "(position, class)" if len(shape) == 2 else f"{len(shape)} numbers"
        raise InvalidRequest(
            f"target {index!r} does not fit an output of shape {shape}: give {form}."
        )
    for i, n in zip(given, shape, strict=True):
        if not -n <= i < n:
            raise InvalidRequest(
                f"target {index!r} is outside the output, whose shape is {shape}: "
                f"classes run from 0 to {shape[-1] - 1}."
            )
    return given
