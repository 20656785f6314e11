"""Layers whose neurons contribute the same, one for one, so that one integral serves them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from attribution.trace.graph import Graph

_AFFINE = ("Mul", "AddV2", "Add", "Sub", "BiasAdd", "FusedBatchNormV3", "Identity", "Reshape")
_VALUES = {"Reshape": 1}  # how many of an operation's inputs hold values, where not all do


def twin(graph: Graph, layer: str) -> str:
    """The earliest layer whose neurons contribute the same as this layer's, one for one.

    So it is where only steps y = a x + b lie between, element by element, with an a and a b
    that stay the same along the path (a normalisation in inference, a reshape), and nothing
    else reads x: then dF/dx dx = dF/dy dy.
    """
    names = {t.name: n for n, t in reversed(graph.tensors.items())}
    tensor = graph.tensors[layer]
    found = names[tensor.name]  # a dropout gives on the very tensor that it takes
    while tensor.op.type in _AFFINE:
        op = tensor.op
        moving = [t for t in op.inputs[: _VALUES.get(op.type)] if graph.ways.moves(t)]
        if len(moving) != 1 or not moving[0].dtype.is_floating or _learns(op):
            break
        readers = [reader for reader in moving[0].consumers() if graph.ways.on_the_way(reader)]
        if len(readers) != 1 or _size(graph, moving[0]) != _size(graph, tensor):
            break
        tensor = moving[0]
        found = names.get(tensor.name, found)
    return found if found in graph.gradients else layer


def _size(graph: Graph, tensor: tf.Tensor) -> int:
    """Neurons of one example; unknown lengths count as -1."""
    layout = graph.layout(tensor)
    shape = layout.shape if layout else tensor.shape
    return int(np.prod([-1 if n is None else n for n in shape], dtype=np.int64))


def _learns(op: tf.Operation) -> bool:
    """Whether it is a batch normalisation by the statistics of the batch it sees."""
    return op.type == "FusedBatchNormV3" and bool(op.get_attr("is_training"))
