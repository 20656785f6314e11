"""Entries: what a card says of one input, one output and one sample.

The description of a field is what a reader of an error and of the schema is told of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from attribution.cards.image import ImageEntry
from attribution.cards.values import Entry, File, Index, Name, Names, Number, Text, Whole, Words
from attribution.sequences import BASES


class SequenceEntry(Entry):
    """Letters, one-hot."""

    kind: Literal["sequence"] = Field(description="sequence")
    length: Whole | None = Field(
        None, description="how many letters, a whole number; left out, any number will do"
    )
    alphabet: str = Field(
        "ACGT", min_length=2, max_length=64, description="the letters in their order, such as ACGT"
    )

    @model_validator(mode="after")
    def _check(self) -> SequenceEntry:
        if len(set(self.alphabet)) < len(self.alphabet) or not self.alphabet.isalpha():
            raise ValueError(f"alphabet is {self.alphabet!r}; different letters are expected")
        return self

    @property
    def is_dna(self) -> bool:
        """Whether the letters are A, C, G, T or U, in this order."""
        return self.alphabet.upper().replace("U", "T") == "ACGT"

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of one example in the model."""
        return self.length, len(self.alphabet)

    @property
    def columns(self) -> list[int] | None:
        """Where each letter stands among the bases; None where they are no nucleotides."""
        letters = self.alphabet.upper().replace("U", "T")
        same = sorted(letters) == sorted(BASES)
        return [BASES.index(letter) for letter in letters] if same else None


class TableEntry(Entry):
    """A row of features, in the order in which the model was trained."""

    kind: Literal["table"] = Field(description="table")
    features: Names | None = Field(
        None, description="the names of the columns in their order, as a list or a file"
    )
    units: Mapping[Name, Name] = Field({}, description="feature: its unit, such as age: years")
    categories: Mapping[Name, Names] = Field(
        {}, description="feature: the names of its values 0, 1, 2, such as smoker: ['no', 'yes']"
    )

    @model_validator(mode="after")
    def _check(self) -> TableEntry:
        known = self.features or ()
        if len(set(known)) < len(known):
            raise ValueError("features holds a name twice; give each column a name of its own")
        for field in ("units", "categories"):
            for name in getattr(self, field):
                if name not in known:
                    raise ValueError(f"{field} names {name!r}, which is not among the features")
        return self

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of one example in the model."""
        return (len(self.features) if self.features else None,)


class SeriesEntry(Entry):
    """Values along time, of one channel or several."""

    kind: Literal["series"] = Field(description="series")
    length: Whole | None = Field(
        None, description="how many times, a whole number; left out, any number will do"
    )
    channels: Names | None = Field(
        None, description="the names of the channels in their order, as a list or a file"
    )
    rate: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="samples for each second, a number above 0"
    )

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of one example in the model."""
        return self.length, len(self.channels) if self.channels else None


class TokensEntry(Entry):
    """Text as the numbers of its words."""

    kind: Literal["tokens"] = Field(description="tokens")
    vocabulary: Words | None = Field(
        None,
        description="a file, or a list: the word of id 0, 1, 2; left out, the model's own",
    )
    padding: Index | None = Field(None, description="the id that fills up, 0 or more")
    length: Whole | None = Field(
        None, description="how many tokens, a whole number; left out, any number will do"
    )

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of one example in the model."""
        return (self.length,)


class ArrayEntry(Entry):
    """Numbers of which no more is known than their shape."""

    kind: Literal["array"] = Field(description="array")
    shape: tuple[Whole | None, ...] | None = Field(
        None, description="of one example, such as [20, 3], null where a length varies"
    )


InputEntry = Annotated[
    ImageEntry | SequenceEntry | TableEntry | SeriesEntry | TokensEntry | ArrayEntry,
    Field(discriminator="kind"),
]
INPUTS: dict[str, type[Entry]] = {
    "image": ImageEntry,
    "sequence": SequenceEntry,
    "table": TableEntry,
    "series": SeriesEntry,
    "tokens": TokensEntry,
    "array": ArrayEntry,
}


class OutputEntry(Entry):
    """What an output says: one of several classes, labels each true or not, a number, or that for
    each position.
    """

    kind: Literal["classes", "labels", "number", "positions"] = Field(
        description="classes, labels, number or positions"
    )
    names: Names | None = Field(
        None, description="the names of the last axis, as a list or a file: text, JSON or YAML"
    )
    unit: Text | None = Field(None, description="that of a number, such as years")

    @model_validator(mode="after")
    def _check(self) -> OutputEntry:
        if self.unit is not None and self.kind not in ("number", "positions"):
            raise ValueError(f"unit is for numbers, and this output is of kind {self.kind}")
        return self


class Sample(Entry):
    """An input to begin with: a file, whose it is and what to look for.

    target : the output that it is an example of, by index, where that is known.
    """

    file: File = Field(description="the name of a file in the card's folder")
    title: Text = Field("", description="a text")
    look_for: Text = Field("", description="a text: what is there to be seen")
    credit: Text = Field("", description="a text: who made it")
    licence: Text = Field("", description="a text")
    target: Index | None = Field(None, description="the index of an output, 0 or more")

    @property
    def name(self) -> str:
        """That of its file without the ending, as links and the command line have it."""
        return self.file.stem
