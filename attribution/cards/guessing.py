"""Guessing: a first card from the model alone, each field with the reason for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attribution.cards import clues
from attribution.cards.card import Card
from attribution.layers import LayerInfo

if TYPE_CHECKING:
    import keras

    from attribution.network import Network

Reasons = dict[tuple[str, ...], str]
_CLASSES = ("Softmax", "LogSoftmax")


def guess(net: Network | keras.Model) -> Card:
    """The card that the model suggests; `Card.reasons` says why, field by field.

    From the shapes of inputs and outputs, the layers that an input meets first (Rescaling,
    Normalization, TextVectorization, StringLookup, Embedding), the last activation and names. What
    cannot be known, such as the names of classes, is left out. `write` keeps the reasons as
    comments.

    net : a network, or a model; one that takes text, which a network does not, is a model.
    """
    model, network = _both(net)
    found: dict[str, Any] = {"title": model.name, "inputs": {}}
    reasons: Reasons = {}
    for given in clues.inputs(model, network):
        entry, why = clues.entry(given)
        found["inputs"][given.name] = entry
        reasons |= {("inputs", given.name, field): told for field, told in why.items()}
    outputs = [*_outputs(model, network)]
    found["outputs"] = {o.name: {"kind": o.kind} for o in outputs}
    for o in outputs:
        at = ("outputs", o.name) if len(outputs) > 1 else ("outputs",)
        reasons |= {(*at, field): told for field, told in o.why.items()}
    if len(outputs) == 1:
        found["outputs"] = {"kind": outputs[0].kind}
    if network is not None and (layer := _layer(network)):
        found["layer"], reasons["layer",] = layer
    card = Card.model_validate(found)
    card._reasons.update(reasons)
    return card


def form(squash: str, shape: Sequence[int | None]) -> str:
    """What an output says: its kind on a card, by the operation that makes it and its shape."""
    if len(shape) > 1:
        return "positions"
    if squash in _CLASSES:
        return "classes"
    return "labels" if squash == "Sigmoid" else "number"


@dataclass(frozen=True)
class _Output:
    """why : the reasons by field."""

    name: str
    kind: str
    why: Mapping[str, str]


def _both(net: Any) -> tuple[Any, Network | None]:
    """The model and its network; None for one that is none, since it takes text."""
    from attribution.network import Network

    if isinstance(net, Network):
        return net.model, net
    if any(str(tensor.dtype) == "string" for tensor in getattr(net, "inputs", None) or ()):
        return net, None
    return net, Network(net)


def _outputs(model: Any, network: Network | None) -> Iterator[_Output]:
    if network is None:
        for name, tensor in zip(model.output_names, model.outputs, strict=True):
            yield _output(name, _activation(model, name), tuple(tensor.shape[1:]))
        return
    from attribution.trace import logit

    for name, shape in network.output_shapes.items():
        squash = logit.squash(network.graph(name, logit=False).explained)
        yield _output(name, squash, shape)


def _activation(model: Any, name: str) -> str:
    """The operation that a layer of that name ends in."""
    layer = next((layer for layer in model.layers if layer.name == name), None)
    known = {"softmax": "Softmax", "log_softmax": "LogSoftmax", "sigmoid": "Sigmoid"}
    return known.get(getattr(getattr(layer, "activation", None), "__name__", ""), "")


def _output(name: str, squash: str, shape: Sequence[int | None]) -> _Output:
    kind, last = form(squash, shape), shape[-1] if shape else 1
    ends = f"it ends in {squash.lower()}" if squash else "it ends in neither softmax nor sigmoid"
    why = {"kind": ends}
    if kind == "positions":
        why["kind"] = (
            f"one answer for each of {'x'.join(str(n or 'any') for n in shape[:-1])} places"
        )
    elif kind == "number" and last != 1:
        why["kind"] += "; classes, if these are logits"
    if kind == "number" and last == 1:
        why["unit"] = "that of the number, such as years"
    else:
        each = "a list with its one name" if last == 1 else f"one for each of {last or 'all'}"
        why["names"] = f"{each}, or a file beside this card"
    return _Output(name, kind, why)


def _layer(net: Network) -> tuple[str, str] | None:
    """The layer to open with: the last one with places, else the last hidden one."""
    ends = [*net.input_shapes, *net.output_shapes]
    shapes = list(net.output_shapes.values())
    inputs = list(net.input_shapes.values())
    cuts = [
        info
        for info in net.layers
        if info.is_cut and info.name not in ends and info.shape not in (*shapes, *inputs)
    ]
    if placed := [*filter(_placed, cuts)]:
        return placed[-1].name, "the last cut whose channels have places"
    return (cuts[-1].name, "the last hidden cut") if cuts else None


def _placed(info: LayerInfo) -> bool:
    return info.channel_axis is not None and len(info.shape) > 1
