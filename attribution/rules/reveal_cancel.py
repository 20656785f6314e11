"""RevealCancel: positive and negative parts of every difference are followed apart.

Shrikumar, Greenside, Kundaje, arXiv 1704.02685, section 3.5.3. A tensor's `parts` are its D+ and
D-, stacked like the pair of rows they come from, so that an operation that moves or sums applies
to both at once. The gradient's halves are their multipliers. At every operation the parts of the
output and the multipliers of the inputs fit together: m+ D+ + m- D- is handed on in full.

- Sums with weights: the parts are the sums of the positive and of the negative terms w D.
- Activations: each part gets its effect, averaged over the two orders in which they may act.
- Everything else: the parts are those of the sign of D, and Rescale applies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import tensorflow as tf

from attribution.rules import operations
from attribution.rules.operations import (
    ACTIVATIONS,
    MOVES,
    RULES,
    WEIGHTS,
    Gradients,
    function,
    spread,
)
from attribution.rules.pairs import (
    difference,
    gather,
    halves,
    join,
    own_gradient,
    scatter,
    slope,
    swap,
    twice,
)
from attribution.trace.graph import Graph
from attribution.trace.replay import replay
from attribution.trace.shared import Slopes

REVEAL_CANCEL, GENOMICS = "attribution.reveal_cancel", "attribution.genomics"


@tf.RegisterGradient(REVEAL_CANCEL)
def _reveal_cancel(op: tf.Operation, *m: tf.Tensor) -> Gradients:
    return operations.apply(op, m, lambda rule: _back)


@tf.RegisterGradient(GENOMICS)
def _genomics(op: tf.Operation, *m: tf.Tensor) -> Gradients:
    return operations.apply(op, m, lambda rule: _back)


def parts(graph: Graph, tensor: tf.Tensor) -> tf.Tensor:
    """D+ and D- of a tensor, (2N, ...); made once."""
    made = graph.shared.parts
    if tensor.name not in made:
        op = tensor.op
        starts = {t.name for t in graph.start_tensors()}
        which = [] if tensor.name in starts else _varying(graph, op)
        kind = _kind(graph, op, which) if _follows(graph, op, which) else "net"
        with tf.name_scope("parts"):
            made[tensor.name] = _KINDS[kind][1](graph, op, which, tensor)
    return made[tensor.name]


def _told(graph: Graph, tensor: tf.Tensor) -> bool:
    """Whether the parts of a tensor can be told apart.

    So they can where its halves are those of the examples, and where nothing but moves and weights
    lie between such tensors and this one, as in a dilated convolution.
    """
    told = graph.shared.told
    if tensor.name not in told:
        which = _varying(graph, tensor.op)
        passes = bool(which) and _kind(graph, tensor.op, which) in ("move", "weights")
        told[tensor.name] = graph.halved(tensor) or (passes and _follows(graph, tensor.op, which))
    return told[tensor.name]


def _follows(graph: Graph, op: tf.Operation, which: Sequence[int]) -> bool:
    """Whether the parts of an operation's results follow from those of its operands.

    Else they are those of the net difference: behind examples that are not the first axis, and
    behind choices and places that are others at the reference (whose layers are refused).
    """
    chosen = (t for i, t in enumerate(op.inputs) if i not in which)
    return all(_told(graph, op.inputs[i]) for i in which) and not any(map(graph.ways.moves, chosen))


def _back(op: tf.Operation, which: Sequence[int], m: Sequence[tf.Tensor]) -> Gradients:
    graph = Graph.of(op)
    return _KINDS[_kind(graph, op, which)][0](graph, op, which, m)


def _varying(graph: Graph, op: tf.Operation) -> list[int]:
    return [i for i, t in enumerate(op.inputs) if graph.ways.varies(t)]


def _kind(graph: Graph, op: tf.Operation, which: Sequence[int]) -> str:
    """How an operation treats the parts."""
    if op.type in MOVES and which:
        return "move"
    if op.type in ("Sub", "Neg"):
        return "sign"
    if len(which) != 1:
        return "net"
    if op.type in WEIGHTS and len(op.inputs) > 1:
        return "weights"
    if op.type == "Mul" or (op.type == "RealDiv" and which[0] == 0):
        return "scale"
    if op.type in ACTIVATIONS and reveals(graph, op):
        return "cancel"
    rule = RULES.get(op.type)
    one_to_one = rule is not None and rule.back in (
        operations.rescale,
        operations.maximum,
        operations.divide,
    )
    return "secant" if one_to_one else "net"


def reveals(graph: Graph, op: tf.Operation) -> bool:
    """Whether RevealCancel applies to an activation; by "genomics", only behind a dense layer."""
    return op.get_attr("_gradient_op_type") != GENOMICS.encode() or behind(graph, op) == "dense"


def behind(graph: Graph, op: tf.Operation) -> str:
    """The nearest operation with weights behind this one: "convolution", "dense" or, none, ""."""
    waiting, seen = [op], set()
    while waiting:
        near = waiting.pop(0)
        for i in _varying(graph, near):
            before = near.inputs[i].op
            if before.type in WEIGHTS and len(_varying(graph, before)) == 1:
                dense = "MatMul" in before.type or before.type == "Einsum"
                return "dense" if dense else "convolution"
            if before.name not in seen:
                seen.add(before.name)
                waiting.append(before)
    return ""


# Each kind: the multipliers of the inputs, given those of the output; the parts of the output.


def _net_back(graph: Graph, op: tf.Operation, which: Sequence[int], m: Any) -> Gradients:
    """The sign of D says which multiplier applies; then Rescale."""
    one = [_by_sign(difference(t), g) for t, g in zip(op.outputs, m, strict=True)]
    return (RULES[op.type].back or operations.linear)(op, which, one)


def _net_parts(graph: Graph, op: Any, which: Sequence[int], tensor: tf.Tensor) -> tf.Tensor:
    moved = difference(tensor)
    return join(tf.maximum(moved, 0), tf.minimum(moved, 0))


def _by_sign(moved: tf.Tensor, m: tf.Tensor) -> tf.Tensor:
    """Both halves m+ where D > 0, m- where D < 0, their mean where D = 0."""
    positive, negative = halves(m)
    even = (positive + negative) / 2
    return twice(tf.where(moved > 0, positive, tf.where(moved < 0, negative, even)))


def _move_back(graph: Graph, op: tf.Operation, which: Sequence[int], m: Any) -> Gradients:
    return (RULES[op.type].back or operations.linear)(op, which, m)


def _move_parts(graph: Graph, op: Any, which: Sequence[int], tensor: tf.Tensor) -> tf.Tensor:
    moved = {i: parts(graph, op.inputs[i]) for i in which}
    constant = {
        i: tf.zeros_like(t)
        for i, t in enumerate(op.inputs)
        if i not in moved and t.dtype.is_floating
    }
    return replay(op, moved | constant)[tensor.value_index]


def _sign_back(graph: Graph, op: tf.Operation, which: Sequence[int], m: Any) -> Gradients:
    turned = [swap(m[0])]
    negative = {i for i in which if op.type == "Neg" or i == 1}
    return [operations.linear(op, [i], turned if i in negative else m)[0] for i in which]


def _sign_parts(graph: Graph, op: Any, which: Sequence[int], tensor: tf.Tensor) -> tf.Tensor:
    moved = {
        i: (parts(graph, t) if i in which else tf.zeros_like(t)) for i, t in enumerate(op.inputs)
    }
    last = len(op.inputs) - 1  # the operand that is subtracted
    return replay(op, moved | ({last: swap(moved[last])} if last in which else {}))[0]


def _scale_back(graph: Graph, op: tf.Operation, which: Sequence[int], m: Any) -> Gradients:
    factor = op.inputs[1 - which[0]]
    return operations.linear(op, which, [tf.where(factor < 0, swap(m[0]), m[0])])


def _scale_parts(graph: Graph, op: Any, which: Sequence[int], tensor: tf.Tensor) -> tf.Tensor:
    factor = op.inputs[1 - which[0]]
    same = parts(graph, op.inputs[which[0]])
    return replay(op, {which[0]: tf.where(factor < 0, swap(same), same)})[0]


def _weights_back(graph: Graph, op: tf.Operation, which: Sequence[int], m: Any) -> Gradients:
    """By the sign of the net D: D > 0 meets positive weights with m+ and negative with m-."""
    (i,) = which
    j, up, down = _signs(op, i)
    blocks = operations.scattered(graph, op.inputs[i])
    x, given = gather(op.inputs[i], blocks), gather(m[0], blocks)
    ((by_up,),) = own_gradient(op, which, {i: x, j: up}, [given])
    ((by_down,),) = own_gradient(op, which, {i: x, j: down}, [swap(given)])
    return [scatter(_by_sign(difference(x), by_up + by_down), blocks)]


def _weights_parts(graph: Graph, op: Any, which: Sequence[int], tensor: tf.Tensor) -> tf.Tensor:
    (i,) = which
    j, up, down = _signs(op, i)
    blocks = operations.scattered(graph, op.inputs[i])
    net = _net_parts(graph, op, which, gather(op.inputs[i], blocks))
    found = replay(op, {i: net, j: up})[0] + replay(op, {i: swap(net), j: down})[0]
    return scatter(found, blocks)


def _signs(op: tf.Operation, i: int) -> tuple[int, tf.Tensor, tf.Tensor]:
    """The operand that holds the weights, its positive and its negative part."""
    j = next(j for j, t in enumerate(op.inputs) if j != i and t.dtype.is_floating)
    weights = op.inputs[j]
    return j, tf.maximum(weights, 0), tf.minimum(weights, 0)


def _slopes(graph: Graph, op: tf.Operation, which: Sequence[int]) -> Slopes:
    """Slope of each part's effect, (2N, ...); the parts of the input; how multipliers go back."""
    (i,) = which
    x, narrow = spread(op, i)
    moved = parts(graph, op.inputs[i])
    if x is not op.inputs[i]:
        moved += tf.zeros_like(op.outputs[0])
    if _kind(graph, op, which) == "secant":
        return twice(operations.secant(op, i, x)), moved, narrow
    f = function(op, i)
    _, x0 = halves(x)
    y1, y0 = halves(op.outputs[0])
    up, down = halves(moved)
    above, below = f(x0 + up), f(x0 + down)
    by_up = slope(f, x0, up, y0, above - y0) + slope(f, x0 + down, up, below, y1 - below)
    by_down = slope(f, x0, down, y0, below - y0) + slope(f, x0 + up, down, above, y1 - above)
    return join(by_up, by_down) / 2, moved, narrow


