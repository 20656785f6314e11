"""Describe: what the pages must know of a network before they ask it: its layers and outputs.

Written down for the bundled networks (assets/build_results.py), so that pages need no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
from keras import tree

from attribution import fields
from attribution.cards import guessing
from attribution.trace import logit

_AT_ONCE = 12  # layers that are measured in one pass; each holds its numbers meanwhile
_NAMES = (
    "InputLayer Rescaling Normalization Dropout SpatialDropout1D SpatialDropout2D Activation ReLU "
    "LeakyReLU ELU PReLU BatchNormalization LayerNormalization Add Subtract Multiply Average "
    "Concatenate Conv1D Conv2D Conv3D DepthwiseConv1D DepthwiseConv2D SeparableConv1D "
    "SeparableConv2D MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D "
    "AveragePooling3D ZeroPadding1D ZeroPadding2D UpSampling1D UpSampling2D"
)
_KEEP = frozenset(_NAMES.split())
"""Layers of Keras whose positions lie as those of what goes into them, whatever their weights."""


def layers(net: Any, x: npt.NDArray[Any]) -> list[list[Any]]:
    """Of each layer its name, kind, shape, whether it is a cut, the axis of its channels, and
    whether its positions lie along the axes of the input, in their order.

    x : (1, *input shape), an input to measure that with where the kinds of layers do not say it.
    """
    placed = [e for e in net.layers if e.channel_axis is not None and len(e.shape) > 1]
    lies = _known(net.model, {e.name: e.kind for e in placed})
    asked = [e.name for e in placed if e.name not in lies]
    own = net.layers[0].channel_axis
    along = [axis for axis in range(len(net.layers[0].shape)) if axis != own]
    for first in range(0, len(asked), _AT_ONCE):
        found = fields.measure(net, asked[first : first + _AT_ONCE], x)
        lies |= {name for name, field in found.items() if _lies(field, along)}
    return [
        [e.name, e.kind, list(e.shape), e.is_cut, e.channel_axis, e.name in lies]
        for e in net.layers
    ]


def _known(model: Any, kinds: Mapping[str, str]) -> set[str]:
    """The layers that keep the positions of what goes into them, from the input on.

    kinds : of the layers with positions, in the order in which they are computed.
    """
    names, found = {id(layer.output): layer.name for layer in _single(model)}, set[str]()
    for layer in _single(model):
        given = [names.get(id(tensor)) for tensor in tree.flatten(layer.input)]
        kept = layer.name in kinds and kinds[layer.name] == type(layer).__name__ in _KEEP
        last = getattr(layer, "data_format", "channels_last") == "channels_last"
        first = type(layer).__name__ == "InputLayer"
        if kept and last and (first or all(name in found for name in given)):
            found.add(layer.name)
    return found


def _single(model: Any) -> list[Any]:
    """The layers of a model that have one output, that of their first call."""
    return [
        layer
        for layer in model.layers
        if hasattr(layer, "output") and not isinstance(layer.output, list | dict | tuple)
    ]


def outputs(net: Any) -> list[list[Any]]:
    """Of each output its name, form, shape, and whether its numbers are probabilities."""
    found = []
    for name, shape in net.output_shapes.items():
        squash = logit.squash(net.graph(name, logit=False).explained)
        found.append(
            [name, guessing.form(squash, shape), list(shape), squash in ("Softmax", "Sigmoid")]
        )
    return found


def _lies(field: fields.FieldOfView | None, along: list[int]) -> bool:
    """Measured, never taken from the shape: maps of attention have the shape of a picture too.

    along : the axes of the input that are not its channels'.
    """
    axes = field.axes if field else (None,)
    if not all(axes):  # an axis of one place lies nowhere
        return False
    forward = all(axis.stride > 0 for axis in axes if axis)
    return forward and [axis.axis for axis in axes if axis] == along[: len(axes)]
