"""Which operations draw random numbers, or may say another thing at every call."""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf

_DRAWS = (
    *("Random", "TruncatedNormal", "ParameterizedTruncated", "Multinomial", "RngReadAndSkip"),
    *("StatefulStandardNormal", "StatefulUniform", "StatefulTruncated", "StatefulRandom"),
    *("StatelessRandom", "StatelessTruncated", "StatelessMultinomial", "StatelessParameterized"),
)
_FIXED = ("StatelessRandomGetKeyCounter", "StatelessRandomGetAlg")
READS = ("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableV2")
_STEADY = (*READS, "VarHandleOp", "Placeholder", "VarIsInitializedOp", "Assert")


def is_stateful(op: tf.Operation) -> bool:
    """Whether an operation may give another result at every call, without any input."""
    return bool(op.outputs) and op.op_def.is_stateful and op.type not in _STEADY


def draws(op: tf.Operation, written: Iterable[str]) -> bool:
    """Whether an operation's results are drawn anew at every call, or for each row.

    What reads a variable that every call writes counts as well: so do generators of numbers.
    """
    if op.type in READS:
        return op.inputs[0].name in written if op.inputs else False
    if not op.type.startswith(_DRAWS) or op.type in _FIXED:
        return False
    if not op.type.startswith("Stateless"):
        return True
    return any(_is_fed(t) for t in op.inputs) or tf.get_static_value(op.inputs[0]) is None


def _is_fed(tensor: tf.Tensor) -> bool:
    """Whether a small tensor depends on variables or on what is fed, rather than on constants."""
    waiting, seen = [tensor.op], set[str]()
    while waiting:
        op = waiting.pop()
        if op.type in READS or op.type.startswith("Placeholder"):
            return True
        if op.name not in seen:
            seen.add(op.name)
            waiting += [t.op for t in op.inputs]
    return False
