"""What tells one model from another: the operations of its trace, and the values that they read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.request import digest
from attribution.trace import canonical
from attribution.trace.rows.chance import READS

if TYPE_CHECKING:
    from attribution.trace.graph import Graph


def fingerprint(graph: Graph) -> str:
    """SHA-256 of the operations up to the score, with their constants, and of the weights now."""
    return digest([graph.structure, *_values(graph.score.graph.captures)])


def structure(graph: Graph) -> str:
    """The part of it that no training changes: the operations, with their constants."""
    known = {t.op.name: ("input", i) for i, t in enumerate(graph.inputs.values())}
    outside = enumerate(graph.score.graph.captures)
    known |= {inner.op.name: ("outside", i) for i, (_, inner) in outside}
    forward = graph.operations[: graph.numbers[graph.score.op.name] + 1]
    return digest([repr([line for line, _ in canonical.lines(forward, known)])])


def _values(captures: Any) -> Iterator[npt.NDArray[Any]]:
    """The variables and the constants that the operations read."""
    for outer, inner in captures:
        if outer.dtype not in (tf.resource, tf.variant):
            yield np.asarray(outer.numpy())
            continue
        for op in inner.consumers():
            if op.type in READS:
                dtype = op.get_attr("dtype")
                yield np.asarray(tf.raw_ops.ReadVariableOp(resource=outer, dtype=dtype).numpy())
                break
