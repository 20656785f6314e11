"""Models that are refused, by the name of the layer to blame, before a number is computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import keras
import tensorflow as tf

from attribution.errors import UnsupportedModel
from attribution.trace.precision import HALVES

_WRITES = ("Assign", "ResourceScatter")


def refuse_backend() -> None:
    """Raise UnsupportedModel where Keras computes with anything but TensorFlow."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise UnsupportedModel(
            f"Keras runs on the backend {backend!r} here, and models are explained on TensorFlow "
            "only: set the environment variable KERAS_BACKEND=tensorflow before Keras is "
            "imported, and load the model again."
        )


def refuse(model: keras.Model) -> None:
    """Raise UnsupportedModel for layers whose answer has no gradient, or depends on the past."""
    for layer in model._flatten_layers():
        if getattr(layer, "quantization_mode", None):
            raise UnsupportedModel(
                f"Layer {layer.name!r} is quantized ({layer.quantization_mode}), and rounding has "
                "no gradient: explain the model as it was before quantization."
            )
        if getattr(layer, "stateful", False) and isinstance(layer, keras.layers.RNN):
            raise UnsupportedModel(
                f"Layer {layer.name!r} is stateful: its answer depends on what it saw before. "
                "Build the model with stateful=False and load the weights into it."
            )
        if isinstance(layer, keras.layers.RNN) and layer.unroll and _many_states(layer.cell):
            raise UnsupportedModel(
                f"Layer {layer.name!r} unrolls a list of cells of several states each, which Keras "
                "cannot run: build it with unroll=False, or of one layer for each cell."
            )


def _many_states(cell: keras.Layer) -> bool:
    """Whether a cell is a stack of cells of which one has more than one state, as of an LSTM."""
    stacked = isinstance(cell, keras.layers.StackedRNNCells)
    return stacked and any(isinstance(size, list | tuple) for size in cell.state_size)


def refuse_texts(specs: Iterable[tf.TensorSpec]) -> None:
    """Raise UnsupportedModel for inputs that are no numbers."""
    for spec in specs:
        if spec.dtype == tf.string:
            raise UnsupportedModel(
                f"Input {spec.name!r} takes text, and numbers are explained: build the model from "
                "the indices on, behind its StringLookup or TextVectorization, and give it these."
            )


def refuse_operations(
    model: str,
    inputs: Iterable[tf.Tensor],
    outputs: Iterable[tf.Tensor],
    spans: Sequence[tuple[str, int, int]],
) -> None:
    """Raise UnsupportedModel for operations on the way that write state or compute in halves.

    spans : as in a `capture.Seen`.
    """
    operations, wanted = behind(outputs)
    moving = {t.name for t in inputs}
    for number, op in enumerate(operations):
        moves = any(t.name in moving for t in op.inputs)
        moving.update(t.name for t in op.outputs if moves)
        if op.name not in wanted:
            continue
        whose = where(spans, number)
        if op.type.startswith(_WRITES):
            raise UnsupportedModel(
                f"{whose} of {model!r} writes a variable ({op.type}) that its answer depends "
                "on: asking would change the model. Return what does not depend on it."
            )
        halves = [t.dtype.base_dtype.name for t in op.outputs if t.dtype.base_dtype.name in HALVES]
        if moves and halves:
            raise UnsupportedModel(
                f"{whose} of {model!r} computes in {halves[0]} by a cast of its own "
                f"({op.type}), whose gradients underflow: leave the dtype to the layer's policy, "
                "which is then taken as float32."
            )


def behind(outputs: Iterable[tf.Tensor]) -> tuple[list[tf.Operation], set[str]]:
    """The operations of the graph, and the names of those that these tensors depend on."""
    graph = tf.compat.v1.get_default_graph()
    operations = graph.get_operations()
    wanted = {t.op.name for t in outputs if getattr(t, "graph", None) is graph}
    for op in reversed(operations):
        if op.name in wanted:
            wanted.update(t.op.name for t in op.inputs)
            wanted.update(before.name for before in op.control_inputs)
    return operations, wanted


def where(spans: Sequence[tuple[str, int, int]], number: int) -> str:
    """The innermost layer whose call created the operation of that number."""
    return next((f"Layer {n!r}" for n, a, b in spans if a <= number < b), "The model")
