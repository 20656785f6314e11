"""Entries: what a card says of one input, one output and one sample.

The description of a field is what a reader of an error and of the schema is told of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from attribution import images
from attribution.cards import names as _names
from attribution.errors import InvalidRequest

CHANNELS = {"rgb": 3, "bgr": 3, "grey": 1, "rgba": 4}


class Folder(Protocol):
    """Where the files that a card names lie."""

    def file(self, name: str) -> Path:
        """The file of that name. Raises InvalidRequest where it lies outside, or is none."""


def _listed(value: Any, info: ValidationInfo, empty: bool = False) -> Any:
    """Names as they are, or out of the file that is named in their place."""
    if not isinstance(value, str):
        return value
    if info.context is None:
        raise ValueError("a list is expected; only a card's own file can name another for it")
    return _names.read(_file(value, info), "the file of names", empty)


def _file(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str | Path):
        raise ValueError("the name of a file is expected")
    folder: Folder | None = info.context
    return Path(value) if folder is None else folder.file(str(value))


Whole = Annotated[int, Field(strict=True, ge=1)]
Index = Annotated[int, Field(strict=True, ge=0)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(min_length=1, max_length=1_000)]
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_listed, json_schema_input_type=str | list[str | int]),
    Field(min_length=1),
]
Words = Annotated[
    tuple[Annotated[str, Field(max_length=1_000)], ...],
    BeforeValidator(
        lambda value, info: _listed(value, info, empty=True),
        json_schema_input_type=str | list[str | int],
    ),
    Field(min_length=1),
]
"""As Names, and one may be empty."""
File = Annotated[Path, BeforeValidator(_file, json_schema_input_type=str)]


class Entry(BaseModel):
    """Part of a card: fixed once it is made, and of known fields alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class ImageEntry(Entry):
    """A picture, and how its pixels become numbers.

    Either `range`, or `mean` and `std` as (pixel - mean) / std; channels in the model's order.
    """

    kind: Literal["image"] = Field(description="image")
    size: tuple[Whole, Whole] | None = Field(
        None, description="[height, width] in pixels, such as [64, 64]; left out, any size will do"
    )
    colours: Literal["rgb", "grey", "rgba", "bgr"] = Field(
        "rgb", description="rgb, grey, rgba or bgr"
    )
    range: tuple[Number, Number] | None = Field(
        None,
        description="[low, high], what black and white become: [0, 1], [-1, 1] or [0, 255]",
    )
    mean: Number | tuple[Number, ...] | None = Field(
        None,
        description="a number, or one for each channel, of pixels 0 to 255 (or 0 to 1, as std)",
    )
    std: Number | tuple[Number, ...] | None = Field(
        None,
        description="a number, or one for each channel, of pixels 0 to 255 (below 1: of 0 to 1)",
    )
    order: Literal["channels_last", "channels_first"] = Field(
        "channels_last", description="channels_last or channels_first"
    )

    @model_validator(mode="after")
    def _check(self) -> ImageEntry:
        given = self.mean is not None or self.std is not None
        if given == (self.range is not None):
            raise ValueError(
                "it must say how pixels become numbers, once: range: [0, 1] (or [-1, 1], [0, 255])"
                ", or mean and std"
            )
        if self.range is not None and self.range[0] == self.range[1]:
            raise ValueError("black and white become the same number; range: [0, 1] is usual")
        self._scale()
        self.encoding(self.size or (1, 1))
        return self

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of one example in the model; None where a length varies."""
        size, channels = self.size or (None, None), CHANNELS[self.colours]
        return (*size, channels) if self.order == "channels_last" else (channels, *size)

    def encoding(self, size: tuple[int, int] | None = None) -> images.ImageInput:
        """How pixels become the model's input.

        size : (height, width), for a model that takes any.

        Raises
        ------
        InvalidRequest : neither the card nor the caller gives a size.
        """
        size = size or self.size
        if size is None:
            raise InvalidRequest("The card leaves the size of pictures open; give (height, width).")
        subtract, divide = self._scale()
        return images.ImageInput(
            size,
            CHANNELS[self.colours],
            subtract,
            divide,
            bgr=self.colours == "bgr",
            channels_first=self.order == "channels_first",
        )

    def _scale(self) -> tuple[Any, Any]:
        """What is subtracted from pixels 0 to 255, and what they are divided by then."""
        if self.range is not None:
            low, high = self.range
            return -low * 255 / (high - low), 255 / (high - low)
        mean, std = (
            (0.0 if self.mean is None else self.mean),
            (1.0 if self.std is None else self.std),
        )
        stds, means = (v if isinstance(v, tuple) else (v,) for v in (std, mean))
        channels = CHANNELS[self.colours]
        for name, value in (("mean", mean), ("std", std)):
            if isinstance(value, tuple) and len(value) != channels:
                raise ValueError(
                    f"{name} has {len(value)} numbers, and {self.colours} has {channels} channels; "
                    "give one number, or one for each"
                )
        if min(stds) <= 0:
            raise ValueError("std must be above 0")
        of_one = max(stds) < 1  # nobody stretches pixels beyond 255: these are of 0 to 1
        if of_one and max(map(abs, means)) > 1:
            raise ValueError(
                "std is of pixels 0 to 1, and mean of pixels 0 to 255; give both of the same"
            )
        if not of_one and (min(stds) < 1 or any(0 < abs(m) < 1 for m in means)):
            raise ValueError(
                "mean is of pixels 0 to 1, and std of pixels 0 to 255, or unlike for channels; give"
                " both of 0 to 255"
            )
        unit = 255.0 if of_one else 1.0
        return tuple(
            tuple(unit * v for v in value) if isinstance(value, tuple) else unit * value
            for value in (mean, std)
        )  # type: ignore[return-value]


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
    def shape(self) -> tuple[int | None, ...]:
        """Of one example in the model."""
        return self.length, len(self.alphabet)


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
