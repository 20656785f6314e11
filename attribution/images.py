"""Pictures: read a file's bytes, fit them to a model's frame, encode them, and the way back.

    picture = decode(data)                   # bytes of a file -> uint8 RGB pixels, upright
    pixels = fit(picture, (224, 224))        # uint8 (224, 224, 3)
    x = ImageInput().encode(pixels)[None]    # float32 (1, 224, 224, 3): what the model sees
    ImageInput().decode(x[0])                # uint8 (224, 224, 3) again

Everything is checked before a pixel is decoded: a stranger's file costs no memory to refuse.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import ExifTags, Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from attribution.errors import InvalidImage, InvalidRequest

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_SIDE = 8
FORMATS = ("PNG", "JPEG", "WebP", "BMP", "GIF")

CROP_SHARE = Fraction(7, 8)  # of the short side: ImageNet's convention, 224 of 256
PADDING_GREY = 127

_WHITE = (255, 255, 255)

# What Pillow raises for damaged data; anything else is a defect of ours and must be seen.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    struct.error,
    zlib.error,
)

_UPRIGHT = {  # EXIF orientation -> the operation that undoes it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A decoded picture. Two pictures are equal if their files were (``digest``).

    pixels : uint8 (height, width, 3), RGB, upright, read-only.
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


def decode(data: bytes) -> Picture:
    """Decode the bytes of a PNG, JPEG, WebP, BMP or GIF file.

    Transparent parts are laid on white, 16-bit grey is scaled to 8 bits, an EXIF orientation is
    undone, and of an animation the first frame is taken: each with a note. Colour profiles are
    not applied.

    Raises InvalidImage for anything else: no bytes, more than 10 MB, another format, damaged or
    truncated data, more than 40 million pixels (by the header alone), a side under 8 pixels.
    """
    _check_bytes(data)
    reader = _reader(data)
    with _damage_reported():
        image = reader(io.BytesIO(data))
        _check_size(*image.size)
        if isinstance(image, PngImageFile):
            image.verify()  # checksums; uses the image up
            image = reader(io.BytesIO(data))
        animated = bool(getattr(image, "is_animated", False))
        image.load()
    notes = ["The file is animated; only its first frame is used."] if animated else []
    rgb = _to_rgb(_upright(image, notes), notes)
    pixels = np.array(rgb, dtype=np.uint8)
    pixels.setflags(write=False)
    return Picture(pixels, tuple(notes), hashlib.sha256(data).hexdigest())


def fit(
    picture: Picture,
    size: tuple[int, int] = (224, 224),
    mode: Literal["crop", "letterbox"] = "crop",
) -> NDArray[np.uint8]:
    """Bring a picture to ``size`` = (height, width): uint8 (height, width, 3), bicubic.

    'crop': the centred window of the wanted proportions whose sides are 87.5 % of the largest
    such window (for a square: 87.5 % of the short side), as ImageNet models are evaluated.
    Its borders are whole pixels (sides rounded down) and depend on the proportions of ``size``
    only: a larger size shows the same part of the picture.
    'letterbox': the whole picture, centred, the rest filled with grey 127.

    Raises InvalidRequest for another mode or a size that is not positive.
    """
    height, width = _checked_size(size)
    image = Image.fromarray(picture.pixels)
    if mode == "crop":
        share = CROP_SHARE * min(Fraction(image.width, width), Fraction(image.height, height))
        inner = (max(1, int(share * width)), max(1, int(share * height)))
        left, top = (image.width - inner[0]) // 2, (image.height - inner[1]) // 2
        window = image.crop((left, top, left + inner[0], top + inner[1]))
        return np.array(window.resize((width, height), Image.Resampling.BICUBIC))
    if mode == "letterbox":
        scale = min(width / image.width, height / image.height)
        inner = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        frame = Image.new("RGB", (width, height), (PADDING_GREY,) * 3)
        corner = ((width - inner[0]) // 2, (height - inner[1]) // 2)
        frame.paste(image.resize(inner, Image.Resampling.BICUBIC), corner)
        return np.array(frame)
    raise InvalidRequest(f"mode is {mode!r}; it must be 'crop' or 'letterbox'.")


@dataclass(frozen=True)
class ImageInput:
    """How pixels become a model's input: (pixel - subtract) / divide.

    size : (height, width) of the model's input.
    channels : 3 (RGB) or 1 (grey, ITU-R 601 luma).
    subtract, divide : pixel units (0..255); a number, or one number per channel.
    """

    size: tuple[int, int] = (224, 224)
    channels: int = 3
    subtract: float | tuple[float, ...] = 127.0
    divide: float | tuple[float, ...] = 128.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _checked_size(self.size))  # a list becomes a tuple
        if self.channels not in (1, 3):
            raise InvalidRequest(f"channels is {self.channels!r}; it must be 1 (grey) or 3 (RGB).")
        for name in ("subtract", "divide"):
            value = np.asarray(getattr(self, name), dtype=float)
            if value.shape not in ((), (self.channels,)) or not np.isfinite(value).all():
                raise InvalidRequest(
                    f"{name} is {getattr(self, name)!r}; it must be one finite number, "
                    f"or {self.channels}, one per channel."
                )
        if not np.all(self.divide):
            raise InvalidRequest("divide contains 0; every divisor must be a number other than 0.")

    def encode(self, pixels: ArrayLike) -> NDArray[np.float32]:
        """Pixels uint8 (height, width), (height, width, 1) or (height, width, 3) -> model input.

        Returns float32 (height, width, channels), without a batch axis.
        Raises InvalidImage if the pixels have another type or size: call ``fit`` before.
        """
        array = np.asarray(pixels)
        expected = f"uint8 pixels {self.size[0]} x {self.size[1]} (height x width), grey or RGB"
        if array.dtype != np.uint8:
            raise InvalidImage(f"The pixels are {array.dtype}; expected {expected}.")
        grey = array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 1)
        colour = array.ndim == 3 and array.shape[2] == 3
        if not (grey or colour) or array.shape[:2] != self.size:
            raise InvalidImage(
                f"The pixels have shape {array.shape}; expected {expected}. "
                "Bring a picture to that size with images.fit."
            )
        if grey:
            array = np.repeat(array.reshape(*self.size, 1), self.channels, axis=2)
        elif self.channels == 1:
            array = np.array(Image.fromarray(array).convert("L"))[..., None]
        encoded: NDArray[np.float64] = (array - np.asarray(self.subtract, float)) / np.asarray(
            self.divide, float
        )
        return encoded.astype(np.float32)

    def decode(self, array: ArrayLike) -> NDArray[np.uint8]:
        """Model input (height, width, channels) -> pixels uint8 (height, width, 3) to look at.

        The inverse of ``encode`` up to rounding; values outside 0..255 are clipped and grey is
        repeated over the three channels. Any height and width are accepted.
        Raises InvalidImage for another shape, or for values that are not finite.
        """
        values = np.asarray(array, dtype=float)
        if values.ndim != 3 or values.shape[2] != self.channels:
            raise InvalidImage(
                f"The array has shape {values.shape}; "
                f"expected (height, width, {self.channels}), without a batch axis."
            )
        if not np.isfinite(values).all():
            raise InvalidImage("The array contains NaN or infinite values; they have no colour.")
        pixels = values * np.asarray(self.divide, float) + np.asarray(self.subtract, float)
        pixels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
        return np.repeat(pixels, 3, axis=2) if self.channels == 1 else pixels


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


def _reader(data: bytes) -> Callable[[io.BytesIO], ImageFile]:
    """The reader for these bytes.

    Chosen by hand from a positive list instead of by ``Image.open``: its guard against large
    pictures is a process-wide setting and warning, and looser than ours.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImageFile
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GifImageFile
    if data.startswith(b"BM"):
        return BmpImageFile
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WebPImageFile
    known = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
    raise InvalidImage(f"The file is not a {known} picture; choose one in these formats.")


