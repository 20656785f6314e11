"""What is asked of a network, checked once and turned into arrays that every method shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

import attribution
from attribution.arguments import Output
from attribution.errors import InvalidRequest
from attribution.network import Network, cast
from attribution.questions import target as _target
from attribution.request import Request, digest, plain, said
from attribution.trace import chunks
from attribution.trace.graph import Graph
from attribution.trace.rows import alone

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Question:
    """Examples, references and a target, as the graph is fed with them.

    ends : the path's variables at x, one array (batch, *shape) per start of the graph.
    references : the same at each reference.
    fixed : the inputs that do not move along the path, at x.
    weights : (batch, *output shape); the score is sum(weights * output).
    own : (batch,) the model's own F(baseline), mean over the references, where an input is held at
        x; None where none is, because the path then ends at that very number.
    left_out : a sentence for each layer that "all" cannot answer for.
    target : as a result keeps it: an array of class indices, or what was given.
    layers : the names asked for, in graph order.
    asked : gives what was asked, as a result keeps it, but for the method.
    """

    graph: Graph
    layers: tuple[str, ...]
    ends: tuple[Array, ...]
    references: tuple[tuple[Array, ...], ...]
    fixed: tuple[Array, ...]
    weights: Array
    own: Array | None
    target: Any
    asked: Callable[[], Request]
    left_out: tuple[str, ...] = field(default=(), kw_only=True)

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
        return [*self.laid(fed), *(f[rows] for f in self.fixed), self.weights[rows]]

    def laid(self, values: Sequence[Array]) -> list[Array]:
        """Values of the starts, (rows, *shape) each, as the graph holds them."""
        layouts = [self.graph.layouts[name] for name in self.graph.starts]
        pairs = zip(values, layouts, strict=True)
        return [layout.unfold(v) if layout else v for v, layout in pairs]

    def layer_shape(self, name: str) -> tuple[int, ...]:
        """The layer's shape without the batch axis, unknown lengths filled in for these inputs."""
        return chunks.layer_shapes(self.graph, self.fed())[name]

    def fed(self) -> list[Array]:
        """The first example, as an array (1, *shape) for each input of the graph."""
        moved = dict(zip(self.graph.starts, self.ends, strict=True))
        held = dict(zip(self.graph.fixed, self.fixed, strict=True))
        return [(held[n] if n in held else moved[n])[:1] for n in self.graph.inputs]

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
    output: Output = "logit",
    override: Mapping[str, str] | None = None,
) -> Question:
    """Check a request. See `neuron_integrated_gradients` for the meaning of the arguments."""
    graph, rest = _target.explain(net, target, output, override)
    names = _layers(graph, layer)
    arrays = dict(zip(graph.inputs, net.arrays(x), strict=True))
    references = [
        dict(zip(graph.inputs, r, strict=True)) for r in _references(net, baseline, arrays)
    ]
    weights, kept = _target.weights(net, graph, arrays, rest)
    if _target.names_output(target):
        kept = (target[0], kept.tolist() if isinstance(kept, np.ndarray) else kept)
    own = [_target.score(net, graph, r, weights) for r in references if graph.held]
    ends = _starts(net, graph, arrays)
    moved = tuple(_starts(net, graph, r) for r in references)
    for origin in moved:
        _check_length(graph, ends, origin)
    question = Question(
        graph=graph,
        layers=names,
        ends=ends,
        references=moved,
        fixed=tuple(arrays[n] for n in graph.fixed),
        weights=weights,
        own=np.mean(own, axis=0, dtype=float) if own else None,
        target=kept,
        asked=lambda: Request(
            model=net.digest(),
            input=digest(arrays.values()),
            baseline=said(baseline, [list(r.values()) for r in references]),
            output=output,
            target=plain(target),
            versions=_versions(),
        ),
    )
    return _settled(question, layer)


def _versions() -> Mapping[str, str]:
    return {
        "neuron-attribution": attribution.__version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
    }


def _settled(question: Question, layer: str | Sequence[str]) -> Question:
    """The question once it is known that each example's numbers are its own.

    Of "all" layers, those that are refused are left out.
    """
    graph = question.graph
    ends = question.points([0, 0, 0, question.batch - 1], [0] * 4, np.array([1, 0.5, 0, 1]))
    layouts = [graph.layouts[n] for n in graph.starts]
    turned = [layout is not None and layout.plain for layout in layouts]
    rows = alone.probes(ends, turned + [False] * (len(ends) - len(turned)))
    refused = alone.settle(graph, question.feeds(), rows, question.layers)
    kept = tuple(n for n in question.layers if n not in refused)
    if refused and (layer != "all" or not kept):
        raise InvalidRequest(next(iter(refused.values())))
    return replace(question, layers=kept, left_out=tuple(refused.values()))


def _check_length(graph: Graph, ends: tuple[Array, ...], origin: tuple[Array, ...]) -> None:
    """Points between x and the baseline are made of their difference, which must be a number."""
    for name, end, start in zip(graph.starts, ends, origin, strict=True):
        with np.errstate(over="ignore"):
            known = np.isfinite(end - start).all()
        if not known:
            raise InvalidRequest(
                f"x and the baseline for {name!r} are further apart than {end.dtype} can hold: "
                "scale them as the model was trained."
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


def _starts(net: Network, graph: Graph, arrays: dict[str, Array]) -> tuple[Array, ...]:
    """The values of the path's variables: inputs as they are, embeddings looked up."""
    tensors = zip(graph.starts, graph.start_tensors(), strict=True)
    embedded = [n for n, t in tensors if t is not graph.inputs.get(n)]
    found: dict[str, Array] = {}
    if embedded:
        run = graph.function(
            "starts", list(graph.inputs.values()), lambda: [graph.values(n) for n in embedded]
        )
        fed = list(arrays.values())
        values = net.in_chunks(run, fed, net.chunk((), graph, fed))
        found = dict(zip(embedded, values, strict=True))
    return tuple(found[n] if n in found else arrays[n] for n in graph.starts)


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
        number = isinstance(given, Real | np.generic)  # for every input
        values = [given] * len(x) if number or len(x) == 1 else list(given)
        if len(values) != len(x):
            raise InvalidRequest(
                f"A baseline needs one array for each of the inputs {list(x)}; "
                f"{len(values)} were given."
            )
    arrays = []
    for value, (name, like) in zip(values, x.items(), strict=True):
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise InvalidRequest(f"baseline for input {name!r} is not an array: {error}") from error
        array = cast(array, tf.as_dtype(like.dtype), f"baseline for input {name!r}")
        if array.shape not in ((), like.shape[1:], like.shape, (1, *like.shape[1:])):
            raise InvalidRequest(
                f"baseline for input {name!r} has shape {array.shape}; {like.shape[1:]} or "
                f"{like.shape} is expected. Several references are passed as a list."
            )
        arrays.append(np.broadcast_to(array, like.shape))
    return arrays
