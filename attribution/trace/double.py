"""What a graph computes once more in float64: a trace of its own, operation by operation.

The model is not called again, and its variables are read as they are. What follows from the starts
of the path is computed in float64; what does not (weights, constants, inputs that are held) stays
what the model makes of it, and is widened where it meets the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, cast

import numpy.typing as npt
import tensorflow as tf

from attribution.errors import UnsupportedOperation
from attribution.trace.graph import Graph

_ADVICE = "TensorFlow has no float64 form of it here: leave out exact=True."
_WITHOUT_KERNEL = re.compile(r"No OpKernel was registered to support Op '(\w+)'")

Twin = Callable[[tf.Tensor], tf.Tensor]
"""A tensor of the graph -> the same in float64."""


class Double:
    """A graph in float64.

    Parameters
    ----------
    feeds : tensors of the graph that are given, the starts of the path among them, in this order.
    make : builds what is fetched, by name, on the twins of tensors from which the score follows.

    Raises
    ------
    UnsupportedOperation : TensorFlow has no such operation in float64.
    """

    def __init__(
        self,
        graph: Graph,
        feeds: Sequence[tf.Tensor],
        make: Callable[[Twin], dict[str, Any]],
    ) -> None:
        self._graph = graph
        starts = {t.name for t in graph.start_tensors()}
        self.fetches: dict[str, Any] = {}

        def build(*given: tf.Tensor) -> None:
            found = {t.name: g for t, g in zip(feeds, given, strict=True)}
            found |= {inner.name: outer for outer, inner in graph.score.graph.captures}
            for op in _behind(graph.score, found):
                made = self._copy(op, [found[t.name] for t in op.inputs])
                # What is given stays what it is, if its operation makes something else as well.
                found = {t.name: m for t, m in zip(op.outputs, made, strict=True)} | found
            self.fetches = make(lambda tensor: found[tensor.name])

        self._wrapped = tf.compat.v1.wrap_function(
            build,
            [
                tf.TensorSpec(t.shape, _wide(t.dtype) if t.name in starts else t.dtype)
                for t in feeds
            ],
        )
        self._feeds = list(self._wrapped.inputs[: len(feeds)])
        self._runs: dict[str, Any] = {}

    def run(self, name: str, points: Sequence[npt.NDArray[Any]]) -> Any:
        """The values of what `make` returned under that name, for arrays of the feeds."""
        if name not in self._runs:
            signature: Any = tuple(tf.TensorSpec(t.shape, t.dtype) for t in self._feeds), {}
            wanted = self.fetches[name]
            self._runs[name] = self._wrapped.prune(self._feeds, wanted, input_signature=signature)
        given = zip(points, self._feeds, strict=True)
        try:
            return self._runs[name](*(tf.constant(p, t.dtype) for p, t in given))
        except tf.errors.InvalidArgumentError as error:
            missing = _WITHOUT_KERNEL.search(str(error))
            if missing is None:
                raise
            raise self._refusal(missing[1].removesuffix("Grad")) from error

    def _copy(self, op: tf.Operation, inputs: list[tf.Tensor]) -> list[tf.Tensor]:
        """The outputs of an operation on these inputs, in float64 if one of them is."""
        if not any(t.dtype == tf.float64 for t in inputs):
            attributes = {k: v for k, v in op.node_def.attr.items() if k[0] != "_"}
            made = tf.compat.v1.get_default_graph().create_op(op.type, inputs, attrs=attributes)
            return list(made.outputs)
        inputs = [tf.cast(t, _wide(t.dtype)) for t in inputs]
        if op.type == "FusedBatchNormV3":
            return [_normalised(op, inputs)] * len(op.outputs)
        attributes = {k: _widened(v) for k, v in op.node_def.attr.items() if k[0] != "_"}
        try:
            made = tf.compat.v1.get_default_graph().create_op(op.type, inputs, attrs=attributes)
        except (TypeError, ValueError) as error:
            raise UnsupportedOperation(self._graph.caller(op), op.type, _ADVICE) from error
        if any(t.dtype == tf.float32 for t in made.outputs):
            raise UnsupportedOperation(self._graph.caller(op), op.type, _ADVICE)
        return list(made.outputs)

    def _refusal(self, kind: str) -> UnsupportedOperation:
        ways = self._graph.ways
        found = (op for op in self._graph.operations if op.type == kind and ways.on_the_way(op))
        op = next(found, None)
        return UnsupportedOperation(self._graph.caller(op) if op else "?", kind, _ADVICE)


def _behind(end: tf.Tensor, known: Collection[str]) -> list[tf.Operation]:
    """The operations that lead from known tensors to another one, in an order to run them."""
    waiting, wanted = [end], set[str]()
    while waiting:
        tensor = waiting.pop()
        if tensor.name not in known and tensor.op.name not in wanted:
            wanted.add(tensor.op.name)
            waiting += tensor.op.inputs
    return [op for op in end.graph.get_operations() if op.name in wanted]


def _wide(dtype: tf.DType) -> tf.DType:
    return tf.float64 if dtype == tf.float32 else dtype


def _widened(value: Any) -> Any:
    """An attribute with float64 in place of float32."""
    wide = tf.compat.v1.AttrValue()
    wide.CopyFrom(value)
    if wide.type == tf.float32.as_datatype_enum:
        wide.type = tf.float64.as_datatype_enum
    for i, kind in enumerate(wide.list.type):
        if kind == tf.float32.as_datatype_enum:
            wide.list.type[i] = tf.float64.as_datatype_enum
    return wide


def _normalised(op: tf.Operation, inputs: Sequence[tf.Tensor]) -> tf.Tensor:
    """Batch normalisation at inference: the fused operation takes no float64."""
    x, scale, offset, mean, variance = inputs
    if op.get_attr("data_format").decode().startswith("NC"):
        shape = [-1, *[1] * (x.shape.rank - 2)]
        scale, offset, mean, variance = (tf.reshape(t, shape) for t in inputs[1:])
    epsilon = op.get_attr("epsilon")
    return cast("tf.Tensor", tf.nn.batch_normalization(x, mean, variance, offset, scale, epsilon))
