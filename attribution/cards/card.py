"""Card: what is known of a model beside its file, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, PrivateAttr, Tag, model_validator

from attribution import images
from attribution.cards.entries import InputEntry, OutputEntry, Sample
from attribution.cards.image import ImageEntry
from attribution.cards.values import Entry, Name, Text
from attribution.errors import InvalidRequest


def _how_many(value: Any) -> str:
    """Whether outputs are given as one entry, or by their names."""
    if isinstance(value, OutputEntry):
        return "one"
    entries = isinstance(value, Mapping) and all(
        isinstance(entry, Mapping | OutputEntry) for entry in value.values()
    )
    return "several" if entries else "one"


class Card(Entry):
    """What a model takes, what it says, and how to begin with it.

    inputs : by the names of the model's inputs. outputs : one entry where the model has one output,
    else by their names. layer : to open with.
    """

    title: Text = Field("", description="a text")
    summary: Text = Field("", description="a text: what the model does, in a sentence")
    inputs: Mapping[Name, InputEntry] = Field(
        min_length=1, description="the name of an input, and below it its kind and more"
    )
    outputs: (
        Annotated[
            Annotated[OutputEntry, Tag("one")]
            | Annotated[Mapping[Name, OutputEntry], Tag("several"), Field(min_length=1)],
            Discriminator(_how_many),
        ]
        | None
    ) = Field(None, description="an entry with its kind, or one below the name of each output")
    layer: Name | None = Field(None, description="the name of a layer, to open with")
    samples: tuple[Sample, ...] = Field((), description="a list of entries with file, title, ...")
    source: Text = Field("", description="a text: where the model is from")
    licence: Text = Field("", description="a text: that of the model")
    _reasons: dict[tuple[str, ...], str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Card:
        names = [sample.name for sample in self.samples]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise ValueError(
                f"two samples are called {twice!r}, their files without the ending; rename one"
            )
        return self

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, for whatever reasons."""
        return isinstance(other, Card) and self.model_dump() == other.model_dump()

    @property
    def reasons(self) -> Mapping[tuple[str, ...], str]:
        """Why a guessed card says what it says, by place, such as ("layer",); empty for others."""
        return self._reasons

    @property
    def input(self) -> InputEntry:
        """The entry of the first input."""
        return next(iter(self.inputs.values()))

    def output(self, name: str | None = None) -> OutputEntry | None:
        """The entry of the output of that name; None: of the first. None where nothing is said."""
        if self.outputs is None or isinstance(self.outputs, OutputEntry):
            return self.outputs
        return self.outputs.get(name) if name else next(iter(self.outputs.values()))

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the first output's last axis; none where they are not known."""
        entry = self.output()
        return (entry.names or ()) if entry else ()

    def sample(self, name: str) -> Sample | None:
        """The sample of that name, or None."""
        return next((s for s in self.samples if s.name == name), None)

    def encoding(self, size: tuple[int, int] | None = None) -> images.ImageInput:
        """How pixels become the first input, where that is a picture.

        size : (height, width), for a model that takes any.

        Raises
        ------
        InvalidRequest : the input is no picture, or neither the card nor the caller gives a size.
        """
        if not isinstance(self.input, ImageEntry):
            raise InvalidRequest(f"The model takes no picture: its input is {self.input.kind}.")
        return self.input.encoding(size)
