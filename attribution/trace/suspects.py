"""Operations whose gradient may not be their derivative, and the layers that have one ahead.

Found in the traced graph alone: gradients that somebody wrote, steps that jump, operations outside
the graph. Most of them are honest: whether they are, only the sums tell (`vouch`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from attribution.trace.connectivity import WITHOUT_VALUES, carries, depending, needed

if TYPE_CHECKING:
    from attribution.trace.graph import Graph

_WRITTEN = "_gradient_op_type"  # the mark of a gradient that is not the operation's own
_TYPES = {
    *("StopGradient", "PreventGradient", "PyFunc", "PyFuncStateless", "EagerPyFunc"),
    *("Round", "Rint", "Floor", "Ceil", "Sign", "FloorDiv", "TruncateDiv"),
    *("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel"),
    *("QuantizeAndDequantize", "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3"),
    *("QuantizeAndDequantizeV4", "QuantizeAndDequantizeV4Grad"),
}
_NO_VALUES = WITHOUT_VALUES | {"IsFinite", "IsInf", "IsNan"}


def suspects(graph: Graph) -> Mapping[str, tf.Operation]:
    """Layer name -> the first such operation after it, for the layers that have one."""
    starts, operations = graph.start_tensors(), graph.operations
    given = {t.name for t in starts}  # nothing before them is a part of the path
    moving = depending(starts, operations) & needed([graph.score], operations, given)
    reaching = {graph.score.name}
    ahead: dict[str, tf.Operation] = {}
    functions = _Functions(graph)
    for op in reversed(graph.operations):
        if not any(t.name in reaching for t in op.outputs) or op.type in _NO_VALUES:
            continue
        reaching |= {t.name for t in op.inputs}
        inputs = [t.name for t in op.inputs if t.name in moving]
        if not inputs:
            continue
        jumps = any(t.dtype.is_floating for t in op.inputs if t.name in moving) and any(
            not carries(t) and t.dtype != tf.resource for t in op.outputs if t.name in reaching
        )
        suspect = jumps or _written(op.node_def) or functions.hold_one(op.node_def)
        first = (
            op if suspect else next((ahead[t.name] for t in op.outputs if t.name in ahead), None)
        )
        if first is not None:
            ahead |= dict.fromkeys(inputs, first)
    return {n: ahead[t.name] for n, t in graph.tensors.items() if t.name in ahead}


def _written(node: Any) -> bool:
    return node.op in _TYPES or _WRITTEN in node.attr


class _Functions:
    """The functions that operations of a graph call, looked up when one is met."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._held: dict[str, bool] = {}
        self._library: dict[str, Any] = {}

    def hold_one(self, node: Any) -> bool:
        """Whether a function that a node calls contains such an operation, at any depth."""
        return any(
            self._holds(called.name)
            for value in node.attr.values()
            for called in ([value.func] if value.HasField("func") else value.list.func)
            if called.name
        )

    def _holds(self, name: str) -> bool:
        if not self._library:
            whole = self._graph.score.graph.as_graph_def().library.function
            self._library = {f.signature.name: f for f in whole}
        if name not in self._held:
            self._held[name] = False  # while it is looked at: functions may call themselves
            nodes = self._library[name].node_def if name in self._library else []
            self._held[name] = any(_written(n) or self.hold_one(n) for n in nodes)
        return self._held[name]
