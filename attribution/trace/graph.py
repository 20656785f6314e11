"""A model traced once: its target score, every layer's tensor and every layer's gradient.

One graph holds the forward pass and the backward pass to all layers. A question fetches the part it
needs (`Graph.function`), so a further layer costs no further trace, and a layer's value can be fed
instead of computed (embeddings, ablation) because a pruned graph may start at any tensor.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import keras
import tensorflow as tf

from attribution.errors import (
    AttributionError,
    InvalidRequest,
    UnknownLayer,
    UnsupportedModel,
)
from attribution.trace import capture, unreached, unsupported
from attribution.trace import chunks as _chunks
from attribution.trace import fingerprint as _fingerprint
from attribution.trace import logit as _logit
from attribution.trace import starts as _starts
from attribution.trace import suspects as _suspects
from attribution.trace.connectivity import Connectivity
from attribution.trace.functions import Functions
from attribution.trace.gradients import own_gradients, uncover
from attribution.trace.outputs import choose
from attribution.trace.rows import alone
from attribution.trace.rows.folds import Folds, Made
from attribution.trace.shared import Shared

_FRAMES = ("Exception encountered when calling", "Could not automatically infer the output")
_UNTRACEABLE = (
    TypeError,
    ValueError,
    AttributeError,
    NotImplementedError,
    LookupError,
    tf.errors.OpError,
)
_SHAPES = ("Shape", "ShapeN", "Size", "Rank")
_COLLECTION = "attribution"
_GROWTH = 2_000  # operations that questions may add to any graph, or as many as it was traced with,
# beside those of the largest one: the same question, asked again, must find what it added


class Graph(Folds):
    """The traced model for one of its outputs.

    Parameters
    ----------
    output : name of the output that is explained; None is the first that has a derivative.
    logit : read the output before a final softmax or sigmoid, wherever that sits.
    override : TensorFlow op type -> name of a registered gradient that replaces its own.
    functions : where the functions of `function` are kept, shared with other graphs.

    Attributes
    ----------
    starts : names of the tensors on which the path runs: the floating-point inputs, and the results
        of the embeddings and other encodings of indices.
    fixed : names of the inputs that are fed but not moved along the path.
    embedded : of the starts that are results of embeddings, the inputs that are looked up.
    held : of the fixed inputs, those on which the score depends beside the starts, and the type of
        the operation by which it does.
    output, passed_over : the output's name, and the outputs before it that have no derivative.
    squash : an operation like a softmax that stands behind an output without being its last, so
        that the output itself is explained where its logit was asked for; else None.
    score : (rows,) sum of weights * output; `weights` is fed, of the output's shape.
    tensors, gradients : by layer name; a gradient exists only where the score depends on the layer.
    ways : what lies on the paths from the starts to the score.
    cuts : names of the layers through which every path from the starts to the score passes.
    state : a sentence for each variable by which the answer depends on the calls before.
    cause : why an example's score may depend on the others or on chance; None: it does not.
    shared : what the gradients that TensorFlow calls by name leave for each other.
    structure, suspects, varies : found once, by the functions of these names.
    The attributes of Folds.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        output: str | None = None,
        logit: bool = True,
        override: Mapping[str, str] | None = None,
        functions: Functions | None = None,
    ) -> None:
        specs = capture.input_specs(model)
        if not specs:
            raise UnsupportedModel(
                "The shapes of the model's inputs are not known: call it once on an example, then "
                "build the Network. (A call that branches in Python on values stays unknown.)"
            )
        unsupported.refuse(model)
        unsupported.refuse_texts(specs)
        self._lock = threading.RLock()
        self._kept: dict[Hashable, Any] = {}
        self._largest = 0
        self.shared = Shared()
        self._functions = Functions() if functions is None else functions
        self._specs = specs
        try:
            self._wrapped = tf.compat.v1.wrap_function(
                lambda *inputs: self._build(model, inputs, output, logit, dict(override or {})),
                signature=[tf.TensorSpec(s.shape, s.dtype) for s in specs],
            )
        except AttributionError:
            raise
        except _UNTRACEABLE as error:
            raise UnsupportedModel(
                f"Model {model.name!r} cannot be traced as a TensorFlow graph, which finding its "
                f"layers needs: {_reason(error)}"
            ) from error
        operations = self._wrapped.graph.get_operations()
        self._traced, self._largest = len(operations), 0
        own_gradients(self, operations)

    def _build(
        self,
        model: keras.Model,
        inputs: tuple[tf.Tensor, ...],
        output: str | None,
        logit: bool,
        override: dict[str, str],
    ) -> None:
        self._scope = graph = tf.compat.v1.get_default_graph()
        with graph.gradient_override_map(override):
            run = capture.run(model, list(inputs))
            self.outputs, self.state = run.outputs, run.state
            self.inputs = {s.name: t for s, t in zip(self._specs, inputs, strict=True)}
            embeddings = {n: run.tensors[n] for n in run.embeddings if n in run.tensors}
            self.output, self.passed_over = choose(run.outputs, self.inputs, embeddings, output)
            output_itself = run.outputs[self.output]
            before = _logit.read_back(output_itself) if logit else None
            self.squashed = before is not None
            operations = graph.get_operations()
            self.follow(inputs, run.channels, operations)
            explained = output_itself if before is None else before
            self.cause = self.examples.cause(explained)
            self.tensors, self.kinds, self._spans = run.tensors, run.kinds, run.spans
            self.operations = operations
            if override:
                alone.refuse(self)  # rules for pairs of rows cannot even be traced
            self.explained = self.first(explained)
            self.squash = (
                _logit.squash_behind(output_itself, inputs, graph.get_operations())
                if logit and not self.squashed
                else None
            )
            self.weights = tf.compat.v1.placeholder(
                self.explained.dtype, self.explained.shape, name="weights"
            )
            axes = list(range(1, self.explained.shape.rank))
            self.score = tf.reduce_sum(self.weights * self.explained, axes)
            self.examples.feed([self.weights])
            self.examples.sweep(graph.get_operations()[len(operations) :])
        self._connect(embeddings)
        upstream = [
            n for n, t in self.tensors.items() if self.ways.reaches(t) and self.ways.varies(t)
        ]
        tf.compat.v1.add_to_collection(_COLLECTION, self)  # where registered gradients find it
        uncover(self.operations, override)
        starts = self.start_tensors()  # partial derivatives: one may follow from another one
        found = tf.gradients(self.score, [self.tensors[n] for n in upstream], stop_gradients=starts)
        pairs = zip(upstream, found, strict=True)
        self.gradients = {n: tf.convert_to_tensor(g) for n, g in pairs if g is not None}
        self.lay_all(operations)

    def _connect(self, embeddings: Mapping[str, tf.Tensor]) -> None:
        """Find where the path starts, what is held, and what lies between it and the score."""
        self.operations = operations = tf.compat.v1.get_default_graph().get_operations()
        found = _starts.find(self.inputs, embeddings, self.score, operations)
        starts = self._starts = found.tensors
        self.embedded = found.embedded
        self.tensors = found.copies | self.tensors  # the inputs come first
        self.kinds |= dict.fromkeys(found.copies, "InputLayer")
        self.starts = tuple(starts)
        self.fixed = tuple(n for n, t in self.inputs.items() if starts.get(n) is not t)
        fixed = {n: self.inputs[n] for n in self.fixed}
        self.held = _starts.held(fixed, starts.values(), self.score, operations)
        self.ways = Connectivity.between(list(starts.values()), self.score, operations)
        self.cuts = {name for name, t in self.tensors.items() if self.ways.is_cut(t)}

    @staticmethod
    def of(op: tf.Operation) -> Graph:
        """The Graph whose operation this is, for gradients that TensorFlow calls by name."""
        return op.graph.get_collection(_COLLECTION)[0]

    def caller(self, op: tf.Operation) -> str:
        """The innermost layer whose call created the operation; the model's own calls have none."""
        number = self.numbers.get(op.name, -1)
        return next((name for name, a, b in self._spans if a <= number < b), op.name)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Operation of the pass forward -> its place among them."""
        return {op.name: i for i, op in enumerate(self.operations)}

    structure = cached_property(_fingerprint.structure)
    suspects = cached_property(_suspects.suspects)
    varies = cached_property(_chunks.varies)

    def read_back(self) -> list[tf.Tensor]:
        """The tensors that the pass back to the layers reads."""
        back = self._wrapped.graph.get_operations()[len(self.operations) : self._traced]
        wanted = {t.name: t for t in self.gradients.values()}
        for op in reversed(back):  # TensorFlow adds gradients of weights too, which are never run
            if op.type not in _SHAPES and any(t.name in wanted for t in op.outputs):
                wanted |= {t.name: t for t in op.inputs}
        return list(wanted.values())

    def gradient(self, layer: str) -> tf.Tensor:
        """The gradient of the score by the layer's tensor; refused where there is none."""
        if layer not in self.tensors:
            raise UnknownLayer(layer, self.tensors)
        if layer not in self.gradients:
            raise InvalidRequest(unreached.refusal(self, layer))
        return self.gradients[layer]

    def start_tensors(self) -> list[tf.Tensor]:
        return list(self._starts.values())

    def fixed_tensors(self) -> list[tf.Tensor]:
        return [self.inputs[n] for n in self.fixed]

    def function(
        self, key: Hashable, feeds: Sequence[tf.Tensor], fetches: Callable[[], Any]
    ) -> Callable[..., Any]:
        """A function from arrays for `feeds` to the values of `fetches()`, kept under both.

        `fetches` may add operations to the graph, which stay; it is called once for a key.
        """

        def prune() -> tuple[Callable[..., Any], int]:
            wanted = self.once(("fetched", key), fetches)
            # Without a signature every call first fails to match one, and says so at length.
            signature: Any = tuple(tf.TensorSpec(t.shape, t.dtype) for t in feeds), {}
            pruned = self._wrapped.prune(list(feeds), wanted, input_signature=signature)

            def run(*arrays: Any) -> Any:
                given = zip(arrays, feeds, strict=True)
                return pruned(*(tf.constant(a, t.dtype) for a, t in given))

            return run, len(pruned.graph.get_operations())

        with self._lock:
            return self._functions.get(self, (key, tuple(t.name for t in feeds)), prune)

    @property
    def overgrown(self) -> bool:
        """Whether questions have added so much that it is time to trace the model anew."""
        added = len(self._wrapped.graph.get_operations()) - self._traced
        return added - self._largest > max(_GROWTH, self._traced)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` added to the graph when it was first called for `key`."""
        with self._lock:
            if key not in self._kept:
                before = len(self._scope.get_operations())
                with self._scope.as_default():
                    self._kept[key] = make()
                added = len(self._scope.get_operations()) - before
                self._largest = max(self._largest, added)
            return cast("Made", self._kept[key])


def _reason(error: Exception) -> str:
    """What went wrong, without Keras's frame around it."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).splitlines()
    told = [x.strip() for x in lines if x.strip() and not x.startswith(_FRAMES)]
    return (told or [type(error).__name__])[0][:300]
