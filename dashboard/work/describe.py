"""Describe: what the pages must know of a network before they ask it: its layers and outputs.

Written down for the bundled networks (assets/build_results.py), so that pages need no TensorFlow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from keras import tree

from attribution import cards, fields
from attribution.cards import clues, guessing
from attribution.errors import InvalidCard
from attribution.rules import refusals
from attribution.trace import logit
from dashboard.request.catalogue import Model
from dashboard.work.shelf import Book

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


def model(name: str, net: Any, book: Book, room: Path) -> Model:
    """All that the pages must know of a model that is not bundled: some seconds.

    book : its file. room : a folder for samples, where its card has none.
    Its card is guessed where there is none, where it cannot be read, and where it does not fit.
    """
    notes, card = [book.note] if book.note else [], None
    try:
        card = book.said or (cards.read(book.card) if book.card else None)
        problems = cards.fits(net, card) if card else ()
    except InvalidCard as refused:
        problems = (str(refused),)
    if problems:
        notes += [*problems, "So the card is not used: what follows is a guess from the model."]
    if card is None or problems:
        title = name if book.path.stem in name else book.path.stem
        card = cards.guess(net).model_copy(update={"title": title})
    own = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:16]
    card = cards.ready(card, net.input_shapes, room / own, cards.noise(net))
    x, sizes = example(net, card), cards.sizes(card, net.input_shapes)
    described = layers(net, x)
    if card.layer is None:
        card = card.model_copy(update={"layer": _first_shown(described)})
    expects = clues.expects(net).get(next(iter(sizes))) if len(sizes) == 1 else None
    found = Model.of(name, card, described, outputs(net, x), book.path, tuple(notes), sizes)
    several = held(net) if len(sizes) > 1 else {}
    unruled = frozenset(refusals.refusals(net.graph(), "rescale"))
    return replace(found, expects=expects, held=several, unruled=unruled)


def held(net: Any) -> dict[str, str]:
    """Of each input that no part of a path moves the operation by which the score depends on it."""
    graph = net.graph()
    looked_up = {name for names in graph.embedded.values() for name in names}
    moved = {name.partition(":")[0] for name in graph.starts} | looked_up
    return {name: op for name, op in graph.held.items() if name not in moved}


def example(net: Any, card: cards.Card) -> dict[str, Any]:
    """An input of noise, by name (1, *input shape), to measure a network with."""
    generator = np.random.default_rng(0)
    sizes = cards.sizes(card, net.input_shapes)
    x = {given: generator.normal(size=(1, *shape)) for given, shape in sizes.items()}
    for given, tensor in net.graph().inputs.items():
        if not tensor.dtype.is_floating or card.inputs[given].kind == "tokens":
            x[given] = np.abs(x[given]).astype(int)
    return x


def layers(net: Any, x: Any) -> list[list[Any]]:
    """Of each layer its name, kind, shape, whether it is a cut, the axis of its channels, and
    whether its positions lie along the axes of the input, in their order.

    x : (1, *input shape), an input to measure that with where the kinds of layers do not say it;
    with several inputs, by name, positions lie along none.
    """
    shapes = _shapes(net, x)
    several = len(net.input_shapes) > 1
    placed = [e for e in net.layers if e.channel_axis is not None and len(e.shape) > 1]
    lies = set() if several else _known(net.model, {e.name: e.kind for e in placed})
    asked = [] if several else [e.name for e in placed if e.name not in lies]
    own = net.layers[0].channel_axis
    along = [axis for axis in range(len(net.layers[0].shape)) if axis != own]
    for first in range(0, len(asked), _AT_ONCE):
        found = fields.measure(net, asked[first : first + _AT_ONCE], x)
        lies |= {name for name, field in found.items() if _lies(field, along)}
    return [
        [e.name, e.kind, shapes[e.name], e.is_cut, e.channel_axis, e.name in lies]
        for e in net.layers
    ]


def _shapes(net: Any, x: Any) -> dict[str, list[int]]:
    """Of each layer, without the batch axis; measured where the network leaves one open."""
    found = {e.name: list(e.shape) for e in net.layers}
    asked = [name for name, shape in found.items() if None in shape]
    for first in range(0, len(asked), _AT_ONCE):
        held = net.activations(x, asked[first : first + _AT_ONCE])
        found |= {name: list(values.shape[1:]) for name, values in held.items()}
    return found


def _first_shown(described: list[list[Any]]) -> str:
    """The layer to open with: the last hidden one with positions that is a cut, or else the last
    hidden one."""
    hidden = described[1:-1] or described
    maps = [e for e in hidden if e[3] and e[4] is not None and len(e[2]) > 1]
    return str((maps or hidden)[-1][0])


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


def outputs(net: Any, x: Any = None) -> list[list[Any]]:
    """Of each output its name, form, shape, and whether its numbers are probabilities.

    x : as of `layers`, for shapes that the network leaves open.
    """
    found, shapes = [], net.output_shapes
    if any(None in shape for shape in shapes.values()):
        said = net.predict(x)
        said = said if isinstance(said, dict) else dict.fromkeys(shapes, said)
        shapes = {name: values.shape[1:] for name, values in said.items()}
    for name, shape in shapes.items():
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
