"""Image: what a card says of a picture, and how its pixels become numbers by it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from attribution import images
from attribution.cards.values import Entry, Number, Whole
from attribution.errors import InvalidRequest

CHANNELS = {"rgb": 3, "bgr": 3, "grey": 1, "rgba": 4}


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
