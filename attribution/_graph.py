"""A model traced once: its target score, every layer's tensor and every layer's gradient.

One graph holds the forward pass and the backward pass to all layers. A question fetches the part it
needs (`Graph.function`), so a further layer costs no further trace, and a layer's value can be fed
instead of computed (embeddings, ablation) because a pruned graph may start at any tensor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from attribution import _capture
from attribution.errors import InvalidRequest, UnknownLayer, UnsupportedModel

_RESHAPES = ("Identity", "Cast", "Reshape", "Transpose", "Squeeze", "ExpandDims")
_SQUASHES = ("Softmax", "Sigmoid")


class Graph:
    """The traced model for one of its outputs.

    Parameters
    ----------
    output : name of the output that is explained; None is the first.
    logit : read the output before a final softmax or sigmoid, wherever that sits.
    override : TensorFlow op type -> name of a registered gradient that replaces its own.

    Attributes
    ----------
    starts : names of the tensors on which the path runs: the floating-point inputs, and the results
        of the embeddings of integer inputs.
    fixed : names of the inputs that are fed but not moved along the path.
    score : (rows,) sum of weights * output; `weights` is fed, of the output's shape.
    tensors, gradients : by layer name; a gradient exists only where the score depends on the layer.
    cuts : names of the layers through which every path from the starts to the score passes.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        output: str | None = None,
        logit: bool = True,
        override: Mapping[str, str] | None = None,
    ) -> None:
        specs = _capture.input_specs(model)
        if not specs:
            raise UnsupportedModel(
                "The model was never called, so its layers have no shapes: "
                "call it once on an example, then build the Network."
            )
        self._lock = threading.RLock()
        self._kept: dict[Any, Any] = {}
        self._functions: dict[Any, Callable[..., Any]] = {}
        self._specs = specs
        self._wrapped = tf.compat.v1.wrap_function(
            lambda *inputs: self._build(model, inputs, output, logit, dict(override or {})),
            signature=[tf.TensorSpec(s.shape, s.dtype) for s in specs],
        )

    def _build(
        self,
        model: keras.Model,
        inputs: tuple[tf.Tensor, ...],
        output: str | None,
        logit: bool,
        override: dict[str, str],
    ) -> None:
        graph = tf.compat.v1.get_default_graph()
        with graph.gradient_override_map(override):
            run = _capture.run(model, list(inputs))
            self.outputs = run.outputs
            if output is not None and output not in run.outputs:
                raise InvalidRequest(
                    f"The network has no output {output!r}; its outputs are {list(run.outputs)}."
                )
            name = output if output is not None else next(iter(run.outputs))
            explained = run.outputs[name]
            self.explained = _logit(explained) if logit else explained
            self.squashed = self.explained is not explained
            self.weights = tf.compat.v1.placeholder(
                self.explained.dtype, self.explained.shape, name="weights"
            )
            axes = list(range(1, self.explained.shape.rank))
            self.score = tf.reduce_sum(self.weights * self.explained, axes)
        self.tensors, self.kinds = run.tensors, run.kinds
        self.inputs = {s.name: t for s, t in zip(self._specs, inputs, strict=True)}
        self._connect(run.embeddings)
        self._matrices = [
            tf.compat.v1.placeholder(tf.float32, [None, None], name=n) for n in ("fine", "coarse")
        ]
        upstream = [n for n, t in self.tensors.items() if self._reaches(t)]
        found = tf.gradients(self.score, [self.tensors[n] for n in upstream])
        pairs = zip(upstream, found, strict=True)
        self.gradients = {n: tf.convert_to_tensor(g) for n, g in pairs if g is not None}

    def _connect(self, embeddings: list[str]) -> None:
        """Count the floating-point paths from the starts to the score through every tensor.

        A tensor is a cut when as many paths lead through it as there are in all. Paths through
        shapes, indices and comparisons carry no derivative and do not count.
        """
        operations = tf.compat.v1.get_default_graph().get_operations()
        self._to_score = to_score = _paths_to([self.score], operations)
        starts = {n: t for n, t in self.inputs.items() if t.dtype.is_floating and self._reaches(t)}
        starts |= {n: self.tensors[n] for n in embeddings if self._reaches(self.tensors[n])}
        self.starts = tuple(starts)
        self.fixed = tuple(n for n in self.inputs if n not in starts)
        from_start = {t.name: 1 for t in starts.values()}
        for op in operations:
            total = sum(from_start.get(t.name, 0) for t in op.inputs if _carries(t))
            for t in op.outputs if total else ():
                from_start.setdefault(t.name, total)
        paths = sum(to_score[t.name] for t in starts.values())
        self.cuts = {
            name
            for name, t in self.tensors.items()
            if paths and from_start.get(t.name, 0) * to_score.get(t.name, 0) == paths
        }

    def _reaches(self, tensor: tf.Tensor) -> bool:
        return self._to_score.get(tensor.name, 0) > 0

    def gradient(self, layer: str) -> tf.Tensor:
        """The gradient of the score by the layer's tensor; refused where there is none."""
        if layer not in self.tensors:
            raise UnknownLayer(layer, self.tensors)
        if layer not in self.gradients:
            why = (
                "it comes after the score, which is read before the final softmax or sigmoid "
                '(output="output" explains the output itself)'
                if self.squashed
                else "the score does not depend on it, or not differentiably"
            )
            raise InvalidRequest(f"Layer {layer!r} has no gradient: {why}. Choose another layer.")
        return self.gradients[layer]

    def matrices(self) -> list[tf.Tensor]:
        """Two (rows, rows) matrices that may be fed, to combine the rows of a call."""
        return self._matrices

    def start_tensors(self) -> list[tf.Tensor]:
        return [self.inputs.get(n, self.tensors.get(n)) for n in self.starts]

    def fixed_tensors(self) -> list[tf.Tensor]:
        return [self.inputs[n] for n in self.fixed]

    def function(
        self, key: Any, feeds: Sequence[tf.Tensor], fetches: Callable[[], Any]
    ) -> Callable[..., Any]:
        """A function from arrays for `feeds` to the values of `fetches()`, kept under `key`.

        `fetches` may add operations to the graph; it is called once for a key.
        """
        with self._lock:
            if key not in self._functions:
                with self._wrapped.graph.as_default():
                    wanted = fetches()
                pruned = self._wrapped.prune(list(feeds), wanted)
                self._functions[key] = lambda *arrays: pruned(
                    *(tf.constant(a, t.dtype) for a, t in zip(arrays, feeds, strict=True))
                )
            return self._functions[key]

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` added to the graph when it was first called for `key`."""
        with self._lock:
            if key not in self._kept:
                with self._wrapped.graph.as_default():
                    self._kept[key] = make()
            return self._kept[key]

    def row_bytes(self, layers: Iterable[str]) -> int:
        """Estimated memory of one row of a pass forward, and back to the earliest of `layers`."""
        names = list(self.tensors)
        first = min((names.index(n) for n in layers), default=len(names))
        kept = sum(_bytes(self.tensors[n]) for n in names[first:])
        passing = max((_bytes(self.tensors[n]) for n in names), default=0)
        return 2 * kept + 3 * passing + 1


def _logit(output: tf.Tensor) -> tf.Tensor:
    """What stands before a final softmax or sigmoid; the output itself where there is none."""
    tensor = output
    while tensor.op.type in _RESHAPES and tensor.op.inputs[0].dtype.is_floating:
        tensor = tensor.op.inputs[0]
    if tensor.op.type not in _SQUASHES:
        return output
    before = tensor.op.inputs[0]
    if tensor is not output and before.op.type == "Transpose":
        before = before.op.inputs[0]  # a softmax over another axis is transposed there and back
    if before.shape.rank != output.shape.rank or not before.shape.is_compatible_with(output.shape):
        return output
    return before


def _carries(tensor: tf.Tensor) -> bool:
    """Whether a derivative can flow through the tensor (variants hold the lists of loops)."""
    return tensor.dtype.is_floating or tensor.dtype == tf.variant


def _paths_to(ends: Iterable[tf.Tensor], operations: Sequence[tf.Operation]) -> dict[str, int]:
    """Tensor name -> number of floating-point paths from it to `ends`, exact (Python integers)."""
    paths = {t.name: 1 for t in ends}
    for op in reversed(operations):
        total = sum(paths.get(t.name, 0) for t in op.outputs)
        for t in op.inputs if total else ():
            if _carries(t):
                paths[t.name] = paths.get(t.name, 0) + total
    return paths


def _bytes(tensor: tf.Tensor) -> int:
    return int(np.prod([n or 1 for n in tensor.shape[1:]], dtype=np.int64)) * tensor.dtype.size
