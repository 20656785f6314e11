"""The logit of an output: what stands before its final softmax or sigmoid, in the output's axes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import tensorflow as tf

from attribution.trace import connectivity
from attribution.trace.replay import replay

MOVES = (
    "Identity",
    "Snapshot",
    "EnsureShape",
    "CheckNumerics",
    "Cast",
    "Reshape",
    "Transpose",
    "Squeeze",
    "ExpandDims",
)
"""Operations that hand on every value, in another place, shape or precision."""
_SELECTIONS = ("StridedSlice", "ReverseV2", "Roll")
"""The same where they leave no value out: an axis put in by indexing, an order turned round."""
_SQUASHES = ("Softmax", "LogSoftmax", "Sigmoid")
_CONTRACTIONS = re.compile(r".*MatMul.*|Einsum|.*Conv[23].*|.*While|.*If|.*Case")
"""Types of operations that mix values by weights, or by other values as attention does; loops."""
_QUOTIENTS = {"RealDiv": 1, "Div": 1, "DivNoNan": 1, "Xdivy": 1, "Reciprocal": 0, "Inv": 0}
"""Operation type -> which of its inputs is the divisor."""
_SUMS = {"Sum", "AddV2", "Add", "AddN"}


def read_back(output: tf.Tensor) -> tf.Tensor | None:
    """The output as it was before a final softmax or sigmoid; None where there is none.

    What moves the values about after the softmax is done again with the values before it, so that
    the logit of a place of the output stands at that very place.
    """
    made, moves = _made(output)
    if made.type not in _SQUASHES:
        return None
    logit = made.inputs[0]
    for op in reversed(moves):
        (logit,) = replay(op, {0: logit})
    logit.set_shape(output.shape)
    return logit


def squash(output: tf.Tensor) -> str:
    """The type of the operation that makes the output from its logit; empty where there is none."""
    made, _ = _made(output)
    return made.type if made.type in _SQUASHES else ""


def squashed(output: tf.Tensor) -> tf.Tensor | None:
    """What a final softmax or sigmoid is given, in its own axes; None where there is none."""
    made, _ = _made(output)
    return made.inputs[0] if made.type in _SQUASHES else None


def _made(output: tf.Tensor) -> tuple[tf.Operation, list[tf.Operation]]:
    """What makes the values of an output, and what moves them about after that."""
    moves = []
    tensor = output
    while _is_move(tensor.op) and tensor.op.inputs[0].dtype.is_floating:
        moves.append(tensor.op)
        tensor = tensor.op.inputs[0]
    return tensor.op, moves


def _is_move(op: tf.Operation) -> bool:
    if op.type not in _SELECTIONS:
        return op.type in MOVES
    given, taken = (t.shape[1:].num_elements() for t in (op.inputs[0], op.outputs[0]))
    return given is not None and given == taken


def squash_behind(
    output: tf.Tensor, inputs: Sequence[tf.Tensor], operations: Sequence[tf.Operation]
) -> tf.Operation | None:
    """A softmax or sigmoid from which the output follows without weights; None where none does.

    Found by its operation, or written by hand: a quotient whose divisor holds exponentials, a
    difference to the logarithm of their sum.
    """
    varying = connectivity.depending(inputs, operations)
    return next((op for op in _tail(output, varying) if _is_squash(op, varying)), None)


def _tail(tensor: tf.Tensor, varying: set[str]) -> Iterator[tf.Operation]:
    """The operations from which a tensor follows without weights, back from it."""
    waiting, seen = [tensor], set()
    while waiting:
        near = waiting.pop(0)
        op = near.op
        if op.name in seen or near.name not in varying or _has_weights(op, varying):
            continue
        seen.add(op.name)
        yield op
        if op.type not in _SQUASHES:
            waiting += [t for t in op.inputs if connectivity.carries(t)]


def _has_weights(op: tf.Operation, varying: set[str]) -> bool:
    return bool(_CONTRACTIONS.fullmatch(op.type)) or any(
        t.name not in varying and connectivity.carries(t) and tf.get_static_value(t) is None
        for t in op.inputs
    )


def _is_squash(op: tf.Operation, varying: set[str]) -> bool:
    if op.type in _QUOTIENTS:
        above, below = op.inputs[0], op.inputs[_QUOTIENTS[op.type]]
        share = above.name not in varying or "Exp" in _types(above, varying)
        sums = _types(below, varying)
        return share and "Exp" in sums and not _SUMS.isdisjoint(sums)
    if op.type == "Sub":
        return {"Exp", "Log"} <= _types(op.inputs[1], varying)
    if op.type == "Neg":
        return op.inputs[0].op.type == "Softplus"  # log(sigmoid(x)) = -softplus(-x)
    if op.type in ("PartitionedCall", "StatefulPartitionedCall"):
        library = {f.signature.name: f for f in op.graph.as_graph_def().library.function}
        return any(n.op in _SQUASHES for n in library[op.get_attr("f").name].node_def)
    return op.type in _SQUASHES


def _types(tensor: tf.Tensor, varying: set[str]) -> set[str]:
    return {op.type for op in _tail(tensor, varying)}
