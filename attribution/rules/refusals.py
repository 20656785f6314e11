"""Which layers DeepLIFT cannot answer for, and which operation on the way is to blame.

Found from the traced graph alone, before a number is computed: an operation without an exact rule,
a step through integers or conditions that depend on x, a result that mixes examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from attribution.errors import UnsupportedOperation
from attribution.rules.operations import (
    ACTIVATIONS,
    CALLS,
    MOVES,
    RULES,
    WEIGHTS,
    complex_operand,
    scattered,
)
from attribution.rules.reveal_cancel import behind
from attribution.trace.connectivity import WITHOUT_VALUES, carries, needed
from attribution.trace.graph import Graph

_FINITE = {"IsFinite", "IsInf", "IsNan"}  # nothing but finite values is explained
_LOOPS = {"While", "StatelessWhile", "If", "StatelessIf", "Case", "StatelessCase"}

_ELSE = "Ask for a layer after it, or use neuron_integrated_gradients, which needs no rules."
_APART = f"It must keep examples apart, along the first axis. {_ELSE}"
_UNROLL = "Build LSTM, GRU and other recurrent layers with unroll=True (a fixed length), or " + (
    _ELSE[0].lower() + _ELSE[1:]
)


def refuse(graph: Graph, layer: Any, rule: str) -> None:
    """Raise UnsupportedOperation if a layer asked for has no exact answer."""
    found = refusals(graph, rule)
    for name in [layer] if isinstance(layer, str) else layer:
        if name in found:
            raise found[name]


def refusals(graph: Graph, rule: str) -> Mapping[str, UnsupportedOperation]:
    """Layer name -> the error for it, in graph order; layers that can be answered are missing."""
    known = graph.shared.refusals
    if rule not in known:
        known[rule] = _find(graph, rule)
    return known[rule]


def _find(graph: Graph, rule: str) -> dict[str, UnsupportedOperation]:
    depends = _dependent(graph)
    blocked: dict[str, tuple[tf.Operation, str]] = {}  # tensor -> the first obstacle after it
    for op in reversed(graph.operations):
        if not any(t.name in depends for t in op.inputs):
            continue
        advice = _problem(graph, op, depends, rule) if graph.ways.on_the_way(op) else ""
        after = next((blocked[t.name] for t in op.outputs if t.name in blocked), None)
        looped = after is not None and after[1] == _UNROLL and op.type not in _LOOPS
        obstacle = (
            (op, advice) if advice and not looped else after
        )  # a loop is to blame for its ends
        if obstacle is not None:
            blocked |= {t.name: obstacle for t in op.inputs if t.name in depends}
    found = {
        name: UnsupportedOperation(graph.caller(op), op.type, advice)
        for name, t in graph.tensors.items()
        if t.name in blocked
        for op, advice in [blocked[t.name]]
    }
    for name, t in graph.tensors.items() if rule != "rescale" else ():
        if name in graph.gradients and not graph.halved(t):  # whose parts are not told apart
            found.setdefault(name, UnsupportedOperation(name, t.op.type, _APART))
    return found


def _dependent(graph: Graph) -> set[str]:
    """Tensors, of any type, that follow from the starts, and from which the score follows."""
    starts = {t.name for t in graph.start_tensors()}
    depends = set(starts)
    for op in graph.operations:
        if op.type not in WITHOUT_VALUES | _FINITE and any(t.name in depends for t in op.inputs):
            depends |= {t.name for t in op.outputs}
    return depends & needed([graph.score], graph.operations, starts)


def _problem(graph: Graph, op: tf.Operation, depends: set[str], name: str) -> str:
    """What is wrong with an operation on the way, as advice; empty where it has an exact rule."""
    if op.type in _LOOPS or op.type.startswith("TensorList"):
        return _UNROLL
    which = [i for i, t in enumerate(op.inputs) if graph.ways.varies(t)]
    steps = [t.op.type for t in op.inputs if t.name in depends and not carries(t)]
    if op.type in CALLS and name != "rescale":
        return f"It calls a tf.function, whose weights {name} cannot see: use rule='rescale'."
    if op.type in CALLS:
        inside = _inside(graph, op, which)
        if not inside:
            return ""
        return f"It calls a tf.function that contains {inside}. {_ELSE}"
    if steps:
        return f"It jumps where the result of {steps[0]} changes, so it has no slope. {_ELSE}"
    if not which:
        return ""
    rule = RULES.get(op.type)
    if rule is None:
        return _ELSE
    if not rule.allows(which):
        return f"The rule covers it only where its other operands are constant. {_ELSE}"
    if complex_operand(op, which) and (rule.back is not None or name != "rescale"):
        return f"It takes complex numbers, whose differences have no sign. {_ELSE}"
    halved = rule.back is not None or (name != "rescale" and op.type not in MOVES)
    if halved and any(_turned(graph, op, op.inputs[i]) for i in which):
        return _APART
    if name == "genomics" and op.type in ACTIVATIONS and not behind(graph, op):
        return (
            "rule='genomics' chooses by the layer with weights before an activation, and there is "
            "none: use rule='rescale' or rule='reveal_cancel'."
        )
    return ""


def _turned(graph: Graph, op: tf.Operation, tensor: tf.Tensor) -> bool:
    """Whether the halves of an operand are not those of the examples, as rules need them."""
    if not graph.halved(tensor):
        return not (scattered(graph, tensor) and op.type in WEIGHTS)  # rows in whatever order
    plain = op.type in ("Mul", "Sub", "RealDiv", "Maximum", "Minimum", "SquaredDifference", "Pow")
    return plain and any((t.shape.rank or 0) > tensor.shape.rank for t in op.inputs)


def _inside(graph: Graph, op: tf.Operation, which: list[int]) -> str:
    """The type of an operation within a call that is not linear in its inputs; empty if all are."""
    functions = graph.shared.functions
    if not functions:
        functions |= {f.signature.name: f for f in op.graph.as_graph_def().library.function}
    function = functions[op.get_attr("f").name]
    arguments = [a.name for a in function.signature.input_arg]
    depends = {arguments[i] for i in which}
    nodes = list(function.node_def)
    for _ in nodes:  # nodes may come in any order
        for node in nodes:
            if any(source.split(":")[0] in depends for source in node.input):
                depends.add(node.name)
    for node in nodes:
        inputs = [i for i, source in enumerate(node.input) if source.split(":")[0] in depends]
        rule = RULES.get(node.op)
        if inputs and (rule is None or rule.family != "linear" or not rule.allows(inputs)):
            return str(node.op)
    return ""