def _effect_back(graph: Graph, op: tf.Operation, which: Sequence[int], m: Any) -> Gradients:
    slopes, _, narrow = _once(graph, op, which)
    return [narrow(slopes * tf.where(slopes < 0, swap(m[0]), m[0]))]


def _effect_parts(graph: Graph, op: Any, which: Sequence[int], tensor: tf.Tensor) -> tf.Tensor:
    slopes, moved, _ = _once(graph, op, which)
    effect = slopes * moved
    kept = tf.where(slopes < 0, tf.zeros_like(effect), effect)
    return kept + swap(effect - kept)


def _once(graph: Graph, op: tf.Operation, which: Sequence[int]) -> Slopes:
    made = graph.shared.slopes
    if op.name not in made:
        made[op.name] = _slopes(graph, op, which)
    return made[op.name]


_KINDS = {
    "net": (_net_back, _net_parts),
    "move": (_move_back, _move_parts),
    "sign": (_sign_back, _sign_parts),
    "scale": (_scale_back, _scale_parts),
    "weights": (_weights_back, _weights_parts),
    "cancel": (_effect_back, _effect_parts),
    "secant": (_effect_back, _effect_parts),
}

_OWN = [t for t, rule in MOVES.items() if rule.back is None]
OVERRIDES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "reveal_cancel": operations.overrides(REVEAL_CANCEL, _OWN),
        "genomics": operations.overrides(GENOMICS, _OWN),
    }
)
"""Rule -> what `Network.graph(override=)` takes for it."""
