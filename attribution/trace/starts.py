"""Where the path runs: the tensors that move from the reference to x, and the inputs that do not.

Floating-point inputs move themselves. Of integer inputs, the floating-point copies that the model
makes of them (pixels) and the results of embeddings, one-hot encodings and the like move. What the
score takes from an input in any other way (comparisons, masks, integers) has no points between, and
stays as it is at x.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf

from attribution.trace import connectivity
from attribution.trace.logit import MOVES


class Starts(NamedTuple):
    """The path's variables, by name; the inputs that the embeddings among them look up.

    copies : those that are floating-point copies of integer inputs.
    """

    tensors: dict[str, tf.Tensor]
    copies: dict[str, tf.Tensor]
    embedded: dict[str, tuple[str, ...]]


def find(
    inputs: Mapping[str, tf.Tensor],
    embeddings: Mapping[str, tf.Tensor],
    end: tf.Tensor,
    operations: Sequence[tf.Operation],
) -> Starts:
    """The tensors from which differentiable paths lead to `end`; none where there is no path.

    embeddings : what layers make of indices. Of what does not follow from an input (positions) it
        is a constant, and no start; nor is a start what follows from another one by derivatives, as
        counts that are weighted do.
    """
    to_end = connectivity.before([end], operations)
    found = {n: t.name for n, t in embeddings.items() if t.name in to_end}
    follow = {n: connectivity.depending([t], operations) for n, t in inputs.items() if found}
    sources = {n: tuple(i for i in inputs if t in follow[i]) for n, t in found.items()}
    copies = {n: t for n, t in _copies(inputs) if t.name in to_end}
    floats = {n: t for n, t in inputs.items() if t.dtype.is_floating and t.name in to_end}
    looked_up: dict[str, tuple[str, ...]] = {}
    for n, names in sources.items():
        before = [*floats.values(), *copies.values(), *(embeddings[m] for m in looked_up)]
        if names and embeddings[n].name not in connectivity.after(before, operations):
            looked_up[n] = names
    moving = floats | {n: embeddings[n] for n in looked_up} | copies
    return Starts(moving, copies, looked_up)


def held(
    inputs: Mapping[str, tf.Tensor],
    starts: Iterable[tf.Tensor],
    end: tf.Tensor,
    operations: Sequence[tf.Operation],
) -> dict[str, str]:
    """Input name -> the type of the operation by which `end` depends on it beside the starts."""
    fed = {t.name for t in starts}
    found = {}
    for name, tensor in inputs.items():
        if tensor.name in fed:
            continue
        reached = connectivity.depending([tensor], operations, fed)
        if end.name in reached:
            found[name] = _turn(reached, end, operations, fed)
    return found


def _turn(
    reached: set[str], end: tf.Tensor, operations: Sequence[tf.Operation], fed: Collection[str]
) -> str:
    """The first operation on the way to `end` that makes another kind of value, as NotEqual does.

    reached : the tensors that follow from the input; it is held by their way to `end`.
    """
    along = reached & connectivity.needed([end], operations, fed)
    way = [
        op
        for op in operations
        if any(t.name in along for t in op.inputs) and any(t.name in along for t in op.outputs)
    ]
    turns = [op for op in way if _kind(op.outputs[0]) not in {_kind(t) for t in op.inputs[:1]}]
    first: tf.Operation = (turns or way)[0]
    return str(first.type)


def _kind(tensor: tf.Tensor) -> str:
    dtype = tensor.dtype
    return (
        "float" if connectivity.carries(tensor) else "integer" if dtype.is_integer else dtype.name
    )


def _copies(inputs: Mapping[str, tf.Tensor]) -> Iterator[tuple[str, tf.Tensor]]:
    """The floating-point copies that the model makes of its integer inputs."""
    for name, tensor in inputs.items():
        waiting = [] if tensor.dtype.is_floating else list(tensor.consumers())
        found = 0
        for op in waiting:
            if op.type in MOVES and op.outputs[0].dtype.is_floating:
                yield f"{name}:{found}" if found else name, op.outputs[0]
                found += 1
            elif op.type in MOVES and op.outputs[0].dtype.is_integer:
                waiting += op.outputs[0].consumers()
