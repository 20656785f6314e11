"""What the page knows of models and samples before TensorFlow is there.

`assets/results/catalogue.json` is written by assets/build_results.py from the core's own tables;
a test compares the two.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attribution.bundled import ASSETS

RESULTS = ASSETS / "results"


@dataclass(frozen=True)
class Layer:
    """One layer as the layer list shows it; shape without the batch axis.

    channel_axis : the axis of the shape that holds the channels; None where that is not known.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    is_cut: bool
    channel_axis: int | None

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
    def grid(self) -> tuple[int, int] | None:
        """(rows, columns) of a layer with positions in a picture, else None."""
        if self.channel_axis is None or len(self.shape) != 3:
            return None
        rows, columns = (n for axis, n in enumerate(self.shape) if axis != self.channel_axis)
        return rows, columns


@dataclass(frozen=True)
class Sample:
    """A bundled input."""

    name: str
    title: str
    kind: str
    file: str
    look_for: str
    credit: str
    licence: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        return ASSETS / self.file


@dataclass(frozen=True)
class MethodCard:
    """A method as the page describes it. The fields are those of attribution.Method."""

    name: str
    title: str
    accuracy: str
    complete: bool
    cost: str
    promise: str
    caveat: str
    unit: str

    @property
    def estimated(self) -> bool:
        """Whether the scores come with an estimated error, for a tolerance to be asked of it."""
        return self.accuracy == "estimated"


@dataclass(frozen=True)
class Model:
    """A bundled model: what it takes, what it says, and its layers in graph order."""

    name: str
    title: str
    summary: str
    kind: str
    input: Mapping[str, Any]
    labels: tuple[str, ...]
    default_layer: str
    samples: tuple[Sample, ...]
    layers: tuple[Layer, ...]

    def layer(self, name: str) -> Layer:
        """The layer of that name; KeyError if there is none."""
        found = next((layer for layer in self.layers if layer.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def sample(self, name: str) -> Sample | None:
        """The sample of that name, or None."""
        return next((s for s in self.samples if s.name == name), None)


@dataclass(frozen=True)
class Catalogue:
    """All models, and the methods that were known when the catalogue was written."""

    models: Mapping[str, Model]
    methods: tuple[MethodCard, ...]

    def of_kind(self, kind: str) -> tuple[Model, ...]:
        """The models that take this kind of input."""
        return tuple(m for m in self.models.values() if m.kind == kind)


@functools.cache
def catalogue() -> Catalogue:
    """Read the catalogue, once for each process."""
    content = json.loads((RESULTS / "catalogue.json").read_text(encoding="utf-8"))
    models = {name: _model(name, entry) for name, entry in content["models"].items()}
    methods = tuple(MethodCard(**entry) for entry in content["methods"])
    return Catalogue(MappingProxyType(models), methods)


def _model(name: str, entry: dict[str, Any]) -> Model:
    labels = json.loads((ASSETS / entry["labels"]).read_text(encoding="utf-8"))
    return Model(
        name=name,
        title=entry["title"],
        summary=entry["summary"],
        kind=entry["kind"],
        input=MappingProxyType(entry["input"]),
        labels=tuple(labels),
        default_layer=entry["default_layer"],
        samples=tuple(Sample(**sample) for sample in entry["samples"]),
        layers=tuple(Layer(n, kind, tuple(s), *rest) for n, kind, s, *rest in entry["layers"]),
    )
