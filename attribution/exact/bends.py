"""What bends a piecewise-linear network: which operations do, and by which of their values.

Every operation on the way from the starts to the score is linear, bends where values meet, or is
refused by name. What follows from comparisons alone (masks) is constant between these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.errors import UnsupportedOperation
from attribution.rules.operations import RULES
from attribution.trace.connectivity import WITHOUT_VALUES, needed
from attribution.trace.graph import Graph
from attribution.trace.rows.layout import Layout

Array = npt.NDArray[Any]
Pair = tuple[Any, Any]

_ADVICE = "It is not piecewise linear in x, so that nothing is exact: leave out exact=True."
_WRITTEN = (
    "Its gradient is not its derivative, which the exact integral would need: leave out exact=True."
)
_FOLDED = "It does not keep the examples of a batch apart: leave out exact=True."
_PRODUCTS = frozenset(
    ("Mul", "MulNoNan", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum")
)
_QUOTIENTS = frozenset(("RealDiv", "Div"))
_STOPS = frozenset(("StopGradient", "PreventGradient"))
_TESTS = frozenset(("IsFinite", "IsInf", "IsNan"))  # nothing but finite values is explained
COMPARISONS = frozenset(("Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual"))


def _at(*places: float) -> Callable[[Sequence[Any]], list[Pair]]:
    return lambda given: [(given[0], place) for place in places]


MEETINGS: MappingProxyType[str, Callable[[Sequence[Any]], list[Pair]]] = MappingProxyType(
    {
        **dict.fromkeys(("Relu", "LeakyRelu", "Abs"), _at(0.0)),
        "Relu6": _at(0.0, 6.0),
        "ClipByValue": lambda given: [(given[0], given[1]), (given[0], given[2])],
        **dict.fromkeys({"Maximum", "Minimum", *COMPARISONS}, lambda given: [(given[0], given[1])]),
    }
)
"""Operation type -> the pairs of values, from its inputs, that meet where it bends or jumps."""


@dataclass(frozen=True)
class Bend:
    """An operation that bends. depth : how many that bend lie before it, at most.

    layout : where the examples of its results are.
    """

    op: tf.Operation
    depth: int
    layout: Layout

    @property
    def contest(self) -> bool:
        """Whether the largest of many values is taken, rather than two compared."""
        return self.op.type not in MEETINGS

    def fetched(self, twin: Callable[[tf.Tensor], tf.Tensor], count: tf.Tensor) -> list[tf.Tensor]:
        """What tells where it bends.

        Of a contest the values that compete; else for every pair the difference, (rows, ...), and
        the largest of the two values anywhere.
        """
        given = [twin(t) for t in self.op.inputs]
        if self.contest:
            return [-given[0] if self.op.type == "Min" else given[0]]
        found = []
        for a, b in MEETINGS[self.op.type](given):
            whole = tf.zeros_like(twin(self.op.outputs[0]), tf.float64)
            difference = whole + tf.cast(a, tf.float64) - tf.cast(b, tf.float64)
            largest = [tf.reduce_max(tf.abs(tf.cast(v, tf.float64))) for v in (a, b)]
            found += [self.layout.fold(difference, count), tf.maximum(*largest)]
        return found

    def competitors(self, values: Array, count: int) -> Array:
        """(rows, ..., competitors): what each maximum is taken of."""
        if self.op.type in ("Max", "Min"):
            axes = np.atleast_1d(tf.get_static_value(self.op.inputs[1])) % values.ndim
            kept = [1 if i in axes else n for i, n in enumerate(values.shape)]
            groups = np.moveaxis(values, axes, range(-len(axes), 0)).reshape(*kept, -1)
        else:
            groups = _windows(self.op, values)
        found: Array = self.layout.fold(groups, count)
        return found


def find(graph: Graph) -> list[Bend]:
    """The operations that bend between the starts and the score, in the order of the graph.

    Raises UnsupportedOperation for the first operation that is neither linear nor known to bend.
    """
    starts = {t.name for t in graph.start_tensors()}
    wanted = needed([graph.score], graph.operations, starts)
    depths = dict.fromkeys(starts, 0)
    found = []
    for op in graph.operations:
        moving = [depths[t.name] for t in op.inputs if t.name in depths]
        if not moving or op.type in WITHOUT_VALUES | _TESTS:
            continue
        if not any(t.name in wanted and t.name not in starts for t in op.outputs):
            continue
        which = [i for i, t in enumerate(op.inputs) if graph.ways.varies(t)]
        depth = max(moving)
        if which and _bends(op, which):
            found.append(Bend(op, depth, _layout(graph, op)))
            depth += 1
        elif which and (advice := _problem(op, which)):
            raise UnsupportedOperation(graph.caller(op), op.type, advice)
        depths |= {t.name: depth for t in op.outputs if t.name not in starts}
    return found


def _bends(op: tf.Operation, which: Sequence[int]) -> bool:
    """Whether it is among those that bend, by the inputs numbered `which`."""
    if any(op.inputs[i].dtype.is_complex for i in which):
        return False
    if op.type in MEETINGS:
        return op.type != "ClipByValue" or list(which) == [0]
    return op.type in ("Max", "Min", "MaxPool", "MaxPool3D")


def _problem(op: tf.Operation, which: Sequence[int]) -> str:
    """Why an operation that does not bend is not linear; empty where it is."""
    if op.type in _STOPS or "_gradient_op_type" in op.node_def.attr:
        return _WRITTEN
    if any(not t.dtype.is_floating for t in op.outputs) and not op.outputs[0].dtype.is_complex:
        return _ADVICE  # a step through integers
    if op.type in _PRODUCTS:
        return "" if len(which) == 1 else _ADVICE
    if op.type in _QUOTIENTS:
        return "" if list(which) == [0] else _ADVICE
    rule = RULES.get(op.type)
    return "" if rule and rule.family == "linear" and rule.allows(which) else _ADVICE


def _layout(graph: Graph, op: tf.Operation) -> Layout:
    """Where the examples are among the results; of maxima, as if no axis went away."""
    kept = op.type not in ("Max", "Min") or op.get_attr("keep_dims")
    found = graph.layout(op.outputs[0] if kept else op.inputs[0])
    if found is None or (op.inputs[0].shape.rank is None):
        raise UnsupportedOperation(graph.caller(op), op.type, _FOLDED)
    if op.type in ("Max", "Min"):
        axes = tf.get_static_value(op.inputs[1])
        if axes is None or found.axis in np.atleast_1d(axes) % op.inputs[0].shape.rank:
            raise UnsupportedOperation(graph.caller(op), op.type, _FOLDED)
    return found


def _windows(op: tf.Operation, values: Array) -> Array:
    """The windows of a max pool, (*shape of its result, places of a window)."""
    size, strides = op.get_attr("ksize"), op.get_attr("strides")
    padding = op.get_attr("padding").decode()
    if padding == "EXPLICIT":
        given = op.get_attr("explicit_paddings")
        around = list(zip(given[::2], given[1::2], strict=True))
    elif padding == "SAME":
        short = [
            max((-(-n // s) - 1) * s + k - n, 0)
            for n, k, s in zip(values.shape, size, strides, strict=True)
        ]
        around = [(n // 2, n - n // 2) for n in short]
    else:
        around = [(0, 0)] * values.ndim
    if any(sum(pair) for pair in around):
        # What lies outside never wins; a finite number keeps differences finite.
        values = np.pad(values, around, constant_values=values.min() - 1)
    views = np.lib.stride_tricks.sliding_window_view(values, size)
    views = views[tuple(slice(None, None, s) for s in strides)]
    return views.reshape(*views.shape[: values.ndim], -1)
