"""How many rows go through a network at once: from the sizes of its tensors for the shapes fed.

A shape that is known only when a model runs (pictures of any size, sequences of any length, windows
folded into the first axis, loops) is learned by running one row forward, once for each shape fed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

if TYPE_CHECKING:
    from attribution.trace.graph import Graph

Array = npt.NDArray[Any]

_SHAPES = 16  # shapes fed whose sizes are remembered
_VIEWS = ("Identity", "IdentityN", "Reshape", "Squeeze", "ExpandDims", "StopGradient")
_LOOPS = ("While", "StatelessWhile")
_FOLDS = ("SpaceToBatchND", "BatchToSpaceND", "SpaceToBatch", "BatchToSpace")


class Room(NamedTuple):
    """What a device has room for.

    chunk : bytes that one chunk of rows may take in a pass through the network, roughly.
    most : rows of a large network; more are no faster and make progress coarse.
    cache : bytes up to which the rows of a small network go together: a call costs more than a row.
    """

    chunk: int
    most: int
    cache: int


PROCESSOR = Room(chunk=700 * 2**20, most=8, cache=32 * 2**20)
ACCELERATOR = Room(chunk=2 * 2**30, most=256, cache=2**30)
"""Of a GPU, which is idle with a few rows; small enough for one with 4 GB."""


def room() -> Room:
    """That of the device on which TensorFlow computes."""
    return ACCELERATOR if tf.config.list_logical_devices("GPU") else PROCESSOR


def rows(graph: Graph, layers: Iterable[str], fed: Sequence[Array]) -> int:
    """Rows to send at once through the network and back to the earliest of `layers`.

    fed : an array for each input of the graph, of one row or more, which gives their shapes.
    """
    space, row = room(), row_bytes(graph, layers, fed)
    return int(np.clip(space.chunk // row, 1, max(space.most, space.cache // row)))


def row_bytes(graph: Graph, layers: Iterable[str], fed: Sequence[Array]) -> int:
    """Estimated memory of one row of a pass forward, and back to the earliest of `layers`.

    Held until the end is what the way back reads and what layers return, from that layer on;
    beside it there are the tensors at work, of which the largest one counts.
    """
    found = _sizes(graph, fed)
    numbers = graph.numbers
    tensors = (_root(graph.tensors[n]) for n in layers)
    first = min((numbers[t.op.name] for t in tensors), default=len(numbers))
    kept = sum(p.bytes for p in found.parts if p.kept and p.number >= first)
    return 2 * kept + 3 * max((p.bytes for p in found.parts), default=0) + 1


def layer_shapes(graph: Graph, fed: Sequence[Array]) -> dict[str, tuple[int, ...]]:
    """Layer name -> its shape without the first axis, lengths filled in for the shapes fed."""
    return _sizes(graph, fed).shapes


@dataclass(frozen=True)
class _Part:
    """One tensor of a row, or what a loop keeps of all its steps, as the graph's number-th."""

    number: int
    bytes: int
    kept: bool


@dataclass(frozen=True)
class Sizes:
    """Of one row, for the shapes that were fed: tensors in bytes, layers without the first axis."""

    parts: tuple[_Part, ...]
    shapes: dict[str, tuple[int, ...]]


def _sizes(graph: Graph, fed: Sequence[Array]) -> Sizes:
    known = graph.sizes
    shape = tuple(a.shape[1:] for a in fed) if graph.varies else ()
    if shape not in known:
        for old in list(known)[: max(0, len(known) + 1 - _SHAPES)]:
            known.pop(old, None)
        known[shape] = _measured(graph, fed)
    return known[shape]


def varies(graph: Graph) -> bool:
    """Whether the size of some tensor is known only when the graph runs."""
    return any(_unknown(op, t) for op, t in _tensors(graph))


def _unknown(op: tf.Operation, tensor: tf.Tensor) -> bool:
    if tensor.shape.rank is None or op.type in _LOOPS + _FOLDS or None in tuple(tensor.shape[1:]):
        return True
    # A reshape after which a row has another size has moved something into the first axis.
    return op.type == "Reshape" and _elements(tensor) != _elements(op.inputs[0])


