"""Fitting: what a model says against a card."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from attribution.cards.card import Card
from attribution.cards.entries import OutputEntry
from attribution.errors import UnknownLayer, one_line

if TYPE_CHECKING:
    from attribution.network import Network

Shape = Sequence[int | None]


def fits(net: Network, card: Card) -> tuple[str, ...]:
    """What the network says against the card, a sentence each; none where the card fits.

    Names of inputs, outputs and the layer, shapes, numbers of names, and targets of samples.
    """
    return (*_inputs(net, card), *_outputs(net, card), *_layer(net, card), *_samples(net, card))


def _inputs(net: Network, card: Card) -> Iterable[str]:
    shapes = net.input_shapes
    yield from _unknown("input", card.inputs, shapes)
    for name in shapes:
        if name not in card.inputs:
            yield f"The card has no entry for input {_quoted(name)}: add one to inputs."
    for name, entry in card.inputs.items():
        if name not in shapes or entry.shape is None:
            continue
        if not _agree(entry.shape, shapes[name]):
            yield (
                f"The card's input {_quoted(name)} is {entry.kind} of shape {_form(entry.shape)}, "
                f"and the model takes {_form(shapes[name])}: change the entry."
            )


def _outputs(net: Network, card: Card) -> Iterable[str]:
    shapes, given = net.output_shapes, card.outputs
    if given is None:
        return
    if isinstance(given, OutputEntry) and len(shapes) > 1:
        yield (
            f"The card has one entry for outputs, and the model has {len(shapes)}: give one below "
            f"each name, {', '.join(map(_quoted, shapes))}."
        )
        return
    entries = dict.fromkeys(shapes, given) if isinstance(given, OutputEntry) else given
    yield from _unknown("output", entries, shapes)
    for name, entry in entries.items():
        if name in shapes:
            yield from _output(name, entry, shapes[name])


def _output(name: str, entry: OutputEntry, shape: Shape) -> Iterable[str]:
    last = shape[-1] if shape else 1
    if entry.names and last not in (None, len(entry.names)):
        yield (
            f"The card has {len(entry.names)} names for output {_quoted(name)}, which has {last}: "
            "give one for each, in its order."
        )
    if (entry.kind == "positions") != (len(shape) > 1):
        wanted = "positions" if len(shape) > 1 else "classes, labels or number"
        yield (
            f"The card's output {_quoted(name)} is of kind {entry.kind}, and the model's has shape "
            f"{_form(shape)}: {wanted} is meant."
        )


def _layer(net: Network, card: Card) -> Iterable[str]:
    if card.layer is None:
        return
    try:
        net.layer(card.layer)
    except UnknownLayer as error:
        yield f"The card's layer is not the model's. {error}"


def _samples(net: Network, card: Card) -> Iterable[str]:
    counts = [math.prod(n or 1 for n in shape) for shape in net.output_shapes.values()]
    known = all(n is not None for shape in net.output_shapes.values() for n in shape)
    for sample in card.samples:
        if known and sample.target is not None and sample.target >= sum(counts):
            yield (
                f"The card's sample {_quoted(sample.name)} has the target {sample.target}, and the "
                f"model has {sum(counts)} outputs: give an index from 0 to {sum(counts) - 1}."
            )


def _unknown(what: str, named: Iterable[str], known: Iterable[str]) -> Iterable[str]:
    for name in named:
        if name not in set(known):
            alike = difflib.get_close_matches(name, list(known), n=1) or list(known)
            yield (
                f"The model has no {what} {_quoted(name)}, which the card names: "
                f"{', '.join(map(_quoted, alike))} {'is' if len(alike) == 1 else 'are'} there."
            )


def _agree(first: Shape, second: Shape) -> bool:
    return len(first) == len(second) and all(
        None in pair or pair[0] == pair[1] for pair in zip(first, second, strict=True)
    )


def _form(shape: Shape) -> str:
    return "x".join("any" if n is None else str(n) for n in shape) or "()"


def _quoted(name: str) -> str:
    return repr(one_line(name))
