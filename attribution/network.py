"""Network: a Keras model seen as named layers and a target score."""

from __future__ import annotations

import gc
import math
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any, overload

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.arguments import Input, Output, Target
from attribution.errors import InvalidRequest, UnknownLayer, UnsupportedModel, one_line
from attribution.layers import LayerInfo
from attribution.questions import target as _target
from attribution.trace import chunks, unsupported
from attribution.trace.fingerprint import fingerprint
from attribution.trace.functions import OPERATION_BYTES, Functions
from attribution.trace.graph import Graph
from attribution.trace.rows import alone as _alone

GRAPHS = 6
"""Traces that are kept at once: one for each output, reading of it and rule of DeepLIFT."""

_FIRST = (None, True, ())  # the key of the graph for the first output


class Network:
    """Any built Keras 3 model, as the methods of this library see it.

    Functional, Sequential, subclassed (called once before), nested models, shared layers, several
    inputs and outputs. Of several outputs, the first that has a derivative is explained where none
    is named (an index or a text has none). The model is never changed, and may be run by other
    threads meanwhile; it is traced once for each output that is explained, and the trace is kept
    until `clear`. Models in half and mixed precision are computed in float32. On a GPU that rounds
    to TF32, results say so; what TensorFlow is set to is left alone. Safe to use from several
    threads.

    Raises
    ------
    UnsupportedModel : not a Keras model, one of another backend than TensorFlow, that was never
        built, is quantized, has a stateful recurrent layer, writes a tf.Variable that its answer
        needs, casts to half precision by itself, cannot be traced, or has no differentiable path
        from input to output.
    """

    def __init__(self, model: keras.Model) -> None:
        unsupported.refuse_backend()
        if not isinstance(model, keras.Model):
            raise UnsupportedModel(
                f"Network takes a built Keras 3 model, not a {type(model).__name__}. "
                "attribution.load(name or path) reads one from a file."
            )
        self.model = model
        self._lock = threading.RLock()
        self._graphs: dict[Any, Graph] = {}
        self._functions = Functions()
        self._infos = _infos(self.graph())

    def __repr__(self) -> str:
        graph = self.graph()
        which = f", output {graph.output!r}" if graph.passed_over else ""
        return f"Network({self.model.name!r}, {len(self.layers)} layers{which})"

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """Every result of every layer call, in the order of the graph."""
        with self._lock:
            graph = self._graphs.get(_FIRST)
            if graph is not None:  # a trial may have shown where the examples of a layer are
                self._infos = _infos(graph)
            return tuple(self._infos.values())

    def layer(self, name: str) -> LayerInfo:
        """The layer of that name. Raises UnknownLayer, which lists close matches."""
        if name not in self._infos:
            raise UnknownLayer(name, self._infos)
        return next(info for info in self.layers if info.name == name)

    @property
    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Name -> shape of each input without the batch axis; None where a length varies."""
        return {n: tuple(t.shape[1:]) for n, t in self.graph().inputs.items()}

    @property
    def output_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Name -> shape of each output without the batch axis."""
        graph = self.graph()
        return {n: tuple(graph.first(t).shape[1:]) for n, t in graph.outputs.items()}

    def digest(self) -> str:
        """SHA-256 of the operations that were traced, and of the weights as they are now.

        Names of layers do not count; constants do, and what layers are set to.
        """
        return fingerprint(self.graph())

    def explainable(self) -> dict[str, dict[str, str | None]]:
        """Layer -> method -> None where it works, else the sentence that refuses it.

        Read from the traced graphs, without running anything; what these cannot tell, such as what
        a Python function does with the examples of a batch, is tried when a method is called.
        """
        from attribution.checks import explainable as _explainable

        return _explainable.table(self)

    def predict(self, x: Input) -> npt.NDArray[Any] | dict[str, npt.NDArray[Any]]:
        """The model's own output for each example: an array, or a dict of them for several outputs.

        (batch, *output shape). Where the model lets the examples of a batch act on each other, this
        is what it says of each example alone.
        """
        graph = self.graph()
        run = graph.function(
            "predict",
            list(graph.inputs.values()),
            lambda: [graph.first(t) for t in graph.outputs.values()],
        )
        arrays = self.arrays(x)
        doubted = any(graph.examples.cause(t) for t in graph.outputs.values())
        found = self.in_chunks(run, arrays, 1 if doubted else self.chunk((), graph, arrays))
        named = dict(zip(graph.outputs, found, strict=True))
        return next(iter(named.values())) if len(named) == 1 else named

    def score(self, x: Input, target: Target = None, output: Output = "logit") -> npt.NDArray[Any]:
        """F(x), (batch,): the number that the methods explain, for a batch.

        target, output : as in `neuron_integrated_gradients`.

        Raises
        ------
        UnsupportedModel : the score of an example depends on the rest of the batch, or on chance.
        """
        graph, rest = _target.explain(self, target, output)
        arrays = dict(zip(graph.inputs, self.arrays(x), strict=True))
        weights, _ = _target.weights(self, graph, arrays, rest)
        return _target.score(self, graph, arrays, weights)

    @overload
    def activations(self, x: Input, layer: str) -> npt.NDArray[Any]: ...
    @overload
    def activations(
        self, x: Input, layer: list[str] | tuple[str, ...]
    ) -> dict[str, npt.NDArray[Any]]: ...
    def activations(
        self, x: Input, layer: str | Sequence[str]
    ) -> npt.NDArray[Any] | dict[str, npt.NDArray[Any]]:
        """The values of a layer, (batch, *layer shape); of several, a dict of such arrays.

        Where the model lets the examples of a batch act on each other, these are the values for
        each example alone.
        """
        names = [layer] if isinstance(layer, str) else list(layer)
        for name in names:
            self.layer(name)
        graph, arrays = self.graph(), self.arrays(x)
        feeds = list(graph.inputs.values())
        doubted = [n for n in names if graph.examples.cause(graph.tensors[n])]
        untold = [n for n in doubted if graph.examples.of(graph.tensors[n]).axes is None]
        if untold:
            turned = [t.dtype.is_floating for t in feeds]
            _alone.settle(graph, feeds, _alone.probes(arrays, turned), untold)
        run = graph.function(
            ("activations", tuple((n, graph.layouts[n]) for n in names)),
            feeds,
            lambda: [
                graph.values(n) if graph.layouts[n] else graph.tensors[n][None] for n in names
            ],
        )
        alone = doubted or not all(graph.layouts[n] for n in names)
        found = self.in_chunks(run, arrays, 1 if alone else self.chunk(names, graph, arrays))
        return found[0] if isinstance(layer, str) else dict(zip(names, found, strict=True))

    def graph(
        self,
        output: str | None = None,
        *,
        logit: bool = True,
        override: Mapping[str, str] | None = None,
    ) -> Graph:
        """The traced graph for one output; made at the first request, then kept.

        One to which questions have added too much is traced anew, and of many those used last stay.
        """
        key = (output, logit, tuple(sorted((override or {}).items())))
        with self._lock:
            found = self._graphs.pop(key, None)
            if found is not None and found.overgrown:
                self._functions.forget(found)
                found = None
            self._graphs[key] = found or Graph(
                self.model,
                output=output,
                logit=logit,
                override=override,
                functions=self._functions,
            )
            while len(self._graphs) > GRAPHS:
                self._functions.forget(self._graphs.pop(next(iter(self._graphs))))
            return self._graphs[key]

    @property
    def nbytes(self) -> int:
        """Memory in bytes, about: of the weights, and of what is kept for the next questions."""
        weights = sum(math.prod(w.shape) * w.value.dtype.size for w in self.model.weights)
        return int(weights) + self._functions.operations * OPERATION_BYTES

    def clear(self, keep: int = 0) -> None:
        """Forget the traces, what was kept for the next questions, and the memory of both.

        The next question traces the model again, and is answered the same. keep : bytes, about;
        more than none leaves the traces, and of what was kept so much as was used last.
        """
        with self._lock:
            if keep:
                if not self._functions.shrink(keep // OPERATION_BYTES):
                    return
            else:
                self._graphs.clear()
                self._functions = Functions()
        gc.collect()  # graphs and their operations refer to each other

    def chunk(self, layers: Sequence[str], graph: Graph, fed: Sequence[npt.NDArray[Any]]) -> int:
        """Rows to send at once through the network and back to the earliest of `layers`.

        fed : an array for each input, of one row or more, for its shape.
        """
        return chunks.rows(graph, layers, fed)

    def arrays(self, x: Any, *, what: str = "x") -> list[npt.NDArray[Any]]:
        """The inputs as a checked list of arrays (batch, *shape), in the model's order.

        Raises
        ------
        InvalidRequest : a name, a shape, a batch size or a value (not finite) that does not fit.
        """
        tensors = self.graph().inputs
        names = list(tensors)
        if isinstance(x, Mapping):
            if set(x) != set(names):
                raise InvalidRequest(f"{what} names {sorted(x)}, but the inputs are {names}.")
            given = [x[n] for n in names]
        elif len(names) == 1:
            given = [x[0] if isinstance(x, list | tuple) and len(x) == 1 else x]
        else:
            given = list(x)
        if len(given) != len(names):
            raise InvalidRequest(
                f"The model has {len(names)} inputs {names}; {what} has {len(given)} arrays. "
                "Pass a dict or a list with one array for each."
            )
        checked = [
            _checked(a, n, t, what) for a, (n, t) in zip(given, tensors.items(), strict=True)
        ]
        if len({len(a) for a in checked}) != 1:
            raise InvalidRequest(
                f"The arrays of {what} have batch sizes {[len(a) for a in checked]}; "
                "they must be the same."
            )
        return checked

    @staticmethod
    def in_chunks(run: Any, arrays: list[npt.NDArray[Any]], chunk: int) -> list[npt.NDArray[Any]]:
        try:
            parts = [
                [np.asarray(t) for t in run(*(a[i : i + chunk] for a in arrays))]
                for i in range(0, len(arrays[0]), chunk)
            ]
        except tf.errors.InvalidArgumentError as error:  # such as an id that no embedding has
            found = re.search(r"\S+ = -?\d+ is not in \[.*?\)", str(error))
            why = found[0] if found else str(error).partition("\n")[0]
            raise InvalidRequest(
                f"The model cannot be run on these values: {one_line(why, 200)}. Give values of "
                "the kind that it was trained on."
            ) from error
        return [np.concatenate(p) for p in zip(*parts, strict=True)]


def _infos(graph: Graph) -> dict[str, LayerInfo]:
    return {
        n: LayerInfo(n, graph.kinds[n], graph.shapes[n], n in graph.cuts, graph.channel_axes[n])
        for n in graph.tensors
    }


def _checked(value: Any, name: str, tensor: Any, what: str) -> npt.NDArray[Any]:
    """One input as an array of the model's dtype and of shape (batch, *shape)."""
    shape = tuple(tensor.shape[1:])
    wanted = ", ".join("any" if n is None else str(n) for n in shape)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidRequest(f"{what} is not an array: {error}") from error
    array = cast(array, tensor.dtype, f"{what} for input {name!r}")
    fits = array.ndim == len(shape) + 1 and all(
        n is None or n == m for n, m in zip(shape, array.shape[1:], strict=True)
    )
    if not fits or not array.size:
        add = " Add the batch axis: x[None]." if array.ndim == len(shape) else ""
        raise InvalidRequest(
            f"{what} for input {name!r} has shape {array.shape}; "
            f"(batch, {wanted}) is expected.{add}"
        )
    return array


def cast(array: npt.NDArray[Any], dtype: Any, what: str) -> npt.NDArray[Any]:
    """The same numbers in the dtype of an input, a tf.DType.

    Raises
    ------
    InvalidRequest : values that are not finite, or are none of that dtype.
    """
    if array.dtype.kind not in "biuf":
        raise InvalidRequest(f"{what} holds {array.dtype} values; numbers are expected.")
    if not np.isfinite(array).all():
        raise InvalidRequest(f"{what} holds NaN or infinite values.")
    with np.errstate(over="ignore", invalid="ignore"):
        found = array.astype(dtype.as_numpy_dtype, copy=False)
    if dtype.is_floating and not np.isfinite(found).all():
        raise InvalidRequest(
            f"{what} holds values as large as {np.abs(array.astype(float)).max():.3g}, more than "
            f"{dtype.name}, which the input takes, can hold: scale them as the model was trained."
        )
    if not dtype.is_floating and not np.array_equal(array, found):
        raise InvalidRequest(
            f"{what} holds values that are no {dtype.name}, which the input takes."
        )
    return found