def _tensors(graph: Graph) -> Iterator[tuple[tf.Operation, tf.Tensor]]:
    """The tensors of the pass forward, up to the output, that are other for every row."""
    for op in graph.operations[: graph.numbers[graph.weights.op.name]]:
        for t in op.outputs:
            if graph.ways.moves(t) and t.dtype not in (tf.resource, tf.variant, tf.string):
                yield op, t


def _measured(graph: Graph, fed: Sequence[Array]) -> Sizes:
    numbers, tensors = graph.numbers, list(_tensors(graph))
    kept = {_root(t).name for t in [*graph.tensors.values(), *graph.read_back()]}
    loops = [op for op, _ in _loops(graph)]
    if graph.varies:
        sizes, steps, shapes = _run(graph, fed, tensors)
    else:
        sizes = [_elements(t) for _, t in tensors]
        steps = []
        shapes = {n: tuple(k or 1 for k in shape) for n, shape in graph.shapes.items()}
    parts = [
        _Part(
            numbers[op.name],
            size * t.dtype.size,
            t.name in kept and op.type not in _VIEWS,
        )
        for (op, t), size in zip(tensors, sizes, strict=True)
    ]
    parts += [
        _Part(numbers[op.name], count * _step_bytes(op), True)
        for op, count in zip(loops, steps, strict=False)
    ]
    return Sizes(tuple(parts), shapes)


def _run(
    graph: Graph, fed: Sequence[Array], tensors: Sequence[tuple[tf.Operation, tf.Tensor]]
) -> tuple[list[int], list[int], dict[str, tuple[int, ...]]]:
    """Elements of each tensor, steps of each loop and shapes of layers, in a run of one row."""
    names = list(graph.tensors)

    def fetches() -> list[Any]:
        steps = [
            tf.reduce_max([tf.raw_ops.TensorListLength(input_handle=t) for t in lists])
            for _, lists in _loops(graph)
        ]
        sizes = [tf.size(t, tf.int64) for _, t in tensors]
        return [sizes, steps, [tf.shape(graph.values(n)) for n in names]]

    key = "sizes", tuple(graph.layouts.values())
    run = graph.function(key, list(graph.inputs.values()), fetches)
    sizes, steps, shapes = run(*(a[:1] for a in fed))
    found = {n: tuple(int(k) for k in s[1:]) for n, s in zip(names, shapes, strict=True)}
    return [int(n) for n in sizes], [int(n) for n in steps], found


def _loops(graph: Graph) -> list[tuple[tf.Operation, list[tf.Tensor]]]:
    """The loops, and their lists of what each step leaves for the way back."""
    found = [
        (op, [t for t in op.outputs if t.dtype == tf.variant])
        for op in graph.operations
        if op.type in _LOOPS
    ]
    return [(op, lists) for op, lists in found if lists]


def _step_bytes(loop: tf.Operation) -> int:
    """What a step of a loop keeps of one row. Tensors without a row axis are weights and shapes."""
    body = getattr(loop, "_body_graph", None)  # set by TensorFlow; has no public name
    kept = {
        op.inputs[1].name: op.inputs[1]
        for op in (body.get_operations() if body is not None else ())
        if op.type == "TensorListPushBack"
    }
    rows = [t for t in kept.values() if t.shape.rank and t.shape[0] is None]
    return sum(_elements(t) * t.dtype.size for t in rows)


def _root(tensor: tf.Tensor) -> tf.Tensor:
    """The tensor whose memory this one shares."""
    while tensor.op.type in _VIEWS:
        tensor = tensor.op.inputs[tensor.value_index]
    return tensor


def _elements(tensor: tf.Tensor) -> int:
    """Elements of one row; an unknown length counts as 1."""
    known = [n or 1 for n in tensor.shape[1:]] if tensor.shape.rank else []
    return int(np.prod(known, dtype=np.int64))