@contextmanager
def _damage_reported() -> Iterator[None]:
    """Turn what Pillow raises into InvalidImage."""
    try:
        yield
    except InvalidImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise _too_many_pixels("The picture has") from error
    except _DAMAGE as error:
        raise InvalidImage(
            "The picture is damaged or incomplete; download or save it again and retry."
        ) from error


def _check_size(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise InvalidImage(
            f"The picture has {width} x {height} pixels; "
            f"it must have at least {MIN_SIDE} x {MIN_SIDE}."
        )
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(f"The picture has {width:,} x {height:,} pixels:")


def _too_many_pixels(subject: str) -> InvalidImage:
    return InvalidImage(
        f"{subject} more than the {MAX_PIXELS // 10**6} million pixels we accept; make it smaller."
    )


def _upright(image: Image.Image, notes: list[str]) -> Image.Image:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DAMAGE:
        orientation = 1  # a broken EXIF block says nothing about the pixels, which are whole
    operation = _UPRIGHT.get(orientation)
    if operation is None:
        return image
    notes.append(f"Turned upright, as its EXIF orientation ({orientation}) says.")
    return image.transpose(operation)


def _to_rgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """Any mode that the five formats give -> RGB, with a note where something is lost."""
    if image.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion would clip at 255
        notes.append("16-bit grey values were scaled to 8 bits.")
        values = np.asarray(image).astype(np.int64)
        return Image.fromarray(np.uint8((values + 128) // 257)).convert("RGB")
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"), notes)
    if image.mode == "CMYK":
        notes.append("CMYK inks were converted to RGB without a colour profile.")
    return image.convert("RGB")


def _on_white(image: Image.Image, notes: list[str]) -> Image.Image:
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return image.convert("RGB")
    notes.append("Transparent parts were laid on white.")
    page = Image.new("RGB", image.size, _WHITE)
    page.paste(image, mask=alpha)
    return page


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
