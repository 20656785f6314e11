"""Pictures: read a file's bytes, fit them to a model's frame, encode them, and the way back.

    picture = decode(data)                   # bytes of a file -> uint8 RGB pixels, upright
    pixels = fit(picture, (224, 224))        # uint8 (224, 224, 3)
    x = ImageInput().encode(pixels)[None]    # float32 (1, 224, 224, 3): what the model sees
    ImageInput().decode(x[0])                # uint8 (224, 224, 3) again

Everything is checked before a pixel is decoded (`containers`): a stranger's file costs no memory
to refuse, and what is decoded (`pixels`) takes at most some 300 MB.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from attribution.errors import InvalidImage, InvalidRequest
from attribution.inputs import containers
from attribution.inputs import pixels as _pixels
from attribution.inputs.containers import FORMATS, MAX_PIXELS, MIN_SIDE
from attribution.inputs.pixels import ON_WHITE

__all__ = [
    "CROP_SHARE",
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MIN_SIDE",
    "ON_WHITE",
    "PADDING_GREY",
    "ImageInput",
    "Picture",
    "decode",
    "fit",
]

MAX_BYTES = 10 * 1024 * 1024

CROP_SHARE = Fraction(7, 8)  # of the short side: ImageNet's convention, 224 of 256
PADDING_GREY = 127


@dataclass(frozen=True)
class Picture:
    """A decoded picture. Two pictures are equal if their files were (``digest``).

    pixels : uint8 (height, width, 3), RGB, or 4, RGBA, where these were asked for; upright,
    read-only.
    notes : one sentence for each thing that was changed on the way (transparency, animation, ...).
    digest : sha256 of the file's bytes, 64 hexadecimal digits.
    """

    pixels: NDArray[np.uint8] = field(repr=False, compare=False)
    notes: tuple[str, ...]
    digest: str

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width, _ = self.pixels.shape
        return height, width


def decode(data: bytes, alpha: bool = False) -> Picture:
    """Decode the bytes of a PNG, JPEG, WebP, BMP or GIF file.

    Transparent parts are laid on white, 16-bit grey is scaled to 8 bits, an EXIF orientation is
    undone, of an animation the first frame is taken, and a picture of more than 16 million pixels
    is halved: each with a note. Colour profiles are not applied.
    alpha : keep how opaque each pixel is as a fourth channel, for a model of four; nothing is laid
    on white then.

    Raises InvalidImage for anything else: no bytes, more than 10 MB, another format, damaged or
    truncated data, more than 40 million pixels (by the header alone; a JPEG that has the bytes of a
    photograph 64, a WebP 12.5, a run-length encoded BMP 4), a side under 8 or over 65,535 pixels,
    or more chunks, segments, scans or blocks than such a file has a reason to hold.
    """
    _check_bytes(data)
    container = containers.read(data)
    notes = ["The file is animated; only its first frame is used."] if container.animated else []
    pixels = _pixels.decode(container, notes, alpha)
    pixels.setflags(write=False)
    return Picture(pixels, tuple(notes), hashlib.sha256(data).hexdigest())


def fit(
    picture: Picture,
    size: tuple[int, int] = (224, 224),
    mode: Literal["crop", "letterbox"] = "crop",
) -> NDArray[np.uint8]:
    """Bring a picture to ``size`` = (height, width): uint8 (height, width, 3 or 4), bicubic.

    'crop': the centred window of the wanted proportions whose sides are 87.5 % of the largest
    such window (for a square: 87.5 % of the short side), as ImageNet models are evaluated.
    Its borders are whole pixels (sides rounded down) and depend on the proportions of ``size``
    only: a larger size shows the same part of the picture.
    'letterbox': the whole picture, centred, the rest filled with grey 127.
    A picture of just that size is taken as it is.

    Raises InvalidRequest for another mode or a size that is not positive.
    """
    height, width = _checked_size(size)
    tall, wide = picture.size
    if mode not in ("crop", "letterbox"):
        raise InvalidRequest(f"mode is {mode!r}; it must be 'crop' or 'letterbox'.")
    if (tall, wide) == (height, width):
        return picture.pixels.copy()
    if mode == "crop":
        share = CROP_SHARE * min(Fraction(wide, width), Fraction(tall, height))
        across, down = max(1, int(share * width)), max(1, int(share * height))
        left, top = (wide - across) // 2, (tall - down) // 2
        window = Image.fromarray(picture.pixels[top : top + down, left : left + across])
        return np.array(window.resize((width, height), Image.Resampling.BICUBIC))
    scale = min(width / wide, height / tall)
    across, down = max(1, round(wide * scale)), max(1, round(tall * scale))
    image = Image.fromarray(picture.pixels)
    grey = (*(PADDING_GREY,) * 3, 255)[: len(image.mode)]
    frame = Image.new(image.mode, (width, height), grey)
    corner = ((width - across) // 2, (height - down) // 2)
    frame.paste(image.resize((across, down), Image.Resampling.BICUBIC), corner)
    return np.array(frame)


@dataclass(frozen=True)
class ImageInput:
    """How pixels become a model's input: (pixel - subtract) / divide.

    size : (height, width) of the model's input.
    channels : 3 (RGB), 1 (grey, ITU-R 601 luma) or 4 (RGBA).
    subtract, divide : pixel units (0..255); a number, or one number per channel of the model.
    bgr : the model takes blue, green, red in place of red, green, blue.
    channels_first : the model takes (channels, height, width).
    """

    size: tuple[int, int] = (224, 224)
    channels: int = 3
    subtract: float | tuple[float, ...] = 127.0
    divide: float | tuple[float, ...] = 128.0
    bgr: bool = False
    channels_first: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _checked_size(self.size))  # a list becomes a tuple
        if self.channels not in (1, 3, 4):
            raise InvalidRequest(
                f"channels is {self.channels!r}; it must be 1 (grey), 3 (RGB) or 4 (RGBA)."
            )
        if self.bgr and self.channels != 3:
            raise InvalidRequest(f"bgr is for 3 channels, and channels is {self.channels}.")
        for name in ("subtract", "divide"):
            value = np.asarray(getattr(self, name), dtype=float)
            if value.shape not in ((), (self.channels,)) or not np.isfinite(value).all():
                raise InvalidRequest(
                    f"{name} is {getattr(self, name)!r}; it must be one finite number, "
                    f"or {self.channels}, one per channel."
                )
        if not np.all(self.divide):
            raise InvalidRequest("divide contains 0; every divisor must be a number other than 0.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one example of the model's input."""
        height, width = self.size
        first = self.channels_first
        return (self.channels, height, width) if first else (height, width, self.channels)

    def encode(self, pixels: ArrayLike) -> NDArray[np.float32]:
        """Pixels uint8 (height, width), (height, width, 1), (..., 3) or (..., 4) -> model input.

        Returns float32 of `shape`, without a batch axis. Of a model of four channels, pixels
        without the fourth are opaque; it alone takes pixels that have it.
        Raises InvalidImage if the pixels have another type or size: call ``fit`` before.
        """
        array = np.asarray(pixels)
        expected = f"uint8 pixels {self.size[0]} x {self.size[1]} (height x width), grey or RGB"
        if array.dtype != np.uint8:
            raise InvalidImage(f"The pixels are {array.dtype}; expected {expected}.")
        given = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
        if given not in {1, 3, self.channels} or array.shape[:2] != self.size:
            raise InvalidImage(
                f"The pixels have shape {array.shape}; expected {expected}. "
                "Bring a picture to that size with images.fit."
            )
        array = self._in_channels(array.reshape(*self.size, given))
        encoded: NDArray[np.float64] = (array - np.asarray(self.subtract, float)) / np.asarray(
            self.divide, float
        )
        return np.moveaxis(encoded, 2, 0 if self.channels_first else 2).astype(np.float32)

    def _in_channels(self, array: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The same pixels with the model's channels, (height, width, channels)."""
        if array.shape[2] == 1 and self.channels > 1:
            array = np.repeat(array, 3, axis=2)
        if array.shape[2] == 3 and self.channels == 1:
            return np.array(Image.fromarray(array).convert("L"))[..., None]
        if array.shape[2] == 3 and self.channels == 4:
            return np.concatenate([array, np.full_like(array[..., :1], 255)], axis=2)
        return array[..., ::-1] if self.bgr else array

    def decode(self, array: ArrayLike) -> NDArray[np.uint8]:
        """Model input, `shape` -> pixels uint8 (height, width, 3) to look at.

        The inverse of ``encode`` up to rounding; values outside 0..255 are clipped, grey is
        repeated over the three channels, and what is transparent is laid on white. Any height and
        width are accepted.
        Raises InvalidImage for another shape, or for values that are not finite.
        """
        values = np.asarray(array, dtype=float)
        last = "channels, height, width" if self.channels_first else "height, width, channels"
        if values.ndim != 3 or values.shape[0 if self.channels_first else 2] != self.channels:
            expected = last.replace("channels", str(self.channels))
            raise InvalidImage(
                f"The array has shape {values.shape}; expected ({expected}), without a batch axis."
            )
        if not np.isfinite(values).all():
            raise InvalidImage("The array contains NaN or infinite values; they have no colour.")
        values = np.moveaxis(values, 0, 2) if self.channels_first else values
        pixels = values * np.asarray(self.divide, float) + np.asarray(self.subtract, float)
        pixels = np.clip(pixels, 0, 255)
        if self.channels == 4:
            alpha = pixels[..., 3:] / 255
            pixels = pixels[..., :3] * alpha + 255 * (1 - alpha)
        pixels = np.rint(pixels).astype(np.uint8)
        if self.channels == 1:
            return np.repeat(pixels, 3, axis=2)
        return pixels[..., ::-1] if self.bgr else pixels


def _check_bytes(data: bytes) -> None:
    if not isinstance(data, bytes):
        raise InvalidImage(f"Expected the bytes of an image file, got {type(data).__name__}.")
    if not data:
        raise InvalidImage("The file is empty (0 bytes); choose a picture.")
    if len(data) > MAX_BYTES:
        raise InvalidImage(
            f"The file has {len(data) / 2**20:.1f} MB; a picture may have at most "
            f"{MAX_BYTES // 2**20} MB. Save it smaller or compress it more."
        )


def _checked_size(size: tuple[int, int]) -> tuple[int, int]:
    try:
        height, width = size
        if height == int(height) >= 1 and width == int(width) >= 1:
            return int(height), int(width)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InvalidRequest(
        f"size is {size!r}; it must be (height, width), two whole numbers of 1 or more."
    )
