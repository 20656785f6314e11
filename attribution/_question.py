"""What is asked of a network, checked once and turned into arrays that every method shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution._graph import Graph
from attribution.errors import InvalidRequest
from attribution.network import Network

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Question:
    """Examples, references and a target, as the graph is fed with them.

    ends : the path's variables at x, one array (batch, *shape) per start of the graph.
    references : the same at each reference.
    fixed : the inputs that do not move along the path, at x.
    weights : (batch, *output shape); the score is sum(weights * output).
    target : as a result keeps it: an array of class indices, or what was given.
    layers : the names asked for, in graph order.
    """

    graph: Graph
    layers: tuple[str, ...]
    ends: tuple[Array, ...]
    references: tuple[tuple[Array, ...], ...]
    fixed: tuple[Array, ...]
    weights: Array
    target: Any

    @property
    def batch(self) -> int:
        return len(self.weights)

    def points(self, example: Sequence[int], reference: Sequence[int], a: Array) -> list[Array]:
        """Feeds for rows at x' + a (x - x'), exact at both ends; one row per (example, ref, a)."""
        rows = np.asarray(example)
        fed = []
        for i, end in enumerate(self.ends):
            end = end[rows]
            origin = np.stack(
                [self.references[r][i][e] for e, r in zip(rows, reference, strict=True)]
            )
            along = a.reshape(-1, *[1] * (end.ndim - 1)).astype(end.dtype)
            point = origin + along * (end - origin)
            fed.append(np.where(along == 1, end, point))
        return [*fed, *(f[rows] for f in self.fixed), self.weights[rows]]

    def layer_shape(self, name: str) -> tuple[int, ...]:
        """The layer's shape without the batch axis, unknown lengths filled in for these inputs."""
        static = tuple(self.graph.tensors[name].shape[1:])
        if None not in static:
            return static
        run = self.graph.function(
            ("shape", name), self.feeds(), lambda: [tf.shape(self.graph.tensors[name])]
        )
        (shape,) = run(*self.points([0], [0], np.ones(1)))
        return tuple(int(n) for n in shape[1:])

    def feeds(self) -> list[Any]:
        """The tensors that `points` feeds, in its order."""
        graph = self.graph
        return [*graph.start_tensors(), *graph.fixed_tensors(), graph.weights]


def ask(
    net: Network,
    x: Any,
    layer: str | Sequence[str],
    *,
    target: Any = None,
    baseline: Any = None,
    output: str = "logit",
    override: Mapping[str, str] | None = None,
) -> Question:
    """Check a request. See `neuron_integrated_gradients` for the meaning of the arguments."""
    if output not in ("logit", "output"):
        raise InvalidRequest(f"output is 'logit' or 'output', not {output!r}.")
    head, target = _split_output(net, target)
    graph = net.graph(head, logit=output == "logit", override=override)
    names = _layers(graph, layer)
    arrays = dict(zip(graph.inputs, net.arrays(x), strict=True))
    batch = len(next(iter(arrays.values())))
    references = [
        dict(zip(graph.inputs, r, strict=True)) for r in _references(net, baseline, arrays)
    ]
    weights, target = _weights(net, graph, arrays, target, batch)
    return Question(
        graph=graph,
        layers=names,
        ends=_starts(net, graph, arrays),
        references=tuple(_starts(net, graph, r) for r in references),
        fixed=tuple(arrays[n] for n in graph.fixed),
        weights=weights,
        target=target,
    )


def _layers(graph: Graph, layer: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(layer, str) and layer == "all":
        return tuple(graph.gradients)
    names = [layer] if isinstance(layer, str) else list(layer)
    if not names:
        raise InvalidRequest("No layer is named: pass a name, several names or 'all'.")
    for name in names:
        graph.gradient(name)
    return tuple(n for n in graph.tensors if n in set(names))


def _split_output(net: Network, target: Any) -> tuple[str | None, Any]:
    """A target ("name of an output", rest) speaks of that output; any other of the first."""
    if isinstance(target, tuple) and target and isinstance(target[0], str):
        if target[0] not in net.output_shapes:
            raise InvalidRequest(
                f"The network has no output {target[0]!r}; it has {list(net.output_shapes)}."
            )
        rest = target[1] if len(target) == 2 else target[1:]
        return target[0], rest if target[1:] else None
    return None, target


def _starts(net: Network, graph: Graph, arrays: dict[str, Array]) -> tuple[Array, ...]:
    """The values of the path's variables: inputs as they are, embeddings looked up."""
    embedded = [n for n in graph.starts if n not in arrays]
    found: dict[str, Array] = {}
    if embedded:
        run = graph.function(
            "starts", list(graph.inputs.values()), lambda: [graph.tensors[n] for n in embedded]
        )
        found = dict(
            zip(embedded, net.in_chunks(run, list(arrays.values()), net.chunk(())), strict=True)
        )
    return tuple(arrays[n] if n in arrays else found[n] for n in graph.starts)


def _references(net: Network, baseline: Any, x: dict[str, Array]) -> list[list[Array]]:
    """Each reference as one array (batch, *shape) per input."""
    several = len(x) > 1
    if baseline is None:
        return [[np.zeros_like(a) for a in x.values()]]
    if isinstance(baseline, Mapping):
        return [_reference(baseline, x)]
    if isinstance(baseline, list | tuple):
        if not baseline:
            raise InvalidRequest("baseline is an empty list; give at least one reference.")
        one = (
            len(baseline) == len(x) and not isinstance(baseline[0], Mapping | list | tuple)
            if several
            else np.ndim(baseline[0]) == 0
        )
        return [_reference(r, x) for r in ([baseline] if one else baseline)]
    return [_reference(baseline, x)]


def _reference(given: Any, x: dict[str, Array]) -> list[Array]:
    if isinstance(given, Mapping):
        if set(given) != set(x):
            raise InvalidRequest(f"baseline names {sorted(given)}, but the inputs are {list(x)}.")
        values = [given[n] for n in x]
    else:
        values = [given] if len(x) == 1 else list(given)
        if len(values) != len(x):
            raise InvalidRequest(
                f"A baseline needs one array for each of the inputs {list(x)}; "
                f"{len(values)} were given."
            )
    arrays = []
    for value, (name, like) in zip(values, x.items(), strict=True):
        array = np.asarray(value, dtype=like.dtype)
        if array.shape not in ((), like.shape[1:], like.shape, (1, *like.shape[1:])):
            raise InvalidRequest(
                f"baseline for input {name!r} has shape {array.shape}; {like.shape[1:]} or "
                f"{like.shape} is expected. Several references are passed as a list."
            )
        if not np.isfinite(array).all():
            raise InvalidRequest(f"baseline for input {name!r} holds NaN or infinite values.")
        arrays.append(np.broadcast_to(array, like.shape))
    return arrays


def _weights(
    net: Network, graph: Graph, x: dict[str, Array], target: Any, batch: int
) -> tuple[Array, Any]:
    """(batch, *output shape) weights of the score, and the target as a result keeps it."""
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
    indices = np.asarray(target)
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
