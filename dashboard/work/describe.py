"""Describe: what the pages must know of a network before they ask it: its layers and outputs.

Written down for the bundled networks (assets/build_results.py), so that pages need no TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from attribution import fields
from attribution.trace import logit
from dashboard.request.outputs import Form

_SOFT = {"Softmax", "LogSoftmax"}
_AT_ONCE = 12  # layers that are measured in one pass; each holds its numbers meanwhile


def layers(net: Any, x: npt.NDArray[Any]) -> list[list[Any]]:
    """Of each layer its name, kind, shape, whether it is a cut, the axis of its channels, and
    whether its positions lie along the axes of the input, in their order.

    x : (1, *input shape), an input to measure that with.
    """
    asked = [e.name for e in net.layers if e.channel_axis is not None and len(e.shape) > 1]
    found: dict[str, fields.Field | None] = {}
    for first in range(0, len(asked), _AT_ONCE):
        found |= fields.measure(net, asked[first : first + _AT_ONCE], x)
    return [
        [e.name, e.kind, list(e.shape), e.is_cut, e.channel_axis, _lies(found.get(e.name))]
        for e in net.layers
    ]


def outputs(net: Any) -> list[list[Any]]:
    """Of each output its name, form, shape, and whether its numbers are probabilities."""
    found = []
    for name, shape in net.output_shapes.items():
        squash = logit.squash(net.graph(name, logit=False).explained)
        found.append([name, _form(squash, shape), list(shape), squash in ("Softmax", "Sigmoid")])
    return found


def _form(squash: str, shape: tuple[int | None, ...]) -> Form:
    if len(shape) > 1:
        return "positions"
    if squash in _SOFT:
        return "classes"
    return "labels" if squash == "Sigmoid" else "number"


def _lies(field: fields.Field | None) -> bool:
    """Measured, never taken from the shape: maps of attention have the shape of a picture too."""
    along = field.axes if field else (None,)
    if not all(along):  # an axis of one place lies nowhere
        return False
    forward = all(axis.stride > 0 for axis in along if axis)
    return forward and [axis.axis for axis in along if axis] == [*range(len(along))]
