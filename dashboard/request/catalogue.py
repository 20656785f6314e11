"""What the page knows of models before TensorFlow is there: their cards, and their layers.

`assets/results/catalogue.json` is written by assets/build_results.py from the networks themselves;
a test compares the two.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attribution.bundled import ASSETS
from attribution.cards import Card, Sample, SequenceEntry
from attribution.layers import LayerInfo
from attribution.zoo import cards
from dashboard.request.outputs import Form, Head, Outputs

RESULTS = ASSETS / "results"


@dataclass(frozen=True)
class Layer(LayerInfo):
    """One layer as the layer list shows it, of a known shape.

    lies : whether its positions lie along the axes of the input, in their order: then, and only
    then, its scores may be laid over the input.
    """

    shape: tuple[int, ...]
    lies: bool = False

    @property
    def dimensions(self) -> str:
        """'7 × 7 × 192'."""
        return " × ".join(str(n) for n in self.shape)

    @property
    def neurons(self) -> int:
        """How many numbers the layer holds for one example."""
        count = 1
        for n in self.shape:
            count *= n
        return count

    @property
    def has_channels(self) -> bool:
        """Whether neurons are gathered in channels, of several positions each."""
        return self.channel_axis is not None and len(self.shape) > 1

    @property
    def units(self) -> int:
        """How many channels, or else neurons."""
        return self.shape[self.channel_axis] if self.channel_axis is not None else self.neurons

    @property
    def positions(self) -> tuple[int, ...]:
        """How many places there are along each axis beside the channels'; none without these."""
        if self.channel_axis is None:
            return ()
        return tuple(n for axis, n in enumerate(self.shape) if axis != self.channel_axis)

    @property
    def grid(self) -> str:
        """'7 × 7', or 'none'."""
        return " × ".join(map(str, self.positions)) or "none"


@dataclass(frozen=True)
class Model:
    """A model with its card, its layers in graph order, and its outputs. name : as in links.

    path : of the file of a model that is not bundled. notes : what the page must say of it.
    shapes : of one example of each input by name, where there are several. expects : the layer that
    scales the input first, and the least and the most that it is made for; None where none does.
    held : of several inputs those that stay as they are along a path, and by which operation.
    unruled : layers for which DeepLIFT has no exact rules.
    """

    name: str
    card: Card
    layers: tuple[Layer, ...]
    outputs: Outputs
    path: Path | None = None
    notes: tuple[str, ...] = ()
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    expects: tuple[str, float, float] | None = None
    held: Mapping[str, str] = field(default_factory=dict)
    unruled: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        name: str,
        card: Card,
        layers: Sequence[Sequence[Any]],
        outputs: Sequence[Sequence[Any]],
        path: Path | None = None,
        notes: tuple[str, ...] = (),
        shapes: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
    ) -> Model:
        """As `work.describe` describes a network, with what the card says of it."""
        heads = tuple(_head(card, *each) for each in outputs)
        listed = tuple(Layer(n, kind, tuple(s), *rest) for n, kind, s, *rest in layers)
        return cls(
            name, card, listed, Outputs(heads), path, notes, shapes if len(shapes) > 1 else {}
        )

    @property
    def own_samples(self) -> tuple[Sample, ...]:
        """Those that come with the model: not the noise and zeros that stand for them."""
        if self.path is None:
            return self.card.samples
        folder = self.path.parent.resolve()
        return tuple(s for s in self.card.samples if s.file.resolve().is_relative_to(folder))

    @property
    def title(self) -> str:
        """What it is called on the page."""
        return self.card.title or self.name

    @property
    def kind(self) -> str:
        """That of its input."""
        entry = self.card.input
        if len(self.card.inputs) > 1 or (isinstance(entry, SequenceEntry) and not entry.is_dna):
            return "array"
        return entry.kind

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its input, without the batch axis."""
        said = self.card.input.shape
        return tuple(n or 0 for n in said) if said and None not in said else self.layers[0].shape

    @property
    def padding(self) -> dict[str, int]:
        """Of each of several inputs that holds the numbers of words: the one that fills up."""
        entries = ((name, self.card.inputs[name]) for name in self.shapes)
        return {name: entry.padding or 0 for name, entry in entries if entry.kind == "tokens"}

    def layer(self, name: str) -> Layer:
        """The layer of that name; KeyError if there is none."""
        found = next((layer for layer in self.layers if layer.name == name), None)
        if found is None:
            raise KeyError(name)
        return found


@dataclass(frozen=True)
class Catalogue:
    """All models. closed : names of those that nobody has opened yet. private : names that are
    offered only to those who know them."""

    models: Mapping[str, Model]
    closed: tuple[str, ...] = ()
    private: frozenset[str] = frozenset()

    @property
    def offered(self) -> tuple[str, ...]:
        """The names to choose from."""
        return (*(name for name in self.models if name not in self.private), *self.closed)

    def of_kind(self, kind: str) -> tuple[Model, ...]:
        """The models that take this kind of input."""
        return tuple(m for m in self.models.values() if m.kind == kind)

    def kind(self, *names: str | None) -> str:
        """The kind of input of the first of these that names a model; else of the first model."""
        named = (self.models[name] for name in names if name and name in self.models)
        return next(named, next(iter(self.models.values()))).kind


@functools.cache
def catalogue() -> Catalogue:
    """The bundled models, with the layers that were written down; once for each process."""
    written = json.loads((RESULTS / "catalogue.json").read_text(encoding="utf-8"))
    return Catalogue(
        MappingProxyType(
            {
                name: Model.of(name, card, written[name]["layers"], written[name]["outputs"])
                for name, card in cards().items()
            }
        )
    )


def _head(card: Card, output: str, form: Form, shape: Sequence[int], chance: bool) -> Head:
    """What the card says of an output goes before what its network shows. Names of its last axis
    are numbers where the card has none, and of one that is alone there the output's."""
    entry, count = card.output(output), shape[-1] if shape else 1
    numbered = tuple(map(str, range(count))) if count > 1 else (output,)
    names = (entry.names if entry else None) or numbered
    return Head(output, entry.kind if entry else form, tuple(shape), names, chance)
