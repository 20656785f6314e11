"""Pixels: a checked container -> RGB or RGBA, upright, in strips, at half size where it is large.

A picture is held once as its file has it (160 MB at most), and once as it is returned; all that
lies between is done a strip at a time.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from attribution.errors import InvalidImage
from attribution.inputs.containers.container import Container, damaged

Pixels = NDArray[np.uint8]

FULL_PIXELS = 16_000_000  # a larger picture is halved: a model's frame has a hundredth of it
STRIP_PIXELS = 1_000_000

ON_WHITE = "Transparent parts were laid on white."

_WHITE = (255, 255, 255)

# Chosen by the container instead of by `Image.open`, whose guard against large pictures is a
# process-wide setting and warning, and looser than ours.
_READERS: dict[str, type[ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WebP": WebPImageFile,
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
}

# What Pillow raises for damaged data; anything else is a defect of ours and must be seen.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    struct.error,
    zlib.error,
)

_UPRIGHT: dict[int, Callable[[Pixels], Pixels]] = {  # EXIF orientation -> what undoes it
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored.swapaxes(0, 1)[:, ::-1],
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored.swapaxes(0, 1)[::-1],
}


def decode(container: Container, notes: list[str], alpha: bool = False) -> Pixels:
    """RGB pixels (height, width, 3), upright; with alpha RGBA. Adds a note for each thing that was
    changed.

    Raises InvalidImage for data that Pillow cannot decode, or that needs more memory than there is.
    """
    with _damage_reported():
        image = _READERS[container.format](io.BytesIO(container.data))
        if image.width * image.height > container.width * container.height:
            raise damaged()  # Pillow has read another size than we have checked
        size, halved = image.size, image.width * image.height > FULL_PIXELS
        if halved:
            image.draft(None, (image.width // 2, image.height // 2))  # only JPEG can
        image.load()
        upright = _UPRIGHT.get(container.orientation)
        if upright:
            notes.append(f"Turned upright, as its EXIF orientation ({container.orientation}) says.")
        mode = "RGBA" if alpha else "RGB"
        pixels = _in_mode(image, mode, halved and image.size == size, notes)
        if halved:
            notes.append(
                f"The picture has more than {FULL_PIXELS // 10**6} million pixels "
                "and was halved in size."
            )
        return np.ascontiguousarray(upright(pixels)) if upright else pixels


@contextmanager
def _damage_reported() -> Iterator[None]:
    """Turn what Pillow raises into InvalidImage."""
    try:
        yield
    except InvalidImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise InvalidImage(
            "The picture needs more memory than we give to one; save it smaller."
        ) from error
    except _DAMAGE as error:
        raise damaged() from error


def _in_mode(image: Image.Image, mode: str, halve: bool, notes: list[str]) -> Pixels:
    """Any mode that the five formats give -> this one, with a note where something is lost."""
    scale = 2 if halve else 1
    width, height = -(-image.width // scale), -(-image.height // scale)
    pixels = np.empty((height, width, len(mode)), np.uint8)
    rows = max(1, STRIP_PIXELS // (scale * image.width))
    found: list[str] = []
    for top in range(0, height, rows):
        below = min(scale * (top + rows), image.height)
        strip = _strip(image.crop((0, scale * top, image.width, below)), mode, found)
        pixels[top : top + rows] = np.asarray(strip.reduce(scale) if halve else strip)
    notes += dict.fromkeys(found)
    return pixels


def _strip(image: Image.Image, mode: str, notes: list[str]) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion would clip at 255
        notes.append("16-bit grey values were scaled to 8 bits.")
        values = np.asarray(image).astype(np.uint32)
        return Image.fromarray(np.uint8((values + 128) // 257)).convert(mode)
    if image.has_transparency_data and mode == "RGB":
        return _on_white(image.convert("RGBA"), notes)
    if image.mode == "CMYK":
        notes.append("CMYK inks were converted to RGB without a colour profile.")
        image = image.convert("RGB")
    return image.convert(mode)


def _on_white(image: Image.Image, notes: list[str]) -> Image.Image:
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return image.convert("RGB")
    notes.append(ON_WHITE)
    page = Image.new("RGB", image.size, _WHITE)
    page.paste(image, mask=alpha)
    return page
